"""Incidents: the ways between states, written out from domain.md."""

from itertools import product
from typing import get_args

import pytest
from rule_steps import BY_RULES

from alerts.finding import Standing, Weight
from alerts.incidents.actions import WORKFLOW, Action
from alerts.incidents.states import DECIDED, UNDECIDED, Status, status_by_rule

ALL = frozenset(get_args(Status))


def test_rules_take_exactly_the_steps_that_are_written_down() -> None:
    taken = {
        (before, after)
        for before, standing, weight in product((None, *ALL), get_args(Standing), get_args(Weight))
        if (after := status_by_rule(before, standing, weight)) is not None and after != before
    }
    assert BY_RULES == taken


@pytest.mark.parametrize("status", sorted(DECIDED))
@pytest.mark.parametrize("standing", get_args(Standing))
def test_no_rule_moves_what_people_have_decided(status: Status, standing: Standing) -> None:
    assert all(status == status_by_rule(status, standing, weight) for weight in get_args(Weight))


def test_what_was_never_seen_is_not_withdrawn() -> None:
    assert status_by_rule(None, "withdrawn", "check") is None


@pytest.mark.parametrize("weight", ["check", "transfer"])
def test_what_somebody_may_have_to_answer_for_does_not_end_by_itself(weight: Weight) -> None:
    assert all(status_by_rule(status, "resolved", weight) == status for status in UNDECIDED)
    assert status_by_rule(None, "resolved", weight) == "open"


BY_PEOPLE = {
    "acknowledge": {("open", "acknowledged")},
    "state": {("open", "statement"), ("acknowledged", "statement")},
    "verify": {("open", "verifying"), ("acknowledged", "verifying"), ("statement", "verifying")},
    "uphold": {("verifying", "upheld"), ("reopened", "upheld")},
    "dismiss": {("verifying", "dismissed")},
    "excuse": {(status, "excused") for status in ("open", "acknowledged", "statement", "verifying")},
    "reopen": {("upheld", "reopened")},
    "revoke": {("reopened", "revoked")},
    "raise": set(),
    "resolve": {("open", "resolved"), ("acknowledged", "resolved")},
    "comment": set(),
    "propose": set(),
}


def test_people_take_exactly_the_steps_of_domain_md() -> None:
    assert BY_PEOPLE == {
        action: {(before, after) for before, after in transition.states.items() if before != after}
        for action, transition in WORKFLOW.transitions.items()
    }
    assert set(get_args(Action)) == set(WORKFLOW.transitions)
