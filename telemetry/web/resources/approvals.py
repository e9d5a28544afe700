"""`/approvals`: facts that were entered after the fact (事后补录) and wait for somebody who is neither subject nor leader."""

import json
from datetime import datetime
from typing import Final, Literal, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from alerts.facts.approve import UNKNOWN, approver, decide_fact, verdicts_offered
from alerts.facts.models import Collection
from alerts.incidents.actors import Role
from telemetry.store.audit import add_entry
from telemetry.store.fact_review import awaiting_approval, history, officer_standings
from telemetry.store.incident_list import names_of
from telemetry.web.http.problems import not_found, refused
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import sight_of_call

_APPROVERS: Final[frozenset[Role]] = frozenset({"verifier", "head", "leader", "deputy", "supervision"})
_MOST: Final = 500
_COLLECTIONS: Final = frozenset(get_args(Collection))


class Awaiting(BaseModel):
    """A late entry that waits; `change` is what it says now, each with what was said before."""

    collection: str
    id: str
    version: int
    entered_at: datetime
    entered_by: str
    officer_id: str | None
    officer_name: str | None
    content: dict[str, JsonValue]
    change: dict[str, list[JsonValue]]
    offers: list[Literal["approve", "reject"]]


class Verdict(BaseModel):
    """Whether it is to count."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1)
    verdict: Literal["approve", "reject"]
    reason: str = Field(default="", max_length=2000)


async def _list(call: Call) -> list[Awaiting]:
    found: list[tuple[Awaiting, str | None]] = []
    async with call.database.connection() as connection:
        who = await approver(connection, call.account.username, call.account.officer_id, call.now)
        for row in await awaiting_approval(connection, _MOST):
            content = json.loads(row.content)
            past = await history(connection, row.collection, row.fact_id)
            before = [one for one in past if one.version < row.version and (not one.needs_approval or one.approved_at)]
            said = json.loads(before[-1].content) if before else {}
            officer_id = content.get("officer_id")
            names = await names_of(connection, officers=[officer_id])
            awaiting = Awaiting(
                collection=row.collection,
                id=row.fact_id,
                version=row.version,
                entered_at=row.loaded_at,
                entered_by=row.loaded_by,
                officer_id=officer_id,
                officer_name=names.officers.get(officer_id or ""),
                content=content,
                change={
                    name: [said.get(name), content.get(name)]
                    for name in sorted({*said, *content})
                    if said.get(name) != content.get(name)
                },
                offers=[one.action for one in await verdicts_offered(connection, row, who, call.now)],
            )
            found.append((awaiting, content.get("unit_id")))
        homes = await _homes(call, [one.officer_id for one, _ in found])
    sight = sight_of_call(call)
    return [one for one, unit_id in found if sight.within(homes.get(one.officer_id or "", unit_id))]


async def _homes(call: Call, officer_ids: list[str | None]) -> dict[str, str]:
    async with call.database.connection() as connection:
        asked = sorted({one for one in officer_ids if one})
        return {who: unit for who, unit, _ in await officer_standings(connection, asked, call.now)}


async def _decide(call: Call) -> None:
    collection, fact_id = call.path["collection"], call.path["fact_id"]
    asked: Verdict = call.body
    if collection not in _COLLECTIONS:
        raise not_found("该类记录")
    if all(one.id != fact_id or one.collection != collection for one in await _list(call)):
        raise refused(UNKNOWN)
    version = (cast("Collection", collection), fact_id, asked.version)
    account = (call.account.username, call.account.officer_id)
    async with call.database.transaction() as connection:
        refusal = await decide_fact(connection, version, asked.verdict, account, reason=asked.reason, now=call.now)
        if refusal is not None:
            raise refused(refusal)
        await add_entry(connection, call.entry(f"approval.{asked.verdict}", collection, fact_id, asked.reason))


ROUTES: Final = (
    Route("GET", "/approvals", _list, summary="待审批的事后补录", roles=_APPROVERS, answer=list[Awaiting]),
    Route(
        "POST",
        "/approvals/{collection}/{fact_id}",
        _decide,
        summary="审批一条事后补录",
        roles=_APPROVERS,
        body=Verdict,
        audited=True,
        status=204,
    ),
)
