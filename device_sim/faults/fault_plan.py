"""What goes wrong in a scenario: each fault of its file chooses duties and changes their day."""

from collections.abc import Callable, Sequence
from datetime import time
from random import Random
from typing import Any

from device_sim.bureau.roster import DAY_MS, MIN_MS, Duty
from device_sim.bureau.scenario_state import PlatformOutage, ScenarioState, minutes, pull
from device_sim.faults import device_faults, human_faults
from device_sim.faults import fault_kinds as kinds
from device_sim.world.places import CELL_DEG, CellOutage, cell_at
from device_sim.world.spans import Span

_Happen = Callable[[ScenarioState, Duty, Any, Random], bool]

_ON_DUTIES: dict[type, _Happen] = {
    kinds.SimPull: device_faults.sim_pull,
    kinds.CardChange: human_faults.card_change,
    kinds.DeadZone: device_faults.dead_zone,
    kinds.Flicker: device_faults.flicker,
    kinds.SlowSim: device_faults.slow_sim,
    kinds.BatteryFlat: device_faults.battery_flat,
    kinds.PowerOff: device_faults.power_off,
    kinds.Reboots: device_faults.reboots,
    kinds.Breakdown: device_faults.breakdown,
    kinds.StorageFull: device_faults.storage_full,
    kinds.DockedOnDuty: device_faults.docked_on_duty,
    kinds.Asleep: device_faults.asleep,
    kinds.FlatClock: device_faults.flat_clock,
    kinds.ClockOff: device_faults.clock_off,
    kinds.Unrecorded: human_faults.unrecorded,
    kinds.Incomplete: human_faults.incomplete,
    kinds.NotCarried: human_faults.not_carried,
    kinds.ImportLate: human_faults.import_late,
    kinds.FootageRemoved: human_faults.footage_removed,
    kinds.Lent: human_faults.lent,
    kinds.Swap: human_faults.swap,
    kinds.Cancelled: human_faults.cancelled,
    kinds.Press: human_faults.press,
}

# What changes the partner's day too: no other fault_name may have changed it, and none may afterwards.
_TOUCH_PARTNER = (
    kinds.BatteryFlat,
    kinds.Breakdown,
    kinds.StorageFull,
    kinds.Unrecorded,
    kinds.Incomplete,
    kinds.NotCarried,
    kinds.Swap,
    kinds.Cancelled,
)


class TooFewDutiesError(Exception):
    """A scenario wants a fault more often than its bureau has duties that it fits; says which."""


def apply_faults(state: ScenarioState, faults: Sequence[kinds.Fault], seed: int) -> None:
    """Play *faults* into the roster, by chance from *seed*. Raises TooFewDutiesError that names the fault by its number."""
    # Lawful changes of a card come first: what is pulled later puts back the card that is bound then.
    numbered = sorted(enumerate(faults), key=lambda pair: not isinstance(pair[1], kinds.CardChange))
    for number, fault in numbered:
        rng = Random(f"{seed}:fault:{number}")
        match fault:
            case kinds.CellOutageFault():
                _fail_cells(state, fault, rng)
            case kinds.PlatformOutageFault():
                _fail_platform(state, fault, rng)
            case _:
                chosen = state.duties_by_fault[number] = _apply_to_duties(state, fault, rng)
                if fault.count is not None and len(chosen) < fault.count:
                    where = f"happens.{number} ({fault.what})"
                    raise TooFewDutiesError(f"{where}: wanted {fault.count} times, but only {len(chosen)} duties fit")


def _apply_to_duties(state: ScenarioState, fault: kinds.DutyFault, rng: Random) -> list[Duty]:
    """Let a fault happen to as many duties as it wants, or as there are that fit; return them."""
    duties = [duty for duty in state.roster.duties if _is_open_to(duty, fault)]
    wanted = fault.count if fault.count is not None else round((fault.share or 0.0) * len(duties))
    rng.shuffle(duties)
    happen = _ON_DUTIES[type(fault)]
    chosen: list[Duty] = []
    for duty in duties:
        if len(chosen) == wanted:
            break
        partner = duty.partner if isinstance(fault, _TOUCH_PARTNER) else None
        if duty.fault_name is not None or (partner is not None and partner.fault_name is not None):
            continue
        if happen(state, duty, fault, rng):
            duty.fault_name = fault.what
            chosen.append(duty)
            if partner is not None:
                partner.fault_name = "partner"
    return chosen


def _is_open_to(duty: Duty, fault: kinds.DutyFault) -> bool:
    return duty.fault_name is None and duty.is_carried and (not fault.models or duty.spec.model.name in fault.models)


def _at(state: ScenarioState, day: int, at: time) -> int:
    return state.roster.from_ms + day * DAY_MS + (at.hour * 3600 + at.minute * 60 + at.second) * 1000


def _on_duty_at(state: ScenarioState, at_ms: int) -> list[Duty]:
    return [d for d in state.roster.duties if d.is_carried and d.out_ms < at_ms < d.home_ms]


def _fail_cells(state: ScenarioState, fault: kinds.CellOutageFault, rng: Random) -> None:
    from_ms = _at(state, fault.day, fault.at)
    to_ms = from_ms + int(fault.minutes * MIN_MS)
    duties = _on_duty_at(state, from_ms)
    grounds = sorted({duty.spec.area.number: duty.spec.area for duty in duties}.items())
    rng.shuffle(grounds)
    cells = [
        cell_at(area.south + (row + 0.5) * CELL_DEG, area.west + (column + 0.5) * CELL_DEG)
        for _, area in grounds
        for row in (0, 1)
        for column in (0, 1)
    ]
    for cell in cells[: fault.cells]:
        outages = state.cell_outages.setdefault(cell, [])
        outages.append(CellOutage(from_ms, to_ms, fault.radio_on))
        outages.sort(key=lambda outage: outage.from_ms)
    hit = {area.number for _, area in grounds[: -(-fault.cells // 4)]}
    _pull_meanwhile(
        state, [duty for duty in duties if duty.spec.area.number in hit], Span(from_ms, to_ms), fault.pulls, rng
    )


def _fail_platform(state: ScenarioState, fault: kinds.PlatformOutageFault, rng: Random) -> None:
    from_ms = _at(state, fault.day, fault.at)
    to_ms = from_ms + int(fault.minutes * MIN_MS)
    state.platform_outages.append(PlatformOutage(from_ms, to_ms, fault.leaves_wills))
    state.platform_outages.sort(key=lambda outage: outage.from_ms)
    _pull_meanwhile(state, _on_duty_at(state, from_ms), Span(from_ms, to_ms), fault.pulls, rng)


def _pull_meanwhile(state: ScenarioState, duties: list[Duty], span: Span, count: int, rng: Random) -> None:
    """Pull cards within an outage, which hides it, and put them back some time after it."""
    open_to = [duty for duty in duties if duty.fault_name is None and duty.home_ms > span.to_ms + 25 * MIN_MS]
    rng.shuffle(open_to)
    for duty in open_to[:count]:
        length_ms = span.to_ms - span.from_ms
        at_ms = span.from_ms + int(length_ms * rng.uniform(0.2, 0.6))
        pull(duty, at_ms, span.to_ms + minutes(rng, 9, 18), state.bound_iccid(duty.spec, at_ms))
        duty.fault_name = "hidden_pull"
