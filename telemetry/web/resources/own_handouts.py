"""`/me/handouts`: the officer's own word that he has the recorder that he was handed (sql/migrations/0066_wearer.sql).

A hand-out to somebody of another unit, or to somebody who has a recorder on duty, names him as the wearer only from then
on, or from his own login on it.
"""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from telemetry.store.audit import add_entry
from telemetry.store.duty_day import confirm_handout, unconfirmed_handouts
from telemetry.store.facts import lock_facts, note_changes
from telemetry.web.http.problems import not_found
from telemetry.web.http.route import ANYBODY, Call, Route
from telemetry.web.resources.live import FEED


class OwnHandout(BaseModel):
    """A recorder that the caller was handed and hasn't confirmed yet."""

    assignment_id: str
    recorder_id: str
    unit_id: str | None
    unit_name: str | None
    starts_at: datetime
    reason: str


class NoBody(BaseModel):
    """Nothing to say."""

    model_config = ConfigDict(extra="forbid")


async def _waiting(call: Call) -> list[OwnHandout]:
    if call.account.officer_id is None:
        return []
    async with call.database.connection() as connection:
        rows = await unconfirmed_handouts(connection, call.account.officer_id, call.now)
    return [OwnHandout.model_validate(row) for row in rows]


async def _confirm(call: Call) -> list[OwnHandout]:
    assignment_id, officer_id = call.path["assignment_id"], call.account.officer_id
    async with call.database.transaction() as connection:
        await lock_facts(connection)
        rows = [] if officer_id is None else await unconfirmed_handouts(connection, officer_id, call.now)
        row = next((row for row in rows if row["assignment_id"] == assignment_id), None)
        if row is None or officer_id is None:
            raise not_found("该待确认的领用")
        await confirm_handout(connection, assignment_id, officer_id, call.now)
        # Whatever rests on who wore it is looked at again.
        await note_changes(connection, "assignments", [assignment_id])
        await add_entry(connection, call.entry("handout.confirm", "recorder", row["recorder_id"]))
    await call.request.app[FEED].refresh()
    return await _waiting(call)


ROUTES: Final = (
    Route("GET", "/me/handouts", _waiting, summary="待本人确认的领用", roles=ANYBODY, answer=list[OwnHandout]),
    Route(
        "POST",
        "/me/handouts/{assignment_id}/confirm",
        _confirm,
        summary="确认领用",
        roles=ANYBODY,
        body=NoBody,
        answer=list[OwnHandout],
        audited=True,
    ),
)
