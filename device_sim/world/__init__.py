"""The world of a simulation: a bureau of invented people, its roster, its district, and each day's duties."""
