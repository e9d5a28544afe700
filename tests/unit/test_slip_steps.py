"""Slips: who may take which step when, and why not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from standins.incident_scene import LEADER, MONDAY, OFFICER, OTHER_VERIFIER, VERIFIER, actor, incident

from alerts.incidents.actors import Actor
from alerts.paperwork.slips.forms import place_of
from alerts.paperwork.slips.opinions import (
    WORKFLOWS,
    Dossier,
    Move,
    opinions_of,
    place_or_refusal,
    state_of,
)
from alerts.workflow import Attempt, Refusal
from telemetry.records.incidents import TransitionRow
from telemetry.records.slips import SlipStepRow

UPHELD = incident(status="upheld", decided_by=VERIFIER.account)
SUPERVISION = actor("supervision", own_units=frozenset({"U80"}))
POLITICAL = actor("political", own_units=frozenset({"U81"}))
INTENT = {"intent": "监控显示其自行取卡"}


def step(version: int, move: str, account: str = "somebody") -> SlipStepRow:
    return SlipStepRow("A2-2026-0001", version, MONDAY + timedelta(days=version), account, move, "同意")


def dossier(*moves: str, annex: int = 2, **changes: object) -> Dossier:
    rows = [step(n, move, VERIFIER.account if move == "verifier" else move) for n, move in enumerate(moves, 1)]
    decided = TransitionRow("I", 5, MONDAY, VERIFIER.account, "uphold", "verifying", "upheld", "属实")
    base = Dossier(annex, VERIFIER.account, rows, UPHELD, [decided], is_current=True)  # type: ignore[arg-type]
    return replace(base, **changes)  # type: ignore[arg-type]


def why_not(slip: Dossier, move: Move, who: Actor, opinion: str) -> Refusal | None:
    return WORKFLOWS[slip.annex].refusal(move, Attempt(slip, who, opinion, MONDAY))


def moves_of(slip: Dossier, who: Actor) -> list[str]:
    return [offer.action for offer in WORKFLOWS[slip.annex].offers(slip, who, MONDAY)]


def code(refusal: object) -> str | None:
    return refusal.code if isinstance(refusal, Refusal) else None


def test_annex_1_goes_through_four_hands_and_annex_2_through_three() -> None:
    moves = ("verifier", "department", "supervision", "political")
    assert ["verifier", *moves[1:], "complete"] == [dossier(*moves[:n], annex=1).state for n in range(5)]
    assert ["verifier", *moves[1:3], "complete"] == [dossier(*moves[:n]).state for n in range(4)]


@pytest.mark.parametrize(
    ("done", "move", "who"),
    [
        ((), "department", OTHER_VERIFIER),
        ((), "supervision", SUPERVISION),
        (("verifier",), "supervision", SUPERVISION),
        (("verifier", "department"), "political", POLITICAL),
        (("verifier", "department"), "department", OTHER_VERIFIER),
        ((), "return", VERIFIER),
    ],
)
def test_each_step_is_refused_out_of_order(done: tuple[str, ...], move: Move, who: Actor) -> None:
    assert "order" == code(why_not(dossier(*done, annex=1), move, who, "同意"))


def test_a_step_in_order_by_another_with_the_role_is_taken() -> None:
    assert why_not(dossier("verifier"), "department", OTHER_VERIFIER, "同意") is None
    assert why_not(dossier("verifier", "department"), "supervision", SUPERVISION, "收") is None
    assert ["supervision", "return"] == moves_of(dossier("verifier", "department"), SUPERVISION)


def test_who_verified_does_not_approve() -> None:
    assert "same_person" == code(why_not(dossier("verifier"), "department", VERIFIER, "同意"))
    both = actor("verifier", "supervision", account="department")
    assert "same_person" == code(why_not(dossier("verifier", "department"), "supervision", both, "收"))


def test_nobody_decides_about_himself_or_his_own_unit() -> None:
    himself = replace(OTHER_VERIFIER, officer_id="P0031")
    assert "about_yourself" == code(why_not(dossier("verifier"), "department", himself, "同意"))
    own = replace(OTHER_VERIFIER, own_units=frozenset({"U04"}))
    assert "own_unit" == code(why_not(dossier("verifier"), "department", own, "同意"))
    elsewhere = replace(OTHER_VERIFIER, units=frozenset({"U05"}))
    assert "foreign_unit" == code(why_not(dossier("verifier"), "department", elsewhere, "同意"))


@pytest.mark.parametrize("who", [LEADER, OFFICER, SUPERVISION, POLITICAL])
def test_a_step_wants_its_role(who: Actor) -> None:
    assert "role" == code(why_not(dossier("verifier"), "department", who, "同意"))


def test_an_opinion_is_not_left_out() -> None:
    assert "no_opinion" == code(why_not(dossier("verifier"), "department", OTHER_VERIFIER, "  "))


def test_what_was_sent_back_begins_anew_with_the_verifier() -> None:
    sent_back = dossier("verifier", "department", "return")
    assert "verifier" == sent_back.state
    assert {} == opinions_of(2, sent_back.steps)
    assert why_not(sent_back, "verifier", VERIFIER, "已补充") is None


def test_a_void_slip_takes_no_step_and_a_complete_one_only_its_voiding() -> None:
    assert "void" == code(why_not(dossier("verifier", "void"), "department", OTHER_VERIFIER, "同意"))
    whole = dossier("verifier", "department", "supervision")
    assert "complete" == code(why_not(whole, "supervision", SUPERVISION, "收"))
    assert ["void"] == moves_of(whole, VERIFIER)


def test_a_slip_waits_while_its_incident_is_under_review_and_for_evidence_that_still_holds() -> None:
    reopened = dossier("verifier", incident=replace(UPHELD, status="reopened"))
    assert "under_review" == code(why_not(reopened, "department", OTHER_VERIFIER, "同意"))
    moved = dossier("verifier", is_current=False)
    assert "evidence_changed" == code(why_not(moved, "department", OTHER_VERIFIER, "同意"))
    assert why_not(moved, "return", OTHER_VERIFIER, "证据有变") is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"confidence": "probable"}, "no_slip"),
        ({"confidence": "suspected"}, "no_slip"),
        ({"confidence": "probable", "raised": True, "weight": "check"}, "no_slip"),
        ({"status": "verifying"}, "no_slip"),
        ({"status": "reopened"}, "no_slip"),
        ({"weight": "check"}, "no_slip"),
        ({"officer_id": None}, "no_slip"),
        ({"review": "withdrawn"}, "no_slip"),
        ({"rule": "clock-wrong", "weight": "check", "raised": True}, "no_form"),
        ({"rule": "shift-unrecorded", "weight": "check", "raised": True}, "no_form"),
    ],
)
def test_no_slip_comes_of_what_is_not_upheld_confirmed_and_about_one_person(
    change: dict[str, object], expected: str
) -> None:
    assert expected == code(place_or_refusal(replace(UPHELD, **change), VERIFIER, None, INTENT))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("sim-removed", "intent"),
        ("import-overdue", "consequence"),
        ("phone-footage-overdue", "consequence"),
        ("fault-unreported", "phone_filming"),
        ("recorder-not-carried", "breach"),
    ],
)
def test_what_telemetry_cannot_know_is_entered_before_it_becomes_a_slip(rule: str, kind: str) -> None:
    case = replace(UPHELD, rule=rule, weight="check", raised=True)
    assert "text_missing" == code(place_or_refusal(case, VERIFIER, None, {}))
    assert "text_missing" == code(place_or_refusal(case, VERIFIER, None, {kind: "  "}))  # type: ignore[dict-item]
    assert place_of(rule, None) == place_or_refusal(case, VERIFIER, None, {kind: "经查属实"})  # type: ignore[dict-item]


def test_another_annex_or_box_than_the_rules_own_is_refused() -> None:
    assert "wrong_form" == code(place_or_refusal(UPHELD, VERIFIER, (1, None), INTENT))  # type: ignore[arg-type]
    assert (2, 5) == place_or_refusal(UPHELD, VERIFIER, (2, 5), INTENT)  # type: ignore[arg-type]


def test_a_shift_without_a_recording_goes_to_annex_1_only_through_an_activity() -> None:
    assert place_of("shift-unrecorded", None) is None
    assert (1, None) == place_of("shift-unrecorded", "A7")


def test_an_unknown_word_among_the_steps_moves_nothing() -> None:
    assert "department" == state_of(2, [step(1, "verifier"), step(2, "nonsense"), step(3, "political")])
