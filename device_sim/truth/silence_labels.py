"""Labels of silences: SIM cards that were pulled, outages that many share, and the cause of each silence."""

from collections.abc import Iterator
from typing import Any, Final

from device_sim.bureau.roster import MIN_MS, Duty
from device_sim.device.device_truth import Cause, Pull, Silence
from device_sim.truth.ground_truth import GroundTruth, incident_label
from device_sim.world.spans import Span

_LEAST_PULL_MS: Final = 60_000


def label_sim_pulls(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label SIM cards that were pulled on duty, or replaced by one that isn't bound to the recorder."""
    for recorder_id, truth in ground_truth.truths.items():
        for index, pull in enumerate(truth.pulls):
            duty = ground_truth.duty_wearing(recorder_id, pull.from_ms)
            if duty is None or not _is_unlawful(ground_truth, duty, pull):
                continue
            is_foreign = pull.card_after is not None and not ground_truth.is_bound(
                recorder_id, pull.card_after, pull.to_ms or 0
            )
            silence = next((s for s in truth.silences if _hides_pull(s, pull)), None)
            if silence is None:
                continue
            ends_ms = silence.to_ms
            if is_foreign:
                # It lasts beyond the silence, until the next change of cards.
                ends_ms = next((later.to_ms for later in truth.pulls[index + 1 :]), None)
            # A foreign card is evidence by its number; else a message must show the missing card.
            is_observable = pull.evidence_messages > 0 or is_foreign
            is_certain = is_foreign or duty.spec.model.senses_sim
            yield incident_label(
                "sim-removed",
                duty,
                (silence.from_ms, ends_ms),
                silence.to_ms or ground_truth.until_ms,
                cause="sim_removed",
                confidence="confirmed" if is_certain else "probable",
                observable=is_observable,
            )


def _is_unlawful(ground_truth: GroundTruth, duty: Duty, pull: Pull) -> bool:
    recorder_id = duty.spec.recorder_id
    # Off duty nobody has to be reachable.
    if not any(s.from_ms <= pull.from_ms < s.to_ms for s in ground_truth.on_duty(duty.officer.officer_id)):
        return False
    # The rule ignores short absences: a loose card has them too.
    if pull.to_ms is not None and pull.to_ms - pull.from_ms < _LEAST_PULL_MS:
        return False
    is_bound_after = pull.to_ms is None or ground_truth.is_bound(recorder_id, pull.card_after, pull.to_ms)
    # Another card with a binding is a lawful change.
    if pull.card != pull.card_after and is_bound_after and pull.to_ms is not None:
        return False
    # A card that is out while the recorder is off leaves no trace, unless a foreign one comes back.
    return pull.was_on or not is_bound_after


def _hides_pull(silence: Silence, pull: Pull) -> bool:
    ends_ms = silence.to_ms if silence.to_ms is not None else pull.from_ms + 1
    is_cut = any(phase.cause == "sim_removed" for phase in silence.phases)
    return silence.from_ms <= pull.from_ms < ends_ms and (is_cut or not pull.was_on)


def label_outages(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label outages of the platform and of cells, with the recorders that lost their connection."""
    state = ground_truth.state
    for outage in state.platform_outages:
        members, fleet = (
            _disconnected_duties(ground_truth, "platform_outage", outage.from_ms),
            _on_duty_count(ground_truth, outage.from_ms),
        )
        if len(members) >= 8 and len(members) * 5 >= fleet:
            yield _outage("platform_outage", members, Span(outage.from_ms, outage.to_ms))
    times = sorted({(o.from_ms, o.to_ms) for outages in state.cell_outages.values() for o in outages})
    for from_ms, to_ms in times:
        members = _disconnected_duties(ground_truth, "cell_outage", from_ms)
        if len(members) >= 3:
            yield _outage("cell_outage", members, Span(from_ms, to_ms))


def _outage(cause: str, members: list[Duty], span: Span) -> dict[str, Any]:
    label = incident_label("outage", members[0], span, span.from_ms + 90_000, cause=cause)
    nobody = {"recorder_id": None, "officer_id": None, "unit_id": None, "shift_id": None}
    return label | nobody | {"recorder_ids": [duty.spec.recorder_id for duty in members]}


def _disconnected_duties(ground_truth: GroundTruth, cause: str, from_ms: int) -> list[Duty]:
    duties = []
    for recorder_id, truth in ground_truth.truths.items():
        for silence in truth.silences:
            if silence.phases[0].cause == cause and from_ms <= silence.from_ms <= from_ms + 2 * MIN_MS:
                duty = ground_truth.duty_wearing(recorder_id, silence.from_ms)
                if duty is not None and _is_in_shift(ground_truth, duty, silence.from_ms):
                    duties.append(duty)
    return duties


def _is_in_shift(ground_truth: GroundTruth, duty: Duty, at_ms: int) -> bool:
    spans = ground_truth.on_duty(duty.officer.officer_id)
    return any(span.from_ms <= at_ms < span.to_ms - 10 * MIN_MS for span in spans)


def _on_duty_count(ground_truth: GroundTruth, at_ms: int) -> int:
    return sum(duty.pick_up_ms <= at_ms < duty.dock_ms for duty in ground_truth.carried_duties())


def label_silences(ground_truth: GroundTruth) -> Iterator[dict[str, Any]]:
    """Label every silence with its true cause; these are no incidents."""
    for recorder_id, truth in ground_truth.truths.items():
        pulls = truth.pulls
        for silence in truth.silences:
            duty = ground_truth.duty_wearing(recorder_id, silence.from_ms)
            inside = [
                p
                for p in pulls
                if p.from_ms < (silence.to_ms or ground_truth.until_ms) and p.from_ms >= silence.from_ms
            ]
            is_on_duty = duty is not None and any(
                span.from_ms <= silence.from_ms < span.to_ms for span in ground_truth.on_duty(duty.officer.officer_id)
            )
            yield {
                "label": "silence",
                "rule": None,
                "cause": "sim_removed"
                if duty is not None and any(not p.was_on and _is_unlawful(ground_truth, duty, p) for p in inside)
                else _main_cause(silence, ground_truth.until_ms),
                "causes": sorted({phase.cause for phase in silence.phases}),
                "recorder_id": recorder_id,
                "officer_id": duty.officer.officer_id if duty is not None else None,
                "unit_id": duty.officer.unit_id if duty is not None else None,
                "shift_id": duty.shift.shift_id if duty is not None else None,
                "activity_id": None,
                "starts_at": silence.from_ms,
                "ends_at": silence.to_ms,
                "decidable_at": silence.to_ms,
                "on_duty": is_on_duty,
                "observable": all(pull.evidence_messages for pull in inside if pull.was_on),
                "phases": silence.phases,
                "boot_before": silence.boot_before,
                "boot_after": silence.boot_after,
            }


def _main_cause(silence: Silence, until_ms: int) -> Cause:
    """The first cause; but a SIM card that was out long enough for an incident comes before others."""
    starts = [phase.from_ms for phase in silence.phases]
    ends = [*starts[1:], silence.to_ms if silence.to_ms is not None else until_ms]
    for phase, end_ms in zip(silence.phases, ends, strict=True):
        if phase.cause == "sim_removed" and end_ms - phase.from_ms >= _LEAST_PULL_MS:
            return "sim_removed"
    return silence.phases[0].cause
