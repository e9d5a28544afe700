"""A simulated recorder: its parts, its states, and what it would publish."""
