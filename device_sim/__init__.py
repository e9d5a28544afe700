"""A fleet of simulated recorders: the first link of the flow, and the truth that the last link is judged by."""
