"""Who had a recorder at a moment: domain.md's words about the wearer, one by one."""

import pytest
from duty_scene import activity, at, facts, hold, recorder, shift

from alerts.duty.wearer import DOUBTS, Wearer, wearer

NOON = at("12:00")


def who(known: object, login: str | None = None, recorder_id: str = "R1") -> Wearer:
    return wearer(recorder_id, NOON, known, login)  # type: ignore[arg-type]


def test_an_assignment_decides() -> None:
    answer = who(facts(assignments=[hold("R1", "P1", "8:00", "18:00")]))
    assert answer == Wearer("P1", "squad", ("P1",), ("assignments/R1-P1-8:00",))


def test_an_assignment_that_still_runs_decides() -> None:
    assert who(facts(assignments=[hold("R1", "P1", "8:00")])).officer_id == "P1"


@pytest.mark.parametrize(("start", "end"), [("8:00", "12:00"), ("12:01", "18:00")])
def test_an_assignment_before_or_after_the_moment_says_nothing(start: str, end: str) -> None:
    assert who(facts(assignments=[hold("R1", "P1", start, end)])).doubt == "nobody"


def test_the_recorder_of_a_shift_decides() -> None:
    answer = who(facts(duties=[shift("P1", "8:00", "16:00", recorder_id="R1")]))
    assert ("P1", ("shifts/S-P1-8:00",)) == (answer.officer_id, answer.basis)


def test_the_recorder_of_an_activity_decides_for_the_officer_it_is_entered_for() -> None:
    answer = who(facts(duties=[activity("P2", "P1", start="11:00", end="13:00", recorder_id="R1")]))
    assert ("P2", ("activities/C-P2-11:00",)) == (answer.officer_id, answer.basis)


def test_the_recorder_of_a_team_s_activity_is_his_who_holds_it_or_else_his_who_is_logged_in() -> None:
    act = activity("P2", "P1", start="11:00", end="13:00", recorder_id="R1")
    assert "P1" == who(facts(duties=[act], registers=[recorder("R1", holder_id="P1")])).officer_id
    assert "P2" == who(facts(duties=[act], registers=[recorder("R1", holder_id="P3")])).officer_id
    # His own isn't taken from him by an activity that names his partner's.
    both = facts(duties=[act], registers=[recorder("R1", holder_id="P1"), recorder("R2", holder_id="P2")])
    assert "P2" == who(both, recorder_id="R2").officer_id


def test_a_shift_that_names_no_recorder_decides_nothing() -> None:
    assert who(facts(duties=[shift("P1", "8:00", "16:00")])).doubt == "nobody"


def test_a_login_that_agrees_leaves_it_certain() -> None:
    assert who(facts(assignments=[hold("R1", "P1", "8:00")]), login="P1").officer_id == "P1"


@pytest.mark.parametrize("rows", [
    {"assignments": [hold("R1", "P1", "8:00")]},
    {"duties": [shift("P1", "8:00", "16:00", recorder_id="R1")]},
])  # fmt: skip
def test_a_login_that_contradicts_makes_it_uncertain_and_names_nobody(rows: dict[str, object]) -> None:
    answer = who(facts(**rows), login="P2")
    assert (None, "squad", ("P1", "P2"), "login_contradicts") == (
        answer.officer_id,
        answer.unit_id,
        answer.candidates,
        answer.doubt,
    )


def test_an_assignment_contradicts_the_shift_that_names_another_officer() -> None:
    known = facts(assignments=[hold("R1", "P1", "8:00")], duties=[shift("P2", "8:00", "16:00", recorder_id="R1")])
    assert (None, ("P1", "P2"), "facts_contradict") == (
        who(known).officer_id,
        who(known).candidates,
        who(known).doubt,
    )


def test_two_to_whom_it_is_assigned_at_once_are_both_possible() -> None:
    known = facts(assignments=[hold("R1", "P1", "8:00", reason="joint"), hold("R1", "P2", "9:00", reason="joint")])
    assert (None, ("P1", "P2"), "several_assigned") == (
        who(known).officer_id,
        who(known).candidates,
        who(known).doubt,
    )


def test_a_login_does_not_pick_one_of_two_to_whom_it_is_assigned() -> None:
    known = facts(assignments=[hold("R1", "P1", "8:00"), hold("R1", "P2", "9:00")])
    assert who(known, login="P2").officer_id is None


def test_with_neither_login_and_holder_agree() -> None:
    answer = who(facts(registers=[recorder("R1", "P1")]), login="P1")
    assert ("P1", ("login", "holder")) == (answer.officer_id, answer.basis)


def test_with_neither_login_and_holder_that_differ_name_nobody() -> None:
    answer = who(facts(registers=[recorder("R1", "P1")]), login="P2")
    assert (None, ("P1", "P2"), "login_and_holder_differ") == (answer.officer_id, answer.candidates, answer.doubt)


def test_with_neither_a_login_alone_decides() -> None:
    assert who(facts(), login="P3").officer_id == "P3"


def test_with_neither_a_holder_alone_decides() -> None:
    assert who(facts(registers=[recorder("R1", "P1")])).officer_id == "P1"


def test_with_nothing_at_all_it_is_the_units() -> None:
    assert Wearer(None, "squad", (), (), "nobody") == who(facts())


def test_somebody_outside_the_register_is_never_named() -> None:
    answer = who(facts(), login="P77")
    assert (None, ("P77",), "unknown_officer") == (answer.officer_id, answer.candidates, answer.doubt)


def test_a_recorder_outside_the_register_has_no_unit() -> None:
    assert who(facts(), recorder_id="R404").unit_id is None


def test_a_certain_wearer_brings_his_own_unit() -> None:
    assert who(facts(assignments=[hold("R1", "Q1", "8:00", reason="joint")])).unit_id == "other"


def test_the_holder_is_the_one_of_that_moment() -> None:
    known = facts(registers=[recorder("R1", "P1"), recorder("R1", "P2", since="13:00")])
    assert who(known).officer_id == "P1"


def test_what_the_register_first_said_holds_for_the_time_before() -> None:
    registers = [recorder("R1", "P1", since="20:00"), recorder("R1", "P2", since="22:00")]
    assert "P1" == who(facts(registers=registers)).officer_id


def test_a_recorder_that_left_the_register_is_nobodys() -> None:
    assert Wearer(None, None, (), (), "nobody") == who(facts(registers=[recorder("R1", "P1", until="11:00")]))


class TestTeams:
    """An activity's recorder may be worn by anybody of its team; `officer_id` is whom it is entered for."""

    DUTY = activity("P1", "P2", start="11:00", end="13:00", recorder_id="R1")

    def test_the_hand_out_to_a_partner_decides(self) -> None:
        known = facts(duties=[self.DUTY], assignments=[hold("R1", "P2", "8:00")])
        assert "P2" == who(known).officer_id

    def test_the_shift_of_a_partner_decides(self) -> None:
        known = facts(duties=[self.DUTY, shift("P2", "8:00", "16:00", recorder_id="R1")])
        assert "P2" == who(known).officer_id

    def test_a_hand_out_to_somebody_outside_the_team_contradicts(self) -> None:
        known = facts(duties=[self.DUTY], assignments=[hold("R1", "P3", "8:00")])
        assert (("P1", "P3"), "facts_contradict") == (who(known).candidates, who(known).doubt)

    def test_a_partners_login_contradicts(self) -> None:
        assert "login_contradicts" == who(facts(duties=[self.DUTY]), login="P2").doubt


class TestSparesAndSwaps:
    def test_a_spare_is_worn_by_whom_it_was_handed_to(self) -> None:
        known = facts(assignments=[hold("R1", "P1", "8:00"), hold("R9", "P1", "10:00", reason="spare")])
        assert who(known, recorder_id="R9").officer_id == "P1"

    def test_what_a_spare_replaced_is_worn_by_nobody(self) -> None:
        known = facts(assignments=[hold("R1", "P1", "8:00"), hold("R9", "P1", "10:00", reason="spare")])
        assert (None, "nobody") == (who(known).officer_id, who(known).doubt)

    def test_what_a_spare_replaced_is_not_worn_by_its_holder_either(self) -> None:
        known = facts(
            registers=[recorder("R1", "P1"), recorder("R9")], assignments=[hold("R9", "P1", "10:00", reason="spare")]
        )
        assert who(known).officer_id is None

    def test_a_shift_that_names_what_a_spare_replaced_decides_nothing(self) -> None:
        known = facts(
            duties=[shift("P1", "8:00", "16:00", recorder_id="R1")],
            assignments=[hold("R9", "P1", "10:00", reason="spare")],
        )
        assert who(known).doubt == "nobody"

    def test_a_swap_goes_before_both_daily_hand_outs(self) -> None:
        known = facts(
            assignments=[
                hold("R1", "P1", "8:00"),
                hold("R2", "P2", "8:00"),
                hold("R1", "P2", "11:00", "14:00", reason="swap"),
                hold("R2", "P1", "11:00", "14:00", reason="swap"),
            ]
        )
        assert ("P2", "P1") == (who(known).officer_id, who(known, recorder_id="R2").officer_id)

    def test_a_swap_goes_before_the_daily_hand_out_of_one_who_got_nothing_for_it(self) -> None:
        known = facts(assignments=[hold("R1", "P1", "8:00"), hold("R1", "P2", "11:00", "14:00", reason="swap")])
        assert "P2" == who(known).officer_id

    def test_what_a_spare_replaced_is_not_worn_by_the_custodian_who_keeps_it(self) -> None:
        known = facts(
            registers=[recorder("R1", "P3"), recorder("R9")],
            assignments=[hold("R1", "P1", "8:00"), hold("R9", "P1", "10:00", reason="spare")],
        )
        assert "nobody" == who(known).doubt

    def test_a_swap_goes_before_the_roster(self) -> None:
        known = facts(
            duties=[shift("P1", "8:00", "16:00", recorder_id="R1")],
            assignments=[hold("R1", "P2", "11:00", "14:00", reason="swap")],
        )
        assert who(known).officer_id == "P2"

    def test_of_two_spares_the_later_is_worn(self) -> None:
        known = facts(assignments=[hold("R9", "P1", "9:00", reason="spare"), hold("R2", "P1", "11:00", reason="spare")])
        assert (None, "P1") == (who(known, recorder_id="R9").officer_id, who(known, recorder_id="R2").officer_id)


class TestBusyElsewhere:
    def test_a_holder_who_has_been_handed_another_is_not_named(self) -> None:
        known = facts(registers=[recorder("R1", "P1"), recorder("R2")], assignments=[hold("R2", "P1", "8:00")])
        assert who(known).doubt == "nobody"

    def test_a_holder_whose_shift_names_another_is_not_named(self) -> None:
        known = facts(
            registers=[recorder("R1", "P1"), recorder("R2")], duties=[shift("P1", "8:00", "16:00", recorder_id="R2")]
        )
        assert who(known).doubt == "nobody"

    def test_a_shift_against_its_officers_own_hand_out_is_uncertain(self) -> None:
        known = facts(assignments=[hold("R2", "P1", "8:00")], duties=[shift("P1", "8:00", "16:00", recorder_id="R1")])
        assert ("assigned_elsewhere", "P1") == (who(known).doubt, who(known, recorder_id="R2").officer_id)

    def test_a_login_and_a_holder_who_has_another_still_differ(self) -> None:
        known = facts(registers=[recorder("R1", "P1"), recorder("R2")], assignments=[hold("R2", "P1", "8:00")])
        assert who(known, login="P3").officer_id is None


def test_every_doubt_has_words_for_people() -> None:
    assert all(words and not words.isascii() for words in DOUBTS.values())
