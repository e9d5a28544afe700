"""Health: what is wrong with the platform, in one list that every screen, command and alert reads."""
