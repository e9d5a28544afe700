"""Ingest: receive, decode, batch and write MQTT messages; acknowledge them only after the commit."""
