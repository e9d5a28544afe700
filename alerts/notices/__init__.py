"""Notices: whom an incident is sent to, when, in which words and by which channel."""
