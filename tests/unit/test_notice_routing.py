"""Notices: who is told, line by line of domain.md's table."""

from typing import Any

import pytest
from standins.incident_scene import incident
from standins.notice_scene import PEOPLE, directory, person

from alerts.notices.directory import Directory, Unit
from alerts.notices.routing import COMMAND_CENTRE, ENGINEERS, next_above, recipients


@pytest.mark.parametrize("weight", ["check", "transfer"])
def test_leader_custodian_and_the_person_concerned_are_told(weight: str) -> None:
    told = recipients(incident(weight=weight), directory())
    assert {"P0001": "leader", "P0002": "custodian", "P0031": "subject"} == told


def test_where_the_leader_is_the_subject_the_head_is_told() -> None:
    told = recipients(incident(officer_id="P0001"), directory())
    assert {"P0001": "subject", "P0003": "head", "P0002": "custodian"} == told


def test_where_the_wearer_is_uncertain_nobody_is_named() -> None:
    assert {"P0001": "leader", "P0002": "custodian"} == recipients(incident(officer_id=None), directory())


def test_a_reminder_goes_to_wearer_and_custodian() -> None:
    told = recipients(incident(weight="reminder", rule="battery-low"), directory())
    assert {"P0031": "wearer", "P0002": "custodian"} == told


@pytest.mark.parametrize("rule", ["identity-conflict", "not-understood"])
def test_a_device_that_can_not_be_believed_is_for_engineers_and_custodian(rule: str) -> None:
    told = recipients(incident(weight="reminder", rule=rule, officer_id=None), directory())
    assert {ENGINEERS: "engineer", "P0002": "custodian"} == told


def test_an_outage_goes_to_the_command_centre_alone() -> None:
    told = recipients(incident(weight="operational", rule="outage", officer_id=None), directory())
    assert {COMMAND_CENTRE: "command_centre"} == told


def test_an_sos_goes_to_head_and_leader_too() -> None:
    told = recipients(incident(weight="operational", rule="sos"), directory())
    assert {COMMAND_CENTRE: "command_centre", "P0001": "leader", "P0003": "head"} == told


def test_a_recorder_that_is_merely_offline_is_for_the_map() -> None:
    assert recipients(incident(weight="operational", rule="recorder-offline"), directory()) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"confidence": "suspected"},
        {"status": "excused"},
        {"status": "withdrawn"},
        {"status": "dismissed"},
        {"status": "resolved"},
        {"outage_id": "I9"},
    ],
)
def test_what_is_only_suspected_excused_over_or_swallowed_is_told_to_nobody(changes: dict[str, Any]) -> None:
    assert recipients(incident(**changes), directory()) == {}


def test_a_unit_without_a_leader_is_answered_for_from_above() -> None:
    people = [one for one in PEOPLE if "leader" not in one.roles]
    assert recipients(incident(), directory(*people))["P0003"] == "head"
    bureau = person("P0901", "周局", "leader", unit="U01")
    assert recipients(incident(), directory(*people, bureau))["P0901"] == "leader"


def test_after_the_leader_the_deputy_and_after_him_the_head() -> None:
    assert [one.person_id for one in next_above(incident(), directory(), "leader")] == ["P0004"]
    assert [one.person_id for one in next_above(incident(), directory(), "deputy")] == ["P0003"]


def test_nobody_is_the_judge_of_his_own_escalation() -> None:
    above = next_above(incident(officer_id="P0004"), directory(), "leader")
    assert [one.person_id for one in above] == ["P0003"]


def test_a_circle_in_the_tree_ends() -> None:
    circle = Directory([], [Unit("A", "甲", "B", "squad"), Unit("B", "乙", "A", "squad")])
    assert circle.answering("A", "leader") == []
