"""The MQTT broker: embedded for a laptop, configured for production, with the rights of its accounts."""
