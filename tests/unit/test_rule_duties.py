"""Activities and shifts as their rules judge them: what was recorded, what can't be known, what excuses it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from duty_scene import activity, at, between, exemption, facts, hold, login, one_or_none, report, shift, the_one

from alerts.duty.coverage import RecorderCoverage
from alerts.duty.duty_case import DutyCase, case_of
from alerts.duty.wearer import team_wore
from alerts.facts.known import KnownDuty
from alerts.finding import Finding
from alerts.intervals import Interval
from alerts.rules import activity_unrecorded, recorder_not_carried, recording_incomplete, shift_unrecorded
from alerts.rules.activity_unrecorded import ActivityUnrecorded
from alerts.rules.recorder_not_carried import RecorderNotCarried
from alerts.rules.recording_incomplete import RecordingIncomplete
from alerts.rules.shift_unrecorded import ShiftUnrecorded

HELD = [hold("R1", "P1", "8:00", "18:00")]


def measured(duty: KnownDuty, **changes: Any) -> KnownDuty:
    values = {name: getattr(duty, name) for name in KnownDuty.__slots__}
    return KnownDuty(**{**values, "times_from": "device", **changes})


def case(
    duty: KnownDuty,
    recorded: list[Interval] = [],  # noqa: B006 - never changed
    *,
    known: list[Interval] | None = None,
    pending: list[Interval] = [],  # noqa: B006
    now: str = "20:00",
    **rows: Any,
) -> DutyCase:
    """A duty with P1's recorder R1, whose readings are without a hole all day unless *known* says otherwise."""
    roster = facts(**{"assignments": HELD, "duties": [duty], **rows})
    assert duty.ends_at is not None
    within = Interval(duty.starts_at, duty.ends_at)
    worn = team_wore(duty, within, roster)
    whole = [within] if known is None else known
    of = {
        recorder_id: RecorderCoverage(
            recorder_id,
            tuple(recorded) if recorder_id == "R1" else (),
            (*whole, *recorded),
            tuple(pending),
        )
        for recorder_id in {w.recorder_id for w in worn}
    }
    return case_of(duty, worn, roster, of, times={}, now=at(now))


def unrecorded(c: DutyCase) -> Finding:
    return the_one(activity_unrecorded.judge(c, ActivityUnrecorded()))


def incomplete(c: DutyCase) -> Finding:
    return the_one(recording_incomplete.judge(c, RecordingIncomplete()))


def carried(duty: KnownDuty, now: str, shown_at: datetime | None) -> Finding | None:
    shown = replace(case(duty, now=now), shown_at=shown_at)
    return one_or_none(recorder_not_carried.judge(shown, RecorderNotCarried()))


INSPECTION = measured(activity("P1", start="10:00", end="11:00"))


def test_no_second_recorded_and_all_of_it_known_is_confirmed_for_one_certain_wearer() -> None:
    found = unrecorded(case(INSPECTION))
    assert ("holds", "confirmed", "transfer", "P1") == (
        found.standing,
        found.confidence,
        found.weight,
        found.subject.officer_id,
    )


def test_a_recorder_that_is_silent_still_leaves_it_suspected() -> None:
    found = unrecorded(case(INSPECTION, known=[between("10:00", "10:20")], pending=[between("10:20", "11:00")]))
    assert ("suspected", "check") == (found.confidence, found.weight)


def test_time_that_can_never_be_known_leaves_it_probable_and_no_slip() -> None:
    found = unrecorded(case(INSPECTION, known=[between("10:00", "10:20")]))
    assert ("probable", "check") == (found.confidence, found.weight)


def test_one_recorded_second_is_no_unrecorded_activity() -> None:
    second = Interval(at("10:30"), at("10:30") + timedelta(seconds=1))
    assert "withdrawn" == unrecorded(case(INSPECTION, [second])).standing


def test_a_login_of_somebody_else_names_nobody() -> None:
    found = unrecorded(case(INSPECTION, logins=[login("R1", "P2", "8:00")]))
    assert (None, "check", "squad") == (found.subject.officer_id, found.weight, found.subject.unit_id)


def test_an_exemption_over_all_of_it_excuses() -> None:
    found = unrecorded(case(INSPECTION, exemptions=[exemption("9:00", "12:00", officer_id="P1")]))
    assert "excused" == found.standing
    assert found.excuse is not None


def test_an_exemption_over_a_part_leaves_the_rest() -> None:
    found = unrecorded(case(INSPECTION, exemptions=[exemption("9:00", "10:30", officer_id="P1")]))
    assert "holds" == found.standing


def test_a_fault_report_allows_the_phone_from_then_on() -> None:
    found = unrecorded(case(INSPECTION, reports=[report("R1", "P1", "9:55")]))
    assert "excused" == found.standing


@pytest.mark.parametrize(
    ("recorded", "standing"),
    [
        ([between("10:01", "11:00")], "withdrawn"),
        ([between("10:05", "11:00")], "holds"),
        ([between("10:00", "10:55")], "holds"),
        ([between("10:00", "10:30"), between("10:32", "11:00")], "withdrawn"),
        ([between("10:00", "10:30"), between("10:33", "11:00")], "holds"),
        ([between("9:50", "11:10")], "withdrawn"),
        ([], "withdrawn"),
    ],
)
def test_measured_times_allow_two_minutes_and_a_pause_under_three(recorded: list[Interval], standing: str) -> None:
    assert standing == incomplete(case(INSPECTION, recorded)).standing


@pytest.mark.parametrize(
    ("recorded", "rounded", "standing"),
    [
        ([between("10:09", "11:00")], None, "withdrawn"),
        ([between("10:12", "11:00")], None, "holds"),
        ([between("10:12", "11:00")], 15, "withdrawn"),
        ([between("10:00", "10:02"), between("10:08", "11:00")], None, "withdrawn"),
        ([between("10:00", "10:05"), between("10:15", "11:00")], None, "holds"),
    ],
)
def test_typed_times_allow_ten_minutes_or_their_rounding(
    recorded: list[Interval], rounded: float | None, standing: str
) -> None:
    typed = measured(INSPECTION, times_from="manual", rounded_to_min=rounded)
    assert standing == incomplete(case(typed, recorded)).standing


def test_a_gap_that_the_readings_do_not_cover_is_probable_only() -> None:
    recorded = [between("10:00", "10:20"), between("10:40", "11:00")]
    assert "probable" == incomplete(case(INSPECTION, recorded, known=[])).confidence
    assert "confirmed" == incomplete(case(INSPECTION, recorded)).confidence


def test_a_gap_within_an_exemption_is_excused() -> None:
    recorded = [between("10:00", "10:20"), between("10:40", "11:00")]
    found = incomplete(case(INSPECTION, recorded, exemptions=[exemption("10:15", "10:45", officer_id="P1")]))
    assert "excused" == found.standing


SHIFT = shift("P1", "9:00", "17:00")


def test_a_shift_with_less_than_a_minute_recorded_is_a_check_never_more() -> None:
    found = the_one(shift_unrecorded.judge(case(SHIFT), ShiftUnrecorded()))
    assert ("holds", "check", "confirmed", SHIFT.duty_id) == (
        found.standing,
        found.weight,
        found.confidence,
        found.subject.shift_id,
    )


def test_a_minute_recorded_is_enough_for_a_shift() -> None:
    found = the_one(shift_unrecorded.judge(case(SHIFT, [between("10:00", "10:01")]), ShiftUnrecorded()))
    assert "withdrawn" == found.standing


def test_a_shift_of_which_less_than_an_hour_is_not_excused_is_not_judged() -> None:
    excused = case(SHIFT, exemptions=[exemption("9:00", "16:30", officer_id="P1")])
    found = the_one(shift_unrecorded.judge(excused, ShiftUnrecorded()))
    assert "excused" == found.standing


def test_nothing_carried_is_a_reminder_first_and_a_check_after_the_shift() -> None:
    reminder = carried(SHIFT, now="9:15", shown_at=None)
    check = carried(SHIFT, now="17:15", shown_at=None)
    assert reminder is not None
    assert check is not None
    assert (("reminder", "holds"), ("check", "holds")) == (
        (reminder.weight, reminder.standing),
        (check.weight, check.standing),
    )
    assert reminder.key == check.key


def test_a_recorder_that_shows_late_resolves_the_reminder() -> None:
    found = carried(SHIFT, now="17:15", shown_at=at("9:40"))
    assert found is not None
    assert ("resolved", "reminder") == (found.standing, found.weight)


@pytest.mark.parametrize(
    ("now", "shown", "until"), [("9:15", None, "9:15"), ("17:15", None, "17:00"), ("17:15", "9:40", "9:40")]
)
def test_that_a_recorder_showed_late_rests_on_its_absence_until_then(now: str, shown: str | None, until: str) -> None:
    found = carried(SHIFT, now=now, shown_at=at(shown) if shown else None)
    assert found is not None
    assert {between("8:30", until)} == {during for _, during in found.absence}


def test_a_recorder_that_shows_in_time_is_nothing() -> None:
    found = carried(SHIFT, now="17:15", shown_at=at("8:50"))
    assert found is not None
    assert "withdrawn" == found.standing


def test_nothing_is_said_before_the_deadline() -> None:
    assert None is carried(SHIFT, now="9:10", shown_at=None)
