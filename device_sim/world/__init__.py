"""The ground of a simulation: its places with their radio cells, and stretches of time."""
