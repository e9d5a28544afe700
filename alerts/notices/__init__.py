"""Notices: from incidents to what people are told, by which channel, once."""
