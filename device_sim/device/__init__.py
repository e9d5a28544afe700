"""One simulated recorder: its parts, its states, and the messages that it publishes."""
