"""Evaluation: one tick, from what changed to what the rules conclude; the doing around the pure rules."""
