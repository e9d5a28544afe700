"""What faults may change in a scenario (roster, cells, platform), and how they find time in somebody's day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from device_sim.bureau.people import Bureau
from device_sim.bureau.roster import DAY_MS, MIN_MS, Activity, Duty, Roster
from device_sim.device.actions import Action, ActionKind
from device_sim.device.models import RecorderSpec
from device_sim.world.places import CellOutage
from device_sim.world.spans import Span

_MARGIN_MS: Final = 2 * MIN_MS


@dataclass(slots=True, frozen=True)
class PlatformOutage:
    """Broker or server down: everybody is cut off at once. Wills are published only if it `leaves_wills`."""

    from_ms: int
    to_ms: int
    leaves_wills: bool = False


@dataclass(slots=True)
class ScenarioState:
    """A scenario in preparation: its bureau, its plan, and what goes wrong."""

    bureau: Bureau
    roster: Roster
    cell_outages: dict[str, list[CellOutage]] = field(default_factory=dict)
    platform_outages: list[PlatformOutage] = field(default_factory=list)
    duties_by_fault: dict[int, list[Duty]] = field(default_factory=dict)
    """The duties that each fault changed, by the fault's number in the scenario file."""

    def bound_iccid(self, spec: RecorderSpec, at_ms: int) -> str | None:
        """The ICCID that is bound to a recorder at a moment."""
        cards = [
            (int(fact["valid_from"]), str(fact["iccid"]))
            for fact in self.roster.facts.get("sim_bindings", [])
            if fact["recorder_id"] == spec.recorder_id and fact["valid_from"] <= at_ms
        ]
        return max(cards)[1] if cards else spec.iccid

    def day_of(self, at_ms: int) -> int:
        """The day of the scenario at *at_ms*, counted from 0."""
        return (at_ms - self.roster.from_ms) // DAY_MS

    def duties_of(self, activity: Activity) -> list[Duty]:
        """The duties of everybody who takes part in *activity*."""
        return [duty for duty in self.roster.duties if activity in duty.activities]

    def drop_assignment(self, duty: Duty) -> None:
        """Remove the assignment of the duty's recorder for that day."""
        handed_out = self.roster.facts.get("assignments", [])
        handed_out[:] = [
            fact
            for fact in handed_out
            if fact["officer_id"] != duty.officer.officer_id
            or fact["recorder_id"] != duty.spec.recorder_id
            or not fact["starts_at"] <= duty.pick_up_ms <= fact["ends_at"]
        ]


def find_gap(duty: Duty, need_ms: int, rng: Random, taken: Iterable[Span] = ()) -> int | None:
    """Choose a moment with *need_ms* free of the duty's recordings and of *taken*; None if there is none."""
    busy = sorted([*(span for spans in duty.filming.values() for span in spans), *taken])
    free: list[Span] = []
    at_ms = duty.out_ms + 4 * MIN_MS
    for span in busy:
        free.append(Span(at_ms, span.from_ms - _MARGIN_MS))
        at_ms = max(at_ms, span.to_ms + _MARGIN_MS)
    free.append(Span(at_ms, duty.home_ms - _MARGIN_MS))
    wide = [span for span in free if span.to_ms - span.from_ms > need_ms]
    if not wide:
        return None
    span = rng.choice(wide)
    return rng.randrange(span.from_ms // 1000, (span.to_ms - need_ms) // 1000 + 1) * 1000


def filmed_activities(duty: Duty, first: int = 0) -> list[Activity]:
    """The activities that the duty films, in order of time, from activity number *first* on (counted from 0)."""
    filmed = [activity for activity in duty.activities if duty.filming.get(activity.activity_id)]
    return [activity for activity in filmed if duty.activities.index(activity) >= first]


def remove_colleagues(state: ScenarioState, duty: Duty, from_ms: int) -> None:
    """Take all others out of the duty's activities that end after *from_ms*, so that nobody else films them."""
    for activity in duty.activities:
        if activity.actual.to_ms <= from_ms:
            continue
        for other in state.duties_of(activity):
            if other is not duty:
                other.activities.remove(activity)
                other.filming.pop(activity.activity_id, None)
        activity.officers[:] = [duty.officer]
        if not duty.filming.get(activity.activity_id):
            duty.filming[activity.activity_id] = [
                Span(activity.actual.from_ms - 10_000, activity.actual.to_ms + 10_000)
            ]


def pull_sim(duty: Duty, from_ms: int, to_ms: int, card: str | None) -> None:
    """Take the SIM card out at *from_ms* and put *card* in at *to_ms* (None: no card)."""
    duty.extra_actions.append(Action(from_ms, ActionKind.PULL_SIM))
    if card is not None:
        duty.extra_actions.append(Action(to_ms, ActionKind.INSERT_SIM, card))
