"""Facts from the bureau's other systems (roster, activities, assignments, reports, imports): read, checked, stored."""
