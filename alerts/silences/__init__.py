"""Silences: from live readings to the stretches without any, what was said around each, and what many share."""
