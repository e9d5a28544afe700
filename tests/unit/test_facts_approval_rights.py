"""Who may approve a 事后补录: neither the subject nor his unit's leadership."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from alerts.facts.approve import WORKFLOW, Approver, Concerned, LateEntry, Standing
from alerts.workflow import Attempt

OFFICER, LEADER = frozenset({"officer"}), frozenset({"leader", "officer"})
STANDINGS = {
    "P1": Standing("U1", OFFICER),
    "P2": Standing("U1", OFFICER),
    "L1": Standing("U1", LEADER),
    "H1": Standing("U1", frozenset({"head"})),
    "D1": Standing("U1", frozenset({"deputy"})),
    "L2": Standing("U2", LEADER),
}
NOW = datetime(2026, 3, 2, tzinfo=UTC)
ABOUT_P1 = Concerned(frozenset({"P1"}), frozenset({"U1"}))


def why_not(approver_id: str | None, concerned: Concerned, above: Iterable[str]) -> str | None:
    who = Approver("account", approver_id, STANDINGS.get(approver_id or ""), frozenset(above))
    refusal = WORKFLOW.refusal("approve", Attempt(LateEntry("awaiting", concerned), who, "", NOW))
    return None if refusal is None else refusal.code


@pytest.mark.parametrize(
    ("approver_id", "refusal"),
    [
        ("P1", "is_subject"),
        ("P2", None),
        ("L1", "leads_subject"),
        ("D1", "leads_subject"),
        ("H1", "leads_subject"),
        ("L2", None),
        ("P404", None),
        (None, None),
    ],
)
def test_neither_the_subject_nor_his_units_leadership(approver_id: str | None, refusal: str | None) -> None:
    assert refusal == why_not(approver_id, ABOUT_P1, ["U1", "U0"])


def test_everybody_in_an_exempted_unit_or_below_it_is_a_subject() -> None:
    about_detachment = Concerned(frozenset(), frozenset({"U0"}), everybody_in="U0")
    assert "is_subject" == why_not("P2", about_detachment, ["U1", "U0"])
    assert why_not("L2", about_detachment, ["U2", "B"]) is None
