"""From when a fact counts, how much of it, and what waits for somebody's approval."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facts_scene import fact

from alerts.facts.fields import Fact
from alerts.facts.models import Collection
from alerts.facts.versions import (
    GRACE,
    START_OF_FILE,
    Mark,
    Version,
    changed_since,
    new_writings,
    next_version,
    settle,
    slices_of,
    write,
)


def at(clock: str, day: int = 2) -> datetime:
    hours, minutes = clock.split(":")
    return datetime(2026, 3, day, int(hours), int(minutes), tzinfo=UTC) - timedelta(hours=8)


def iso(clock: str, day: int = 2) -> str:
    return at(clock, day).isoformat()


def live(collection: Collection, now: str, before: Fact | None = None, **changes: Any) -> Version:
    return next_version(1, before, write(fact(collection, **changes)), at(now), approve=True)


def in_a_backtest(collection: Collection, **changes: Any) -> Version:
    return next_version(1, None, write(fact(collection, **changes)), START_OF_FILE, approve=False)


def known(version: Version) -> list[datetime]:
    return [piece.known_from for piece in version.slices]


class TestCountsFrom:
    @pytest.mark.parametrize("collection", ["units", "recorders", "assignments", "shifts", "activities", "exemptions"])
    def test_without_its_own_word_from_the_start_of_the_file(self, collection: Collection) -> None:
        assert [START_OF_FILE] == known(in_a_backtest(collection))

    def test_from_when_it_was_entered(self) -> None:
        assert [at("12:00")] == known(in_a_backtest("activities", entered_at=iso("12:00")))

    def test_a_report_from_when_it_was_made(self) -> None:
        assert [at("15:00")] == known(in_a_backtest("fault_reports"))

    def test_a_report_from_when_it_was_entered_if_it_says_so(self) -> None:
        assert [at("18:00")] == known(in_a_backtest("fault_reports", entered_at=iso("18:00")))

    def test_an_import_from_when_it_was_imported(self) -> None:
        assert [at("17:50")] == known(in_a_backtest("dock_imports"))

    def test_never_before_it_was_loaded(self) -> None:
        assert [at("20:00")] == known(live("dock_imports", "20:00"))

    def test_what_was_entered_for_later_counts_later(self) -> None:
        assert [at("23:00")] == known(live("shifts", "8:00", entered_at=iso("23:00")))


class TestSlices:
    def test_footage_from_each_of_its_own_times(self) -> None:
        version = in_a_backtest(
            "phone_footage", uploaded_at=iso("18:00"), delivered_at=iso("9:00", 4), received_by="王示例"
        )
        assert [
            (at("15:20"), None, None, None),
            (at("18:00"), at("18:00"), None, None),
            (at("9:00", 4), at("18:00"), at("9:00", 4), "王示例"),
        ] == [
            (p.known_from, f["uploaded_at"], f["delivered_at"], f["received_by"])
            for p in version.slices
            for f in (p.fact.model_dump(),)
        ]

    def test_a_reports_repair_and_end_from_when_they_were(self) -> None:
        version = in_a_backtest("fault_reports", repair_at=iso("9:00", 3), resolved_at=iso("16:00", 5))
        assert [(None, None), (at("9:00", 3), None), (at("9:00", 3), at("16:00", 5))] == [
            (f["repair_at"], f["resolved_at"]) for p in version.slices for f in (p.fact.model_dump(),)
        ]

    def test_what_was_over_before_it_was_entered_is_one(self) -> None:
        report = fact("fault_reports", repair_at=iso("9:00", 3), resolved_at=iso("16:00", 5))
        assert 1 == len(slices_of(report, at("0:00", 9)))

    def test_an_activity_is_known_with_its_end(self) -> None:
        assert 1 == len(in_a_backtest("activities", ends_at=iso("11:00")).slices)


class TestLate:
    def test_a_roster_that_was_written_before_is_not_late(self) -> None:
        version = live("shifts", "8:00")
        assert (False, False) == (version.late, version.needs_approval)

    def test_a_hand_over_of_some_minutes_is_not_late(self) -> None:
        assert not live("exemptions", "13:15").late

    def test_what_was_entered_in_time_is_not_late_however_late_it_comes(self) -> None:
        assert not live("exemptions", "20:00", entered_at=iso("12:00")).late

    def test_an_exemption_entered_after_its_time_waits_and_says_nothing_until_then(self) -> None:
        version = live("exemptions", "18:00")
        assert (True, True, ()) == (version.late, version.needs_approval, version.slices)

    def test_an_exemption_entered_in_its_middle_counts_for_the_rest(self) -> None:
        version = live("exemptions", "14:00")
        assert (True, at("14:00")) == (version.needs_approval, version.slices[0].fact.model_dump()["starts_at"])

    def test_a_hand_out_entered_late_counts_from_its_entry(self) -> None:
        version = live("assignments", "12:00")
        assert (True, at("12:00")) == (version.needs_approval, version.slices[0].fact.model_dump()["starts_at"])

    def test_a_card_entered_late_is_the_right_one_from_its_entry(self) -> None:
        version = live("sim_bindings", "12:00")
        assert at("12:00") == version.slices[0].fact.model_dump()["valid_from"]

    def test_a_report_entered_late_is_one_of_its_entry(self) -> None:
        version = live("fault_reports", "18:00", entered_at=iso("17:00"))
        assert at("18:00") == version.slices[0].fact.model_dump()["reported_at"]

    def test_a_report_in_the_app_is_never_late(self) -> None:
        assert not live("fault_reports", "15:01").late

    def test_a_late_activity_is_marked_and_counts_at_once(self) -> None:
        version = live("activities", "20:00", ends_at=iso("11:00"))
        assert (True, False, [at("20:00")]) == (version.late, version.needs_approval, known(version))

    @pytest.mark.parametrize("collection", ["units", "officers", "recorders", "dock_imports", "phone_footage"])
    def test_the_register_and_what_machines_say_is_never_late(self, collection: Collection) -> None:
        version = live(collection, "23:59", entered_at=iso("23:59"))
        assert (False, False) == (version.late, version.needs_approval)

    def test_in_a_backtest_it_is_marked_and_counts_when_it_was_entered(self) -> None:
        version = in_a_backtest("exemptions", entered_at=iso("18:00"))
        assert (True, False, [at("18:00")]) == (version.late, version.needs_approval, known(version))


class TestLateChanges:
    def test_ending_an_activity_that_ran_needs_nobody(self) -> None:
        before = fact("activities")
        version = live("activities", "12:00", before, ends_at=iso("11:00"))
        assert (True, False) == (version.late, version.needs_approval)

    def test_shortening_an_activity_afterwards_waits(self) -> None:
        before = fact("activities", ends_at=iso("12:00"))
        version = live("activities", "13:00", before, ends_at=iso("10:05"))
        assert (True, ()) == (version.needs_approval, version.slices)

    def test_cancelling_a_shift_after_it_began_waits(self) -> None:
        version = live("shifts", "12:00", fact("shifts"), cancelled_at=iso("12:00"))
        assert (True, ()) == (version.needs_approval, version.slices)

    def test_cancelling_a_shift_before_it_begins_does_not(self) -> None:
        assert not live("shifts", "8:00", fact("shifts"), cancelled_at=iso("8:00")).needs_approval

    def test_taking_back_a_recorder_is_not_late(self) -> None:
        version = live("assignments", "17:00", fact("assignments"), ends_at=iso("16:55"))
        assert (False, False) == (version.late, version.needs_approval)

    def test_taking_back_a_recorder_with_an_old_date_counts_from_its_entry(self) -> None:
        version = live("assignments", "17:00", fact("assignments"), ends_at=iso("12:00"))
        assert (True, at("17:00")) == (version.needs_approval, version.slices[0].fact.model_dump()["ends_at"])

    def test_handing_a_past_hand_out_to_another_waits(self) -> None:
        version = live("assignments", "17:00", fact("assignments"), officer_id="P2")
        assert (True, ()) == (version.needs_approval, version.slices)

    def test_a_repair_entered_late_needs_nobody(self) -> None:
        version = live("fault_reports", "20:00", fact("fault_reports"), repair_at=iso("16:00"))
        assert not version.needs_approval

    def test_a_case_number_is_nobodys_duty(self) -> None:
        before = fact("activities", ends_at=iso("11:00"))
        assert changed_since(before, fact("activities", ends_at=iso("11:00"), case_no="示例案1号")) is None

    def test_a_change_counts_from_the_earlier_of_two_beginnings(self) -> None:
        moved = fact("shifts", starts_at=iso("8:00"), ends_at=iso("16:00"))
        assert at("8:00") == changed_since(fact("shifts"), moved) == changed_since(moved, fact("shifts"))


class TestWrittenAgain:
    V1, V2, V3 = (write(fact("shifts", kind=kind)) for kind in ("patrol", "campaign", "office"))

    def test_the_same_again_is_nothing_new(self) -> None:
        assert [] == list(new_writings([self.V1], [self.V1.digest]))

    def test_a_file_with_several_versions_is_nothing_new_the_second_time(self) -> None:
        assert [] == list(new_writings([self.V1, self.V2], [self.V1.digest, self.V2.digest]))

    def test_a_file_that_goes_on_adds_what_is_new(self) -> None:
        assert [self.V3] == list(new_writings([self.V2, self.V3], [self.V1.digest, self.V2.digest]))

    def test_what_was_before_is_a_version_again(self) -> None:
        assert [self.V1] == list(new_writings([self.V1], [self.V1.digest, self.V2.digest]))

    def test_all_of_it_is_new_the_first_time(self) -> None:
        assert [self.V1, self.V2] == list(new_writings([self.V1, self.V2], []))

    def test_a_digest_is_over_what_is_said_and_not_how(self) -> None:
        same = write(fact("shifts", starts_at="2026-03-02T01:00:00Z", recorder_id=None))
        assert self.V1.digest == same.digest


class TestSettle:
    def test_one_version_counts_on(self) -> None:
        assert [None] == settle([Mark(1, 0, at("8:00"), None)])

    def test_a_version_counts_until_the_next(self) -> None:
        assert [at("12:00"), None] == settle([Mark(1, 0, at("8:00"), None), Mark(2, 0, at("12:00"), None)])

    def test_a_cancellation_ends_it(self) -> None:
        assert [at("9:00")] == settle([Mark(1, 0, at("8:00"), at("9:00"))])

    def test_a_cancellation_that_is_learnt_of_later_ends_it_then(self) -> None:
        marks = [Mark(1, 0, at("8:00"), None), Mark(2, 0, at("10:00"), at("9:00"))]
        assert [at("10:00"), at("10:00")] == settle(marks)

    def test_the_rest_of_an_overtaken_version_never_counts(self) -> None:
        marks = [Mark(1, 0, at("8:00"), None), Mark(1, 1, at("17:00"), None), Mark(2, 0, at("10:00"), None)]
        assert [at("10:00"), at("17:00"), None] == settle(marks)

    def test_of_two_at_once_the_one_written_later_counts(self) -> None:
        marks = [Mark(1, 0, at("8:00"), None), Mark(2, 0, at("8:00"), None)]
        assert [at("8:00"), None] == settle(marks)

    def test_what_was_entered_later_counts_later_although_written_before(self) -> None:
        marks = [Mark(1, 0, at("15:00"), None), Mark(2, 0, at("8:00"), None)]
        assert [None, at("15:00")] == settle(marks)


def test_the_grace_is_a_quarter_of_an_hour() -> None:
    assert timedelta(minutes=15) == GRACE
