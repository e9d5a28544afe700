"""Rules, one file each: what the regulation asks, as pure judgements over what was measured and entered."""
