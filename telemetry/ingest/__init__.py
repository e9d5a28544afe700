"""Ingest: an MQTT session, decoded, gathered, written, and only then acknowledged."""
