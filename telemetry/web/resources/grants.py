"""`/grants`: rights that were asked for and wait for a countersignature: of accounts, password resets, API tokens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal, assert_never

from pydantic import BaseModel, Field, JsonValue

from alerts.incidents.actors import Role
from alerts.workflow import Attempt
from telemetry.records.accounts import AccountRow, GrantKind, GrantRow, GrantState, NewGrant
from telemetry.records.audit import AuditEntry
from telemetry.store.accounts import (
    ask_grant,
    change_account,
    countersign_token,
    decide_grant,
    find_account,
    list_grants,
    lock_grant,
)
from telemetry.store.audit import add_entry
from telemetry.store.logins import drop_factor, end_sessions
from telemetry.store.pool import Connection
from telemetry.web.http.account_provisioning import check_terms, check_ties, replace_password
from telemetry.web.http.path_numbers import number_in_path
from telemetry.web.http.problems import refused
from telemetry.web.http.right_grants import LAPSES_AFTER, OVERTAKEN, UNKNOWN, WAITING, WORKFLOW, Signer
from telemetry.web.http.route import Call, Route
from telemetry.web.resources.session import Body

_READERS: Final[frozenset[Role]] = frozenset({"administrator", "security", "auditor"})
_SIGNERS: Final[frozenset[Role]] = frozenset({"administrator", "security"})
_MOST: Final = 200
Verdict = Literal["grant", "refuse", "withdraw"]


class GrantItem(BaseModel):
    """A right that was asked for; `change` is by field what it was and what it is to be, `offers` what one may do."""

    grant_id: int
    kind: GrantKind
    target: str
    change: dict[str, list[JsonValue]]
    why: str
    asked_by: str
    asked_at: datetime
    state: GrantState
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    offers: list[Verdict]


class GrantVerdict(Body):
    """Whether it is to be."""

    verdict: Verdict
    reason: Annotated[str, Field(max_length=500)] = ""


async def ask(
    call: Call,
    connection: Connection,
    kind: GrantKind,
    target: str,
    change: Mapping[str, Sequence[Any]],
    *,
    why: str,
    password_hash: str | None = None,
    version: int | None = None,
) -> int:
    """Store what the caller asks for until another countersigns it. Raises Refused where the same is waiting already."""
    account = call.account
    grant = NewGrant(
        kind,
        target,
        change,
        why,
        asked_by=account.username,
        by_security="security" in account.roles,
        asked_at=call.wall,
        password_hash=password_hash,
        version=version,
    )
    grant_id = await ask_grant(connection, grant, call.wall - LAPSES_AFTER)
    if grant_id is None:
        raise refused(WAITING)
    return grant_id


async def _list(call: Call) -> list[GrantItem]:
    who = Signer(call.account.username, call.account.roles)
    return [_item(row, who, call.wall) for row in await list_grants(call.database, _MOST)]


def _item(row: GrantRow, who: Signer, now: datetime) -> GrantItem:
    values = {name: getattr(row, name) for name in GrantItem.model_fields if name != "offers"}
    return GrantItem.model_validate({**values, "offers": [each.action for each in WORKFLOW.offers(row, who, now)]})


async def _decide(call: Call) -> None:
    asked: GrantVerdict = call.body
    who = Signer(call.account.username, call.account.roles)
    async with call.database.transaction() as connection:
        grant = await lock_grant(connection, number_in_path(call, "grant_id"))
        if grant is None:
            raise refused(UNKNOWN)
        refusal = WORKFLOW.refusal(asked.verdict, Attempt(grant, who, asked.reason, call.wall))
        if refusal is not None:
            raise refused(refusal)
        after = WORKFLOW.after(grant.state, asked.verdict)
        await decide_grant(connection, grant.grant_id, after, by=who.account, now=call.wall, reason=asked.reason)
        detail = {"grant_id": grant.grant_id, "asked_by": grant.asked_by, "why": grant.why, **grant.change}
        subject = "token" if grant.kind == "token" else "account"

        def entry(action: str) -> AuditEntry:
            return call.entry(action, subject, grant.target, asked.reason, detail=detail)

        match asked.verdict:
            case "grant":
                await _carry_out(call, connection, grant, entry)
            case "refuse":
                await add_entry(connection, entry("grant.refuse"))
            case "withdraw":
                await add_entry(connection, entry("grant.withdraw"))
            case _:
                assert_never(asked.verdict)


async def _carry_out(call: Call, connection: Connection, grant: GrantRow, entry: Callable[[str], AuditEntry]) -> None:
    """Do what was asked for, with its entry. Raises Refused where what it rested on has changed."""
    match grant.kind:
        case "account":
            await _change(call, connection, grant)
            await add_entry(connection, entry("account.change"))
        case "password":
            await _found(connection, grant)
            assert grant.password_hash is not None
            told = entry("account.password_reset")
            await replace_password(connection, grant.target, grant.password_hash, call.wall, told, must_change=True)
        case "token":
            if not await countersign_token(connection, grant.target, call.wall, call.account.username):
                raise refused(OVERTAKEN)
            await add_entry(connection, entry("token.issue"))
        case "second_factor":
            if not await drop_factor(connection, grant.target):
                raise refused(OVERTAKEN)
            await end_sessions(connection, grant.target)
            await add_entry(connection, entry("account.factor_reset"))
        case _:
            assert_never(grant.kind)


async def _change(call: Call, connection: Connection, grant: GrantRow) -> None:
    row = await _found(connection, grant)
    if any(plain(getattr(row, name)) != before for name, (before, _) in grant.change.items()):
        raise refused(OVERTAKEN)
    given = {name: after for name, (_, after) in grant.change.items()}
    if "roles" in given:
        given["roles"] = frozenset(given["roles"])
    changed = replace(row, **given)
    check_terms(changed)
    await check_ties(connection, changed, call.now)
    if await change_account(connection, changed) is None:
        raise refused(OVERTAKEN)
    await end_sessions(connection, row.username)


async def _found(connection: Connection, grant: GrantRow) -> AccountRow:
    row = await find_account(connection, grant.target)
    if row is None or (grant.version is not None and row.version != grant.version):
        raise refused(OVERTAKEN)
    return row


def plain(value: object) -> object:
    """A field of an account as JSON has it."""
    return sorted(value) if isinstance(value, frozenset) else value


ROUTES: Final = (
    Route("GET", "/grants", _list, summary="待会签与已办结的授权", roles=_READERS, answer=list[GrantItem]),
    Route(
        "POST",
        "/grants/{grant_id}",
        _decide,
        summary="会签、退回或撤回一项授权",
        roles=_SIGNERS,
        body=GrantVerdict,
        status=204,
        audited=True,
    ),
)
