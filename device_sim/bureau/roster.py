"""Plans the days: shifts, teams, recorders and activities, before any fault changes them."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from device_sim.bureau.people import Bureau, Officer, Squad
from device_sim.device.actions import Action
from device_sim.device.models import RecorderSpec
from device_sim.world.spans import Span

MIN_MS: Final = 60_000
HOUR_MS: Final = 60 * MIN_MS
DAY_MS: Final = 24 * HOUR_MS
_DAY, _LATE, _NIGHT = (510, 1020), (780, 1290), (1320, 1800)
"""Shifts in minutes from midnight: 08:30-17:00, 13:00-21:30, 22:00-06:00."""
_KINDS: Final = ("inspection", "inspection", "inspection", "penalty", "campaign", "petition", "coercion")


@dataclass(slots=True, eq=False)
class Activity:
    """One activity: when it `actual`ly was, and when it was as `registered` in the bureau's system."""

    activity_id: str
    kind: str
    officers: list[Officer]
    actual: Span
    registered: Span
    times_from: str | None
    rounded_to_min: int | None
    entered_ms: int | None = None
    cancelled_ms: int | None = None


@dataclass(slots=True, eq=False)
class Shift:
    """One officer's shift in the roster."""

    shift_id: str
    officer: Officer
    recorder_id: str | None
    span: Span
    kind: str
    cancelled_ms: int | None = None


@dataclass(slots=True, eq=False)
class Duty:
    """One shift as it really happens: the recorder that is worn, from when to when, and what is filmed.

    `filming` has the planned recordings by activity id, `extra_actions` what else happens to the recorder. `fault_name`
    is the `what` of the fault that changed the duty, or "partner" or "spare" if another duty's fault did.
    """

    shift: Shift
    squad: Squad
    spec: RecorderSpec
    pick_up_ms: int
    out_ms: int
    home_ms: int
    dock_ms: int
    import_ms: int | None
    logs_in: bool
    switches_off: bool
    activities: list[Activity] = field(default_factory=list)
    filming: dict[str, list[Span]] = field(default_factory=dict)
    extra_actions: list[Action] = field(default_factory=list)
    is_carried: bool = True
    fault_name: str | None = None
    partner: "Duty | None" = None

    @property
    def officer(self) -> Officer:
        """The officer who is on duty."""
        return self.shift.officer

    @property
    def worn(self) -> Span:
        """From pick-up to dock."""
        return Span(self.pick_up_ms, self.dock_ms)


@dataclass(slots=True)
class Roster:
    """Everything that is planned; faults change it before the simulation starts.

    `facts` holds further facts by collection, as in the wire contract but with times in milliseconds since 1970.
    """

    from_ms: int
    days: int
    shifts: list[Shift] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    spares_taken: set[tuple[str, int]] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)

    @property
    def to_ms(self) -> int:
        """Midnight after the last day, or two hours after the last duty is docked if that is later."""
        last_ms = self.from_ms + self.days * DAY_MS
        return max([last_ms, *(duty.dock_ms + 2 * HOUR_MS for duty in self.duties)])

    def add_fact(self, collection: str, prefix: str, fields: dict[str, Any]) -> str:
        """Add a fact under the next id of its collection; return the id."""
        number = self._numbers[collection] = self._numbers.get(collection, 0) + 1
        fact_id = f"{prefix}{number:05d}"
        self.facts.setdefault(collection, []).append({"id": fact_id} | fields)
        return fact_id

    def assign(self, duty: Duty, span: Span, reason: str) -> None:
        """Add an assignment of the duty's recorder to its officer over *span*."""
        self.add_fact(
            "assignments",
            "G",
            {
                "recorder_id": duty.spec.recorder_id,
                "officer_id": duty.officer.officer_id,
                "starts_at": span.from_ms,
                "ends_at": span.to_ms,
                "reason": reason,
            },
        )


def plan_roster(bureau: Bureau, seed: int, from_ms: int, days: int) -> Roster:
    """Plan *days* days of *bureau*, from midnight *from_ms* (milliseconds since 1970)."""
    roster = Roster(from_ms, days)
    for day in range(days):
        for number, squad in enumerate(bureau.squads):
            _plan_squad(roster, squad, number, day, Random(f"{seed}:roster:{number}:{day}"))
    return roster


def _plan_squad(roster: Roster, squad: Squad, number: int, day: int, rng: Random) -> None:
    day_ms = roster.from_ms + day * DAY_MS
    wearers = squad.wearers
    for team in range(0, len(wearers), 2):
        pair = wearers[team : team + 2]
        if len(pair) == 1 and len(wearers) > 1:
            plan_office_shift(roster, pair[0], day_ms)
            continue
        place = team // 2
        if (day + place) % 7 >= 5:
            continue
        hours = _NIGHT if number % 6 == 5 and place == 3 else _LATE if (place + number) % 5 == 4 else _DAY
        span = Span(day_ms + hours[0] * MIN_MS, day_ms + hours[1] * MIN_MS)
        duties = [
            plan_duty(roster, squad, officer, place=team + i, day=day, span=span, rng=rng)
            for i, officer in enumerate(pair)
        ]
        if len(duties) == 2:
            duties[0].partner, duties[1].partner = duties[1], duties[0]
        plan_activities(roster, duties, span, rng)


def plan_office_shift(roster: Roster, officer: Officer, day_ms: int) -> None:
    """Add a day in the office, without a recorder."""
    span = Span(day_ms + 540 * MIN_MS, day_ms + 1020 * MIN_MS)
    roster.shifts.append(Shift(f"W{len(roster.shifts) + 1:06d}", officer, None, span, "office"))


def plan_duty(roster: Roster, squad: Squad, officer: Officer, *, place: int, day: int, span: Span, rng: Random) -> Duty:
    """Add a duty over *span* for the *place*-th wearer of *squad*; place and *day* choose the recorder."""
    pool = squad.recorders[:-1] or squad.recorders
    spec = pool[(place + day) % len(pool)] if squad.assignment_mode == "daily" else pool[place % len(pool)]
    named = spec.recorder_id if squad.assignment_mode == "named" else None
    kind = "campaign" if rng.random() < 0.15 else "patrol"
    shift = Shift(f"W{len(roster.shifts) + 1:06d}", officer, named, span, kind)
    roster.shifts.append(shift)
    dock_ms = span.to_ms + minutes_ms(rng, 2, 14)
    duty = Duty(
        shift=shift,
        squad=squad,
        spec=spec,
        pick_up_ms=span.from_ms - minutes_ms(rng, 7, 20),
        out_ms=span.from_ms + minutes_ms(rng, 0, 6),
        home_ms=span.to_ms - minutes_ms(rng, 12, 25),
        dock_ms=dock_ms,
        import_ms=dock_ms + minutes_ms(rng, 8, 70),
        logs_in=squad.assignment_mode == "daily" or rng.random() < 0.7,
        switches_off=rng.random() < 0.2,
    )
    roster.duties.append(duty)
    if squad.assignment_mode == "daily":
        roster.assign(duty, Span(duty.pick_up_ms - 2 * MIN_MS, duty.dock_ms + 2 * MIN_MS), "daily")
    return duty


def plan_activities(roster: Roster, duties: list[Duty], span: Span, rng: Random) -> None:
    """Add the activities of a team within *span*, and decide who films which."""
    at_ms = span.from_ms + minutes_ms(rng, 25, 45)
    for count in range(rng.choice((2, 3, 3, 4))):
        actual = Span(at_ms, at_ms + minutes_ms(rng, 15, 48))
        if actual.to_ms > span.to_ms - 35 * MIN_MS:
            return
        activity = _activity(roster, [duty.officer for duty in duties], actual, rng)
        for place, duty in enumerate(duties):
            duty.activities.append(activity)
            # One of a team may film for both, but everybody films the first activity of a shift.
            if place == 0 or count == 0 or rng.random() < 0.75:
                filmed = Span(actual.from_ms - rng.randrange(25_000), actual.to_ms + rng.randrange(2_000, 30_000))
                duty.filming[activity.activity_id] = [filmed]
        at_ms = actual.to_ms + minutes_ms(rng, 22, 65)


def _activity(roster: Roster, officers: list[Officer], actual: Span, rng: Random) -> Activity:
    times_from: str | None = rng.choice(("device", "checkin", "manual", None))
    rounded: int | None = None
    entered_ms: int | None = None
    if times_from in {"device", "checkin"}:
        registered = Span(
            actual.from_ms + rng.randrange(-15_000, 15_000), actual.to_ms + rng.randrange(-15_000, 15_000)
        )
    else:
        rounded = rng.choice((None, 5))
        step_ms = (rounded or 1) * MIN_MS
        registered = Span(round(actual.from_ms / step_ms) * step_ms, round(actual.to_ms / step_ms) * step_ms)
        entered_ms = registered.to_ms + minutes_ms(rng, 2, 100) if rng.random() < 0.5 else None
    activity = Activity(
        f"A{len(roster.activities) + 1:06d}",
        rng.choice(_KINDS),
        officers,
        actual,
        registered,
        times_from,
        rounded,
        entered_ms,
    )
    roster.activities.append(activity)
    return activity


def minutes_ms(rng: Random, least: float, most: float) -> int:
    """Draw a number of minutes between *least* and *most*, to the second; return milliseconds."""
    return rng.randrange(int(least * 60), max(int(most * 60), int(least * 60) + 1)) * 1000
