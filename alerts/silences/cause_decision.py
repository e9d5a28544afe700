"""Causes, step 3: the decision table. Measurements come first, then what the recorder says, then likelihood.

The order matters: what a reading proves can't be outvoted. Without proof the answer is `unknown`. This module uses
neither a clock nor a database.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from statistics import median

from alerts.finding import Confidence
from alerts.silences import cause_texts
from alerts.silences.cause_evidence import Beat, Bundle, Cause, SimEvidence, Verdict
from alerts.silences.cause_parameters import CauseParameters
from alerts.silences.sim_evidence import absent_runs, is_coarse, lawful_change, sim_evidence
from telemetry.domain.measurement import is_borne_out

_GOODBYE_CAUSES: dict[str, Cause] = {
    "power_off": "power_off",
    "low_battery": "battery_depleted",
    "docked": "docked",
    "sleep": "asleep",
    "update": "asleep",
}
_END_CAUSES: dict[str, Cause] = {
    "key": "power_off",
    "battery": "battery_depleted",
    "watchdog": "device_fault",
    "battery_out": "power_off",
}

_LAST_WORD = timedelta(seconds=60)
"""An event up to this long after the last live reading still belongs to the loss."""

Opinion = tuple[Cause, Confidence]


def decide(bundle: Bundle, parameters: CauseParameters) -> Verdict:
    """Decide why this recorder fell silent, from the evidence in *bundle*.

    While the recorder is silent or its backlog is incomplete, only a measured cause is more than `suspected`
    (domain.md, "Why did it fall silent?").
    """
    sim = sim_evidence(bundle, parameters)
    cause, confidence = _opinion(bundle, sim, parameters)
    if cause != "sim_removed":
        sim = None
    reasons, pleas = _sentences(bundle, cause, sim, parameters)
    return Verdict(cause, confidence, reasons, pleas, _facts(bundle, sim), sim)


def _opinion(bundle: Bundle, sim: SimEvidence | None, parameters: CauseParameters) -> Opinion:
    return next(_rows(bundle, sim, parameters))


def _rows(bundle: Bundle, sim: SimEvidence | None, parameters: CauseParameters) -> Iterator[Opinion]:
    """The decision table in order of precedence; the first row decides."""
    silence = bundle.silence
    is_back = silence.until is not None and silence.settled
    # A measured absence, or the recorder's own event, is proof: no goodbye outweighs it.
    if sim is not None and sim.proof != "unsensed":
        yield "sim_removed", "confirmed"
    if silence.goodbye is not None:
        yield _GOODBYE_CAUSES[silence.goodbye], "confirmed" if is_back else "suspected"
    if _went_to_the_dock(bundle):
        yield "docked", "confirmed" if is_back else "suspected"
    if not is_back:
        yield _at_the_loss(bundle, parameters), "suspected"
    # Only `unsensed` evidence is left: without a SIM sensor nothing better than `probable` is possible.
    if sim is not None:
        yield "sim_removed", "probable"
    if bundle.outage is None and _was_changed_lawfully(bundle, parameters):
        # No other cause explains an open slot, and a lawful SIM change is held against nobody.
        yield "unknown", "probable"
    yield from _after_a_boot(bundle, parameters)
    yield from _in_the_same_boot(bundle, parameters)
    yield "unknown", "probable"


def _was_changed_lawfully(bundle: Bundle, parameters: CauseParameters) -> bool:
    """Whether the boot before the loss reported an open slot that a binding or a repair explains.

    If only the next boot reports it, the recorder was switched off before the SIM was taken out.
    """
    change, lost = lawful_change(bundle, parameters), bundle.silence.boot_before
    if change is None or lost == bundle.silence.boot_after or change.sim.proof == "unsensed":
        return change is not None
    told = {b.boot for b in bundle.during if b.sim == "absent"} | {
        e.boot for e in bundle.events if e.type == "sim_removed"
    }
    return lost in told


def _went_to_the_dock(bundle: Bundle) -> bool:
    """Whether the recorder had reported the dock, or was on its Wi-Fi, when it fell silent without a goodbye."""
    until = bundle.silence.since + _LAST_WORD
    told = [e for e in bundle.events if e.type in {"docked", "undocked"} and e.at <= until]
    if told:
        return told[-1].type == "docked"
    return bool(bundle.before) and bundle.before[-1].network == "wifi"


def _at_the_loss(bundle: Bundle, parameters: CauseParameters) -> Cause:
    """The cause to suspect before the recorder is back. It appears only on the command centre's screens."""
    if bundle.outage is not None:
        return bundle.outage.kind
    charge = bundle.charges_before[-1] if bundle.charges_before else None
    if charge is not None and not charge.charging and charge.level_pct <= parameters.low_battery_pct:
        return "battery_depleted"
    if any(e.type == "fault" for e in bundle.events if e.at <= bundle.silence.since):
        return "device_fault"
    if _faded(bundle.before, parameters):
        return "no_coverage"
    if bundle.neighbours.silent > bundle.neighbours.online:
        return "cell_outage"
    levels = [b.rsrp_dbm for b in bundle.before[-3:] if b.rsrp_dbm is not None]
    is_suspicious = (
        charge is not None
        and charge.level_pct >= parameters.suspect_battery_pct
        and bool(levels)
        and min(levels) >= parameters.suspect_rsrp_dbm
        and bundle.neighbours.silent == 0
        and bundle.neighbours.online >= parameters.suspect_neighbours
    )
    return "sim_removed" if is_suspicious else "unknown"


def _faded(before: tuple[Beat, ...], parameters: CauseParameters) -> bool:
    """Whether the signal was weak or gone just before the loss."""
    last = before[-3:]
    if any(b.network == "none" for b in last):
        return True
    levels = [b.rsrp_dbm for b in last if b.rsrp_dbm is not None]
    return bool(levels) and levels[-1] <= parameters.weak_rsrp_dbm


def _after_a_boot(bundle: Bundle, parameters: CauseParameters) -> Iterator[Opinion]:
    """Causes for a recorder that came back with a new boot.

    They rest on readings before the loss, on how the new boot says the old one ended, and on how soon it was back.
    """
    silence = bundle.silence
    if silence.boot_after == silence.boot_before or silence.until is None:
        return
    offline = [b for b in bundle.during if b.boot == silence.boot_before]
    if len(offline) >= 2 and _is_dead_zone(offline, bundle.before, parameters):
        # The link was lost first; the boot ended later.
        yield "no_coverage", "probable"
    if bundle.outage is not None and offline:
        yield bundle.outage.kind, "probable"
    told = _last_end(bundle)
    if told is not None:
        yield _END_CAUSES[told], "confirmed"
    if _ran_flat(bundle, parameters):
        yield "battery_depleted", "probable"
    was_short = (silence.until - silence.since).total_seconds() <= parameters.reboot_s
    if any(e.type == "fault" for e in bundle.events) or (was_short and len({b.boot for b in bundle.births}) >= 2):
        yield "device_fault", "probable"
    # The lost boot measured nothing after the loss, so the loss was the power-off.
    if not offline:
        yield "power_off", "probable"


def _last_end(bundle: Bundle) -> str | None:
    """How the lost boot ended, as reported by the first birth after it."""
    births = [b for b in bundle.births if b.boot != bundle.silence.boot_before]
    told = births[0].last_end if births else None
    return told if told in _END_CAUSES else None


def _ran_flat(bundle: Bundle, parameters: CauseParameters) -> bool:
    """Whether the lost boot ended at a few per cent; the first level of the next boot may come after charging."""
    charges = (*bundle.charges_before, *bundle.charges_during)
    lost = [c for c in charges if c.boot in {"", bundle.silence.boot_before}]
    if not lost or lost[-1].charging:
        return False
    levels = [c.level_pct for c in lost]
    return levels[-1] <= parameters.low_battery_pct and (len(levels) == 1 or is_borne_out(levels))


def _in_the_same_boot(bundle: Bundle, parameters: CauseParameters) -> Iterator[Opinion]:
    """Causes for a recorder that didn't reboot: coverage, cell or platform, unless readings show a SIM fault."""
    if bundle.silence.boot_after != bundle.silence.boot_before:
        return
    beats, near = bundle.during, bundle.neighbours
    sure: Confidence = "confirmed" if beats and all(b.sim == "ready" for b in beats) else "probable"
    is_faulty = any(b.sim in {"error", "locked"} for b in beats) or _flickered(bundle)
    if is_faulty and lawful_change(bundle, parameters) is None:
        yield "device_fault", "probable"
    if bundle.outage is not None:
        yield bundle.outage.kind, sure
    if beats and _is_dead_zone(beats, bundle.before, parameters):
        yield "no_coverage", sure
    if near.silent > 0 and near.silent >= near.online:
        yield "cell_outage", "probable"
    if not beats and _faded(bundle.before, parameters):
        yield "no_coverage", "probable"


def _flickered(bundle: Bundle) -> bool:
    """Whether absent readings remain here that are too short for a removal: they show a bad contact."""
    return bool(absent_runs(bundle.during, bundle.silence.heartbeat_s))


def _is_dead_zone(beats: Sequence[Beat], before: Sequence[Beat], parameters: CauseParameters) -> bool:
    """No service and no usable signal: none measured, very weak, or a stale value that never changes.

    A constant value proves nothing on a modem that measures in coarse steps: its live values hardly change either.
    """
    without = [b for b in beats if b.network == "none"]
    if len(without) < 0.6 * len(beats):
        return False
    levels = [b.rsrp_dbm for b in without if b.rsrp_dbm is not None]
    if len(levels) <= 0.5 * len(without):
        return True
    if median(levels) <= parameters.weak_rsrp_dbm:
        return True
    live = [b.rsrp_dbm for b in before if b.rsrp_dbm is not None]
    is_told_by_steps = len(live) >= parameters.unsensed_min_readings and is_coarse(live, parameters)
    return len(set(levels)) == 1 and not is_told_by_steps


def _sentences(
    bundle: Bundle, cause: Cause, sim: SimEvidence | None, parameters: CauseParameters
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    silence = bundle.silence
    reasons = [cause_texts.before_the_loss(bundle), cause_texts.backlog(bundle)]
    pleas: list[str | None] = []
    if silence.goodbye is not None:
        reasons.append(f"设备自报下线：{cause_texts.GOODBYES[silence.goodbye]}。")
    elif silence.will:
        reasons.append("设备未发送下线报文，连接由服务器判定中断。")
    if sim is not None:
        reasons = [
            cause_texts.same_boot(bundle),
            cause_texts.neighbours(bundle),
            *reasons,
            cause_texts.sim_proof(sim, bundle.during),
        ]
    else:
        pleas += _pleas(bundle, parameters)
        reasons += [cause_texts.neighbours(bundle)]
    reasons.append(cause_texts.new_boot(bundle))
    if cause == "battery_depleted":
        reasons.append(cause_texts.levels(bundle.charges_before))
    if cause == "no_coverage" and bundle.during:
        reasons.append(cause_texts.coverage(bundle.during))
    if bundle.outage is not None and not bundle.outage.members:
        pleas.append(cause_texts.standstill(bundle.outage))
    elif bundle.outage is not None:
        where = "平台" if bundle.outage.kind == "platform_outage" else "基站"
        pleas.append(f"同一时间另有{max(bundle.outage.members - 1, 0)}台在岗记录仪离线（{where}断网）。")
    return tuple(s for s in reasons if s), tuple(s for s in pleas if s)


def _pleas(bundle: Bundle, parameters: CauseParameters) -> list[str | None]:
    """Sentences that speak for the wearer."""
    said: list[str | None] = [cause_texts.same_boot(bundle)]
    beats = bundle.during
    ready = sum(b.sim == "ready" for b in beats)
    absent = sum(b.sim == "absent" for b in beats)
    change = lawful_change(bundle, parameters)
    if ready and not absent:
        said.append(f"离线期间{ready}条心跳报告SIM卡在位，没有不在位的报告。")
    elif change is None and absent:
        least = f"未连续满{parameters.sim_absent_s:.0f}秒"
        said.append(f"离线期间有{absent}条SIM卡不在位的报告，{least}或与其他报告矛盾，不据以认定SIM卡脱离。")
    if change is not None:
        said.append(cause_texts.lawful(change))
    return said


def _facts(bundle: Bundle, sim: SimEvidence | None) -> dict[str, object]:
    silence = bundle.silence
    facts: dict[str, object] = {
        "since": silence.since.isoformat(),
        "until": silence.until.isoformat() if silence.until else None,
        "goodbye": silence.goodbye,
        "will": silence.will,
        "boot_before": silence.boot_before,
        "boot_after": silence.boot_after,
        "gapless": silence.gapless,
        "backlog_heartbeats": len(bundle.during),
        "sim_absent_heartbeats": sum(b.sim == "absent" for b in bundle.during),
        "sim_ready_heartbeats": sum(b.sim == "ready" for b in bundle.during),
        "level_pct": bundle.charges_before[-1].level_pct if bundle.charges_before else None,
        "rsrp_dbm": bundle.before[-1].rsrp_dbm if bundle.before else None,
        "cell": bundle.neighbours.cell,
        "cell_online": bundle.neighbours.online,
        "cell_silent": bundle.neighbours.silent,
        "uptime_before_s": bundle.before[-1].uptime_s if bundle.before else None,
        "uptime_after_s": bundle.after[0].uptime_s if bundle.after else None,
        "outage": bundle.outage.kind if bundle.outage else None,
    }
    if sim is not None:
        facts["sim"] = {
            "proof": sim.proof,
            "first_at": sim.first_at.isoformat(),
            "last_at": sim.last_at.isoformat(),
            "pulled_from": sim.pulled_from.isoformat(),
            "pulled_to": sim.pulled_to.isoformat(),
            "proven_s": sim.proven_s,
        }
    return facts
