"""Registers: repairs and requests for footage go their way, each step by whom it belongs to."""

import pytest
from standins.incident_scene import MONDAY, actor

from alerts.incidents.actors import Actor
from alerts.paperwork.registers.entry_workflow import (
    STATES_ZH,
    STEPS_ZH,
    WORKFLOWS,
    Register,
    begin_refusal,
)
from alerts.workflow import Attempt
from telemetry.records.register_entries import EntryRow

CUSTODIAN = actor("custodian", units=frozenset({"U04"}))
HEAD = actor("head", units=frozenset({"U04"}))
APPLICANT = actor("verifier", account="asks", units=frozenset({"U90"}))


def code(register: Register, state: str, step: str, who: Actor, note: str = "") -> str | None:
    row = EntryRow("E1", register, state, "U04", MONDAY, "asks", MONDAY, 1, {})
    refusal = WORKFLOWS[register].refusal(step, Attempt(row, who, note, MONDAY))
    return None if refusal is None else refusal.code


def test_a_request_goes_from_applicant_to_head_to_retrieval_to_return() -> None:
    ways = (("approve", HEAD), ("retrieve", CUSTODIAN), ("return", CUSTODIAN))
    state = "requested"
    for step, who in ways:
        assert code("request", state, step, who) is None
        state = WORKFLOWS["request"].after(state, step) or ""
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
    assert expected == code("request", state, step, who)


def test_a_repair_is_sent_before_it_is_returned() -> None:
    assert "order" == code("repair", "reported", "return", CUSTODIAN)
    assert code("repair", "reported", "send", CUSTODIAN) is None
    assert code("repair", "sent", "return", CUSTODIAN) is None


def test_who_may_begin_an_entry() -> None:
    assert begin_refusal("request", "U04", APPLICANT) is None
    cases: tuple[tuple[str, Register, str, Actor], ...] = (
        ("role", "request", "U04", actor("auditor")),
        ("foreign_unit", "repair", "U05", CUSTODIAN),
        ("role", "repair", "U04", actor("officer")),
    )
    for expected, register, unit_id, who in cases:
        refusal = begin_refusal(register, unit_id, who)
        assert refusal is not None
        assert expected == refusal.code


def test_every_step_and_every_state_that_it_leads_to_has_a_name() -> None:
    for register, workflow in WORKFLOWS.items():
        states = {s for t in workflow.transitions.values() for s in (*t.states, *t.states.values())}
        assert set(STATES_ZH[register]) == states
        assert set(STEPS_ZH[register]) == set(workflow.transitions)
