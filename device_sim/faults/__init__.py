"""The faults that a scenario file can ask for: what goes wrong with devices, network and people."""
