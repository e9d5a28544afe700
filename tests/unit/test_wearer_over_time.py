"""Who had a recorder over a stretch of time, and which recorders an officer had."""

from duty_scene import DAY, activity, at, between, facts, hold, login, recorder, shift

from alerts.duty.wearer import Worn, login_at, team_wore, wearers_during, worn_by


def test_the_wearer_changes_where_the_hand_outs_do() -> None:
    known = facts(assignments=[hold("R1", "P1", "8:00", "12:00"), hold("R1", "P2", "13:00", "18:00")])
    answers = [(during, answer.officer_id) for during, answer in wearers_during("R1", DAY, known)]
    assert [
        (between("0:00", "8:00"), None),
        (between("8:00", "12:00"), "P1"),
        (between("12:00", "13:00"), None),
        (between("13:00", "18:00"), "P2"),
        (between("18:00", "24:00"), None),
    ] == answers


def test_stretches_with_one_answer_are_one() -> None:
    known = facts(
        assignments=[hold("R1", "P1", "8:00")], logins=[login("R1", "P1", "9:00", "10:00"), login("R1", "P1", "11:00")]
    )
    assert [between("8:00", "24:00")] == [during for during, _ in wearers_during("R1", between("8:00", "24:00"), known)]


def test_a_shift_across_midnight_is_one_stretch() -> None:
    known = facts(duties=[shift("P1", "22:00", "30:00", recorder_id="R1")])
    answers = wearers_during("R1", between("21:00", "31:00"), known)
    assert [(between("22:00", "30:00"), "P1")] == [(d, a.officer_id) for d, a in answers if a.officer_id]


def test_an_empty_stretch_has_no_answer() -> None:
    assert [] == wearers_during("R1", between("9:00", "9:00"), facts())


def test_the_latest_login_counts_until_the_recorder_says_otherwise() -> None:
    known = facts(logins=[login("R1", "P1", "8:00", "10:00"), login("R1", "P2", "10:00")])
    assert (None, "P1", "P2", "P2") == tuple(login_at("R1", at(t), known) for t in ("7:59", "9:59", "10:00", "23:00"))


def test_an_officer_wore_what_he_was_handed() -> None:
    known = facts(assignments=[hold("R1", "P1", "8:00", "16:00")])
    assert [Worn("R1", between("8:00", "16:00"), is_certain=True)] == worn_by("P1", DAY, known)


def test_an_officer_wore_his_recorder_until_the_spare_took_over() -> None:
    known = facts(assignments=[hold("R1", "P1", "8:00", "16:00"), hold("R9", "P1", "10:00", "16:00", reason="spare")])
    assert [
        Worn("R1", between("8:00", "10:00"), is_certain=True),
        Worn("R9", between("10:00", "16:00"), is_certain=True),
    ] == worn_by("P1", DAY, known)


def test_a_holder_does_not_wear_what_was_handed_to_another() -> None:
    known = facts(registers=[recorder("R1", "P1")], assignments=[hold("R1", "P2", "8:00", "16:00")])
    assert [between("0:00", "8:00"), between("16:00", "24:00")] == [w.during for w in worn_by("P1", DAY, known)]


def test_where_it_is_uncertain_each_may_have_worn_it() -> None:
    known = facts(assignments=[hold("R1", "P1", "8:00", "16:00")], logins=[login("R1", "P2", "9:00", "10:00")])
    assert [Worn("R1", between("9:00", "10:00"), is_certain=False)] == worn_by("P2", DAY, known)
    assert Worn("R1", between("9:00", "10:00"), is_certain=False) in worn_by("P1", DAY, known)


def test_a_team_counts_the_recorders_of_all_its_officers() -> None:
    duty = activity("P1", "P2", start="10:00", end="11:00")
    known = facts(duties=[duty], assignments=[hold("R1", "P1", "8:00"), hold("R2", "P2", "8:00")])
    assert {("R1", between("10:00", "11:00")), ("R2", between("10:00", "11:00"))} == {
        (w.recorder_id, w.during) for w in team_wore(duty, DAY, known)
    }


def test_a_team_counts_a_recorder_once_although_the_activity_names_it_and_it_is_uncertain() -> None:
    duty = activity("P1", start="10:00", end="11:00", recorder_id="R1")
    known = facts(duties=[duty], logins=[login("R1", "P2", "9:00")])
    assert [Worn("R1", between("10:00", "11:00"), is_certain=False)] == team_wore(duty, DAY, known)


def test_a_team_counts_the_recorder_that_the_activity_names_although_nobody_has_it() -> None:
    duty = activity("P1", start="10:00", end="11:00", recorder_id="R1")
    known = facts(duties=[duty], assignments=[hold("R9", "P1", "9:00", reason="spare")])
    assert {"R1", "R9"} == {w.recorder_id for w in team_wore(duty, DAY, known)}


def test_a_team_does_not_count_the_recorder_that_somebody_else_certainly_had() -> None:
    duty = activity("P1", start="10:00", end="11:00", recorder_id="R1")
    known = facts(duties=[duty], assignments=[hold("R1", "P2", "9:00", reason="swap")])
    assert [] == team_wore(duty, DAY, known)


def test_a_running_activity_counts_up_to_the_end_of_the_stretch() -> None:
    duty = activity("P1", start="10:00", end=None)
    known = facts(duties=[duty], assignments=[hold("R1", "P1", "8:00")])
    assert [between("10:00", "12:00")] == [w.during for w in team_wore(duty, between("9:00", "12:00"), known)]
