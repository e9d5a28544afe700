"""Incidents: no sequence of what rules conclude and people do leaves the life that domain.md gives them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st
from rule_steps import BY_RULES
from standins.incident_scene import LEADER, MONDAY, OFFICER, OTHER_VERIFIER, VERIFIER, actor, finding

from alerts.finding import Confidence, Evidence, Standing, Subject, Weight
from alerts.incidents.actions import WORKFLOW, Action, Case, Hearing, decide, may_become_slip
from alerts.incidents.revise import Change, settle
from alerts.incidents.states import DECIDED, Status
from alerts.notices.directory import Directory, Person, Unit
from alerts.notices.items import plan_items
from alerts.notices.routing import recipients
from alerts.workflow import Refusal
from telemetry.records.incidents import IncidentRow, RevisionRow, TransitionRow
from telemetry.records.notices import ItemRow, NewItem

ACTORS = (VERIFIER, OTHER_VERIFIER, LEADER, OFFICER, actor("command_centre"), actor("head", units=frozenset({"U04"})))
DIRECTORY = Directory(
    [
        Person("P0031", "张三", "U04", frozenset({"officer"})),
        Person("P0001", "李队", "U04", frozenset({"leader"})),
        Person("P0002", "王管", "U04", frozenset({"custodian"})),
        Person("P0003", "赵大", "U04", frozenset({"head"})),
        Person("P0032", "钱六", "U04", frozenset({"officer", "leader"})),
    ],
    [Unit("U04", "第3中队", None, "squad")],
)

conclusions = st.builds(
    lambda confidence, weight, standing, officer, excuse, said, rule: (
        "rule",
        finding(
            rule=rule,
            key="k",
            confidence=confidence,
            weight=weight,
            standing=standing,
            excuse=excuse if standing == "excused" else None,
            subject=Subject("U04", "R0017", officer, shift_id="S1"),
            evidence=Evidence(said),
        ),
    ),
    st.sampled_from(get_args(Confidence)),
    st.sampled_from(get_args(Weight)),
    st.sampled_from(get_args(Standing)),
    st.sampled_from(["P0031", "P0032", None]),
    st.sampled_from(["leave", "outage"]),
    st.sampled_from(["甲", "乙", "丙"]),
    st.just("sim-removed"),
)
deeds = st.tuples(
    st.just("act"),
    st.sampled_from(get_args(Action)),
    st.sampled_from(ACTORS),
    st.sampled_from([Hearing(), Hearing(MONDAY, MONDAY + timedelta(days=3)), Hearing(MONDAY, MONDAY)]),
)
lives = st.lists(conclusions | deeds, max_size=25)


class Life:
    """One incident, lived in memory: the pure parts with what the database would keep."""

    def __init__(self) -> None:
        self.incident: IncidentRow | None = None
        self.history: list[TransitionRow] = []
        self.revisions: list[RevisionRow] = []
        self.now = MONDAY

    def take(self, step: tuple[Any, ...]) -> None:
        self.now += timedelta(minutes=1)
        if step[0] == "rule":
            change = settle(self.incident, step[1], self.now)
        elif self.incident is None:
            return
        else:
            aside = self.revisions[-1].content if self.incident.status == "upheld" else None
            case = Case(self.incident, tuple(self.history), step[3], aside)
            answer = decide(case, step[1], step[2], "理由", self.now)
            change = None if isinstance(answer, Refusal) else answer
        if change is not None:
            self.keep(change)

    def keep(self, change: Change) -> None:
        self.incident = change.incident
        self.history.append(change.transition)
        if change.revision is not None:
            self.revisions.append(change.revision)


@given(lives)
def test_every_step_is_one_that_domain_md_knows(steps: list[tuple[Any, ...]]) -> None:
    life = Life()
    for step in steps:
        life.take(step)
    by_people = {step for one in WORKFLOW.transitions.values() for step in one.states.items()}
    allowed = by_people | BY_RULES
    for row in life.history:
        assert row.to_status in get_args(Status)
        assert row.from_status == row.to_status or (row.from_status, row.to_status) in allowed
    if life.incident is not None:
        assert life.history[-1].to_status == life.incident.status
        assert list(range(1, life.incident.version + 1)) == [row.version for row in life.history]
        assert list(range(1, life.incident.revision + 1)) == [row.revision for row in life.revisions]


@given(lives)
def test_every_change_of_status_has_an_actor_who_may(steps: list[tuple[Any, ...]]) -> None:
    life = Life()
    for step in steps:
        life.take(step)
    for row in life.history:
        if row.from_status != row.to_status:
            by_rule = row.actor.startswith("rule:")
            assert by_rule == ((row.from_status, row.to_status) in BY_RULES and row.action not in get_args(Action))
            assert not (by_rule and row.from_status in DECIDED)


@given(lives)
def test_no_path_leads_from_probable_to_a_slip(steps: list[tuple[Any, ...]]) -> None:
    life = Life()
    for step in steps:
        life.take(step)
        if life.incident is not None and may_become_slip(life.incident):
            assert life.incident.confidence == "confirmed"
            assert life.incident.officer_id is not None
            assert any(row.action == "uphold" for row in life.history)


@given(lives)
def test_no_path_leads_from_suspected_or_excused_to_a_notice(steps: list[tuple[Any, ...]]) -> None:
    life = Life()
    told = Told()
    for step in steps:
        life.take(step)
        if life.incident is None:
            continue
        new = told.look(life)
        if life.incident.confidence == "suspected":
            assert {item.kind for item in new} <= {"withdrawal"}
        if life.incident.status in {"excused", "withdrawn", "dismissed", "revoked"}:
            assert {item.kind for item in new} <= {"withdrawal"}


@given(lives)
def test_in_the_end_everybody_believes_what_holds(steps: list[tuple[Any, ...]]) -> None:
    life = Life()
    told = Told()
    for step in steps:
        life.take(step)
        if life.incident is not None:
            told.look(life)
    if life.incident is None:
        return
    believers = {person for person, kind in told.last().items() if kind != "withdrawal"}
    wanted = recipients(life.incident, DIRECTORY)
    if life.incident.status in {"excused", "withdrawn", "dismissed", "revoked"}:
        assert not believers
    elif life.incident.status not in {"resolved", "upheld", "reopened"}:
        assert set(wanted) == believers
    assert told.look(life) == []


class Told:
    """What people were told; every notice arrives at once."""

    def __init__(self) -> None:
        self.items: list[ItemRow] = []

    def look(self, life: Life) -> list[NewItem]:
        assert life.incident is not None
        plan = plan_items(life.incident, recipients(life.incident, DIRECTORY), self.items, life.now)
        assert not plan.recall
        for item in plan.new:
            values = {name: getattr(item, name) for name in NewItem.__slots__}
            self.items.append(ItemRow(len(self.items) + 1, **values, notice_id=1, state="sent"))
        return plan.new

    def last(self) -> dict[str, str]:
        return {item.person: item.kind for item in self.items}


@given(lives, st.randoms(use_true_random=False))
def test_conclusions_seen_twice_change_nothing_more(steps: list[tuple[Any, ...]], random: Any) -> None:
    once, twice = Life(), Life()
    for step in steps:
        once.take(step)
        for _ in range(random.randint(1, 3) if step[0] == "rule" else 1):
            twice.take(step)
    assert _bare(once.incident) == _bare(twice.incident)


def _bare(incident: IncidentRow | None) -> IncidentRow | None:
    if incident is None:
        return None
    at = MONDAY
    return replace(incident, changed_at=at, detected_at=at, confirmed_at=incident.confirmed_at and at)


def test_the_strategy_reaches_decisions() -> None:
    steps: list[tuple[Any, ...]] = [
        ("rule", finding(key="k")),
        ("act", "verify", VERIFIER, Hearing(MONDAY, MONDAY)),
        ("act", "uphold", VERIFIER, Hearing(MONDAY, MONDAY)),
    ]
    life = Life()
    for step in steps:
        life.take(step)
    assert life.incident is not None
    assert life.incident.status == "upheld"
    assert may_become_slip(life.incident)
