"""Stored rows as plain values, which decisions and displays read without a database."""

from typing import Any


def fields_of(row: Any) -> dict[str, Any]:
    """The fields of a row by name, for an answer that shows them beside others."""
    return {name: getattr(row, name) for name in row.__slots__}
