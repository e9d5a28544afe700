"""The database's side of the system: ordered migrations, and queries as named blocks."""
