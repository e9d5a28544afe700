"""A simulated fleet of recorders, and the truth that the server's incidents are scored against."""
