"""Retention: jobs that delete data after its retention period and preserve what must be kept."""
