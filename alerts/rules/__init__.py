"""Rules, one file each: pure judgements on readings and facts by the regulation."""
