"""Slips and their steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SlipRow:
    """A row of `slip`; the migration documents the columns."""

    slip_id: str
    incident_id: str
    annex: int
    year: int
    serial: int
    number: str
    issued_at: datetime
    issued_by: str
    unit_id: str | None
    officer_id: str
    content: dict[str, Any]
    evidence_sha256: str
    is_void: bool = False


@dataclass(frozen=True, slots=True)
class SlipStepRow:
    """One step of a slip: who wrote what, when."""

    slip_id: str
    version: int
    at: datetime
    account: str
    step: str
    opinion: str


@dataclass(frozen=True, slots=True)
class SlipSearch:
    """Search criteria of the register; None matches all.

    `before`: time of issue and id of the last slip of the previous page.
    """

    units: Sequence[str] | None = None
    annex: int | None = None
    year: int | None = None
    words: str | None = None
    is_void: bool | None = None
    officer_id: str | None = None
    incident_id: str | None = None
    before: tuple[datetime, str] | None = None
    limit: int = 50
