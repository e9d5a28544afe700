"""Duty: who was on duty with which recorder, what excused them, what was recorded meanwhile, and which days are worked."""
