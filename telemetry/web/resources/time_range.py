"""A stretch of a recorder's time: which one is asked for, how much of it the caller may see, and where it was then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from alerts.duty.on_duty import duty_times, recorder_on_duty
from alerts.duty.wearer import Wearer, wearers_during
from alerts.facts.known import KnownFacts
from alerts.facts.known_query import known_facts
from alerts.intervals import Interval, intersect, union
from telemetry.web.http.pagination import Moment
from telemetry.web.http.problems import faulty, not_found
from telemetry.web.http.route import Call
from telemetry.web.http.visibility import WATCHERS
from telemetry.web.resources.recorders import is_kept_by, own_people

LONGEST: Final = timedelta(days=7)
"""What is looked at in one piece."""
_PLACELESS: Final = frozenset({"officer_id", "code"})
_DAY: Final = timedelta(days=1)
_HALF_DAY: Final = timedelta(hours=12)


class Span(BaseModel):
    """A stretch of time."""

    model_config = ConfigDict(populate_by_name=True)
    from_: datetime = Field(alias="from")
    to: datetime


class Worn(Span):
    """Whose the recorder was in that time; None: nobody for certain."""

    officer_id: str | None
    officer_name: str | None


class StretchQuery(BaseModel):
    """A stretch of time, a week at most; without it the last 24 hours."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None


def stretch_of(asked: Any, now: datetime) -> Interval:
    """The stretch that is asked for. Raises Refused for one that is none."""
    end = asked.to or (min(now, asked.from_ + _DAY) if asked.from_ is not None else now)
    start = asked.from_ or end - _DAY
    if end <= start:
        raise faulty("to", "not after from", "应晚于开始时间")
    if end - start > LONGEST:
        raise faulty("to", "more than 7 days", "至多7天")
    return Interval(start, end)


async def seen_stretch(call: Call, recorder_id: str, within: Interval) -> Interval:
    """As much of *within* as the caller may see: of a recorder of another unit, since one of his people has it."""
    if not call.account.roles & (WATCHERS | {"engineer"}) and not call.account.scopes:
        return within
    if await is_kept_by(call, recorder_id):
        return within
    async with call.database.connection() as connection:
        facts = await known_facts(connection, call.now, widened(within), recorder_ids=[recorder_id])
    stretches = wearers_during(recorder_id, within, facts)
    own = await own_people(call, (who for _, answer in stretches for who in answer.candidates))
    parts = union(during for during, answer in stretches if own & set(answer.candidates))
    if not parts:
        raise not_found("该时间的记录")
    return parts[-1]


@dataclass(frozen=True, slots=True)
class Look:
    """A look at where a recorder was: who wore it, and the parts of the time in which its place may be shown."""

    stretches: Sequence[tuple[Interval, Wearer]]
    shown: Sequence[Interval]
    lost: Sequence[Interval]

    def shows(self, at: datetime) -> bool:
        """Whether its place at a moment may be shown."""
        return any(part.start <= at < part.end for part in self.shown)


async def look_at_places(call: Call, recorder_id: str, within: Interval, why: str) -> Look:
    """What may be shown of where a recorder was, by track or radio cell: on duty, and while it is lost. It is recorded.

    An officer's own look shows him the parts of his duty in which he certainly wore it.
    """
    async with call.database.connection() as connection:
        facts = await known_facts(connection, call.now, widened(within), recorder_ids=[recorder_id])
    stretches = wearers_during(recorder_id, within, facts)
    shown = placed_times(recorder_id, within, facts)
    if not call.account.roles & (WATCHERS | {"engineer"}) and not call.account.scopes:
        own = call.account.officer_id
        worn = [during for during, answer in stretches if answer.officer_id == own]
        on_duty = recorder_on_duty(recorder_id, within, facts)
        his = duty_times(on for on in on_duty if on.officer_id == own or own in on.duty.officer_ids)
        shown = intersect(his, worn)
    people = {who for _, answer in stretches for who in answer.candidates}
    # With no connection in hand: who holds one and waits for another can wait for ever.
    await call.audit(
        "view.track",
        "recorder",
        recorder_id,
        why=why,
        officer_ids=tuple(sorted(people)),
        detail={"from": within.start.isoformat(), "to": within.end.isoformat()},
    )
    return Look(stretches, shown, lost_times(recorder_id, within, facts))


def placed_times(recorder_id: str, within: Interval, facts: KnownFacts) -> list[Interval]:
    """When the place of a recorder may be shown: on duty, and while it is lost."""
    on_duty = duty_times(recorder_on_duty(recorder_id, within, facts))
    return union([*on_duty, *lost_times(recorder_id, within, facts)])


def lost_times(recorder_id: str, within: Interval, facts: KnownFacts) -> list[Interval]:
    """When the recorder was reported lost."""
    times = (
        Interval(max(one.reported_at, within.start), min(one.resolved_at or within.end, within.end))
        for one in facts.reports
        if one.recorder_id == recorder_id and one.kind == "lost" and one.reported_at < within.end
    )
    return [during for during in times if during.start < during.end]


def without_place(detail: Any) -> Any:
    """Of what a recorder says of an event beside its type, only what is known to place nobody: whose login, and a code."""
    if not isinstance(detail, Mapping):
        return None
    return {name: value for name, value in detail.items() if name in _PLACELESS} or None


def widened(within: Interval) -> Interval:
    """*within* and half a day on either side of it, with the duties that reach into it."""
    return Interval(within.start - _HALF_DAY, within.end + _HALF_DAY)


def span_of(during: Interval) -> dict[str, datetime]:
    """The fields of a Span."""
    return {"from_": during.start, "to": during.end}
