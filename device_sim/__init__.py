"""A fleet of simulated recorders: over MQTT in real time, or into a trace with the truth beside it."""
