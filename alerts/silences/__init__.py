"""Silences: periods without live readings, their causes, and losses that many recorders share."""
