"""The boards' Chinese words and colours for codes in the database, from `vocabulary.json`, which the server's table makes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

Words: TypeAlias = Mapping[str, tuple[str, str]]
"""Code → (Chinese word, Grafana colour)."""

FILE: Final = Path(__file__).parent / "vocabulary.json"
NO_COLOUR: Final = "text"
"""Grafana's name for the colour of plain text."""
_FOUND: Final = json.loads(FILE.read_text("utf-8"))
_GROUPS: Final[Mapping[str, Mapping[str, tuple[str, str | None]]]] = _FOUND["groups"]
RED: Final[str] = _FOUND["palette"]["red"]
ORANGE: Final[str] = _FOUND["palette"]["orange"]
GREEN: Final[str] = _FOUND["palette"]["green"]
BLUE: Final[str] = _FOUND["palette"]["blue"]
GREY: Final[str] = _FOUND["palette"]["grey"]


def words(group: str) -> Words:
    """A group's words and colours by code."""
    return {code: (text, colour or NO_COLOUR) for code, (text, colour) in _GROUPS[group].items()}


def word(group: str, code: str) -> str:
    """What people read for a code."""
    return _GROUPS[group][code][0]


def colour(group: str, code: str) -> str:
    """The colour of a code."""
    return _GROUPS[group][code][1] or NO_COLOUR
