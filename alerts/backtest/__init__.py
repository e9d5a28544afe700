"""Back-test: run recorded days through ingest and rules as fast as the machine allows."""
