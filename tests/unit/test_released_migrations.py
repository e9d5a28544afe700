"""A migration that was released is never changed: databases have run it, and `migrate` refuses one that differs."""

import hashlib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
MIGRATIONS: Final = ROOT / "sql" / "migrations"
FROZEN: Final = ROOT / "tests" / "golden" / "migrations.sha256"


def _hashes() -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(MIGRATIONS.glob("*.sql"))}


def _frozen() -> dict[str, str]:
    pairs = [line.split("  ") for line in FROZEN.read_text("utf-8").splitlines()]
    return {name: digest for digest, name in pairs}


def test_no_released_migration_was_changed_or_deleted() -> None:
    present = _hashes()
    assert {} == {name: present.get(name) for name, digest in _frozen().items() if present.get(name) != digest}


def test_every_migration_is_frozen() -> None:
    """A new one is added by `cd sql/migrations && sha256sum *.sql > ../../tests/golden/migrations.sha256`."""
    assert [] == sorted(_hashes().keys() - _frozen().keys())


def test_a_new_migration_takes_a_number_after_the_last() -> None:
    names = list(_frozen())
    assert sorted(names) == names
