"""A bureau of invented people: its roster, its facts, and what its duties make recorders do."""
