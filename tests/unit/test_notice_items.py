"""Notices: what each person is still to be told, or no longer."""

from datetime import timedelta
from typing import Any

from standins.incident_scene import incident
from standins.notice_scene import NOW, directory, item

from alerts.finding import CALLED_AT
from alerts.notices.items import ItemPlan, plan_items
from alerts.notices.routing import recipients
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import ItemRow

SENT: dict[str, Any] = {"notice_id": 7, "state": "sent"}
QUEUED: dict[str, Any] = {"notice_id": 7, "state": "queued", "is_open": True}
LEADER = {"P0001": "leader"}


def plan(about: IncidentRow, *items: ItemRow) -> ItemPlan:
    wanted = {name: told for name, told in recipients(about, directory()).items() if name == "P0001"}
    return plan_items(about, wanted, items, NOW)


def kinds(made: ItemPlan) -> list[str]:
    return [new.kind for new in made.new]


def test_who_was_told_nothing_is_told() -> None:
    assert kinds(plan(incident())) == ["new"]


def test_who_was_told_is_not_told_again() -> None:
    assert plan(incident(), item(**SENT)) == ItemPlan()


def test_he_is_told_when_it_weighs_more_or_the_cause_is_another() -> None:
    assert kinds(plan(incident(), item(**SENT, weight="check"))) == ["update"]
    assert kinds(plan(incident(), item(**SENT, cause="power_off"))) == ["update"]
    assert kinds(plan(incident(weight="check"), item(**SENT))) == []


def test_what_waits_says_what_holds_when_it_goes() -> None:
    assert plan(incident(), item(cause="power_off")) == ItemPlan()


def test_what_is_queued_with_words_that_no_longer_hold_is_recalled() -> None:
    made = plan(incident(), item(**QUEUED, cause="power_off"))
    assert ({7}, ["new"]) == (made.recall, kinds(made))


def test_what_was_told_and_holds_no_longer_is_withdrawn() -> None:
    assert kinds(plan(incident(status="withdrawn"), item(**SENT))) == ["withdrawal"]
    assert kinds(plan(incident(confidence="suspected"), item(**SENT))) == ["withdrawal"]
    assert kinds(plan(incident(outage_id="I9"), item(**SENT))) == ["withdrawal"]


def test_it_is_withdrawn_once() -> None:
    told = item(**SENT), item(item_id=2, kind="withdrawal", notice_id=8, state="sent")
    assert plan(incident(status="withdrawn"), *told) == ItemPlan()
    assert plan(incident(status="withdrawn"), item(**SENT), item(item_id=2, kind="withdrawal")) == ItemPlan()


def test_what_was_overtaken_before_it_left_is_never_sent_and_not_withdrawn() -> None:
    made = plan(incident(status="excused"), item())
    assert ({1: "excused"}, []) == (made.drop, made.new)
    made = plan(incident(status="excused"), item(**QUEUED))
    assert ({1: "excused"}, {7}, []) == (made.drop, made.recall, made.new)


def test_what_may_have_arrived_is_withdrawn() -> None:
    unsure = item(notice_id=7, state="dead", may_have_arrived=True)
    assert kinds(plan(incident(status="withdrawn"), unsure)) == ["withdrawal"]


def test_what_certainly_did_not_arrive_is_neither_withdrawn_nor_made_anew() -> None:
    dead = item(notice_id=7, state="dead")
    assert plan(incident(status="withdrawn"), dead) == ItemPlan()
    assert plan(incident(), dead) == ItemPlan()


def test_what_ended_or_was_upheld_is_not_taken_back() -> None:
    assert plan(incident(status="resolved"), item(**SENT)) == ItemPlan()
    assert plan(incident(status="upheld"), item(**SENT)) == ItemPlan()


def test_the_wrong_person_is_cleared_and_the_right_one_told() -> None:
    about = incident(officer_id="P0099")
    told = item(person="P0031", capacity="subject", **SENT)
    made = plan_items(about, {"P0099": "subject"}, [told], NOW)
    assert {("P0031", "withdrawal"), ("P0099", "new")} == {(new.person, new.kind) for new in made.new}


def test_a_leader_who_turns_out_not_to_be_the_subject_is_cleared_and_told_as_leader() -> None:
    told = item(capacity="subject", officer_id="P0001", **SENT)
    made = plan(incident(), told)
    assert [("withdrawal", "subject"), ("new", "leader")] == [(new.kind, new.capacity) for new in made.new]


def test_a_reminder_that_becomes_a_check_is_told_again_and_not_taken_back() -> None:
    reminded = item(person="P0031", capacity="wearer", weight="reminder", **SENT)
    made = plan_items(incident(), {"P0031": "subject"}, [reminded], NOW)
    assert [("update", "subject")] == [(new.kind, new.capacity) for new in made.new]


def test_a_check_that_becomes_a_reminder_is_corrected_for_the_one_and_withdrawn_for_the_others() -> None:
    told = item(person="P0031", capacity="subject", **SENT), item(item_id=2, **SENT)
    made = plan_items(incident(weight="reminder"), {"P0031": "wearer"}, told, NOW)
    assert {("P0031", "update"), ("P0001", "withdrawal")} == {(new.person, new.kind) for new in made.new}


def test_a_withdrawal_that_waits_is_dropped_when_it_holds_again() -> None:
    made = plan(incident(), item(**SENT), item(item_id=2, kind="withdrawal"))
    assert ({2: "overtaken"}, []) == (made.drop, made.new)


def test_an_escalation_that_waits_is_dropped_once_somebody_has_acknowledged() -> None:
    waiting = item(item_id=3, person="P0004", capacity="deputy", kind="escalation")
    made = plan_items(incident(status="acknowledged"), LEADER, [item(**SENT), waiting], NOW)  # type: ignore[arg-type]
    assert {3: "acknowledged"} == made.drop


def test_who_was_told_by_escalation_is_told_when_it_is_withdrawn() -> None:
    told = item(person="P0004", capacity="deputy", kind="escalation", **SENT)
    assert plan_items(incident(), LEADER, [item(**SENT), told], NOW) == ItemPlan()  # type: ignore[arg-type]
    made = plan_items(incident(status="withdrawn"), {}, [told], NOW)
    assert [("P0004", "withdrawal")] == [(new.person, new.kind) for new in made.new]


def test_maintenance_holds_what_is_new_but_no_withdrawal_and_no_sos() -> None:
    until = NOW.replace(hour=5)
    held = plan_items(incident(), LEADER, [], NOW, not_before=until)  # type: ignore[arg-type]
    assert [until] == [new.not_before for new in held.new]
    taken_back = plan_items(incident(status="withdrawn"), {}, [item(**SENT)], NOW, not_before=until)
    assert [NOW] == [new.not_before for new in taken_back.new]
    for rule in ("sos", "outage"):
        urgent = plan_items(incident(rule=rule, weight="operational"), LEADER, [], NOW, not_before=until)  # type: ignore[arg-type]
        assert [NOW] == [new.not_before for new in urgent.new]
    for capacity in ("subject", "wearer"):
        owed = plan_items(incident(), {"P0001": capacity}, [], NOW, not_before=until)
        assert [NOW] == [new.not_before for new in owed.new]


SOS: dict[str, Any] = {"rule": "sos", "weight": "operational", "cause": None}


def call_known(after: timedelta, **changes: Any) -> list[str]:
    """What the leader is still told of an SOS that he was told of, with a call that became known *after* that."""
    facts = {"calls": 2, CALLED_AT: (NOW + after).isoformat()}
    about = incident(**{**SOS, "evidence": {"key": "R0017发出SOS求助。", "facts": facts}, **changes})
    return kinds(plan(about, item(**SENT, weight="operational", cause=None)))


def test_calls_of_an_unanswered_sos_are_told_again_after_half_an_hour_and_not_before() -> None:
    assert [] == call_known(timedelta(minutes=29))
    assert ["new"] == call_known(timedelta(minutes=30))
    assert [] == call_known(timedelta(minutes=30), status="acknowledged")


def test_an_sos_is_never_told_as_an_update() -> None:
    assert ["new"] == call_known(timedelta(0), officer_id="P0099")
