"""The HTTP edge: API, live stream, health and metrics, console."""
