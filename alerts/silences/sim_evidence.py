"""Causes, step 2: decide whether the readings prove that the SIM left its slot, and whether that was lawful."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from alerts.silences.cause_evidence import Beat, Binding, Bundle, LawfulChange, Period, SimEvidence
from alerts.silences.cause_parameters import CauseParameters

_CADENCE_SLACK = 1.5
"""If two heartbeats are further apart than this many intervals, one between them may be lost: they form no run."""
_TELLING_STEPS = 3
_MOBILE = frozenset({"2g", "3g", "4g", "5g"})
_EVENT_SLACK = timedelta(seconds=90)
_LINK_SLACK = timedelta(seconds=90)
"""A link may be dead before the device notices, and a modem may have service again before it reconnects."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive heartbeats of one boot with the same SIM state."""

    beats: tuple[Beat, ...]

    @property
    def proven_s(self) -> float:
        """Seconds of uptime from the first to the last heartbeat. A wrong clock can't stretch this."""
        return float(self.beats[-1].uptime_s - self.beats[0].uptime_s)


def absent_runs(beats: Sequence[Beat], heartbeat_s: float) -> list[Run]:
    """The runs in which every heartbeat reported `sim: absent`."""
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
    """Seconds between heartbeats as measured: a recorder may send less often than the register says."""
    steps = [b.uptime_s - a.uptime_s for a, b in pairwise(bundle.before) if a.boot == b.boot]
    # Fewer steps say too little; then the register counts.
    seen_s = median(steps) if len(steps) >= _TELLING_STEPS else 0.0
    return max(float(bundle.silence.heartbeat_s), seen_s)


def _continues(last: Beat, beat: Beat, heartbeat_s: float) -> bool:
    step_s = beat.uptime_s - last.uptime_s
    return last.boot == beat.boot and last.sim == beat.sim and 0 <= step_s <= heartbeat_s * _CADENCE_SLACK + 5


def sim_evidence(bundle: Bundle, parameters: CauseParameters) -> SimEvidence | None:
    """Evidence that the SIM was missing during this silence; None if there is none, or if it is explained.

    A measured absence counts only while the recorder was cut off: a recorder on Wi-Fi has lost no connection.
    """
    found = _open_slot(bundle, parameters)
    return None if found is None or _law_for(bundle, found, parameters) is not None else found


def lawful_change(bundle: Bundle, parameters: CauseParameters) -> LawfulChange | None:
    """An open slot that a binding for this time or a repair explains; None if there is none."""
    found = _open_slot(bundle, parameters)
    law = None if found is None else _law_for(bundle, found, parameters)
    return None if found is None or law is None else LawfulChange(found, law)


def _open_slot(bundle: Bundle, parameters: CauseParameters) -> SimEvidence | None:
    """Evidence of a missing SIM, before bindings and repairs are considered."""
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
    """Whether the absent heartbeats show a bad contact rather than a removal.

    They do if ready heartbeats lie between them or on both sides, unless one run lasts `flicker_s`. Between two
    heartbeats a contact can close and open again, so one minute of absent heartbeats doesn't prove one minute of
    absence. And a link that died before the SIM was gone did not die because of it.
    """
    absent = [beat.at for beat in bundle.during if beat.sim == "absent"]
    ready = [beat.at for beat in bundle.during if beat.sim == "ready"]
    comes_and_goes = any(absent[0] < at < absent[-1] for at in ready)
    is_amid = any(at < absent[0] for at in ready) and any(at > absent[-1] for at in ready)
    return (comes_and_goes or is_amid) and max(run.proven_s for run in runs) < parameters.flicker_s


def _is_contradicted(bundle: Bundle) -> bool:
    """Whether the sensor is unreliable: shortly before or after, it reported `absent` over that SIM's own network.

    The last heartbeat before the loss is ignored: it may have been sent as the SIM was leaving.
    """
    said = [*bundle.before[:-1], *bundle.after]
    return any(beat.sim == "absent" and beat.network in _MOBILE and not beat.backlog for beat in said)


def _told(bundle: Bundle, parameters: CauseParameters) -> SimEvidence | None:
    """The recorder's own `sim_removed` event, which some models store over a power-off; ignored if undone at once."""
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
    """Evidence from models that can't sense the SIM: no service but a good, changing RSRP while the cell served others.

    If an outage began the silence, only readings after the others were back count. If the recorder was switched off
    later, the backlog of the lost boot counts.
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
    """When a recorder with a SIM would have had service; None if no other recorder shows it."""
    if bundle.outage is None:
        return bundle.silence.since if _is_cell_fine(bundle) else None
    over_at = bundle.outage.over_at(bundle.neighbours.cell)
    return None if over_at is None else over_at + timedelta(seconds=parameters.outage_slack_s)


def _is_cell_fine(bundle: Bundle) -> bool:
    """Whether other recorders had service: on the same cell, or at least somewhere in the fleet."""
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
        # A share, not the minimum: the longer a SIM is out, the likelier is a single bad reading among the good ones.
        and sum(level <= parameters.weak_rsrp_dbm for level in levels) <= parameters.unsensed_weak_share * len(levels)
    )


def _is_measured(levels: Sequence[float], parameters: CauseParameters) -> bool:
    """Whether the levels are measurements and not stale values of a lost cell.

    A stale value may still fall a step or two while the cell is lost, but it never returns to an earlier value.
    """
    if len(set(levels)) >= parameters.unsensed_min_distinct and not is_coarse(levels, parameters):
        return True
    runs = [level for n, level in enumerate(levels) if n == 0 or levels[n - 1] != level]
    return sum(level in runs[:n] for n, level in enumerate(runs)) >= parameters.unsensed_min_returns


def is_coarse(levels: Sequence[float], parameters: CauseParameters) -> bool:
    """Whether the modem measures in coarse steps and so repeats a value for minutes."""
    changes = sum(a != b for a, b in pairwise(levels))
    return changes < parameters.coarse_changes * (len(levels) - 1)


def _last_in(bundle: Bundle, absent_at: datetime) -> datetime:
    """The last moment before *absent_at* at which the recorder was online or reported `sim: ready`."""
    ready = [b.at for b in (*bundle.before, *bundle.during) if b.at < absent_at and b.sim == "ready"]
    return min(max([bundle.silence.since, *ready]), absent_at)
