"""Rules, causes, incidents and notices: what the regulation forbids, found in the readings and told to people."""
