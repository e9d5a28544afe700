"""Back-test: days of a trace passed through ingest and rules, in whatever time the machine needs."""
