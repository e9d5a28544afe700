"""The database edge: the only importer of asyncpg; one module per aggregate."""
