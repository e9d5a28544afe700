"""SQL lives in files as named, described blocks; this reads them once.

A block begins with `-- name: verb_noun` and ends at the next one or the end of the file; the comment lines right
below the name say what it does and what its parameters are.
"""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(room: str) -> dict[str, str]:
    """The blocks of `sql/queries/{room}.sql` by name."""
    return _blocks((files("sql") / "queries" / f"{room}.sql").read_text("utf-8"))


@cache
def blocks_of(file: Path) -> dict[str, str]:
    """The blocks of an SQL file by name."""
    return _blocks(file.read_text("utf-8"))


def _blocks(text: str) -> dict[str, str]:
    parts = _NAME.split(text)
    return dict(zip(parts[1::2], (block.strip() for block in parts[2::2]), strict=True))


def query(room: str, name: str) -> str:
    """One block; a KeyError is a mistake of ours."""
    return queries(room)[name]
