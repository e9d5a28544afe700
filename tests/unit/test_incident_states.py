"""Incidents: the ways between states, written out from domain.md."""

from itertools import pairwise, product
from typing import get_args

import pytest

from alerts.finding import Standing, Weight
from alerts.incidents.states import BY_PEOPLE, BY_RULES, DECIDED, UNDECIDED, Status, status_by_rule

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


def test_people_walk_the_life_of_domain_md() -> None:
    path = ("open", "acknowledged", "statement", "verifying", "upheld", "reopened", "revoked")
    assert all(step in BY_PEOPLE for step in pairwise(path))
    assert {("verifying", "dismissed"), ("reopened", "upheld")} <= BY_PEOPLE


def test_nothing_is_upheld_that_was_not_verified() -> None:
    assert {before for before, after in BY_PEOPLE if after == "upheld"} == {"verifying", "reopened"}


def test_dismissed_revoked_and_withdrawn_are_ends_for_people() -> None:
    assert not {before for before, _ in BY_PEOPLE} & {"dismissed", "revoked", "withdrawn", "excused", "resolved"}
