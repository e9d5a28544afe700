"""The shared words: typed, pure code that knows no clock, no socket and no database."""
