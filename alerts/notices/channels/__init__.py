"""Channels: one file per way to reach a person, all of one shape (`alerts.notices.channels.channel`)."""
