"""An incident's life: what rules and people may do to it, and the doing."""
