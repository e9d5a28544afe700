"""Faults that cut a recorder off: SIM cards pulled, exchanged or loose, dead zones, and outages that many share."""

from datetime import time
from random import Random
from typing import Annotated, Final, Literal

from pydantic import Field

from device_sim.bureau.roster import DAY_MS, MIN_MS, Duty, minutes_ms
from device_sim.bureau.scenario_state import PlatformOutage, ScenarioState, find_gap, pull_sim
from device_sim.device.actions import Action, ActionKind
from device_sim.faults.fault import DutyFault, Fault, Minutes, Range
from device_sim.world.places import CELL_DEG, CellOutage, cell_at
from device_sim.world.spans import Span

_FOREIGN_ICCID_PREFIX: Final = "898699"
_CELLS_PER_AREA: Final = 4
_FlickerSeconds = Annotated[int, Field(ge=1, le=59)]


class SimPull(DutyFault):
    """The SIM card is taken out on duty for some *minutes*.

    With `card = "other"` a card without a binding comes back for the rest of the shift, with "other_for_good" for ever.
    """

    what: Literal["sim_pull"]
    minutes: Range = (12, 40)
    card: Literal["same", "other", "other_for_good"] = "same"
    how: Literal["plain", "then_off", "off_then_pull", "in_dead_zone"] = "plain"

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Pull the card in a gap between recordings."""
        length_ms = minutes_ms(rng, *self.minutes)
        at_ms = find_gap(duty, length_ms + 4 * MIN_MS, rng)
        if at_ms is None:
            return False
        back_ms = at_ms + length_ms
        bound = state.bound_iccid(duty.spec, at_ms)
        card = bound if self.card == "same" else f"{_FOREIGN_ICCID_PREFIX}{rng.randrange(10**14):014d}"
        actions = duty.extra_actions
        match self.how:
            case "plain":
                pull_sim(duty, at_ms, back_ms, card)
            case "then_off":
                pull_sim(duty, at_ms, back_ms - 20_000, card)
                off_ms = at_ms + minutes_ms(rng, 2, 4)
                actions += [Action(off_ms, ActionKind.POWER_OFF, "held"), Action(back_ms, ActionKind.POWER_ON)]
            case "off_then_pull":
                actions += [Action(at_ms, ActionKind.POWER_OFF, "key"), Action(back_ms, ActionKind.POWER_ON)]
                pull_sim(duty, at_ms + MIN_MS, back_ms - 30_000, card)
            case "in_dead_zone":
                leave_ms = at_ms + length_ms // 2
                actions += [Action(at_ms, ActionKind.ENTER, "garage"), Action(leave_ms, ActionKind.LEAVE)]
                pull_sim(duty, at_ms + 2 * MIN_MS, back_ms, card)
        if self.card == "other":
            pull_sim(duty, duty.home_ms + MIN_MS, duty.home_ms + 150_000, bound)
        return True


class CardChange(DutyFault):
    """A lawful change of the SIM card, with its binding registered: before the shift, or in the middle of it."""

    # A pull that is applied later must put back the card that is bound by then.
    applies_first = True

    what: Literal["card_change"]
    when: Literal["before", "during"] = "before"

    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Change the card within three minutes and register the binding."""
        at_ms = duty.pick_up_ms - 6 * MIN_MS if self.when == "before" else find_gap(duty, 6 * MIN_MS, rng)
        if at_ms is None:
            return False
        card = f"898600{rng.randrange(10**14):014d}"
        pull_sim(duty, at_ms, at_ms + minutes_ms(rng, 2, 3), card)
        binding = {"recorder_id": duty.spec.recorder_id, "iccid": card, "valid_from": at_ms - 4 * MIN_MS}
        state.roster.add_fact("sim_bindings", "B", binding)
        return True


class DeadZone(DutyFault):
    """The officer goes into a garage or a lift and out again, *visits* times."""

    what: Literal["dead_zone"]
    minutes: Range = (4, 25)
    place: Literal["garage", "lift"] = "garage"
    visits: Annotated[int, Field(ge=1, le=20)] = 1

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Place the visits between activities, or within one while the camera runs."""
        taken: list[Span] = []
        for _visit in range(self.visits):
            length_ms = minutes_ms(rng, *self.minutes)
            visit = _span_within_activity(duty, length_ms, taken, rng) if rng.random() < 0.4 else None
            if visit is None:
                at_ms = find_gap(duty, length_ms + MIN_MS, rng, taken)
                visit = None if at_ms is None else Span(at_ms, at_ms + length_ms)
            if visit is not None:
                taken.append(Span(visit.from_ms - 3 * MIN_MS, visit.to_ms + 3 * MIN_MS))
                enter = Action(visit.from_ms, ActionKind.ENTER, self.place)
                duty.extra_actions += [enter, Action(visit.to_ms, ActionKind.LEAVE)]
        return bool(taken)


def _span_within_activity(duty: Duty, length_ms: int, taken: list[Span], rng: Random) -> Span | None:
    for activity in duty.activities:
        span = activity.actual
        room_ms = span.to_ms - span.from_ms - length_ms - 4 * MIN_MS
        if room_ms > 0 and not any(t.from_ms < span.to_ms and span.from_ms < t.to_ms for t in taken):
            at_ms = span.from_ms + 2 * MIN_MS + rng.randrange(room_ms // 1000 + 1) * 1000
            return Span(at_ms, at_ms + length_ms)
    return None


class Flicker(DutyFault):
    """The SIM card loses contact for some *seconds*, *times* times: a hardware fault."""

    what: Literal["sim_flicker"]
    seconds: tuple[_FlickerSeconds, _FlickerSeconds] = (5, 40)
    times: Annotated[int, Field(ge=1, le=50)] = 4

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Spread the losses of contact over the patrol."""
        room_ms = (duty.home_ms - duty.out_ms - 10 * MIN_MS) // self.times
        if room_ms < 3 * MIN_MS:
            return False
        for number in range(self.times):
            start_ms = duty.out_ms + 5 * MIN_MS + number * room_ms
            at_ms = start_ms + rng.randrange((room_ms - 2 * MIN_MS) // 1000) * 1000
            lost_ms = rng.randint(*sorted(self.seconds)) * 1000
            duty.extra_actions.append(Action(at_ms, ActionKind.LOSE_SIM_CONTACT, lost_ms))
        return True


class SlowSim(DutyFault):
    """After the reboot of a firmware update, the SIM card needs *seconds* until it is ready."""

    what: Literal["sim_slow"]
    seconds: Annotated[int, Field(ge=1, le=50)] = 40

    def apply(self, _state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Update and reboot in a gap between recordings."""
        at_ms = find_gap(duty, 5 * MIN_MS, rng)
        if at_ms is None:
            return False
        duty.extra_actions += [
            Action(at_ms - 1000, ActionKind.DELAY_SIM, self.seconds * 1000),
            Action(at_ms, ActionKind.UPDATE),
            Action(at_ms + MIN_MS, ActionKind.POWER_ON),
        ]
        return True


class CellOutageFault(Fault):
    """*cells* neighbouring cells fail together; *pulls* SIM cards are pulled meanwhile.

    With `radio_on` the cells are still heard but serve nobody.
    """

    what: Literal["cell_outage"]
    at: time
    minutes: Minutes = 20
    cells: Annotated[int, Field(ge=1)] = 2
    day: Annotated[int, Field(ge=0)] = 0
    radio_on: bool = False
    pulls: Annotated[int, Field(ge=0)] = 0

    def apply_to_scenario(self, state: ScenarioState, rng: Random) -> list[Duty]:
        """Fail cells where somebody is on patrol; return the duties with a pulled card."""
        span = _outage_span(state, self.day, self.at, self.minutes)
        duties = _patrolling_at(state, span.from_ms)
        areas = sorted({duty.spec.area.number: duty.spec.area for duty in duties}.items())
        rng.shuffle(areas)
        cells = [
            cell_at(area.south + (row + 0.5) * CELL_DEG, area.west + (column + 0.5) * CELL_DEG)
            for _, area in areas
            for row in (0, 1)
            for column in (0, 1)
        ]
        for cell in cells[: self.cells]:
            outages = state.cell_outages.setdefault(cell, [])
            outages.append(CellOutage(span.from_ms, span.to_ms, self.radio_on))
            outages.sort(key=lambda outage: outage.from_ms)
        affected = {area.number for _, area in areas[: -(-self.cells // _CELLS_PER_AREA)]}
        return _pull_during(
            state, [duty for duty in duties if duty.spec.area.number in affected], span, self.pulls, rng
        )


class PlatformOutageFault(Fault):
    """Broker or server down for everybody; *pulls* SIM cards are pulled meanwhile."""

    what: Literal["platform_outage"]
    at: time
    minutes: Minutes = 5
    day: Annotated[int, Field(ge=0)] = 0
    leaves_wills: bool = False
    pulls: Annotated[int, Field(ge=0)] = 0

    def apply_to_scenario(self, state: ScenarioState, rng: Random) -> list[Duty]:
        """Note the outage; return the duties with a pulled card."""
        span = _outage_span(state, self.day, self.at, self.minutes)
        state.platform_outages.append(PlatformOutage(span.from_ms, span.to_ms, self.leaves_wills))
        state.platform_outages.sort(key=lambda outage: outage.from_ms)
        return _pull_during(state, _patrolling_at(state, span.from_ms), span, self.pulls, rng)


def _outage_span(state: ScenarioState, day: int, at: time, length_min: float) -> Span:
    from_ms = state.roster.from_ms + day * DAY_MS + (at.hour * 3600 + at.minute * 60 + at.second) * 1000
    return Span(from_ms, from_ms + int(length_min * MIN_MS))


def _patrolling_at(state: ScenarioState, at_ms: int) -> list[Duty]:
    return [duty for duty in state.roster.duties if duty.is_carried and duty.out_ms < at_ms < duty.home_ms]


def _pull_during(state: ScenarioState, duties: list[Duty], span: Span, count: int, rng: Random) -> list[Duty]:
    """Pull cards during an outage, which hides it, and put them back 9 to 18 minutes after its end."""
    fitting = [duty for duty in duties if duty.fault_name is None and duty.home_ms > span.to_ms + 25 * MIN_MS]
    rng.shuffle(fitting)
    for duty in fitting[:count]:
        at_ms = span.from_ms + int((span.to_ms - span.from_ms) * rng.uniform(0.2, 0.6))
        pull_sim(duty, at_ms, span.to_ms + minutes_ms(rng, 9, 18), state.bound_iccid(duty.spec, at_ms))
        duty.fault_name = "hidden_pull"
    return fitting[:count]
