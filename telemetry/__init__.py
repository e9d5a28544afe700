"""The telemetry server: what recorders say, taken in, checked, kept, and shown."""
