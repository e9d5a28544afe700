"""The telemetry server: it receives, validates, stores and shows recorder messages."""
