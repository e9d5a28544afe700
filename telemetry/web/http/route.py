"""HTTP, its words: what a route declares, what its handler gets, and who is asking."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel

from alerts.incidents.actors import Actor, Role
from alerts.notices.settings import NoticeSettings
from alerts.paperwork.settings import PaperSettings
from alerts.rules.settings import RuleSettings
from telemetry.domain.clock import Now, wall_now
from telemetry.health.look import OwnParts
from telemetry.records.audit import AuditEntry
from telemetry.settings import AccountsSettings, HttpSettings
from telemetry.store.audit import write_entry
from telemetry.store.pool import Database

PREFIX: Final = "/api/v1"
Scope = Literal["facts:write", "read", "metrics"]
Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]

ANYBODY: Final[frozenset[Role] | None] = None
"""Any account that is signed in."""
NOBODY: Final[frozenset[Role]] = frozenset()
"""No account: API tokens only."""
KEEPERS_OF_THE_HOUSE: Final[frozenset[Role]] = frozenset({"engineer", "administrator", "security", "auditor"})
"""Those who keep the platform, and see no incident or track by that."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who is asking: a person's account, or an API token (`scopes` and no roles).

    `units` is the subtree that it sees (None: the whole bureau; empty: nothing by its unit, only what is the officer's
    own); `own_units` are those in which the person behind it decides nothing.
    """

    username: str
    name: str
    roles: frozenset[Role]
    unit_id: str | None = None
    unit_name: str | None = None
    officer_id: str | None = None
    units: frozenset[str] | None = frozenset()
    own_units: frozenset[str] = frozenset()
    must_change: bool = False
    lacks_factor: bool = False
    scopes: frozenset[str] = frozenset()
    session_hash: bytes | None = None
    csrf: str = ""

    def __repr__(self) -> str:
        return f"Account({self.username!r})"


NO_ACCOUNT: Final = Account("", "", frozenset())
"""Who asks for what is open to everybody."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the composition root gives to the handlers beside the database: settings by their tables, and the clock.

    `now` is the clock that rules live by; logins live by the wall's. `own`: what this process knows of its own health.
    """

    http: HttpSettings
    accounts: AccountsSettings = field(default_factory=AccountsSettings)
    rules: RuleSettings = field(default_factory=RuleSettings)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    paper: PaperSettings = field(default_factory=PaperSettings)
    now: Now = wall_now
    routes: "tuple[Route, ...]" = ()
    own: OwnParts = field(default_factory=OwnParts)


@dataclass(slots=True)
class Call:
    """One request that has been let in, its query and body read into the route's models.

    `now` is the time that rules live by, `wall` the wall's, by which sessions and tokens end: the same but in a
    demonstration.
    """

    request: web.Request
    account: Account
    database: Database
    body: Any
    query: Any
    now: datetime
    wall: datetime
    site: Site
    address: str
    is_still_let_in: Callable[[], Awaitable[bool]]
    """Asks again whether the session is still valid, without keeping it alive: for streams that last."""
    was_audited: bool = False

    @property
    def units(self) -> frozenset[str] | None:
        """The units whose data it may see; None: the whole bureau; empty: only what is its officer's own."""
        return self.account.units

    @property
    def scopes(self) -> frozenset[str]:
        """What the API token that asks is for; none of a person's account."""
        return self.account.scopes

    @property
    def actor(self) -> Actor:
        """The account as it acts on incidents."""
        account = self.account
        return Actor(account.username, account.roles, account.units, account.officer_id, account.own_units)

    @property
    def path(self) -> Mapping[str, str]:
        """The values of the path's `{names}`."""
        return self.request.match_info

    def entry(
        self,
        action: str,
        target_kind: str,
        target_id: str,
        why: str = "",
        officer_ids: tuple[str, ...] = (),
        *,
        detail: Mapping[str, object] | None = None,
    ) -> AuditEntry:
        """An entry of the audit log by this caller; the handler writes it in the transaction of what it does."""
        self.was_audited = True
        return AuditEntry(self.account.username, self.address, action, target_kind, target_id, why, officer_ids, detail)

    async def audit(
        self,
        action: str,
        target_kind: str,
        target_id: str,
        *,
        why: str = "",
        officer_ids: tuple[str, ...] = (),
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """Record a look, before what is looked at is sent. Actions of looks begin with `view.`, exports with `export.`."""
        entry = self.entry(action, target_kind, target_id, why=why, officer_ids=officer_ids, detail=detail)
        await write_entry(self.database, entry)


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    summary: str
    roles: frozenset[Role] | None
    scope: Scope | None = None
    body: type[BaseModel] | None = None
    raw_body: Any = None
    query: type[BaseModel] | None = None
    answer: Any = None
    audited: bool = False
    is_open: bool = False
    status: int = 200
    max_body_bytes: int = 256 * 1024
    media: str = "application/json"
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route(_Terms):
    """One operation below `/api/v1`.

    `roles`: who may (`ANYBODY`, `NOBODY` or a set); `scope`: tokens that may; `is_open`: without any login. `answer` is
    whatever pydantic takes for a type. `audited`: each call leaves an entry in the audit log. What changes something
    writes it in the transaction of the change; of a look that writes none, the entry names the route. `media` is the
    type of an answer that is no JSON,
    `files` are those it may have instead, where the query asks for a file.
    """

    method: Method
    path: str
    handler: Handler
