"""Test helper: builders for findings, incidents, actors and a calendar."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from alerts.finding import Evidence, Finding, Subject
from alerts.incidents.actors import Actor, Role
from alerts.incidents.revise import settle
from telemetry.records.incidents import IncidentRow
from telemetry.store.pool import Database

_Answer = TypeVar("_Answer")

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai on a working day."""


async def committed(
    database: Database, work: Callable[..., Awaitable[_Answer]], *arguments: Any, **named: Any
) -> _Answer:
    """Run *work* in its own transaction."""
    async with database.transaction() as connection:
        return await work(connection, *arguments, **named)


class Weekdays:
    """A calendar with Monday to Friday as workdays; years in `provisional` have no decree."""

    def __init__(self, *provisional: int) -> None:
        self._provisional = provisional

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5

    def is_provisional(self, day: date) -> bool:
        return day.year in self._provisional

    def is_surely_worked(self, day: date) -> bool:
        return self.is_working_day(day)


def finding(**changes: Any) -> Finding:
    """By default a SIM that was removed for 27 minutes: confirmed, weight transfer."""
    base = Finding(
        rule="sim-removed",
        key="R0017|2026-03-02T02:02:00Z",
        subject=Subject("U04", "R0017", "P0031", shift_id="S1"),
        starts_at=MONDAY + timedelta(minutes=2),
        ends_at=MONDAY + timedelta(minutes=29),
        confidence="confirmed",
        weight="transfer",
        standing="holds",
        evidence=Evidence(
            "R0017于3月2日10:02至10:29检测不到SIM卡（连续27分钟，28条报告）。",
            ("同小区11台在线。",),
            limits=("是否人为、是否故意，系统不能判断。",),
        ),
        cause="sim_removed",
    )
    return replace(base, **changes)


def incident(**changes: Any) -> IncidentRow:
    """The incident that `finding()` opens, with some of its fields changed."""
    change = settle(None, finding(), MONDAY + timedelta(minutes=30))
    assert change is not None
    return replace(change.incident, **changes)


def actor(*roles: Role, account: str | None = None, **changes: Any) -> Actor:
    """An account with some roles, for the whole bureau."""
    return replace(Actor(account or "-".join(roles), frozenset(roles)), **changes)


VERIFIER = actor("verifier", own_units=frozenset({"U90"}))
OTHER_VERIFIER = actor("verifier", account="second-verifier", own_units=frozenset({"U90"}))
LEADER = actor("leader", units=frozenset({"U04"}), officer_id="P0001", own_units=frozenset({"U04"}))
OFFICER = actor("officer", units=frozenset(), officer_id="P0031", own_units=frozenset({"U04"}))
