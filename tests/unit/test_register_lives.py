"""Registers: repairs and requests for footage go their way, each step by whom it belongs to."""

from typing import get_args

import pytest
from standins.incident_scene import actor

from alerts.incidents.actors import Actor
from alerts.paperwork.registers.entry_workflow import (
    STATES_ZH,
    WAYS,
    RepairState,
    RequestState,
    Standing,
    after,
    why_not,
    why_not_begin,
)

CUSTODIAN = actor("custodian", units=frozenset({"U04"}))
HEAD = actor("head", units=frozenset({"U04"}))
APPLICANT = actor("verifier", account="asks", units=frozenset({"U90"}))


def request(state: str, applicant: str = "asks") -> Standing:
    return Standing(state, "U04", applicant)


def test_a_request_goes_from_applicant_to_head_to_retrieval_to_return() -> None:
    ways = (("approve", HEAD), ("retrieve", CUSTODIAN), ("return", CUSTODIAN))
    state = "requested"
    for step, who in ways:
        assert why_not("request", step, request(state), who, "") is None
        state = after("request", step)
    assert "returned" == state


@pytest.mark.parametrize(
    ("state", "step", "who", "expected"),
    [
        ("requested", "retrieve", CUSTODIAN, "order"),
        ("refused", "retrieve", CUSTODIAN, "order"),
        ("requested", "approve", CUSTODIAN, "role"),
        ("requested", "approve", actor("head", units=frozenset({"U05"})), "foreign_unit"),
        ("requested", "approve", actor("head", account="asks", units=frozenset({"U04"})), "same_person"),
        ("requested", "refuse", HEAD, "no_note"),
        ("requested", "withdraw", HEAD, "role"),
        ("retrieved", "withdraw", APPLICANT, "order"),
        ("requested", "nonsense", HEAD, "order"),
    ],
)
def test_a_step_out_of_order_or_by_another_is_refused(state: str, step: str, who: Actor, expected: str) -> None:
    assert expected == why_not("request", step, request(state), who, "")


def test_a_repair_is_sent_before_it_is_returned() -> None:
    assert "order" == why_not("repair", "return", Standing("reported", "U04", "c"), CUSTODIAN, "")
    assert why_not("repair", "send", Standing("reported", "U04", "c"), CUSTODIAN, "") is None
    assert why_not("repair", "return", Standing("sent", "U04", "c"), CUSTODIAN, "") is None


def test_who_may_begin_an_entry() -> None:
    assert why_not_begin("request", "U04", APPLICANT) is None
    assert "role" == why_not_begin("request", "U04", actor("auditor"))
    assert "foreign_unit" == why_not_begin("repair", "U05", CUSTODIAN)
    assert "role" == why_not_begin("repair", "U04", actor("officer"))


def test_every_way_leads_to_a_state_that_has_a_name() -> None:
    states = {"repair": set(get_args(RepairState)), "request": set(get_args(RequestState))}
    for register, ways in WAYS.items():
        assert states[register] == set(STATES_ZH[register])
        for way in ways.values():
            assert {way.after, *way.before} <= states[register]
