"""What a login and a hand-out are worth: domain.md's words about claims, one by one."""

from datetime import datetime

from duty_scene import activity, at, between, facts, hold, login, recorder, shift

from alerts.duty.wearer import Wearer, login_at, team_wore, wearer, worn_by
from alerts.facts.known import KnownFacts

NOON = at("12:00")


def who(known: KnownFacts, recorder_id: str, moment: datetime = NOON) -> Wearer:
    return wearer(recorder_id, moment, known, login_at(recorder_id, moment, known))


def test_a_login_alone_names_whoever_has_nothing_else() -> None:
    assert "P1" == who(facts(logins=[login("R9", "P1", "8:00")]), "R9").officer_id


def test_nobody_is_named_who_is_logged_in_on_a_spare_while_he_has_his_own_by_assignment_or_by_his_shift() -> None:
    framed = [login("R9", "P1", "8:00")]
    for rows in (
        {"assignments": [hold("R1", "P1", "8:00")]},
        {"duties": [shift("P1", "8:00", "16:00", recorder_id="R1")]},
        {"duties": [activity("P1", "P2", start="11:00", end="13:00", recorder_id="R1")]},
    ):
        known = facts(logins=framed, **rows)
        assert (None, "login_disputed", ("P1",)) == (
            who(known, "R9").officer_id,
            who(known, "R9").doubt,
            who(known, "R9").candidates,
        )
        assert "P1" == who(known, "R1").officer_id


def test_one_login_on_two_recorders_that_are_both_on_names_nobody_on_either() -> None:
    known = facts(logins=[login("R9", "P1", "8:00"), login("R2", "P1", "9:00")])
    assert (None, None) == (who(known, "R9").officer_id, who(known, "R2").officer_id)
    assert "P1" == who(known, "R9", at("8:30")).officer_id


def test_a_login_on_a_recorder_that_is_switched_off_disputes_nothing() -> None:
    known = facts(logins=[login("R9", "P1", "8:00", heard_to="9:00"), login("R2", "P1", "9:10")])
    assert "P1" == who(known, "R2").officer_id


def test_a_login_is_disputed_while_the_recorder_in_his_care_recorded() -> None:
    own = [recorder("R1", holder_id="P1"), recorder("R9", status="spare")]
    claim = [login("R9", "P1", "8:00", "16:00")]
    recorded = [("R1", between("10:00", "10:30"))]
    known = facts(registers=own, logins=claim, recordings=recorded)
    assert (None, "login_disputed") == (who(known, "R9").officer_id, who(known, "R9").doubt)
    # Whoever took a spare because his own had failed recorded nothing on it since.
    earlier = facts(registers=own, logins=claim, recordings=[("R1", between("7:00", "7:30"))])
    assert "P1" == who(earlier, "R9").officer_id


def test_the_holder_who_is_logged_in_on_his_own_stays_named_whoever_claims_to_be_him_elsewhere() -> None:
    known = facts(
        registers=[recorder("R1", holder_id="P1"), recorder("R9")],
        logins=[login("R1", "P1", "8:00"), login("R9", "P1", "9:00")],
    )
    assert ("P1", None) == (who(known, "R1").officer_id, who(known, "R9").officer_id)


def test_what_was_recorded_under_a_disputed_login_still_counts_for_whom_it_names() -> None:
    known = facts(assignments=[hold("R1", "P1", "8:00")], logins=[login("R9", "P1", "8:00", "16:00")])
    assert [("R1", True), ("R9", False)] == [
        (w.recorder_id, w.is_certain) for w in worn_by("P1", between("9:00", "10:00"), known)
    ]


def test_a_disputed_login_on_a_recorder_that_is_off_since_yesterday_is_no_doubt_about_anything() -> None:
    old = [login("R9", "P1", "0:30", heard_to="0:40")]
    known = facts(assignments=[hold("R1", "P1", "8:00")], logins=old)
    within = between("13:00", "14:00")
    assert [("R1", True)] == [(w.recorder_id, w.is_certain) for w in worn_by("P1", within, known)]
    # Whoever has nothing else still has it.
    assert "P1" == who(facts(logins=old), "R9", at("13:00")).officer_id


def test_a_hand_out_names_nobody_until_it_is_confirmed() -> None:
    known = facts(assignments=[hold("R9", "P1", "8:00", unconfirmed_to="13:00")])
    assert (None, "handout_unconfirmed", ("P1",)) == (
        who(known, "R9").officer_id,
        who(known, "R9").doubt,
        who(known, "R9").candidates,
    )
    assert "P1" == who(known, "R9", at("13:00")).officer_id


def test_a_spare_that_is_not_confirmed_takes_nothing_away_and_leaves_both_uncertain() -> None:
    known = facts(
        assignments=[hold("R1", "P1", "7:00"), hold("R9", "P1", "10:00", reason="spare", unconfirmed_to="15:00")]
    )
    assert "P1" == who(known, "R1", at("9:00")).officer_id
    assert [(None, "handout_unconfirmed", ("P1",))] * 2 == [
        (answer.officer_id, answer.doubt, answer.candidates) for answer in (who(known, "R1"), who(known, "R9"))
    ]
    assert [("nobody", ()), (None, ("P1",))] == [
        (answer.doubt, answer.candidates) for answer in (who(known, "R1", at("16:00")), who(known, "R9", at("16:00")))
    ]


def test_a_hand_out_that_is_not_confirmed_leaves_the_recorder_in_his_care_uncertain_but_to_his_credit() -> None:
    own = [recorder("R1", holder_id="P1"), recorder("R9", status="spare")]
    known = facts(registers=own, assignments=[hold("R9", "P1", "10:00", unconfirmed_to="15:00")])
    assert (None, ("P1",)) == (who(known, "R1").officer_id, who(known, "R1").candidates)
    duty = activity("P1", start="11:00", end="13:00")
    assert {"R1", "R9"} == {w.recorder_id for w in team_wore(duty, between("11:00", "13:00"), known)}


def test_his_login_on_his_own_outweighs_a_hand_out_that_he_has_not_confirmed() -> None:
    known = facts(
        assignments=[hold("R1", "P1", "7:00"), hold("R9", "P1", "10:00", unconfirmed_to="15:00")],
        logins=[login("R1", "P1", "8:00")],
    )
    assert ("P1", None) == (who(known, "R1").officer_id, who(known, "R9").officer_id)


def test_a_shift_that_names_the_recorder_needs_no_confirmation() -> None:
    known = facts(
        assignments=[hold("R9", "P1", "8:00", unconfirmed_to="15:00")],
        duties=[shift("P1", "8:00", "16:00", recorder_id="R9")],
    )
    assert "P1" == who(known, "R9").officer_id
