"""The ground of a simulation: its places with their modem cells, and stretches of time."""
