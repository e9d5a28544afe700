"""Incidents: what one more conclusion of a rule does to one."""

from dataclasses import replace
from datetime import timedelta

from standins.incident_scene import MONDAY, finding, incident

from alerts.finding import Evidence, Subject
from alerts.incidents.revise import effective_weight, incident_id, settle

NOW = MONDAY + timedelta(hours=1)


def test_the_same_conclusion_again_changes_nothing() -> None:
    assert settle(incident(), finding(), NOW) is None


def test_a_finding_keeps_its_id_whatever_else_it_says() -> None:
    change = settle(incident(), finding(confidence="probable", weight="check"), NOW)
    assert change is not None
    assert incident_id("sim-removed", finding().key) == change.incident.incident_id
    assert (2, 2) == (change.incident.version, change.incident.revision)
    assert {"confidence": ["confirmed", "probable"], "weight": ["transfer", "check"]} == change.transition.detail


def test_confirmed_at_is_when_it_became_so_and_null_while_it_is_not() -> None:
    suspected = settle(None, finding(confidence="suspected", weight="check"), NOW)
    assert suspected is not None
    assert suspected.incident.confirmed_at is None
    later = NOW + timedelta(minutes=5)
    confirmed = settle(suspected.incident, finding(), later)
    assert confirmed is not None
    assert later == confirmed.incident.confirmed_at
    assert NOW == confirmed.incident.detected_at
    fallen = settle(confirmed.incident, finding(confidence="probable", weight="check"), later)
    assert fallen is not None
    assert fallen.incident.confirmed_at is None


def test_a_flapping_link_is_one_incident_with_a_count() -> None:
    offline = finding(rule="recorder-offline", weight="operational", cause="no_coverage")
    change = settle(None, offline, NOW)
    for n in range(3):
        assert change is not None
        change = settle(change.incident, replace(offline, standing="resolved", evidence=Evidence(f"恢复{n}")), NOW)
        assert change is not None
        assert change.incident.status == "resolved"
        change = settle(change.incident, replace(offline, evidence=Evidence(f"又断{n}")), NOW)
    assert change is not None
    assert ("open", 3) == (change.incident.status, change.incident.flaps)


def test_evidence_withdraws_it_even_while_it_is_verified() -> None:
    change = settle(incident(status="verifying"), finding(standing="withdrawn"), NOW)
    assert change is not None
    assert ("verifying", "withdrawn") == (change.transition.from_status, change.incident.status)
    assert change.transition.actor == "rule:sim-removed"


def test_an_upheld_one_is_not_silently_withdrawn_but_flagged_for_review() -> None:
    upheld = incident(status="upheld", decided_by="v")
    change = settle(upheld, finding(standing="withdrawn", subject=Subject("U05", "R0017", "P0099")), NOW)
    assert change is not None
    assert ("upheld", "withdrawn", "flagged") == (
        change.incident.status,
        change.incident.review,
        change.transition.action,
    )
    assert upheld.officer_id == change.incident.officer_id
    assert change.revision is not None
    assert not change.revision.adopted


def test_what_a_verifier_has_excused_no_rule_reopens() -> None:
    excused = incident(status="excused", decided_by="v")
    change = settle(excused, finding(evidence=Evidence("新证据")), NOW)
    assert change is not None
    assert ("excused", "noted") == (change.incident.status, change.transition.action)


def test_what_a_rule_has_excused_it_may_reopen() -> None:
    change = settle(incident(status="excused"), finding(evidence=Evidence("报备已撤销")), NOW)
    assert change is not None
    assert ("open", "reinstated") == (change.incident.status, change.transition.action)


def test_an_excused_one_is_kept_with_its_excuse_from_the_start() -> None:
    change = settle(None, finding(standing="excused", excuse="leave"), NOW)
    assert change is not None
    assert ("excused", "leave") == (change.incident.status, change.incident.excuse)


def test_an_outage_is_named_by_its_members() -> None:
    change = settle(None, finding(evidence=Evidence("", facts={"swallowed_by": "U04|2026-03-02T02:00:00Z"})), NOW)
    assert change is not None
    assert incident_id("outage", "U04|2026-03-02T02:00:00Z") == change.incident.outage_id


def test_only_a_check_is_raised() -> None:
    assert effective_weight(incident(weight="check", raised=True)) == "transfer"
    assert effective_weight(incident(weight="reminder", raised=True)) == "reminder"
