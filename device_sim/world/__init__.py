"""The simulated surroundings: places with their radio cells, and spans of time."""
