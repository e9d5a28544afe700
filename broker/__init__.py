"""The broker: embedded for a laptop, configured for production, and who may say what on it."""
