"""The vocabulary that all rooms share: typed, pure code without clock, socket or database."""
