"""Incidents: the states they pass through, what rules and people may do to them, and how changes are stored."""
