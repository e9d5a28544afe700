"""Evidence: the deciding sentence, what is true of what settled a finding, and what version 0.1 left behind."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from duty_scene import activity, at, between, facts, hold, shift, the_one
from hypothesis import given
from hypothesis import strategies as st
from standins.incident_scene import finding, incident

from alerts.duty.coverage import ImportRow, Rows, RunRow, StateRow, recorder_coverage
from alerts.duty.duty_case import DutyCase, case_of
from alerts.duty.wearer import team_wore
from alerts.evaluation.finding_log import Remembered, reconcile_keys
from alerts.facts.known import KnownDuty
from alerts.finding import Evidence, Finding, Scoped
from alerts.intervals import Interval
from alerts.paperwork.slips.content import evidence_of
from alerts.rules import activity_unrecorded, recording_incomplete, shift_unrecorded
from alerts.rules.activity_unrecorded import ActivityUnrecorded
from alerts.rules.low import BatteryLow, Condition, judge_battery
from alerts.rules.recording_incomplete import RecordingIncomplete
from alerts.rules.shift_unrecorded import ShiftUnrecorded
from alerts.silences.cause_evidence import Beat
from alerts.silences.cause_texts import coverage

SENTENCES = st.lists(st.text(min_size=1, max_size=20), max_size=4).map(tuple)
DAY = timedelta(hours=24)
INSPECTION = activity("P1", start="10:00", end="11:00")
PATROL = shift("P1", "9:00", "12:00")


@given(key=st.text(max_size=30), reasons=SENTENCES, pleas=SENTENCES, limits=SENTENCES)
def test_evidence_is_read_as_it_was_kept(
    key: str, reasons: tuple[str, ...], pleas: tuple[str, ...], limits: tuple[str, ...]
) -> None:
    evidence = Evidence(key, reasons, pleas, limits, {"n": 1})
    assert evidence == Evidence.of(evidence.as_values())


def test_of_version_0_1_the_first_reason_leads_and_a_disclaimer_is_no_plea() -> None:
    old = {
        "sentences": ["有利情节：电量正常。", "其间无SIM卡。", "有利情节：是否故意，系统不能判断。", "同小区在线。"],
        "facts": {"n": 1},
    }
    expected = Evidence("其间无SIM卡。", ("同小区在线。",), ("电量正常。",), ("是否故意，系统不能判断。",), {"n": 1})
    assert expected == Evidence.of(old)
    assert Evidence("") == Evidence.of({})


def test_a_slip_of_version_0_1_states_what_it_stated() -> None:
    old = incident(evidence={"sentences": ["其间无SIM卡。"], "facts": {"n": 1}})
    stated = evidence_of(old, [], {})
    assert ["其间无SIM卡。"] == stated["sentences"]
    assert not {"key", "reasons", "pleas", "limits"} & stated.keys()


def settled_by(duty: KnownDuty, rows: Rows) -> DutyCase:
    """A duty of P1's with R1, looked at the next evening."""
    roster = facts(assignments=[hold("R1", "P1", "8:00", "18:00")], duties=[duty])
    assert duty.ends_at is not None
    within = Interval(duty.starts_at, duty.ends_at)
    of = {"R1": recorder_coverage("R1", within, rows, at("44:00"), DAY)}
    return case_of(duty, team_wore(duty, within, roster), roster, of, times={}, now=at("44:00"))


def judged(duty: KnownDuty, rows: Rows) -> Finding:
    case = settled_by(duty, rows)
    if duty.kind == "shift":
        return the_one(shift_unrecorded.judge(case, ShiftUnrecorded()))
    if rows.states:
        return the_one(recording_incomplete.judge(case, RecordingIncomplete()))
    return the_one(activity_unrecorded.judge(case, ActivityUnrecorded()))


READ = RunRow("b1", at("8:30"), at("13:00"), at("8:30"), has_first=True)
DEAD = RunRow("b1", at("8:30"), at("10:20"), at("8:30"), has_first=True)
IMPORT = ImportRow("D1", at("14:00"), at("14:10"), at("8:00"), at("14:00"), ())
RECORDED = StateRow("b1", "recording", at("10:05"), at("10:12"))
STOPPED = StateRow("b1", "standby", at("10:12"), at("10:19"))
EMPTY_IMPORT = replace(IMPORT, segments=(between("10:05", "10:12"),))


@pytest.mark.parametrize(
    ("duty", "states", "imported"),
    [(INSPECTION, [], IMPORT), (PATROL, [], IMPORT), (INSPECTION, [RECORDED, STOPPED], EMPTY_IMPORT)],
)
def test_what_an_import_settled_of_a_dead_recorder_claims_no_gapless_readings(
    duty: KnownDuty, states: list[StateRow], imported: ImportRow
) -> None:
    by_import = judged(duty, Rows(states=states, runs=[DEAD], imports=[imported]))
    by_readings = judged(duty, Rows(states=states, runs=[READ]))
    assert ("confirmed", "confirmed") == (by_import.confidence, by_readings.confidence)
    assert "读数连续" not in str(by_import.evidence)
    assert "导入的录像段证实没有录制" in str(by_import.evidence.reasons)
    assert "读数连续、序号无缺" in str(by_readings.evidence.reasons)


@pytest.mark.parametrize(("duty", "states"), [(INSPECTION, []), (PATROL, []), (INSPECTION, [RECORDED, STOPPED])])
def test_what_nothing_settled_is_a_limit_and_no_plea(duty: KnownDuty, states: list[StateRow]) -> None:
    found = judged(duty, Rows(states=states, runs=[DEAD]))
    assert "probable" == found.confidence
    assert () == found.evidence.pleas
    assert "不能确定" in str(found.evidence.limits)
    assert "未见录制" in found.evidence.key


@pytest.mark.parametrize("duty", [INSPECTION, PATROL])
def test_what_was_recorded_after_all_is_not_called_unrecorded(duty: KnownDuty) -> None:
    case = settled_by(duty, Rows(states=[replace(RECORDED, last_at=at("11:30"))], runs=[READ]))
    for found in (
        the_one(activity_unrecorded.judge(case, ActivityUnrecorded())),
        the_one(shift_unrecorded.judge(case, ShiftUnrecorded())),
    ):
        assert "withdrawn" == found.standing
        assert "经核实有录制" in found.evidence.key
        assert "无录制" not in found.evidence.key + "".join(found.evidence.reasons)


def beat(network: str, rsrp_dbm: float | None) -> Beat:
    return Beat(at("10:00"), "b1", 1, 60, network, rsrp_dbm)


def test_beats_with_service_are_not_counted_among_those_without() -> None:
    assert "3条心跳中2条无网络，其中1条测得信号" in coverage([beat("4g", -80), beat("none", None), beat("none", -119)])


def battery(level_pct: float, clock: str, *, charging: bool = False) -> Finding:
    of_whom = ("R1", "S1", at("9:00"), at("17:00"), "P1", "squad")
    condition = Condition(*of_whom, charging, at(clock), (level_pct, level_pct), None, (), at(clock))
    return the_one(judge_battery(condition, BatteryLow()))


def remembered(row: tuple[Any, ...]) -> Remembered:
    rule, key, scope, starts_at, ends_at, standing, text, digest = row
    return Remembered(rule, key, scope, starts_at, ends_at, standing, json.loads(text), digest)


def told(findings: list[Finding]) -> tuple[list[str], int]:
    """The key sentences that are handed on of findings one after the other, and how many rows were written."""
    known: dict[tuple[str, str], list[Remembered]] = {}
    keys, written = [], 0
    for one in findings:
        handed_on, rows = reconcile_keys([Scoped("R1|S1", one)], [], known, at("24:00"))
        keys += [each.evidence.key for each in handed_on]
        written += len(rows)
        if rows:
            known = {(one.rule, "R1|S1"): [remembered(rows[-1])]}
    return keys, written


def test_a_reminder_states_the_figure_that_opened_it() -> None:
    opened = "R1电量18%（3月2日09:14），未在充电。"
    falling = [battery(18, "9:14"), battery(17, "9:30"), battery(15, "10:00")]
    assert ([opened] * 3, 1) == told(falling)
    charged = [battery(18, "9:14"), battery(70, "12:00", charging=True), battery(75, "12:10", charging=True)]
    assert ([opened] * 3, 2) == told(charged)


def test_a_reminder_that_opens_again_states_the_new_figure() -> None:
    keys, _ = told([battery(18, "9:14"), battery(70, "12:00"), battery(12, "15:00"), battery(11, "15:01")])
    assert ["18%（3月2日09:14）", "18%（3月2日09:14）", "12%（3月2日15:00）", "12%（3月2日15:00）"] == [
        key.removeprefix("R1电量").removesuffix("，未在充电。") for key in keys
    ]


def test_other_rules_say_their_key_anew() -> None:
    said = [finding(), finding(evidence=Evidence("新的事实。"))]
    known: dict[tuple[str, str], list[Remembered]] = {}
    for one in said:
        handed_on, rows = reconcile_keys([Scoped("R1", one)], [], known, at("24:00"))
        known = {(one.rule, "R1"): [remembered(rows[-1])]} if rows else known
    assert ["新的事实。"] == [each.evidence.key for each in handed_on]
