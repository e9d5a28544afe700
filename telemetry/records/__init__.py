"""What the database keeps, as plain values: rows that decisions and displays read, without the database."""
