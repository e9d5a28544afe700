"""Causes, step 2: whether the readings of a silence prove that the SIM had left its slot, and whether that was lawful."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from alerts.silences.cause_evidence import Beat, Binding, Bundle, LawfulChange, Period, SimEvidence
from alerts.silences.cause_parameters import CauseParameters

_CADENCE_SLACK = 1.5
"""Two heartbeats further apart than this many cadences have room for one that was lost: they prove nothing together."""
_TELLING_STEPS = 3
_MOBILE = frozenset({"2g", "3g", "4g", "5g"})
_EVENT_SLACK = timedelta(seconds=90)
_LINK_SLACK = timedelta(seconds=90)
"""A link may be dead before its device knows, and a modem be in service again before its link is made anew."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive heartbeats of one boot that say the same; `proven_s` is uptime, so a wrong clock can't stretch it."""

    beats: tuple[Beat, ...]

    @property
    def proven_s(self) -> float:
        """Seconds from the first to the last of them: what is proven, never more."""
        return float(self.beats[-1].uptime_s - self.beats[0].uptime_s)


def absent_runs(beats: Sequence[Beat], heartbeat_s: float) -> list[Run]:
    """The stretches in which every heartbeat said `sim: absent`."""
    return [run for run in _runs(beats, heartbeat_s) if run.beats[0].sim == "absent"]


def _runs(beats: Sequence[Beat], heartbeat_s: float) -> Iterable[Run]:
    run: list[Beat] = []
    for beat in sorted(beats, key=lambda b: (b.at, b.boot, b.seq)):
        if run and not _continues(run[-1], beat, heartbeat_s):
            yield Run(tuple(run))
            run = []
        run.append(beat)
    if run:
        yield Run(tuple(run))


def _cadence_s(bundle: Bundle) -> float:
    """How often it really sends (s): the register may not know that it is set to send less often."""
    steps = [b.uptime_s - a.uptime_s for a, b in pairwise(bundle.before) if a.boot == b.boot]
    seen_s = median(steps) if len(steps) >= _TELLING_STEPS else 0.0
    return max(float(bundle.silence.heartbeat_s), seen_s)


def _continues(last: Beat, beat: Beat, heartbeat_s: float) -> bool:
    step_s = beat.uptime_s - last.uptime_s
    return last.boot == beat.boot and last.sim == beat.sim and 0 <= step_s <= heartbeat_s * _CADENCE_SLACK + 5


def sim_evidence(bundle: Bundle, parameters: CauseParameters) -> SimEvidence | None:
    """What proves or speaks for a missing SIM in this silence; None where nothing does, or the law explains it.

    A measured absence counts only while the recorder was cut off: one that talks over Wi-Fi has lost nothing.
    """
    found = _open_slot(bundle, parameters)
    return None if found is None or _law_for(bundle, found, parameters) is not None else found


def lawful_change(bundle: Bundle, parameters: CauseParameters) -> LawfulChange | None:
    """An open slot that a binding entered for this time, or a repair, explains; None where there is no such thing."""
    found = _open_slot(bundle, parameters)
    law = None if found is None else _law_for(bundle, found, parameters)
    return None if found is None or law is None else LawfulChange(found, law)


def _open_slot(bundle: Bundle, parameters: CauseParameters) -> SimEvidence | None:
    """What speaks for a missing SIM, before bindings and repairs are asked."""
    return _measured(bundle, parameters) or _told(bundle, parameters) or _unsensed(bundle, parameters)


def _law_for(bundle: Bundle, found: SimEvidence, parameters: CauseParameters) -> Binding | Period | None:
    """The binding or the repair that explains the open slot."""
    slack = timedelta(seconds=parameters.binding_slack_s)
    ends = bundle.silence.until or found.last_at
    for binding in bundle.bindings:
        if binding.valid_from is not None and found.pulled_from - slack <= binding.valid_from <= ends + slack:
            return binding
    return next((repair for repair in bundle.repairs if repair.overlaps(found.pulled_from, found.last_at)), None)


def _measured(bundle: Bundle, parameters: CauseParameters) -> SimEvidence | None:
    runs = [run for run in absent_runs(bundle.during, _cadence_s(bundle)) if run.proven_s >= parameters.sim_absent_s]
    if not runs or _flickers(bundle, runs, parameters) or _is_contradicted(bundle):
        return None
    first, last = runs[0].beats[0], runs[-1].beats[-1]
    pulled_from = _last_in(bundle, first.at)
    events = [e.at for e in bundle.events if e.type == "sim_removed" and pulled_from <= e.at <= first.at]
    pulled_to = min([first.at, *events])
    return SimEvidence("absent", pulled_to, last.at, pulled_from, pulled_to, max(run.proven_s for run in runs))


def _flickers(bundle: Bundle, runs: Sequence[Run], parameters: CauseParameters) -> bool:
    """Absences with ready readings between them, or one in the midst of ready ones, are a bad contact, unless one is long.

    Between two heartbeats a contact can close and open again: where it is seen to come and go, a minute of absent
    heartbeats is no minute of absence. And a link that was dead before its card was gone did not die of that.
    """
    absent = [beat.at for beat in bundle.during if beat.sim == "absent"]
    ready = [beat.at for beat in bundle.during if beat.sim == "ready"]
    comes_and_goes = any(absent[0] < at < absent[-1] for at in ready)
    is_amid = any(at < absent[0] for at in ready) and any(at > absent[-1] for at in ready)
    return (comes_and_goes or is_amid) and max(run.proven_s for run in runs) < parameters.flicker_s


def _is_contradicted(bundle: Bundle) -> bool:
    """Whether it said that its SIM is gone over that SIM's own network, shortly before or after: its sensor can't tell.

    The last word before the loss may have been sent as the card was leaving.
    """
    said = [*bundle.before[:-1], *bundle.after]
    return any(beat.sim == "absent" and beat.network in _MOBILE and not beat.backlog for beat in said)


def _told(bundle: Bundle, parameters: CauseParameters) -> SimEvidence | None:
    """The recorder's own event, kept over a power-off by some models; one that is taken back at once was a flicker."""
    silence = bundle.silence
    ends = silence.until or datetime.max.replace(tzinfo=silence.since.tzinfo)
    removed = [e.at for e in bundle.events if e.type == "sim_removed" and silence.since - _EVENT_SLACK <= e.at <= ends]
    inserted = [e.at for e in bundle.events if e.type == "sim_inserted"]
    short = timedelta(seconds=parameters.sim_absent_s)
    standing = [at for at in removed if not any(at <= back < at + short for back in inserted)]
    standing = [at for at in standing if not _was_ready_soon(bundle.during, at, short)]
    if not standing:
        return None
    back = min((at for at in inserted if at >= standing[0]), default=silence.until or standing[-1])
    proven_s = max((back - standing[0]).total_seconds(), 0.0) if inserted else 0.0
    return SimEvidence("event", standing[0], max(back, standing[-1]), standing[0], standing[0], proven_s)


def _was_ready_soon(beats: Sequence[Beat], at: datetime, within: timedelta) -> bool:
    return any(beat.sim == "ready" and at < beat.at < at + within for beat in beats)


def _unsensed(bundle: Bundle, parameters: CauseParameters) -> SimEvidence | None:
    """Models that can't sense the SIM: no service beside a good, living RSRP over minutes, while the cell served others.

    Of a silence that an outage began, only what was measured once the others were back says anything. Where it was
    switched off later, the backlog of the boot that was lost tells.
    """
    silence = bundle.silence
    if silence.until is None or silence.goodbye is not None:
        return None
    served_from = _served_from(bundle, parameters)
    if served_from is None or any(beat.sim is not None for beat in (*bundle.during, *bundle.after)):
        return None
    beats = [b for b in bundle.during if b.boot == silence.boot_before and b.at >= served_from]
    beats = [b for b in beats if b.network == "none" or not _is_at_an_edge(b, silence.since, silence.until)]
    strong = [b for b in beats if b.network == "none" and b.rsrp_dbm is not None]
    if not _is_without_service(beats, strong, parameters):
        return None
    return SimEvidence(
        "unsensed",
        strong[0].at,
        strong[-1].at,
        _last_in(bundle, strong[0].at),
        strong[0].at,
        float(strong[-1].uptime_s - strong[0].uptime_s),
    )


def _is_at_an_edge(beat: Beat, since: datetime, until: datetime) -> bool:
    return beat.at - since < _LINK_SLACK or until - beat.at < _LINK_SLACK


def _served_from(bundle: Bundle, parameters: CauseParameters) -> datetime | None:
    """From when on a recorder with its SIM in would have had service; None where nobody bears witness to it."""
    if bundle.outage is None:
        return bundle.silence.since if _is_cell_fine(bundle) else None
    over_at = bundle.outage.over_at(bundle.neighbours.cell)
    return None if over_at is None else over_at + timedelta(seconds=parameters.outage_slack_s)


def _is_cell_fine(bundle: Bundle) -> bool:
    """Whether others bear witness that there was service: on the same cell, or at least somewhere."""
    near = bundle.neighbours
    if near.silent > 0:
        return near.online >= 2 * near.silent and near.online >= 2
    return near.online > 0 or near.fleet_online > 0


def _is_without_service(beats: Sequence[Beat], strong: Sequence[Beat], parameters: CauseParameters) -> bool:
    levels = [b.rsrp_dbm for b in strong if b.rsrp_dbm is not None]
    if len(levels) < parameters.unsensed_min_readings or not _is_measured(levels, parameters):
        return False
    lasted_s = strong[-1].uptime_s - strong[0].uptime_s
    without_service = sum(beat.network == "none" for beat in beats)
    return (
        lasted_s >= parameters.unsensed_min_s
        and len(levels) >= parameters.unsensed_measured_share * len(beats)
        and without_service >= 0.9 * len(beats)
        and median(levels) >= parameters.good_rsrp_dbm
        # A share and not the weakest: the longer a card is out, the likelier is one bad reading among the good.
        and sum(level <= parameters.weak_rsrp_dbm for level in levels) <= parameters.unsensed_weak_share * len(levels)
    )


def _is_measured(levels: Sequence[float], parameters: CauseParameters) -> bool:
    """Whether these levels live, rather than being the last ones of a cell that is gone.

    What a modem keeps may still have fallen a step or two while it lost its cell; it doesn't come back to what it left.
    """
    if len(set(levels)) >= parameters.unsensed_min_distinct and not is_coarse(levels, parameters):
        return True
    runs = [level for n, level in enumerate(levels) if n == 0 or levels[n - 1] != level]
    return sum(level in runs[:n] for n, level in enumerate(runs)) >= parameters.unsensed_min_returns


def is_coarse(levels: Sequence[float], parameters: CauseParameters) -> bool:
    """Whether a modem that measured so repeats a value for minutes, because its steps are coarse."""
    changes = sum(a != b for a, b in pairwise(levels))
    return changes < parameters.coarse_changes * (len(levels) - 1)


def _last_in(bundle: Bundle, absent_at: datetime) -> datetime:
    """The last moment before *absent_at* at which the recorder was online or said that its SIM is ready."""
    ready = [b.at for b in (*bundle.before, *bundle.during) if b.at < absent_at and b.sim == "ready"]
    return min(max([bundle.silence.since, *ready]), absent_at)
