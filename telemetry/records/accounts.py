"""Rows of accounts, tokens and units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


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
    purpose: str
    scopes: Sequence[str]
    unit_id: str | None


@dataclass(frozen=True, slots=True)
class UsedToken:
    """A token that somebody shows, with the rights that its issuer has now."""

    token: TokenRow
    issuer_roles: frozenset[str]
    issuer_unit_id: str | None


GrantKind = Literal["account", "password", "token", "second_factor"]
GrantState = Literal["waiting", "granted", "refused", "withdrawn", "lapsed"]


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A right that somebody asks for; the migration documents the columns (`right_grant`)."""

    kind: GrantKind
    target: str
    change: Mapping[str, Sequence[Any]]
    why: str
    asked_by: str
    by_security: bool
    asked_at: datetime
    password_hash: str | None = None
    version: int | None = None

    def __repr__(self) -> str:
        return f"NewGrant({self.kind!r}, {self.target!r})"


@dataclass(frozen=True, slots=True)
class GrantRow(NewGrant):
    """A row of `right_grant`."""

    grant_id: int = 0
    state: GrantState = "waiting"
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        return f"GrantRow({self.grant_id})"
