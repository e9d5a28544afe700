"""Messages, topics, readings and clocks, typed. Only `clock` reads the wall clock, only `trace` reads files."""
