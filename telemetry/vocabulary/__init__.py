"""The Chinese word, explanation and colour of every code that people see. Pure data.

Console, boards, notices, documents and the demo are generated from this table or checked against it. Each rule defines
its own texts (`alerts.rules.registry`). `telemetry.web.vocabulary_file` exports both for console and boards.
"""

from collections.abc import Mapping
from typing import Final

from telemetry.vocabulary import (
    device_words,
    fact_words,
    incident_words,
    notice_words,
    paper_words,
    system_words,
)
from telemetry.vocabulary.word import PALETTE, Tone, Word, Words

_ROOMS: Final = (incident_words, device_words, fact_words, notice_words, paper_words, system_words)
GROUPS: Final[Mapping[str, Words]] = {
    name.lower(): words
    for room in _ROOMS
    for name, words in vars(room).items()
    if name.isupper() and not name.startswith("_")
}
"""All groups by name: `status`, `cause`, `notice_state`, …"""


def texts(group: str) -> dict[str, str]:
    """The words of a group, by code."""
    return {code: word.text for code, word in GROUPS[group].items()}


def text(group: str, code: str) -> str:
    """The word of a code; the code itself if it is unknown (e.g. written by a later version)."""
    word = GROUPS[group].get(code)
    return code if word is None else word.text


__all__ = ["GROUPS", "PALETTE", "Tone", "Word", "Words", "text", "texts"]
