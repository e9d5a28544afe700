"""Duty: who was on duty with which recorder, what excused them, what was recorded, and which days are working days."""
