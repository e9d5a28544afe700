"""Every hard case of domain.md, end to end through the back-test, from a trace that no simulator wrote."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hard_claims as claims
import hard_duties as duties
import hard_pulls as pulls
import hard_silences as silences
import pytest
from hard_case_fleet import END, HardCaseFleet
from trace_builder import at

from alerts.backtest.run import run_backtest

Incidents = list[dict[str, Any]]

# Played in this order, each some minutes after the one before.
CASES: list[Callable[[HardCaseFleet], None]] = [
    pulls.pulled,
    pulls.pulled_then_off,
    silences.off_and_on,
    silences.asleep,
    duties.switched_on_in_a_garage,
    silences.key_held,
    silences.dead_zone,
    pulls.pulled_in_dead_zone,
    pulls.swapped,
    pulls.swapped_fast,
    pulls.swapped_and_told_once,
    pulls.unsensed_pull,
    pulls.unsensed_slow,
    pulls.unsensed_then_off,
    silences.unsensed_dead_zone,
    silences.flicker,
    silences.not_ready_after_boot,
    pulls.changed_lawfully,
    pulls.in_repair,
    pulls.somebody_else_logged_in,
    pulls.off_duty,
    pulls.load_test_device,
    pulls.unregistered,
    silences.will_after_birth,
    pulls.event_over_power_off,
    pulls.event_in_a_short_gap,
    pulls.came_without_a_card,
    silences.came_slowly,
    duties.lent,
    silences.docked_without_goodbye,
    silences.left_in_the_dock,
    silences.flat_until_after_the_shift,
    silences.cell_that_dies_sector_by_sector,
    silences.clock_set_right_after_a_recording,
    silences.boot_without_time,
    duties.unrecorded,
    duties.recorded_in_a_garage,
    duties.recorded_in_a_garage_by_a_slow_clock,
    duties.paused,
    duties.partner_recorded,
    duties.recorded_on_after_a_fault,
    duties.imported_by_its_own_clock,
    duties.imported_while_no_heartbeat_is_read,
    duties.states_that_cannot_be_read,
    duties.states_that_are_never_read_again,
    pulls.pulled_under_a_slow_clock,
    pulls.exempt_as_is_entered_later,
    pulls.off_duty_as_is_entered_later,
    claims.framed,
    claims.framed_in_a_pool,
    claims.framed_by_his_own,
    claims.took_a_spare_himself,
    claims.handed_out_after_it_worked_again,
    claims.handed_out_unasked,
    claims.handed_out_and_confirmed,
    claims.reported_from_the_dock,
    claims.reported_after_it_worked_again,
    claims.backlog_in_two_parts,
    claims.card_read_once,
    claims.card_read_wrong_after_a_boot,
    claims.storage_away_for_a_while,
    claims.one_zero_charge,
]


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Incidents:
    folder = tmp_path_factory.mktemp("hand")
    stage = HardCaseFleet()
    for case in CASES:
        case(stage)
        stage.offset += timedelta(minutes=3)
    stage.trace.write(folder / "trace.jsonl")
    stage.bureau.write(folder / "facts.json")
    out = folder / "incidents.json"
    asyncio.run(run_backtest(folder / "facts.json", folder / "trace.jsonl", END + timedelta(hours=20), out))
    found: Incidents = json.loads(Path(out).read_text("utf-8"))
    return found


def of(incidents: Incidents, recorder_id: str, rule: str = "sim-removed") -> Incidents:
    return [
        i for i in incidents if i["recorder_id"] == recorder_id and i["rule"] == rule and i["status"] != "withdrawn"
    ]


@pytest.mark.parametrize(
    "recorder_id", ["PULLED", "PULLOFF", "DEEP", "TOLD", "BRIEF", "NOCARD", "SWAP", "FAST", "SLOWCLOCK", "SWAPONCE"]
)
def test_a_measured_pull_is_confirmed_and_names_its_one_wearer(incidents: Incidents, recorder_id: str) -> None:
    (incident,) = of(incidents, recorder_id)
    assert ("confirmed", "transfer", f"P-{recorder_id}", "open", "sim_removed") == (
        incident["confidence"],
        incident["weight"],
        incident["officer_id"],
        incident["status"],
        incident["cause"],
    )
    assert f"W-P-{recorder_id}" == incident["shift_id"]


@pytest.mark.parametrize(
    "recorder_id",
    [
        *("KEYOFF", "KEYHELD", "GARAGE", "STALE", "FLICKER", "SLOWSIM", "NEWCARD", "OFFDUTY", "LOADTEST", "NOBODYS"),
        *("LATEWILL", "IDLE", "UNDER", "COMING", "SECTOR0", "SECTOR1", "SECTOR2", "SECTOR3"),
    ],
)
def test_what_is_no_pull_accuses_nobody(incidents: Incidents, recorder_id: str) -> None:
    assert [] == [i for i in of(incidents, recorder_id) if i["confidence"] != "suspected"]


@pytest.mark.parametrize("recorder_id", ["NEWCARD", "REPAIR"])
def test_a_card_that_was_out_lawfully_is_no_fault_of_the_device(incidents: Incidents, recorder_id: str) -> None:
    (incident,) = of(incidents, recorder_id, "recorder-offline")
    assert "unknown" == incident["cause"]
    assert "高度疑似" not in incident["evidence"]["key"]
    assert any("属登记在案" in plea for plea in incident["evidence"]["pleas"])


@pytest.mark.parametrize("recorder_id", ["BLIND", "SLOW", "BLINDOFF"])
def test_a_model_that_cannot_sense_its_sim_is_checked_and_never_a_slip(incidents: Incidents, recorder_id: str) -> None:
    (incident,) = of(incidents, recorder_id)
    assert ("probable", "check") == (incident["confidence"], incident["weight"])


def test_a_recorder_is_lent_once_however_often_its_link_is_made_anew(incidents: Incidents) -> None:
    (incident,) = of(incidents, "LENT", "recorder-lent")
    lasted = datetime.fromisoformat(incident["ends_at"]) - datetime.fromisoformat(incident["starts_at"])
    assert (None, "check") == (incident["officer_id"], incident["weight"])
    assert timedelta(minutes=29) < lasted < timedelta(minutes=31)


def test_a_dock_that_was_told_of_is_no_loss(incidents: Incidents) -> None:
    assert [] == of(incidents, "DOCKED") + of(incidents, "DOCKED", "recorder-offline")


def test_who_left_his_recorder_in_the_dock_did_not_carry_it(incidents: Incidents) -> None:
    (incident,) = of(incidents, "LEFT", "recorder-not-carried")
    assert ("probable", "check", "P-LEFT") == (incident["confidence"], incident["weight"], incident["officer_id"])


def test_a_failure_is_believed_once_its_cause_is_however_late(incidents: Incidents) -> None:
    (incident,) = of(incidents, "FLAT", "fault-unreported")
    assert ("confirmed", "check", "P-FLAT") == (incident["confidence"], incident["weight"], incident["officer_id"])


def test_a_recorder_that_recorded_on_had_not_failed(incidents: Incidents) -> None:
    assert [] == of(incidents, "FAULTY", "fault-unreported")
    assert ["A-LATER"] == [i["activity_id"] for i in of(incidents, "FAULTY", "activity-unrecorded")]


@pytest.mark.parametrize("recorder_id", ["OWNCLOCK", "AHEAD"])
def test_an_import_by_either_clock_is_one(incidents: Incidents, recorder_id: str) -> None:
    assert [] == of(incidents, recorder_id, "import-overdue")


def test_a_recording_in_a_garage_is_as_long_as_it_was_by_the_right_clock(incidents: Incidents) -> None:
    said = [i for i in incidents if i["activity_id"] == "A-SLOWUNDER" and i["status"] != "withdrawn"]
    assert [] == [(i["rule"], i["confidence"]) for i in said]


@pytest.mark.parametrize("recorder_id", ["GARBLED", "UNREAD"])
def test_recording_states_that_cannot_be_read_prove_no_absence(incidents: Incidents, recorder_id: str) -> None:
    said = [i for i in incidents if i["activity_id"] == f"A-{recorder_id}" and i["status"] != "withdrawn"]
    assert [] == [(i["rule"], i["confidence"]) for i in said if i["confidence"] != "suspected"]


def test_readings_of_a_time_that_nothing_tells_prove_no_loss_of_footage(incidents: Incidents) -> None:
    assert [] == of(incidents, "NOTIME", "footage-removed")


def test_a_pull_under_a_slow_clock_is_at_its_time_and_his_who_had_it_then(incidents: Incidents) -> None:
    (incident,) = of(incidents, "SLOWCLOCK")
    assert at("11:07") < datetime.fromisoformat(incident["starts_at"]) < at("11:09")
    assert "P-SLOWCLOCK" == incident["officer_id"]


@pytest.mark.parametrize("recorder_id", ["EXEMPT", "CANCELLED"])
def test_a_fact_that_comes_late_takes_back_what_it_explains(incidents: Incidents, recorder_id: str) -> None:
    said = [i for i in incidents if i["recorder_id"] == recorder_id and i["rule"] == "sim-removed"]
    assert [("confirmed", "withdrawn")] == [(i["confidence"], i["status"]) for i in said]


def test_a_recording_ends_when_its_recorder_said_so_by_the_clock_it_had_then(incidents: Incidents) -> None:
    assert [] == [i for i in incidents if i["activity_id"] == "A-CLOCKED" and i["status"] != "withdrawn"]


def test_a_pull_under_repair_is_excused_or_nothing(incidents: Incidents) -> None:
    assert {"excused"} >= {i["status"] for i in of(incidents, "REPAIR")}


def test_a_doubtful_wearer_leaves_the_unit_and_no_name(incidents: Incidents) -> None:
    (incident,) = of(incidents, "DOUBT")
    assert (None, "U01", "check") == (incident["officer_id"], incident["unit_id"], incident["weight"])


@pytest.mark.parametrize("recorder_id", ["SWAP", "FAST"])
def test_a_foreign_card_lasts_from_the_loss_until_a_bound_one_is_back(incidents: Incidents, recorder_id: str) -> None:
    (incident,) = of(incidents, recorder_id)
    lasted = datetime.fromisoformat(incident["ends_at"]) - datetime.fromisoformat(incident["starts_at"])
    assert timedelta(minutes=64) < lasted < timedelta(minutes=66)


@pytest.mark.parametrize(
    ("recorder_id", "cause"),
    [
        ("KEYOFF", "power_off"),
        ("ASLEEP", "asleep"),
        ("KEYHELD", "power_off"),
        ("GARAGE", "no_coverage"),
        ("STALE", "no_coverage"),
    ],
)
def test_a_long_silence_on_duty_has_its_cause(incidents: Incidents, recorder_id: str, cause: str) -> None:
    (incident,) = of(incidents, recorder_id, "recorder-offline")
    assert (cause, "resolved") == (incident["cause"], incident["status"])


def test_a_pull_is_no_offline_incident_beside_it(incidents: Incidents) -> None:
    assert [] == of(incidents, "PULLED", "recorder-offline")


def test_an_idle_recorder_leaves_its_activity_unrecorded_for_certain(incidents: Incidents) -> None:
    (incident,) = of(incidents, "IDLE", "activity-unrecorded")
    assert ("confirmed", "transfer", "P-IDLE", "A-IDLE") == (
        incident["confidence"],
        incident["weight"],
        incident["officer_id"],
        incident["activity_id"],
    )
    waited = datetime.fromisoformat(incident["detected_at"]) - datetime.fromisoformat(incident["ends_at"])
    assert timedelta(minutes=30) <= waited <= timedelta(minutes=31)


def test_a_recorder_in_a_garage_was_suspected_and_is_cleared(incidents: Incidents) -> None:
    found = [i for i in incidents if i["activity_id"] == "A-UNDER" and i["weight"] is not None]
    assert {("activity-unrecorded", "withdrawn", "suspected")} == {
        (i["rule"], i["status"], i["confidence"]) for i in found
    }


def test_a_pause_is_listed_with_its_times(incidents: Incidents) -> None:
    (incident,) = of(incidents, "PAUSE", "recording-incomplete")
    assert "confirmed" == incident["confidence"]
    ((start, end),) = incident["evidence"]["facts"]["gaps"]
    assert timedelta(minutes=5) == datetime.fromisoformat(end) - datetime.fromisoformat(start)


def test_a_partner_s_recording_counts_for_both(incidents: Incidents) -> None:
    assert [] == [i for i in incidents if i["activity_id"] == "A-TEAM"]


def test_those_who_did_their_duty_are_told_nothing_of(incidents: Incidents) -> None:
    named = [i for i in incidents if i["recorder_id"] is not None and i["recorder_id"][:2] in {"N0", "N1"}]
    assert [] == [(i["rule"], i["status"]) for i in named if i["weight"] != "reminder"]


def test_who_is_logged_in_at_a_boot_s_first_birth_was_so_since_power_on(incidents: Incidents) -> None:
    said = [i for i in incidents if i["activity_id"] == "A-LOGIN" and i["status"] != "withdrawn"]
    assert [] == [(i["rule"], i["status"]) for i in said]


@pytest.mark.parametrize("recorder_id", ["FRAME", "POOLFRAME", "KEEPFRAME", "THRUST", "THRUST2"])
def test_nobody_is_named_by_what_another_claimed_or_entered_of_him(incidents: Incidents, recorder_id: str) -> None:
    (incident,) = of(incidents, recorder_id)
    assert ("confirmed", "check", None) == (incident["confidence"], incident["weight"], incident["officer_id"])


@pytest.mark.parametrize("officer_id", ["P-VICTIM", "P-UNASKED", "P-POOL", "P-KEEPER", "P-WORKS"])
def test_who_did_his_duty_is_not_touched_by_it(incidents: Incidents, officer_id: str) -> None:
    told = [i for i in incidents if i["officer_id"] == officer_id and i["status"] != "withdrawn"]
    assert [] == [(i["rule"], i["confidence"]) for i in told if i["confidence"] != "suspected"]


@pytest.mark.parametrize(("recorder_id", "officer_id"), [("TAKEN", "P-ASKED"), ("TOOK", "P-TAKER")])
def test_his_own_login_on_what_he_took_names_him(incidents: Incidents, recorder_id: str, officer_id: str) -> None:
    (incident,) = of(incidents, recorder_id)
    assert ("transfer", officer_id) == (incident["weight"], incident["officer_id"])


def test_a_report_from_the_dock_excuses_from_the_failure_on(incidents: Incidents) -> None:
    said = [i for i in incidents if i["activity_id"] == "A-DOCKREPORT" and i["rule"] == "activity-unrecorded"]
    assert {"excused"} >= {i["status"] for i in said if i["status"] != "withdrawn"}


def test_a_report_excuses_nothing_after_the_recorder_worked_again(incidents: Incidents) -> None:
    (incident,) = [i for i in incidents if i["activity_id"] == "A-MENDED" and i["rule"] == "activity-unrecorded"]
    assert ("open", "confirmed") == (incident["status"], incident["confidence"])
    assert [] == of(incidents, "MENDED", "fault-unreported")


def test_a_backlog_that_comes_in_two_parts_is_waited_for(incidents: Incidents) -> None:
    said = [i for i in incidents if i["activity_id"] == "A-TWOPARTS" and i["weight"] is not None]
    assert {("activity-unrecorded", "withdrawn", "suspected")} == {
        (i["rule"], i["status"], i["confidence"]) for i in said
    }


@pytest.mark.parametrize("recorder_id", ["ONCE", "LATECARD"])
def test_one_sight_of_a_foreign_card_convicts_nobody(incidents: Incidents, recorder_id: str) -> None:
    assert [] == [i for i in of(incidents, recorder_id) if i["confidence"] != "suspected"]


@pytest.mark.parametrize(
    ("recorder_id", "rule"),
    [("UNMOUNTED", "footage-removed"), ("UNMOUNTED", "storage-low"), ("ZERO", "battery-low"), ("ZERO", "sim-removed")],
)
def test_no_information_is_not_a_measurement(incidents: Incidents, recorder_id: str, rule: str) -> None:
    assert [] == of(incidents, recorder_id, rule)
