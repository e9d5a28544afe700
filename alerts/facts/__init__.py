"""Facts from the bureau's other systems: roster, activities, hand-outs, reports, imports; read, checked, kept."""
