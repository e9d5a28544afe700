"""Footage that vanished, footage that wasn't brought in, phones, and recorders in other hands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from duty_scene import (
    activity,
    at,
    between,
    exemption,
    facts,
    hold,
    login,
    one_or_none,
    recorder,
    report,
    shift,
    the_one,
)

from alerts.duty.calendar import BureauCalendar
from alerts.facts.known import KnownFacts, KnownOfficer
from alerts.intervals import Interval
from alerts.rules import footage_removed, import_overdue, phone_footage_overdue, recorder_lent
from alerts.rules.footage_removed import FootageRemoved, Loss, Stored, Suspect
from alerts.rules.import_overdue import Import, ImportOverdue, RecorderDay
from alerts.rules.phone_footage_overdue import Footage, Handed, PhoneFootageOverdue
from alerts.rules.recorder_lent import Lasted, RecorderLent

HELD = [hold("R1", "P1", "8:00", "18:00")]


def stored(clock: str, files: int, free_mb: int, seq: int = 0, boot: str = "b1") -> Stored:
    return Stored(at(clock), boot, seq or int(clock.replace(":", "")), 65536, free_mb, files)


def lost(*readings: Stored, visits: tuple[Interval, ...] = (), deletions: tuple[str, ...] = ()) -> list[Interval]:
    found = footage_removed.losses_of(readings, [at(clock) for clock in deletions], visits, FootageRemoved())
    return [Interval(loss.start, loss.end) for loss in found]


def test_fewer_files_between_two_readings_is_a_loss() -> None:
    assert [between("10:00", "10:01")] == lost(stored("10:00", 12, 40000), stored("10:01", 9, 41000))


def test_much_more_space_is_a_loss_even_with_as_many_files() -> None:
    assert [between("10:00", "10:01")] == lost(stored("10:00", 12, 40000), stored("10:01", 12, 40501))
    assert [] == lost(stored("10:00", 12, 40000), stored("10:01", 12, 40500))


@pytest.mark.parametrize("visit", [between("9:52", "9:52"), between("10:05", "10:20"), between("9:00", "11:00")])
def test_a_dock_visit_near_by_explains_it(visit: Interval) -> None:
    assert [] == lost(stored("10:00", 12, 40000), stored("10:01", 0, 60000), visits=(visit,))


def test_a_dock_visit_far_away_does_not() -> None:
    assert 1 == len(lost(stored("10:00", 12, 40000), stored("10:01", 0, 60000), visits=(between("8:00", "9:49"),)))


def test_a_reading_that_the_next_takes_back_is_a_misread() -> None:
    assert [] == lost(stored("10:00", 12, 40000), stored("10:01", 2, 40000), stored("10:02", 12, 40000))


def unmounted(clock: str, total_mb: int = 0, free_mb: int = 0) -> Stored:
    return Stored(at(clock), "b1", int(clock.replace(":", "")), total_mb, free_mb, 0)


@pytest.mark.parametrize(("total_mb", "free_mb"), [(0, 0), (8192, 8000)])
@pytest.mark.parametrize("minutes", [1, 3, 8, 20])
def test_what_is_told_while_the_card_is_not_mounted_counts_nothing(total_mb: int, free_mb: int, minutes: int) -> None:
    away = [unmounted(f"10:{n:02}", total_mb, free_mb) for n in range(1, minutes + 1)]
    before, after = [stored(f"9:{n}", 3, 61000) for n in range(30, 60)], stored("10:30", 3, 61000)
    assert [] == lost(*before, *away, after)
    # What was taken from the card meanwhile is gone all the same.
    assert [between("9:59", "10:30")] == lost(*before, *away, stored("10:30", 1, 63000))


def test_what_comes_back_at_once_had_never_left() -> None:
    (loss,) = footage_removed.losses_of(
        [stored("10:00", 3, 61000), stored("10:01", 0, 64000)], [], [], FootageRemoved()
    )
    empty = [stored(f"10:{n}", 0, 64000) for n in range(10, 40)]
    back = [*empty, stored("10:40", 3, 61000)]
    assert footage_removed.is_undone(loss, back)
    assert [] == footage_removed.judge(Suspect("R1", loss, back, facts(), {}, at("34:02")), FootageRemoved())
    # New recordings fill a card file by file, and not a gigabyte at once.
    filmed = [*empty, stored("10:40", 1, 63900), stored("10:50", 2, 63000), stored("10:59", 3, 62950)]
    assert not footage_removed.is_undone(loss, filmed)


def test_a_full_recorder_that_records_on_overwrites_by_itself() -> None:
    assert [] == lost(stored("10:00", 40, 900), stored("10:01", 39, 950))


def test_readings_out_of_order_are_no_loss() -> None:
    assert [] == lost(stored("10:00", 12, 40000, seq=20), stored("10:01", 11, 40100, seq=19))


def test_several_deletions_in_a_row_are_one_act() -> None:
    readings = [
        stored("10:00", 12, 40000),
        stored("10:01", 11, 40000),
        stored("10:05", 11, 40000),
        stored("10:06", 9, 40000),
    ]
    assert [between("10:00", "10:06")] == lost(*readings)


def test_it_is_suspected_for_a_day_unless_the_device_says_so() -> None:
    known = facts(assignments=HELD)
    readings = [stored("9:59", 12, 40000), stored("10:00", 12, 40000), stored("10:01", 9, 41000)]
    (loss,) = footage_removed.losses_of(readings, [], [], FootageRemoved())
    (told,) = footage_removed.losses_of([], [at("10:00")], [], FootageRemoved())

    def confidence(of: Loss, clock: str, later: Sequence[Stored] = ()) -> str:
        suspect = Suspect("R1", of, later, known, {}, at(clock))
        return the_one(footage_removed.judge(suspect, FootageRemoved())).confidence

    assert "suspected" == confidence(loss, "11:00")
    assert "suspected" == confidence(loss, "34:02")
    again = [stored("10:02", 9, 41000)]
    assert "probable" == confidence(loss, "34:02", again)
    said = the_one(footage_removed.judge(Suspect("R1", told, [], known, {}, at("11:00")), FootageRemoved()))
    assert ("confirmed", "P1") == (said.confidence, said.subject.officer_id)


@pytest.mark.parametrize(
    "readings",
    [
        [stored("10:00", 65535, 40000), stored("10:01", 12, 40000)],
        [stored("9:59", 12, 40000), stored("10:00", 12, 0), stored("10:01", 12, 40000)],
        [stored("9:55", 1, 63500), stored("10:00", 255, 63500), stored("10:05", 1, 63500)],
        [stored("9:50", 1, 63500), stored("9:55", 1, 63500), stored("10:00", 0, 63500), stored("10:05", 1, 63500)],
    ],
)
def test_a_loss_that_hangs_on_one_reading_is_suspected_at_most(readings: list[Stored]) -> None:
    for loss in footage_removed.losses_of(readings, [], [], FootageRemoved()):
        later = [*(r for r in readings if r.at >= loss.start), *(stored(f"10:{n}", 12, 40000) for n in range(10, 30))]
        said = footage_removed.judge(Suspect("R1", loss, later, facts(), {}, at("34:20")), FootageRemoved())
        assert {"suspected"} >= {finding.confidence for finding in said}


RECORDED = between("10:05", "10:35")
INSPECTION = activity("P1", start="10:00", end="10:40")


def imported(docked: str, start: str = "10:00", end: str = "10:40") -> Import:
    return Import(at(docked), at(docked) + timedelta(minutes=5), between(start, end))


def recorder_day(imports: list[Import], now: str, known: KnownFacts | None = None) -> object:
    roster = known or facts(assignments=HELD, duties=[INSPECTION])
    recording = import_overdue.recording_of(RECORDED, [INSPECTION], imports, ImportOverdue())
    assert recording is not None
    day = RecorderDay("R1", date(2026, 3, 2), [recording], roster, {}, at(now))
    return one_or_none(import_overdue.judge(day, ImportOverdue()))


def test_an_import_is_due_a_day_after_its_activity_ended() -> None:
    finding = recorder_day([], "34:40")
    assert finding is not None
    assert ("check", "holds", at("10:05"), at("34:40"), "P1") == (
        finding.weight,  # type: ignore[attr-defined]
        finding.standing,  # type: ignore[attr-defined]
        finding.starts_at,  # type: ignore[attr-defined]
        finding.ends_at,  # type: ignore[attr-defined]
        finding.subject.officer_id,  # type: ignore[attr-defined]
    )


def test_an_import_that_covers_it_in_time_is_enough() -> None:
    assert None is recorder_day([imported("17:30")], "40:00")


def test_bounds_are_widened_by_two_minutes_and_no_more() -> None:
    assert None is recorder_day([imported("17:30", "10:07", "10:34")], "40:00")
    assert None is not recorder_day([imported("17:30", "10:08", "10:34")], "40:00")


def test_an_import_before_the_recording_ended_covers_nothing() -> None:
    assert None is not recorder_day([imported("10:20")], "40:00")


def test_an_import_after_the_deadline_does_not_undo_it() -> None:
    finding = recorder_day([imported("35:00")], "40:00")
    assert ("check", "holds") == (finding.weight, finding.standing)  # type: ignore[union-attr,attr-defined]


def test_a_reminder_comes_before_quiet_hours_where_these_come_first() -> None:
    parameters = ImportOverdue()
    assert at("21:55") == import_overdue.reminder_at(at("34:40"), parameters)
    assert at("31:00") == import_overdue.reminder_at(at("35:00"), parameters)
    assert "reminder" == recorder_day([], "22:30").weight  # type: ignore[attr-defined]


def test_a_lost_recorder_is_excused() -> None:
    known = facts(assignments=HELD, duties=[INSPECTION], reports=[report("R1", "P1", "12:00", kind="lost")])
    finding = recorder_day([], "35:00", known)
    assert "excused" == finding.standing  # type: ignore[attr-defined]


def phone(uploaded: str | None, delivered: str | None = None) -> Footage:
    return Footage("F1", "P1", at("10:00"), at(uploaded) if uploaded else None, at(delivered) if delivered else None)


@pytest.mark.parametrize(
    ("uploaded", "delivered", "now", "said"),
    [
        ("17:00", "60:00", "200:00", None),
        (None, None, "23:59", None),
        (None, None, "24:00", "P1"),
        ("25:00", None, "26:00", "P1"),
        ("17:00", None, "95:59", None),
        ("17:00", None, "96:00", "nobody"),
        ("17:00", "97:00", "98:00", "nobody"),
    ],
)
def test_uploading_is_the_officer_s_delivering_the_custodian_s(
    uploaded: str | None, delivered: str | None, now: str, said: str | None
) -> None:
    roster = facts(assignments=HELD, duties=[shift("P1", "9:00", "17:00")])
    handed = Handed(phone(uploaded, delivered), roster, BureauCalendar(), at(now))
    finding = one_or_none(phone_footage_overdue.judge(handed, PhoneFootageOverdue()))
    assert said == (None if finding is None else finding.subject.officer_id or "nobody")


def test_a_night_shift_has_two_hours_after_its_end() -> None:
    roster = facts(duties=[shift("P1", "20:00", "28:00")])
    night = Footage("F1", "P1", at("22:00"), None, None)
    assert at("30:00") == phone_footage_overdue.upload_due(night, roster, PhoneFootageOverdue())


def lent(known: KnownFacts, officer_id: str, until: str = "11:00") -> object:
    lasted = Lasted(login("R1", officer_id, "10:00", None), at(until), known)
    return one_or_none(recorder_lent.judge(lasted, RecorderLent()))


def test_a_colleague_on_a_recorder_that_was_handed_to_another_is_a_check_about_nobody() -> None:
    finding = lent(facts(assignments=HELD, logins=[login("R1", "P2", "10:00")]), "P2")
    assert (None, "check") == (finding.subject.officer_id, finding.weight)  # type: ignore[attr-defined]


def test_somebody_of_another_unit_is_a_check() -> None:
    assert None is not lent(facts(), "Q1")


@pytest.mark.parametrize(
    "known",
    [
        facts(assignments=[*HELD, hold("R1", "P2", "9:50", "12:00", "joint")]),
        facts(assignments=HELD, duties=[shift("P2", "9:00", "17:00", recorder_id="R1")]),
        facts(assignments=HELD, duties=[activity("P1", "P2", start="9:55", end="11:30")]),
        facts(),
    ],
    ids=["joint assignment", "a shift that names it", "an activity of both", "a pool recorder of the unit"],
)
def test_what_was_arranged_is_in_order(known: KnownFacts) -> None:
    assert None is lent(known, "P2")


def test_a_colleague_of_another_unit_in_one_activity_with_the_holder_is_in_order() -> None:
    own = [recorder("R1", holder_id="P1")]
    together = activity("P1", "Q1", start="10:00", end="11:00")
    assert None is lent(facts(registers=own, duties=[together]), "Q1")
    assert None is not lent(facts(registers=own, duties=[activity("P2", "Q1", start="10:00", end="11:00")]), "Q1")


def test_who_is_of_another_unit_since_was_a_colleague_then() -> None:
    moved = [
        KnownOfficer("P2", "示例二", unit_id, ("officer",), at(since))
        for unit_id, since in (("squad", "0:00"), ("other", "10:30"))
    ]
    known = replace(facts(), officers=moved)
    assert None is lent(known, "P2")
    back = replace(
        facts(), officers=[replace(row, unit_id={"squad": "other", "other": "squad"}[row.unit_id]) for row in moved]
    )
    assert None is not lent(back, "P2")


def test_ten_minutes_are_allowed() -> None:
    assert None is lent(facts(assignments=HELD), "P2", until="10:10")


def test_an_approved_swap_is_in_order() -> None:
    swap = exemption("9:00", "12:00", officer_id="P2")
    object.__setattr__(swap, "reason", "swap")
    assert None is lent(facts(assignments=HELD, exemptions=[swap]), "P2")
