"""Notices: when what waits for a person may go."""

from datetime import UTC, datetime, timedelta

import pytest
from standins.incident_scene import Weekdays, incident
from standins.notice_scene import NOW, directory, item, scene, settings

from alerts.duty.working_time import Deadline, end_of_working_day_after, working_hours_after
from alerts.notices.escalate import escalations, overdue
from alerts.notices.maintenance import held_until
from alerts.notices.release import Recent, due_items, is_quiet
from telemetry.records.notices import MaintenanceRow, UnansweredRow

SETTINGS = settings(gather_s=20)
LATER = NOW + timedelta(minutes=1)


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    """A time in Shanghai, in UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def test_it_waits_a_moment_for_what_belongs_to_it() -> None:
    assert not due_items([item()], None, SETTINGS, NOW + timedelta(seconds=19))
    assert due_items([item()], None, SETTINGS, NOW + timedelta(seconds=20))


def test_at_most_one_notice_in_five_minutes_holds_what_came_in_between() -> None:
    both = [item(), item(item_id=2)]
    recent = Recent(NOW, is_queued=False)
    assert not due_items(both, recent, SETTINGS, NOW + timedelta(seconds=299))
    assert both == list(due_items(both, recent, SETTINGS, NOW + timedelta(seconds=300)))


def test_the_next_waits_for_one_that_is_still_on_its_way() -> None:
    assert not due_items([item()], Recent(NOW - timedelta(hours=1), is_queued=True), SETTINGS, LATER)


@pytest.mark.parametrize(("hour", "quiet"), [(21, False), (22, True), (23, True), (0, True), (6, True), (7, False)])
def test_quiet_hours_are_from_ten_to_seven_in_shanghai(hour: int, quiet: bool) -> None:  # noqa: FBT001
    assert quiet == is_quiet(SETTINGS, at(hour))


def test_quiet_hours_hold_all_but_outage_and_sos() -> None:
    night = at(23)
    waiting = [item(created_at=at(20)), item(item_id=2, urgent=True)]
    assert not due_items(waiting[:1], None, SETTINGS, night)
    assert [waiting[1]] == list(due_items(waiting, Recent(night, is_queued=True), SETTINGS, night))


def test_what_maintenance_holds_goes_when_it_is_over() -> None:
    held = item(not_before=NOW + timedelta(hours=1))
    assert not due_items([held], None, SETTINGS, LATER)
    assert due_items([held], None, SETTINGS, NOW + timedelta(hours=1))


def test_maintenance_covers_a_subtree_some_rules_and_its_time() -> None:
    about = incident(rule="recorder-offline")
    start, end = about.starts_at - timedelta(hours=1), about.starts_at + timedelta(hours=1)
    whole = MaintenanceRow(1, "U01", None, [], start, end)
    assert end == held_until(about, [whole], directory())
    for other in (
        MaintenanceRow(1, "U05", None, [], start, end),
        MaintenanceRow(1, None, "R0018", [], start, end),
        MaintenanceRow(1, None, None, ["outage"], start, end),
        MaintenanceRow(1, None, None, [], end, end + timedelta(hours=1)),
    ):
        assert held_until(about, [other], directory()) is None
    for rule in ("sos", "outage"):
        assert held_until(incident(rule=rule), [whole], directory()) is None


def unanswered(**changes: object) -> UnansweredRow:
    values: dict[str, object] = {
        "incident_id": "I1",
        "capacity": "leader",
        "kind": "new",
        "urgent": False,
        "at": NOW,
        "is_dead": False,
    }
    return UnansweredRow(**{**values, **changes})  # type: ignore[arg-type]


def escalated(row: UnansweredRow, now: datetime, **changes: object) -> list[tuple[str, str]]:
    about = {"I1": incident(**changes)}
    return [
        (new.person, new.capacity) for new in escalations(overdue([row], Weekdays(), SETTINGS, now), about, scene(now))
    ]


def test_after_two_working_hours_the_deputy_is_told_and_after_two_more_the_head() -> None:
    due = NOW + timedelta(hours=2)
    assert escalated(unanswered(), due - timedelta(seconds=1)) == []
    assert escalated(unanswered(), due) == [("P0004", "deputy")]
    assert escalated(unanswered(kind="escalation", capacity="deputy"), due) == [("P0003", "head")]
    assert escalated(unanswered(kind="escalation", capacity="head"), due) == []


def test_the_night_does_not_count() -> None:
    evening = at(17, 0)
    assert escalated(unanswered(at=evening), at(23)) == []
    assert escalated(unanswered(at=evening), at(10, 30, day=3)) == [("P0004", "deputy")]


def test_an_sos_waits_five_minutes_by_night_too() -> None:
    row = unanswered(urgent=True, capacity="command_centre", at=at(23))
    sos = {"rule": "sos", "weight": "operational"}
    assert escalated(row, at(23, 4), **sos) == []
    assert escalated(row, at(23, 5), **sos) == [("P0004", "deputy")]


def test_a_notice_that_died_unread_is_not_waited_for() -> None:
    assert escalated(unanswered(is_dead=True), NOW) == [("P0004", "deputy")]


def test_what_is_suspected_meanwhile_is_not_escalated() -> None:
    assert escalated(unanswered(), NOW + timedelta(days=1), confidence="suspected") == []


def test_working_time_skips_weekends_and_is_marked_where_a_year_has_no_decree() -> None:
    friday = at(16, 30, day=6)
    for years, is_provisional in (([], False), ([2026], True)):
        calendar = Weekdays(*years)
        assert Deadline(at(10, 0, day=9), is_provisional) == working_hours_after(calendar, friday, timedelta(hours=2))
        assert Deadline(at(0, day=12), is_provisional) == end_of_working_day_after(calendar, friday, 3)
