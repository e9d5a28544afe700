"""Who may approve a 事后补录: neither the subject nor his unit's leadership."""

import pytest

from alerts.facts.approve import REFUSALS, Concerned, Standing, why_not

OFFICER, LEADER = frozenset({"officer"}), frozenset({"leader", "officer"})
STANDINGS = {
    "P1": Standing("U1", OFFICER),
    "P2": Standing("U1", OFFICER),
    "L1": Standing("U1", LEADER),
    "H1": Standing("U1", frozenset({"head"})),
    "D1": Standing("U1", frozenset({"deputy"})),
    "L2": Standing("U2", LEADER),
}
ABOUT_P1 = Concerned(frozenset({"P1"}), frozenset({"U1"}))


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
    assert refusal == why_not(approver_id, STANDINGS, ABOUT_P1, ["U1", "U0"])


def test_everybody_in_an_exempted_unit_or_below_it_is_a_subject() -> None:
    about_detachment = Concerned(frozenset(), frozenset({"U0"}), everybody_in="U0")
    assert "is_subject" == why_not("P2", STANDINGS, about_detachment, ["U1", "U0"])
    assert why_not("L2", STANDINGS, about_detachment, ["U2", "B"]) is None


def test_every_refusal_has_words_for_people() -> None:
    assert all(words and not words.isascii() for words in REFUSALS.values())
