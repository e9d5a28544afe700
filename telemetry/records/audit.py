"""Entries of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did or viewed, and why. `officer_ids`: the officers whose track or incident it was."""

    account: str
    address: str
    action: str
    target_kind: str
    target_id: str
    why: str = ""
    officer_ids: tuple[str, ...] = ()
    detail: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """Search criteria; None matches all. `action` is a prefix; `text` is searched for in why, target and account."""

    account: str | None = None
    action: str | None = None
    target_kind: str | None = None
    target_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class AuditItem:
    """A stored entry: who did or looked at what, when, from where, and why."""

    entry_id: int
    at: datetime
    account: str
    address: str
    action: str
    target_kind: str
    target_id: str
    officer_ids: list[str]
    why: str
    detail: dict[str, Any] | None
