"""Incidents: who may do what, and when."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from standins.incident_scene import LEADER, MONDAY, OFFICER, OTHER_VERIFIER, VERIFIER, Weekdays, actor, incident

from alerts.finding import Subject
from alerts.incidents.actions import Action, Case, Hearing, decide, may_become_slip
from alerts.incidents.actors import Actor, own_units_of
from alerts.incidents.human_actions import ByHand, hearing_of, opened_by_hand
from alerts.incidents.revise import Change
from alerts.workflow import Refusal
from telemetry.records.incidents import IncidentRow, TransitionRow

NOW = MONDAY + timedelta(hours=2)
TOLD = Hearing(NOW, NOW + timedelta(days=3))
HEARD = Hearing(NOW - timedelta(days=7), NOW - timedelta(days=4))


def done(case: Case, action: Action, who: Actor, reason: str = "理由") -> IncidentRow:
    change = decide(case, action, who, reason, NOW)
    assert isinstance(change, Change), change
    return change.incident


def refused(case: Case, action: Action, who: Actor, reason: str = "理由") -> str:
    refusal = decide(case, action, who, reason, NOW)
    assert isinstance(refusal, Refusal), refusal
    return refusal.code


def case(status: str = "open", hearing: Hearing = TOLD, **changes: Any) -> Case:
    return Case(incident(status=status, **changes), (), hearing)


def past(action: str, account: str, **detail: Any) -> TransitionRow:
    return TransitionRow("I1", 2, NOW, account, action, "open", "open", "", detail or None)


def test_a_unit_acknowledges_what_is_its_own() -> None:
    assert done(case(), "acknowledge", LEADER).status == "acknowledged"
    stranger = replace(LEADER, units=frozenset({"U05"}))
    assert refused(case(), "acknowledge", stranger) == "foreign_unit"


def test_nobody_acknowledges_an_incident_about_himself() -> None:
    assert refused(case(officer_id=LEADER.officer_id), "acknowledge", LEADER) == "about_yourself"


def test_a_wearer_acknowledges_his_own_reminder() -> None:
    assert done(case(weight="reminder", rule="battery-low"), "acknowledge", OFFICER).status == "acknowledged"


@pytest.mark.parametrize("action", ["verify", "uphold", "dismiss", "excuse", "reopen", "revoke", "raise"])
@pytest.mark.parametrize("role", ["officer", "custodian", "leader", "head", "supervision", "political", "engineer"])
def test_only_verifiers_decide(action: Action, role: Any) -> None:
    assert refused(case("verifying", HEARD), action, actor(role)) == "role"


def test_a_verifier_does_not_decide_about_himself_or_his_own_unit() -> None:
    assert refused(case(hearing=HEARD), "verify", replace(VERIFIER, officer_id="P0031")) == "about_yourself"
    assert refused(case(hearing=HEARD), "verify", replace(VERIFIER, own_units=frozenset({"U04"}))) == "own_unit"


def test_the_person_concerned_states_his_side_and_nobody_for_him() -> None:
    assert done(case("acknowledged"), "state", OFFICER, "卡槽松动").status == "statement"
    assert refused(case(), "state", LEADER) == "role"


def test_where_the_wearer_is_uncertain_the_unit_states() -> None:
    assert done(case(officer_id=None), "state", LEADER).status == "statement"


def test_verifying_waits_for_three_working_days() -> None:
    assert refused(case("acknowledged"), "verify", VERIFIER) == "being_heard"
    assert done(case("acknowledged", HEARD), "verify", VERIFIER).status == "verifying"


def test_verifying_waits_for_nothing_once_the_statement_is_in() -> None:
    stated = replace(case("statement"), history=[past("state", "o", officer_id="P0031")])
    assert done(stated, "verify", VERIFIER).status == "verifying"


def test_the_statement_of_somebody_else_does_not_count() -> None:
    stated = replace(case("statement"), history=[past("state", "o", officer_id="P0099")])
    assert refused(stated, "verify", VERIFIER) == "being_heard"


def test_a_unit_that_acknowledges_nothing_does_not_bar_the_way() -> None:
    assert done(case("open", HEARD), "verify", VERIFIER).status == "verifying"


def test_nobody_is_judged_who_was_not_told() -> None:
    assert refused(case(hearing=Hearing()), "verify", VERIFIER) == "not_told"


def test_a_hearing_over_a_provisional_year_says_so() -> None:
    running = Hearing(NOW, NOW + timedelta(days=1), is_provisional=True)
    refusal = decide(case(hearing=running), "verify", VERIFIER, "理由", NOW)
    assert isinstance(refusal, Refusal)
    assert ("being_heard", True) == (refusal.code, "暂定工作日历" in refusal.text)
    assert done(case(hearing=replace(running, until=NOW)), "verify", VERIFIER).status == "verifying"


def test_what_is_only_suspected_is_not_verified_answered_or_proposed() -> None:
    suspected = case("open", HEARD, confidence="suspected")
    assert refused(suspected, "verify", VERIFIER) == "suspected"
    assert refused(suspected, "state", OFFICER) == "suspected"


def test_who_upheld_does_not_decide_the_review() -> None:
    upheld = [past("uphold", VERIFIER.account)]
    review = replace(case("reopened", HEARD), history=upheld)
    assert refused(review, "uphold", VERIFIER) == "same_person"
    assert done(review, "revoke", OTHER_VERIFIER).status == "revoked"


def test_who_opened_it_by_hand_does_not_uphold_it() -> None:
    opened = [TransitionRow("I1", 1, NOW, VERIFIER.account, "opened", None, "open", "")]
    by_hand = replace(case("verifying", HEARD), history=opened)
    assert refused(by_hand, "uphold", VERIFIER) == "same_person"
    assert done(by_hand, "uphold", OTHER_VERIFIER).status == "upheld"


def test_decisions_need_a_reason() -> None:
    assert refused(case("verifying", HEARD), "uphold", VERIFIER, "  ") == "no_reason"


def test_a_check_is_raised_only_where_it_is_confirmed_about_one_certain_person_on_duty() -> None:
    ready = case("upheld", weight="check", decided_by="v")
    assert done(ready, "raise", VERIFIER).raised
    for changes, code in (
        ({"confidence": "probable"}, "not_confirmed"),
        ({"officer_id": None}, "no_certain_person"),
        ({"shift_id": None}, "no_duty"),
    ):
        assert refused(replace(ready, incident=replace(ready.incident, **changes)), "raise", VERIFIER) == code
    assert refused(case("upheld", weight="transfer"), "raise", VERIFIER) == "weight"


def test_a_slip_needs_upheld_transfer_confirmed_and_a_person() -> None:
    upheld = incident(status="upheld")
    assert may_become_slip(upheld)
    for changes in (
        {"status": "verifying"},
        {"weight": "check"},
        {"confidence": "probable"},
        {"officer_id": None},
        {"review": "withdrawn"},
    ):
        assert not may_become_slip(replace(upheld, **changes))


def test_a_review_looks_at_what_is_known_by_then() -> None:
    content = {
        "confidence": "probable",
        "weight": "check",
        "cause": "unknown",
        "excuse": None,
        "recorder_id": "R0017",
        "officer_id": None,
        "unit_id": "U04",
        "shift_id": None,
        "activity_id": None,
        "starts_at": "2026-03-02T02:02:00Z",
        "ends_at": None,
        "evidence": {"sentences": ["新"], "facts": {}},
        "parameters": {},
        "outage_id": None,
    }
    upheld = replace(case("upheld", decided_by="v"), set_aside=content)
    reopened = done(upheld, "reopen", OTHER_VERIFIER)
    assert ("reopened", "probable", None, None) == (
        reopened.status,
        reopened.confidence,
        reopened.officer_id,
        reopened.confirmed_at,
    )


def test_only_an_sos_is_closed_by_hand() -> None:
    centre = actor("command_centre")
    assert done(case(rule="sos", weight="operational"), "resolve", centre).status == "resolved"
    assert refused(case(rule="outage", weight="operational"), "resolve", centre) == "weight"


def test_a_proposal_is_kept_by_its_name() -> None:
    change = decide(case(), "propose", LEADER, "device_fault", NOW)
    assert isinstance(change, Change)
    assert {"proposal": "device_fault"} == change.transition.detail


def test_a_leak_is_opened_by_hand_as_a_check() -> None:
    asked = ByHand("footage-leaked", "req1", Subject("U04", None, "P0031"), MONDAY, None, "视频见于外部群")
    change = opened_by_hand(asked, actor("supervision"), NOW)
    assert isinstance(change, Change)
    assert ("open", "check", "supervision") == (change.incident.status, change.incident.weight, change.transition.actor)
    again = opened_by_hand(asked, actor("supervision"), NOW + timedelta(hours=1))
    assert isinstance(again, Change)
    assert change.incident.incident_id == again.incident.incident_id


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (actor("officer"), "role"),
        (replace(LEADER, units=frozenset({"U05"})), "foreign_unit"),
        (replace(LEADER, officer_id="P0031"), "about_yourself"),
    ],
)
def test_not_everybody_opens_by_hand(who: Actor, code: str) -> None:
    asked = ByHand("other-breach", "req1", Subject("U04", None, "P0031"), MONDAY, None, "事实")
    refusal = opened_by_hand(asked, who, NOW)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


def test_the_hearing_runs_from_the_notice_or_from_the_units_acknowledgement() -> None:
    friday = MONDAY + timedelta(days=4)
    by_notice = hearing_of([], friday, Weekdays())
    assert "2026-03-12T00:00:00+08:00" == (by_notice.until and by_notice.until.isoformat())
    acknowledged = replace(past("acknowledge", "l"), at=MONDAY)
    assert MONDAY == hearing_of([acknowledged], None, Weekdays()).told_at
    assert hearing_of([], friday, Weekdays(2026)).is_provisional


def test_a_new_person_is_heard_anew() -> None:
    history = [
        replace(past("acknowledge", "l"), version=2),
        replace(past("revised", "rule:sim-removed", officer_id=["P0031", "P0032"]), version=3),
    ]
    assert hearing_of(history, None, Weekdays()).told_at is None


def test_own_units_are_those_above_and_below_but_not_the_bureau() -> None:
    parents = {"B": None, "D1": "B", "S1": "D1", "S2": "D1", "D2": "B"}
    assert own_units_of("S1", parents, ["B"]) == {"S1", "D1"}
    assert own_units_of("D1", parents, ["B"]) == {"D1", "S1", "S2"}
    assert own_units_of("B", parents, ["B"]) == {"B"}
