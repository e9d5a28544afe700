"""What excuses, and only for the time that it explains."""

from duty_scene import DAY, activity, at, between, exemption, facts, hold, login, recorder, report, shift

from alerts.duty.on_duty import Excuse, ReportTimes, duty_excuses, officer_excuses, recorder_excuses, unexcused

SHIFT = between("8:00", "16:00")
HELD = hold("R1", "P1", "7:30", "16:30")


def kinds(excuses: list[Excuse]) -> list[tuple[str, object]]:
    return [(excuse.kind, excuse.during) for excuse in excuses]


class TestReports:
    def test_a_report_excuses_from_the_failure_to_its_end(self) -> None:
        known = facts(reports=[report("R1", "P1", "10:00", resolved="14:00")])
        times = {"F-R1-10:00": ReportTimes(failed_at=at("9:40"), back_at=at("11:00"))}
        assert [("fault_report", between("9:40", "14:00"))] == kinds(recorder_excuses("R1", SHIFT, known, times))

    def test_without_an_end_it_excuses_until_the_recorder_is_next_online_off_the_dock(self) -> None:
        known = facts(reports=[report("R1", "P1", "10:00")])
        times = {"F-R1-10:00": ReportTimes(back_at=at("13:00"))}
        assert [("fault_report", between("10:00", "13:00"))] == kinds(recorder_excuses("R1", SHIFT, known, times))

    def test_until_then_it_excuses_on_and_on(self) -> None:
        known = facts(reports=[report("R1", "P1", "10:00")])
        assert [("fault_report", between("10:00", "16:00"))] == kinds(recorder_excuses("R1", SHIFT, known))

    def test_a_failure_after_the_report_moves_nothing(self) -> None:
        known = facts(reports=[report("R1", "P1", "10:00", resolved="11:00")])
        times = {"F-R1-10:00": ReportTimes(failed_at=at("10:30"))}
        assert [("fault_report", between("10:00", "11:00"))] == kinds(recorder_excuses("R1", SHIFT, known, times))

    def test_a_lost_recorder_is_called_so(self) -> None:
        known = facts(reports=[report("R1", "P1", "10:00", kind="lost")])
        assert [("lost", between("10:00", "16:00"))] == kinds(recorder_excuses("R1", SHIFT, known))

    def test_a_repair_excuses_again_after_the_recorder_was_back(self) -> None:
        known = facts(reports=[report("R1", "P1", "9:00", repair="12:00")])
        times = {"F-R1-9:00": ReportTimes(back_at=at("10:00"), repaired_at=at("15:00"))}
        assert [("fault_report", between("9:00", "10:00")), ("repair", between("12:00", "15:00"))] == kinds(
            recorder_excuses("R1", SHIFT, known, times)
        )

    def test_another_recorders_report_excuses_nothing(self) -> None:
        assert [] == recorder_excuses("R2", SHIFT, facts(reports=[report("R1", "P1", "10:00")]))


class TestRegister:
    def test_a_recorder_in_repair_is_excused_while_the_register_says_so(self) -> None:
        registers = [recorder("R1"), recorder("R1", status="repair", since="10:00"), recorder("R1", since="12:00")]
        assert [("repair", between("10:00", "12:00"))] == kinds(
            recorder_excuses("R1", SHIFT, facts(registers=registers))
        )


class TestSpares:
    def test_a_spare_excuses_the_recorder_that_it_replaced(self) -> None:
        known = facts(assignments=[HELD, hold("R9", "P1", "10:00", "16:30", reason="spare")])
        assert [Excuse("spare", between("10:00", "16:00"), "assignments/R9-P1-10:00")] == recorder_excuses(
            "R1", SHIFT, known
        )

    def test_a_spare_excuses_nothing_while_somebody_else_has_the_recorder(self) -> None:
        known = facts(
            assignments=[
                HELD,
                hold("R9", "P1", "10:00", "16:30", reason="spare"),
                hold("R1", "P2", "12:00", "14:00", reason="swap"),
            ]
        )
        assert [between("10:00", "12:00"), between("14:00", "16:00")] == [
            excuse.during for excuse in recorder_excuses("R1", SHIFT, known)
        ]

    def test_a_spare_for_somebody_who_had_nothing_to_do_with_it_excuses_nothing(self) -> None:
        known = facts(assignments=[HELD, hold("R9", "P2", "10:00", reason="spare")])
        assert [] == recorder_excuses("R1", SHIFT, known)


class TestOfficers:
    def test_his_report_excuses_him(self) -> None:
        known = facts(assignments=[HELD], reports=[report("R1", "P1", "10:00")])
        assert [("fault_report", between("10:00", "16:00"))] == kinds(officer_excuses("P1", SHIFT, known))

    def test_it_excuses_him_only_until_he_has_a_spare(self) -> None:
        known = facts(
            assignments=[HELD, hold("R9", "P1", "11:00", "16:30", reason="spare")],
            reports=[report("R1", "P1", "10:00")],
        )
        assert [("fault_report", between("10:00", "11:00"))] == kinds(officer_excuses("P1", SHIFT, known))

    def test_a_partners_report_about_the_recorder_he_wore_excuses_him(self) -> None:
        known = facts(assignments=[HELD], reports=[report("R1", "P2", "10:00", resolved="12:00")])
        assert [("fault_report", between("10:00", "12:00"))] == kinds(officer_excuses("P1", SHIFT, known))

    def test_a_failure_of_one_recorder_excuses_nothing_while_he_has_another(self) -> None:
        known = facts(assignments=[HELD, hold("R2", "P1", "7:30", "16:30")], reports=[report("R1", "P1", "10:00")])
        assert [] == officer_excuses("P1", SHIFT, known)

    def test_a_recorder_that_he_may_have_had_does_not_take_his_excuse_away(self) -> None:
        known = facts(
            assignments=[HELD, hold("R2", "P2", "7:30", "16:30")],
            logins=[login("R2", "P1", "8:00")],
            reports=[report("R1", "P1", "10:00")],
        )
        assert [("fault_report", between("10:00", "16:00"))] == kinds(officer_excuses("P1", SHIFT, known))

    def test_his_exemption_excuses_him(self) -> None:
        known = facts(assignments=[HELD], exemptions=[exemption("9:00", "12:00", officer_id="P1")])
        assert [("exemption", between("9:00", "12:00"))] == kinds(officer_excuses("P1", SHIFT, known))


class TestTeams:
    DUTY = activity("P1", "P2", start="10:00", end="12:00")

    def test_a_team_is_excused_while_all_who_had_a_recorder_are(self) -> None:
        known = facts(
            duties=[self.DUTY],
            assignments=[HELD, hold("R2", "P2", "7:30", "16:30")],
            reports=[report("R1", "P1", "9:00", resolved="11:30"), report("R2", "P2", "10:30")],
        )
        found = {excuse.during for excuse in duty_excuses(self.DUTY, DAY, known)}
        assert {between("10:30", "11:30")} == found

    def test_one_officers_failure_does_not_excuse_a_partner_with_a_recorder(self) -> None:
        known = facts(
            duties=[self.DUTY],
            assignments=[HELD, hold("R2", "P2", "7:30", "16:30")],
            reports=[report("R1", "P1", "9:00")],
        )
        assert [] == duty_excuses(self.DUTY, DAY, known)

    def test_the_failure_of_the_only_recorder_excuses_both(self) -> None:
        known = facts(duties=[self.DUTY], assignments=[HELD], reports=[report("R1", "P1", "9:00")])
        assert [between("10:00", "12:00")] == [excuse.during for excuse in duty_excuses(self.DUTY, DAY, known)]

    def test_a_team_without_any_recorder_is_excused_while_all_are_exempt(self) -> None:
        exempt = [exemption("9:00", "11:00", officer_id="P1"), exemption("10:30", "13:00", officer_id="P2")]
        known = facts(duties=[self.DUTY], exemptions=exempt)
        assert {between("10:30", "11:00")} == {excuse.during for excuse in duty_excuses(self.DUTY, DAY, known)}


def test_what_is_left_is_what_no_excuse_explains() -> None:
    excuses = [
        Excuse("exemption", between("9:00", "10:00"), "exemptions/E1"),
        Excuse("lost", between("9:30", "12:00"), ""),
    ]
    assert [between("8:00", "9:00"), between("12:00", "16:00")] == unexcused(SHIFT, excuses)


def test_an_office_shift_is_nobodys_duty_to_record() -> None:
    assert not shift("P1", "8:00", "16:00", purpose="office").needs_recorder
