"""What was recorded and what can't be known, from states, runs of seq, imports and silences."""

from datetime import timedelta

from duty_scene import at, between

from alerts.duty.coverage import ImportRow, QuietRow, Rows, RunRow, StateRow, recorder_coverage, team_coverage
from alerts.duty.wearer import Worn
from alerts.intervals import Interval

WITHIN = between("10:00", "11:00")
DAY = timedelta(hours=24)
WHOLE = RunRow("b1", at("9:00"), at("12:00"), at("8:30"), has_first=True)
IDLE = StateRow("b1", "standby", at("8:30"), at("12:00"))


def cover(rows: Rows, now: str = "12:00") -> tuple[list[Interval], list[Interval], list[Interval]]:
    found = recorder_coverage("R1", WITHIN, rows, at(now), DAY)
    return list(found.recorded), list(found.known), list(found.pending)


def test_readings_without_a_hole_make_all_of_it_known() -> None:
    assert ([], [WITHIN], []) == cover(Rows(runs=[WHOLE]))


def test_a_state_lasts_until_the_next_of_its_boot() -> None:
    states = [
        StateRow("b1", "recording", at("10:10"), at("10:20")),
        StateRow("b1", "standby", at("10:25"), at("11:30")),
    ]
    assert [between("10:10", "10:25")] == cover(Rows(states=states, runs=[WHOLE]))[0]


def test_the_last_state_lasts_while_readings_go_on_without_a_hole() -> None:
    states = [StateRow("b1", "recording", at("10:10"), at("10:20"))]
    assert [between("10:10", "11:00")] == cover(Rows(states=states, runs=[WHOLE]))[0]


def test_a_recording_cut_by_a_power_loss_is_known_as_far_as_it_was_told() -> None:
    states = [StateRow("b1", "recording", at("10:10"), at("10:20"))]
    cut = RunRow("b1", at("9:00"), at("10:21"), at("8:30"))
    recorded, known, _ = cover(Rows(states=states, runs=[cut]))
    assert [between("10:10", "10:21")] == recorded
    assert [between("10:00", "10:21")] == known


def test_a_since_of_a_wrong_clock_begins_no_earlier_than_the_boot() -> None:
    states = [StateRow("b1", "recording", at("0:00") - timedelta(days=20000), at("10:20"))]
    booted = RunRow("b1", at("10:05"), at("10:20"), at("10:05"))
    assert [between("10:03", "10:20")] == cover(Rows(states=states, runs=[booted]))[0]


def test_a_second_standby_of_a_boot_ends_a_recording_that_no_message_told_of() -> None:
    states = [
        StateRow("b1", "standby", at("9:00"), at("10:10")),
        StateRow("b1", "standby", at("10:40"), at("11:30")),
    ]
    runs = [RunRow("b1", at("9:00"), at("10:12"), at("8:30")), RunRow("b1", at("10:45"), at("12:00"), at("8:30"))]
    recorded, known, _ = cover(Rows(states=states, runs=runs))
    assert [between("10:12", "10:40")] == recorded
    assert [between("10:00", "10:40"), between("10:45", "11:00")] == known


def test_readings_after_a_hole_tell_nothing_until_a_state_does() -> None:
    before, after = (
        RunRow("b1", at("9:00"), at("10:12"), at("8:30")),
        RunRow("b1", at("10:15"), at("12:00"), at("8:30")),
    )
    told = StateRow("b1", "standby", at("9:00"), at("10:10"))
    assert [between("10:00", "10:12")] == cover(Rows(states=[told], runs=[before, after]))[1]
    again = StateRow("b1", "standby", at("9:00"), at("11:30"))
    known = [between("10:00", "10:12"), between("10:15", "11:00")]
    assert known == cover(Rows(states=[again], runs=[before, after]))[1]


def test_readings_between_holes_do_not_shorten_a_recording_whose_states_are_missing() -> None:
    states = [
        StateRow("b1", "standby", at("9:00"), at("10:10")),
        StateRow("b1", "standby", at("10:40"), at("11:30")),
    ]
    runs = [
        RunRow("b1", at(start), at(end), at("8:30"), has_first=start == "9:00")
        for start, end in (("9:00", "10:12"), ("10:13", "10:17"), ("10:18", "10:22"), ("10:42", "12:00"))
    ]
    assert [between("10:12", "10:40")] == cover(Rows(states=states, runs=runs))[0]


def test_a_standby_told_again_ends_no_recording() -> None:
    heard = [
        StateRow("b1", "standby", at("9:00"), at("10:10")),
        StateRow("b1", "standby", at("10:40"), at("11:30")),
    ]
    assert [] == cover(Rows(states=heard, runs=[WHOLE]))[0]
    of_two_boots = [
        StateRow("b1", "standby", at("9:00"), at("10:10")),
        StateRow("b2", "standby", at("10:40"), at("11:30")),
    ]
    assert [] == cover(Rows(states=of_two_boots, runs=[]))[0]
    the_same = [StateRow("b1", "standby", at("9:00"), at("11:30"))]
    assert [] == cover(Rows(states=the_same, runs=[]))[0]


def test_a_silence_that_lasts_is_pending_where_nothing_is_known() -> None:
    run = RunRow("b1", at("9:00"), at("10:20"), at("8:30"), has_first=True)
    rows = Rows(runs=[run], quiet=[QuietRow(at("10:20"), None, settled=False)])
    assert [between("10:20", "11:00")] == cover(rows)[2]


def test_a_silence_that_is_settled_is_pending_no_more() -> None:
    runs = [RunRow("b1", at(start), at(end), at("8:30")) for start, end in (("9:00", "10:20"), ("10:50", "11:00"))]
    rows = Rows(states=[IDLE], runs=runs, quiet=[QuietRow(at("10:20"), at("10:50"), settled=True)])
    assert [] == cover(rows)[2]


def test_what_no_silence_explains_may_still_come_for_a_day() -> None:
    runs = [RunRow("b1", at(start), at(end), at("8:30")) for start, end in (("9:00", "10:20"), ("10:30", "10:55"))]
    rows = Rows(states=[IDLE], runs=runs)
    assert [between("10:20", "10:30"), between("10:55", "11:00")] == cover(rows)[2]
    assert [] == cover(rows, now="35:01")[2]
    looked = recorder_coverage("R1", WITHIN, rows, at("11:02"), timedelta(hours=24)).pending_to
    assert at("11:07") == looked


def test_a_recorder_that_said_goodbye_is_waited_for_a_day() -> None:
    rows = Rows(quiet=[QuietRow(at("9:00"), None, settled=False, goodbye="power_off")])
    assert [WITHIN] == cover(rows)[2]
    assert [] == cover(rows, now="36:00")[2]


def test_an_import_with_segments_settles_what_readings_left_open() -> None:
    segments = (between("10:15", "10:45"),)
    rows = Rows(imports=[ImportRow("I1", at("13:00"), at("13:05"), at("10:15"), at("10:45"), segments)])
    assert ([between("10:15", "10:45")], [WITHIN]) == cover(rows)[:2]


def test_an_import_without_segments_proves_nothing() -> None:
    rows = Rows(imports=[ImportRow("I1", at("13:00"), at("13:05"), at("9:00"), at("12:00"), None)])
    assert ([], []) == cover(rows)[:2]


def test_an_import_that_lacks_what_was_recorded_proves_no_absence() -> None:
    states = [
        StateRow("b1", "recording", at("10:10"), at("10:20")),
        StateRow("b1", "standby", at("10:25"), at("10:25")),
    ]
    segments = (between("12:15", "12:45"),)
    rows = Rows(states=states, imports=[ImportRow("I1", at("13:00"), at("13:05"), at("10:15"), at("12:45"), segments)])
    assert [between("10:10", "10:25")] == cover(rows)[1]


def test_segments_of_a_wrong_clock_prove_no_absence() -> None:
    ancient = (Interval(at("10:00") - timedelta(days=20000), at("10:30") - timedelta(days=20000)),)
    rows = Rows(imports=[ImportRow("I1", at("13:00"), at("13:05"), at("10:15"), at("12:45"), ancient)])
    assert [] == cover(rows)[1]


def test_a_team_is_known_only_where_all_its_recorders_are() -> None:
    one = recorder_coverage("R1", WITHIN, Rows(runs=[WHOLE]), at("12:00"), DAY)
    other = recorder_coverage("R2", WITHIN, Rows(), at("12:00"), DAY)
    worn = [Worn("R1", WITHIN, is_certain=True), Worn("R2", WITHIN, is_certain=True)]
    assert (WITHIN,) == team_coverage(WITHIN, worn, {"R1": one, "R2": other}).unknown
    assert () == team_coverage(WITHIN, worn[:1], {"R1": one}).unknown


def test_a_duty_without_any_recorder_is_unknown() -> None:
    assert (WITHIN,) == team_coverage(WITHIN, [], {}).unknown
