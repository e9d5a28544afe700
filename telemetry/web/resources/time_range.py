"""A stretch of a recorder's time: which one is asked for, and how much of it the caller may see."""

from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from alerts.duty.wearer import wearers_during
from alerts.facts.known_query import known_facts
from alerts.intervals import Interval, union
from telemetry.web.http.pagination import Moment
from telemetry.web.http.problems import faulty, not_found
from telemetry.web.http.route import Call
from telemetry.web.http.visibility import WATCHERS
from telemetry.web.resources.recorders import is_kept_by, own_people

LONGEST: Final = timedelta(days=7)
"""What is looked at in one piece."""
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


def widened(within: Interval) -> Interval:
    """*within* and half a day on either side of it, with the duties that reach into it."""
    return Interval(within.start - _HALF_DAY, within.end + _HALF_DAY)


def span_of(during: Interval) -> dict[str, datetime]:
    """The fields of a Span."""
    return {"from_": during.start, "to": during.end}
