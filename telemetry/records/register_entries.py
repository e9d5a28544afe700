"""Register entries (repairs, requests for footage) and their steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A row of `register_entry`; the migration documents the columns."""

    entry_id: str
    register: str
    state: str
    unit_id: str
    begun_at: datetime
    begun_by: str
    changed_at: datetime
    version: int
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EntryStepRow:
    """One step of an entry: who did what, when."""

    entry_id: str
    version: int
    at: datetime
    account: str
    step: str
    note: str


@dataclass(frozen=True, slots=True)
class EntrySearch:
    """Search criteria; None matches all. `own`: the account whose own entries are always included."""

    register: str
    units: Sequence[str] | None = None
    own: str | None = None
    state: str | None = None
    words: str | None = None
    before: tuple[datetime, str] | None = None
    limit: int = 50
