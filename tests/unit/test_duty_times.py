"""When an officer, and a recorder, is on duty."""

from duty_scene import DAY, activity, between, exemption, facts, hold, login, recorder, shift

from alerts.duty.on_duty import duty_times, exempt_times, officer_on_duty, recorder_on_duty


def test_an_officer_is_on_duty_in_patrol_and_campaign_shifts_and_activities() -> None:
    known = facts(
        duties=[
            shift("P1", "8:00", "10:00"),
            shift("P1", "12:00", "14:00", purpose="campaign"),
            activity("P2", "P1", start="15:00", end="16:00"),
        ]
    )
    assert [between("8:00", "10:00"), between("12:00", "14:00"), between("15:00", "16:00")] == duty_times(
        officer_on_duty("P1", DAY, known)
    )


def test_an_office_shift_needs_no_recorder() -> None:
    assert [] == officer_on_duty("P1", DAY, facts(duties=[shift("P1", "8:00", "16:00", purpose="office")]))


def test_an_activity_in_an_office_shift_does() -> None:
    known = facts(duties=[shift("P1", "8:00", "16:00", purpose="office"), activity("P1", start="10:00", end="11:00")])
    assert [between("10:00", "11:00")] == duty_times(officer_on_duty("P1", DAY, known))


def test_a_shift_across_midnight_is_cut_to_what_is_asked() -> None:
    known = facts(duties=[shift("P1", "22:00", "30:00")])
    assert [between("24:00", "28:00")] == duty_times(officer_on_duty("P1", between("24:00", "28:00"), known))


def test_his_own_exemption_takes_its_time_out() -> None:
    known = facts(duties=[shift("P1", "8:00", "16:00")], exemptions=[exemption("10:00", "12:00", officer_id="P1")])
    assert [between("8:00", "10:00"), between("12:00", "16:00")] == duty_times(officer_on_duty("P1", DAY, known))


def test_another_officers_exemption_does_not() -> None:
    known = facts(duties=[shift("P1", "8:00", "16:00")], exemptions=[exemption("10:00", "12:00", officer_id="P2")])
    assert [between("8:00", "16:00")] == duty_times(officer_on_duty("P1", DAY, known))


def test_an_exemption_of_a_unit_holds_for_all_units_below_it() -> None:
    known = facts(exemptions=[exemption("10:00", "12:00", unit_id="detachment")])
    assert (1, 0) == (len(exempt_times("P1", DAY, known)), len(exempt_times("Q1", DAY, known)))


def test_an_exemption_of_a_unit_for_one_officer_is_his_alone() -> None:
    known = facts(exemptions=[exemption("10:00", "12:00", unit_id="squad", officer_id="P1")])
    assert (1, 0) == (len(exempt_times("P1", DAY, known)), len(exempt_times("P2", DAY, known)))


def test_a_recorder_is_on_duty_through_its_wearer() -> None:
    known = facts(duties=[shift("P1", "8:00", "16:00")], assignments=[hold("R1", "P1", "7:30", "12:00")])
    found = recorder_on_duty("R1", DAY, known)
    assert [(between("8:00", "12:00"), "P1")] == [(on.during, on.officer_id) for on in found]


def test_a_recorder_is_on_duty_through_each_who_may_have_it() -> None:
    known = facts(
        duties=[shift("P2", "8:00", "16:00")],
        assignments=[hold("R1", "P1", "7:00")],
        logins=[login("R1", "P2", "9:00", "10:00")],
    )
    assert [between("9:00", "10:00")] == duty_times(recorder_on_duty("R1", DAY, known))


def test_a_recorder_that_a_duty_names_is_on_duty_itself() -> None:
    known = facts(duties=[activity("P1", start="10:00", end="11:00", recorder_id="R1")])
    assert [(between("10:00", "11:00"), None)] == [
        (on.during, on.officer_id) for on in recorder_on_duty("R1", DAY, known)
    ]


def test_a_recorder_that_a_duty_names_is_off_duty_only_while_its_whole_team_is_exempt() -> None:
    known = facts(
        duties=[activity("P1", "P2", start="10:00", end="14:00", recorder_id="R1")],
        exemptions=[exemption("10:00", "12:00", officer_id="P1"), exemption("11:00", "13:00", officer_id="P2")],
    )
    assert [between("10:00", "11:00"), between("12:00", "14:00")] == duty_times(recorder_on_duty("R1", DAY, known))


def test_a_test_recorder_is_never_on_duty() -> None:
    known = facts(registers=[recorder("R1", "P1", status="test")], duties=[shift("P1", "8:00", "16:00")])
    assert [] == recorder_on_duty("R1", DAY, known)


def test_a_recorder_that_left_the_register_is_no_longer_on_duty() -> None:
    known = facts(
        registers=[recorder("R1", until="9:00")],
        assignments=[hold("R1", "P1", "7:00")],
        duties=[shift("P1", "8:00", "16:00")],
    )
    assert [] == recorder_on_duty("R1", between("10:00", "12:00"), known)


def test_a_recorder_outside_the_register_is_never_on_duty() -> None:
    known = facts(duties=[shift("P1", "8:00", "16:00")], logins=[login("R404", "P1", "8:00")])
    assert [] == recorder_on_duty("R404", DAY, known)


def test_a_drawer_full_of_the_holders_other_recorders_is_not_on_duty() -> None:
    known = facts(
        registers=[recorder("R1", "P1"), recorder("R2", "P1")],
        duties=[shift("P1", "8:00", "16:00")],
        assignments=[hold("R1", "P1", "7:30", "16:30")],
    )
    assert [] == recorder_on_duty("R2", DAY, known)
