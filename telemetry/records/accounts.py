"""Rows of accounts, tokens and units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A row of `account`. The password hash is only for the login check and is never shown."""

    username: str
    name: str
    roles: frozenset[str]
    unit_id: str | None
    officer_id: str | None
    password_hash: str | None
    must_change: bool
    disabled: bool
    oidc_subject: str | None
    created_at: datetime
    created_by: str
    version: int = 1

    def __repr__(self) -> str:
        return f"AccountRow({self.username!r})"


@dataclass(frozen=True, slots=True)
class UnitNode:
    """A unit in the tree of units."""

    unit_id: str
    parent_id: str | None
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token without its secret."""

    token_id: str
    name: str
    scopes: Sequence[str]
    unit_id: str | None
