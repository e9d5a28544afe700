"""Slips (移送单): from an upheld incident the form of annex 1 or 2, its opinions step by step, and its document."""
