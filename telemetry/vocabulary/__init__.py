"""Every code that people see: one word, one explanation, and one colour where it has one. Pure data.

The console, the boards, notices, documents and the demo are made from this table or checked against it; rules bring
their words themselves (`alerts.rules.registry`), and `telemetry.web.vocabulary_file` writes both for console and boards.
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
    """What people read, by the codes of a group."""
    return {code: word.text for code, word in GROUPS[group].items()}


def text(group: str, code: str) -> str:
    """What people read for a code; the code itself where the table has none (a version that came later wrote it)."""
    word = GROUPS[group].get(code)
    return code if word is None else word.text


__all__ = ["GROUPS", "PALETTE", "Tone", "Word", "Words", "text", "texts"]
