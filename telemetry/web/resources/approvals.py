"""`/approvals`: facts that were entered after the fact (事后补录) and wait for somebody who is neither subject nor leader."""

import json
from datetime import datetime
from typing import Any, Final, Literal, cast, get_args

from pydantic import BaseModel, ConfigDict, Field

from alerts.facts.approve import REFUSALS, Approver, Refusal, approve_fact, reject_fact
from alerts.facts.models import Collection
from alerts.incidents.actors import Role
from telemetry.store.fact_review import awaiting_approval, history, officer_standings
from telemetry.store.incident_list import names_of
from telemetry.web.http.problems import Refused, not_found
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
    content: dict[str, Any]
    change: dict[str, list[Any]]


class Verdict(BaseModel):
    """Whether it is to count."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1)
    verdict: Literal["approve", "reject"]
    reason: str = Field(default="", max_length=2000)


async def _list(call: Call) -> list[Awaiting]:
    found = []
    async with call.database.connection() as connection:
        for row in await awaiting_approval(connection, _MOST):
            content = json.loads(row.content)
            past = await history(connection, row.collection, row.fact_id)
            before = [one for one in past if one.version < row.version and (not one.needs_approval or one.approved_at)]
            said = json.loads(before[-1].content) if before else {}
            officer_id = content.get("officer_id")
            names = await names_of(connection, officers=[officer_id])
            found.append(
                Awaiting(
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
                )
            )
        homes = await _homes(call, [one.officer_id for one in found])
    sight = sight_of_call(call)
    return [one for one in found if sight.within(homes.get(one.officer_id or "", one.content.get("unit_id")))]


async def _homes(call: Call, officer_ids: list[str | None]) -> dict[str, str]:
    async with call.database.connection() as connection:
        asked = sorted({one for one in officer_ids if one})
        return {who: unit for who, unit, _ in await officer_standings(connection, asked, call.now)}


async def _decide(call: Call) -> None:
    collection, fact_id = call.path["collection"], call.path["fact_id"]
    asked: Verdict = call.body
    if collection not in _COLLECTIONS:
        raise not_found("该类记录")
    if asked.verdict == "reject" and not asked.reason.strip():
        raise Refused(
            422,
            "须写明理由",
            code="no_reason",
            errors=[{"field": "reason", "reason": "a reason is missing", "reason_zh": "须写明理由"}],
        )
    if all(one.id != fact_id or one.collection != collection for one in await _list(call)):
        raise Refused(404, REFUSALS["unknown"], code="unknown")
    refusal = await _decided(call, cast("Collection", collection), fact_id, asked)
    if refusal is not None:
        status = {"unknown": 404, "is_subject": 403, "leads_subject": 403}.get(refusal, 409)
        raise Refused(status, REFUSALS[refusal], code=refusal)
    await call.audit(f"approval.{asked.verdict}", collection, fact_id, why=asked.reason)


async def _decided(call: Call, collection: Collection, fact_id: str, asked: Verdict) -> Refusal | None:
    account = call.account
    if asked.verdict == "reject":
        by = Approver(account.username, account.officer_id)
        return await reject_fact(call.database, (collection, fact_id, asked.version), by, asked.reason, call.now)
    return await approve_fact(
        call.database,
        collection,
        fact_id,
        asked.version,
        actor=account.username,
        officer_id=account.officer_id,
        now=call.now,
    )


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
