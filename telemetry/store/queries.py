"""Reads the named SQL blocks in sql/, once per file.

A block starts with `-- name: verb_noun` and ends at the next one or at the end of the file. The comment below the name
describes the block and its parameters.
"""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(room: str) -> dict[str, str]:
    """Return the blocks of `sql/queries/{room}.sql` by name."""
    return _blocks((files("sql") / "queries" / f"{room}.sql").read_text("utf-8"))


@cache
def blocks_of(file: Path) -> dict[str, str]:
    """Return the blocks of an SQL file by name."""
    return _blocks(file.read_text("utf-8"))


def _blocks(text: str) -> dict[str, str]:
    parts = _NAME.split(text)
    return dict(zip(parts[1::2], (block.strip() for block in parts[2::2]), strict=True))


def query(room: str, name: str) -> str:
    """Return one block. A KeyError is a bug of ours."""
    return queries(room)[name]
