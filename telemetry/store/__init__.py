"""Database access, one module per aggregate; the only package that imports asyncpg."""
