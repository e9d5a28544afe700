"""Paperwork: official forms, monthly circulars, registers, and retention."""
