"""The SQL that reads facts as they were known at a moment, made from the fact models.

A changed model needs a new migration: `python -m alerts.facts.known_sql > sql/migrations/NNNN_known_facts.sql`.
"""

import sys
from typing import Final

from alerts.facts.rows import TABLES

_HEAD: Final = """\
-- Facts as they were known at a moment. Made from the fact models by alerts/facts/known_sql.py.
--
-- Each function is one plain SELECT, so that the planner inlines it and a condition on officer, recorder or time uses
-- the table's indexes. The view has the slices of all collections.
"""
_FUNCTION: Final = """
CREATE OR REPLACE FUNCTION {collection}_known_at(moment timestamptz) RETURNS SETOF {table}
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM {table} WHERE known_from <= moment AND moment < known_to $$;
"""
_VIEW: Final = """
CREATE OR REPLACE VIEW fact_slice (collection, fact_id, known_from, known_to) AS
"""
_SLICES: Final = "SELECT '{collection}'::text, {id}, known_from, known_to FROM {table}"


def render() -> str:
    """The migration's text."""
    tables = [{"collection": t.collection, "table": t.name, "id": t.id} for t in TABLES.values()]
    functions = [_FUNCTION.format(**table) for table in tables]
    slices = "\nUNION ALL ".join(_SLICES.format(**table) for table in tables)
    return f"{_HEAD}{''.join(functions)}{_VIEW}{slices};\n"


if __name__ == "__main__":
    sys.stdout.write(render())
