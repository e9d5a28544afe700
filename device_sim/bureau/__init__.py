"""An invented bureau: its people, roster and facts, and what its duties do to recorders."""
