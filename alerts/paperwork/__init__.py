"""Paperwork: the official forms, the month's circular, the registers, and how long each record is kept."""
