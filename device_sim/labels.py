"""The truth of a play as labels: the incidents that a right system ends with, and why each silence came about.

Labels are judged from what really happened and from the facts, by the rules' defaults, never from messages. Only the
rules of `LABELLED_RULES` are labelled; what a system says under other rules is neither right nor wrong by them.
"""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from device_sim.facts import imports_of
from device_sim.payloads import ZONE, stamp
from device_sim.roster import DAY_MS, HOUR_MS, MIN_MS, Activity, Duty
from device_sim.spans import minus, total_ms, within
from device_sim.truth import Cause, Pull, Silence, Span
from device_sim.witness import Witness

LABELLED_RULES: Final = (
    "activity-unrecorded",
    "recording-incomplete",
    "shift-unrecorded",
    "recorder-not-carried",
    "import-overdue",
    "phone-footage-overdue",
    "footage-removed",
    "sim-removed",
    "recorder-lent",
    "fault-unreported",
    "sos",
    "tamper",
    "outage",
)
_PAUSE_MS: Final = 180_000
_DEVICE_TOLERANCE_MS: Final = 2 * MIN_MS
_TYPED_TOLERANCE_MS: Final = 10 * MIN_MS
_LEAST_PULL_MS: Final = 60_000
_TIMES: Final = ("starts_at", "ends_at", "decidable_at")


def labels_of(witness: Witness) -> list[dict[str, Any]]:
    """All labels, incidents first; times in the contract's form, `decidable_at` is when the rule can first know."""
    labels = [
        *_activities(witness),
        *_shifts(witness),
        *_imports(witness),
        *_phone_footage(witness),
        *_cards(witness),
        *_lent(witness),
        *_failures(witness),
        *_happenings(witness),
        *_outages(witness),
        *_silences(witness),
    ]
    return [{name: _told(name, value) for name, value in label.items()} for label in labels]


def _told(name: str, value: Any) -> Any:
    if name in _TIMES and value is not None:
        return stamp(value)
    if name == "phases":
        return [{"starts_at": stamp(phase.from_ms), "cause": phase.cause} for phase in value]
    return value


def _incident(
    rule: str, duty: Duty, span: Span | tuple[int, int | None], decidable_ms: int, **more: Any
) -> dict[str, Any]:
    return {
        "label": "incident",
        "rule": rule,
        "cause": None,
        "recorder_id": duty.spec.recorder_id,
        "officer_id": duty.officer.officer_id,
        "unit_id": duty.officer.unit_id,
        "shift_id": duty.shift.shift_id,
        "activity_id": None,
        "starts_at": span[0],
        "ends_at": span[1],
        "decidable_at": decidable_ms,
        "expected": "open",
        "confidence": "confirmed",
        "observable": True,
    } | more


# -- filming --------------------------------------------------------------------------------------------------------


def _activities(witness: Witness) -> Iterator[dict[str, Any]]:
    for duty in witness.play.roster.duties:
        for activity in duty.activities:
            if activity.cancelled_ms is None and activity.officers[0] is duty.officer and duty.fate != "spare":
                yield from _activity(witness, duty, activity)


def _activity(witness: Witness, duty: Duty, activity: Activity) -> Iterator[dict[str, Any]]:
    span = activity.told
    recorded = witness.recorded_in(activity)
    excused = [Span(*span)]
    for officer in activity.officers:
        excused = [piece for own in witness.excused(officer.officer_id) for piece in within(excused, own)]
    about = {
        "activity_id": activity.activity_id,
        "officer_ids": [officer.officer_id for officer in activity.officers],
    }
    known_ms = max(span.to_ms, activity.entered_ms or 0)
    if total_ms(recorded) < 1000:
        open_ms = total_ms(minus([span], excused))
        yield _incident(
            "activity-unrecorded",
            duty,
            span,
            max(span.to_ms + 30 * MIN_MS, known_ms),
            **about,
            expected=_expected(open_ms),
        )
        return
    gaps = _gaps(activity, recorded)
    if not gaps:
        return
    left = [gap for gap, least_ms in gaps if total_ms(minus([gap], excused)) >= least_ms]
    yield _incident(
        "recording-incomplete",
        duty,
        span,
        known_ms,
        **about,
        expected=_expected(len(left)),
        gaps=[[stamp(gap.from_ms), stamp(gap.to_ms)] for gap, _ in gaps],
    )


def _expected(rest: int) -> str:
    return "open" if rest else "excused"


def _gaps(activity: Activity, recorded: list[Span]) -> list[tuple[Span, int]]:
    """What is missing, each with how long it had to be at least."""
    span = activity.told
    tolerance_ms = _TYPED_TOLERANCE_MS
    if activity.times_from in {"device", "checkin"}:
        tolerance_ms = _DEVICE_TOLERANCE_MS
    elif activity.rounded_to_min:
        tolerance_ms = max(tolerance_ms, activity.rounded_to_min * MIN_MS)
    ends = [Span(span.from_ms, recorded[0].from_ms), Span(recorded[-1].to_ms, span.to_ms)]
    pauses = [Span(a.to_ms, b.from_ms) for a, b in itertools.pairwise(recorded)]
    gaps = [(gap, tolerance_ms + 1) for gap in ends] + [(pause, _PAUSE_MS) for pause in pauses]
    return [(gap, least_ms) for gap, least_ms in gaps if gap.to_ms - gap.from_ms >= least_ms]


def _shifts(witness: Witness) -> Iterator[dict[str, Any]]:
    for duty in witness.play.roster.duties:
        shift = duty.shift
        if shift.cancelled_ms is not None or duty.fate == "spare":
            continue
        officer_id = duty.officer.officer_id
        decidable_ms = shift.span.to_ms + 15 * MIN_MS
        open_ms = total_ms(minus([shift.span], witness.excused(officer_id)))
        if total_ms(witness.recorded_by(officer_id, shift.span)) < 60_000:
            expected = _expected(open_ms >= HOUR_MS)
            yield _incident("shift-unrecorded", duty, shift.span, decidable_ms, expected=expected)
        if not duty.is_carried:
            yield _incident("recorder-not-carried", duty, shift.span, decidable_ms, expected=_expected(open_ms))


# -- footage --------------------------------------------------------------------------------------------------------


def _imports(witness: Witness) -> Iterator[dict[str, Any]]:
    imports = imports_of(witness.play.roster, witness.truths)
    for duty in witness.carried_duties():
        recorder_id = duty.spec.recorder_id
        own = [fact for fact in imports if fact["recorder_id"] == recorder_id]
        uncovered = []
        for span in witness.truths[recorder_id].recorded:
            if not duty.pick_up_ms <= span.from_ms <= duty.dock_ms:
                continue
            deadline_ms = _deadline(duty, span)
            if not any(_covers(fact, span) and fact["imported_at"] <= deadline_ms for fact in own):
                uncovered.append((span.from_ms, deadline_ms))
        if uncovered:
            first_ms, deadline_ms = min(uncovered)
            yield _incident("import-overdue", duty, (first_ms, deadline_ms), min(deadline for _, deadline in uncovered))


def _deadline(duty: Duty, span: Span) -> int:
    ends = [a.told.to_ms for a in duty.activities if a.told.from_ms < span.to_ms and span.from_ms < a.told.to_ms]
    return max(ends, default=span.to_ms) + DAY_MS


def _covers(fact: dict[str, Any], span: Span) -> bool:
    slack_ms = 2 * MIN_MS
    return bool(
        fact["docked_at"] >= span.to_ms
        and fact["recorded_from"] - slack_ms <= span.from_ms
        and span.to_ms <= fact["recorded_to"] + slack_ms
    )


def _phone_footage(witness: Witness) -> Iterator[dict[str, Any]]:
    for fact in witness.play.roster.facts.get("phone_footage", []):
        duty = next(
            duty
            for duty in witness.carried_duties()
            if duty.officer.officer_id == fact["officer_id"] and duty.pick_up_ms <= fact["recorded_at"] <= duty.dock_ms
        )
        upload_due_ms = max(_end_of_day(fact["recorded_at"]), duty.shift.span.to_ms + 2 * HOUR_MS)
        deliver_due_ms = _after_working_days(fact["recorded_at"], 3)
        for done_ms, due_ms, whose in (
            (fact["uploaded_at"], upload_due_ms, {}),
            # The officer has done his part: delivering is the custodian's business (二(二)3(2)).
            (fact["delivered_at"], deliver_due_ms, {"officer_id": None, "recorder_id": None}),
        ):
            if done_ms > due_ms:
                span = (fact["recorded_at"], due_ms)
                yield _incident("phone-footage-overdue", duty, span, due_ms, footage_id=fact["id"], **whose)
                break


def _end_of_day(at_ms: int) -> int:
    day = datetime.fromtimestamp(at_ms / 1000, ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day + timedelta(days=1)).timestamp() * 1000)


def _after_working_days(at_ms: int, count: int) -> int:
    """The end of the *count*-th weekday after; scenarios keep clear of statutory holidays."""
    end_ms = _end_of_day(at_ms)
    while count:
        if datetime.fromtimestamp(end_ms / 1000, ZONE).weekday() < 5:
            count -= 1
        end_ms += DAY_MS
    return end_ms


# -- the recorder ---------------------------------------------------------------------------------------------------


def _cards(witness: Witness) -> Iterator[dict[str, Any]]:
    for recorder_id, truth in witness.truths.items():
        for index, pull in enumerate(truth.pulls):
            duty = witness.wearing(recorder_id, pull.from_ms)
            if duty is None or not _is_an_offence(witness, duty, pull):
                continue
            is_foreign = pull.card_after is not None and not witness.is_bound(
                recorder_id, pull.card_after, pull.to_ms or 0
            )
            silence = next((s for s in truth.silences if _hides(s, pull)), None)
            if silence is None:
                continue
            ends_ms = silence.to_ms
            if is_foreign:
                ends_ms = next((later.to_ms for later in truth.pulls[index + 1 :]), None)
            told = pull.told > 0 or is_foreign
            sure = is_foreign or duty.spec.model.senses_sim
            yield _incident(
                "sim-removed",
                duty,
                (silence.from_ms, ends_ms),
                silence.to_ms or witness.until_ms,
                cause="sim_removed",
                confidence="confirmed" if sure else "probable",
                observable=told,
            )


def _is_an_offence(witness: Witness, duty: Duty, pull: Pull) -> bool:
    recorder_id = duty.spec.recorder_id
    if not any(s.from_ms <= pull.from_ms < s.to_ms for s in witness.on_duty(duty.officer.officer_id)):
        return False
    if pull.to_ms is not None and pull.to_ms - pull.from_ms < _LEAST_PULL_MS:
        return False
    is_bound_after = pull.to_ms is None or witness.is_bound(recorder_id, pull.card_after, pull.to_ms)
    if pull.card != pull.card_after and is_bound_after and pull.to_ms is not None:
        return False
    return pull.was_on or not is_bound_after


def _hides(silence: Silence, pull: Pull) -> bool:
    ends_ms = silence.to_ms if silence.to_ms is not None else pull.from_ms + 1
    is_cut = any(phase.cause == "sim_removed" for phase in silence.phases)
    return silence.from_ms <= pull.from_ms < ends_ms and (is_cut or not pull.was_on)


def _lent(witness: Witness) -> Iterator[dict[str, Any]]:
    for duty in witness.carried_duties():
        if duty.fate == "lent" and not _is_assigned(witness, duty):
            yield _incident("recorder-lent", duty, duty.worn, duty.pick_up_ms + 11 * MIN_MS)


def _is_assigned(witness: Witness, duty: Duty) -> bool:
    return any(
        fact["recorder_id"] == duty.spec.recorder_id and fact["officer_id"] == duty.officer.officer_id
        for fact in witness.play.roster.facts.get("assignments", [])
    )


def _failures(witness: Witness) -> Iterator[dict[str, Any]]:
    reports = witness.play.roster.facts.get("fault_reports", [])
    for duty in witness.carried_duties():
        recorder_id, shift = duty.spec.recorder_id, duty.shift.span
        for failure in witness.failures(recorder_id):
            if (
                not shift.from_ms <= failure.at_ms < shift.to_ms
                or witness.wearing(recorder_id, failure.at_ms) is not duty
            ):
                continue
            is_reported = any(
                fact["recorder_id"] == recorder_id and failure.at_ms <= fact["reported_at"] <= shift.to_ms
                for fact in reports
            )
            has_spare = any(other.fate == "spare" and other.shift is duty.shift for other in witness.carried_duties())
            if is_reported or has_spare or not _left_unrecorded(witness, duty, failure.at_ms):
                continue
            yield _incident("fault-unreported", duty, (failure.at_ms, shift.to_ms), shift.to_ms, failure=failure.what)


def _left_unrecorded(witness: Witness, duty: Duty, at_ms: int) -> bool:
    running = [a for a in duty.activities if a.cancelled_ms is None and a.told.from_ms <= at_ms < a.told.to_ms]
    later = [a for a in duty.activities if a.cancelled_ms is None and a.told.from_ms >= at_ms]
    return bool(running) or any(total_ms(witness.recorded_in(activity)) < 1000 for activity in later)


def _happenings(witness: Witness) -> Iterator[dict[str, Any]]:
    rules = {"sos": "sos", "tamper": "tamper", "delete": "footage-removed"}
    for recorder_id, truth in witness.truths.items():
        for happening in truth.happenings:
            duty = witness.wearing(recorder_id, happening.at_ms)
            if happening.what not in rules or duty is None:
                continue
            waits_ms = DAY_MS if happening.what == "delete" and not duty.spec.model.reports_deletion else 0
            span = (happening.at_ms, happening.at_ms)
            yield _incident(rules[happening.what], duty, span, happening.at_ms + waits_ms)


# -- silences -------------------------------------------------------------------------------------------------------


def _outages(witness: Witness) -> Iterator[dict[str, Any]]:
    play = witness.play
    for outage in play.platform_outages:
        members, fleet = (
            _fallen_silent(witness, "platform_outage", outage.from_ms),
            _on_duty_count(witness, outage.from_ms),
        )
        if len(members) >= 8 and len(members) * 5 >= fleet:
            yield _outage("platform_outage", members, Span(outage.from_ms, outage.to_ms))
    times = sorted({(o.from_ms, o.to_ms) for outages in play.cell_outages.values() for o in outages})
    for from_ms, to_ms in times:
        members = _fallen_silent(witness, "cell_outage", from_ms)
        if len(members) >= 3:
            yield _outage("cell_outage", members, Span(from_ms, to_ms))


def _outage(cause: str, members: list[Duty], span: Span) -> dict[str, Any]:
    incident = _incident("outage", members[0], span, span.from_ms + 90_000, cause=cause)
    nobody = {"recorder_id": None, "officer_id": None, "unit_id": None, "shift_id": None}
    return incident | nobody | {"recorder_ids": [duty.spec.recorder_id for duty in members]}


def _fallen_silent(witness: Witness, cause: str, from_ms: int) -> list[Duty]:
    duties = []
    for recorder_id, truth in witness.truths.items():
        for silence in truth.silences:
            if silence.phases[0].cause == cause and from_ms <= silence.from_ms <= from_ms + 2 * MIN_MS:
                duty = witness.wearing(recorder_id, silence.from_ms)
                if duty is not None and _is_in_shift(witness, duty, silence.from_ms):
                    duties.append(duty)
    return duties


def _is_in_shift(witness: Witness, duty: Duty, at_ms: int) -> bool:
    spans = witness.on_duty(duty.officer.officer_id)
    return any(span.from_ms <= at_ms < span.to_ms - 10 * MIN_MS for span in spans)


def _on_duty_count(witness: Witness, at_ms: int) -> int:
    return sum(duty.pick_up_ms <= at_ms < duty.dock_ms for duty in witness.carried_duties())


def _silences(witness: Witness) -> Iterator[dict[str, Any]]:
    for recorder_id, truth in witness.truths.items():
        pulls = truth.pulls
        for silence in truth.silences:
            duty = witness.wearing(recorder_id, silence.from_ms)
            inside = [
                p for p in pulls if p.from_ms < (silence.to_ms or witness.until_ms) and p.from_ms >= silence.from_ms
            ]
            is_on_duty = duty is not None and any(
                span.from_ms <= silence.from_ms < span.to_ms for span in witness.on_duty(duty.officer.officer_id)
            )
            yield {
                "label": "silence",
                "rule": None,
                "cause": "sim_removed"
                if duty is not None and any(not p.was_on and _is_an_offence(witness, duty, p) for p in inside)
                else _main_cause(silence, witness.until_ms),
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
                "observable": all(pull.told for pull in inside if pull.was_on),
                "phases": silence.phases,
                "boot_before": silence.boot_before,
                "boot_after": silence.boot_after,
            }


def _main_cause(silence: Silence, until_ms: int) -> Cause:
    """What began it; but a card that was out for long enough to be an offence is what has to be found out."""
    starts = [phase.from_ms for phase in silence.phases]
    ends = [*starts[1:], silence.to_ms if silence.to_ms is not None else until_ms]
    for phase, end_ms in zip(silence.phases, ends, strict=True):
        if phase.cause == "sim_removed" and end_ms - phase.from_ms >= _LEAST_PULL_MS:
            return "sim_removed"
    return silence.phases[0].cause
