"""The SQL that reads known facts is what the fact models give."""

from pathlib import Path
from typing import Final

from alerts.facts.known_sql import render

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "sql" / "migrations"


def test_the_newest_migration_of_known_facts_is_made_from_the_models() -> None:
    newest = max(MIGRATIONS.glob("*_known_facts.sql"))
    assert render() == newest.read_text("utf-8"), "a new migration: python -m alerts.facts.known_sql"
