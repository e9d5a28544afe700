"""Keeping: jobs that delete what may not be kept and keep what must be; they run beside the rules."""
