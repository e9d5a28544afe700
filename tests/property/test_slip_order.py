"""Slips: no order of steps, by whomever, reaches an undefined state, and nothing that is not confirmed a slip."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from standins.incident_scene import MONDAY, incident

from alerts.finding import Confidence, Weight
from alerts.incidents.actors import Actor, Role
from alerts.incidents.states import Status
from alerts.paperwork.slips.forms import FORMS, Annex
from alerts.paperwork.slips.opinions import (
    WORKFLOWS,
    Dossier,
    Move,
    State,
    opinions_of,
    place_or_refusal,
    state_of,
)
from alerts.workflow import Attempt, Refusal
from telemetry.records.slips import SlipStepRow

MOVES: tuple[Move, ...] = get_args(Move)
ACTORS = st.builds(
    Actor,
    account=st.sampled_from("abcdef"),
    roles=st.frozensets(st.sampled_from(get_args(Role)), max_size=3),
    own_units=st.frozensets(st.sampled_from(["U04", "U90"]), max_size=1),
    officer_id=st.sampled_from([None, "P0031", "P0099"]),
)
UPHELD = incident(status="upheld")


@given(st.sampled_from([1, 2]), st.lists(st.tuples(st.sampled_from(MOVES), ACTORS), max_size=25))
def test_no_order_of_steps_reaches_an_undefined_state(annex: Annex, tries: list[tuple[Move, Actor]]) -> None:
    rows: list[SlipStepRow] = []
    for move, who in tries:
        before = state_of(annex, rows)
        dossier = Dossier(annex, "issuer", rows, UPHELD, [], is_current=True)
        if WORKFLOWS[annex].refusal(move, Attempt(dossier, who, "同意", MONDAY)) is not None:
            continue
        rows.append(SlipStepRow("s", len(rows) + 1, MONDAY + timedelta(hours=len(rows)), who.account, move, "同意"))
        after = state_of(annex, rows)
        assert after in get_args(State)
        assert before != "void"
        assert after == "void" if move == "void" else after != before
        if move not in {"void", "return"}:
            assert before == move
    given_by = [row.account for row in opinions_of(annex, rows).values()]
    assert len(given_by) == len(set(given_by))
    assert list(opinions_of(annex, rows)) == list(FORMS[annex].steps[: len(given_by)])


@given(
    status=st.sampled_from(get_args(Status)),
    confidence=st.sampled_from(get_args(Confidence)),
    weight=st.sampled_from(get_args(Weight)),
    raised=st.booleans(),
    officer_id=st.sampled_from([None, "P0031"]),
    who=ACTORS,
)
def test_no_path_leads_from_what_is_only_probable_to_a_slip(
    status: Status, confidence: Confidence, weight: Weight, *, raised: bool, officer_id: str | None, who: Actor
) -> None:
    case = replace(UPHELD, status=status, confidence=confidence, weight=weight, raised=raised, officer_id=officer_id)
    answer = place_or_refusal(case, who, None, {"intent": "故意"})
    if not isinstance(answer, Refusal):
        assert ("upheld", "confirmed") == (case.status, case.confidence)
        assert case.officer_id is not None
        assert "verifier" in who.roles
