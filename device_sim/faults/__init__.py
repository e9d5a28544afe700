"""Faults of devices and of people, as a scenario file asks for them."""
