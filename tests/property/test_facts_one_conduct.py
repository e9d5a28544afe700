"""However rows of one conduct are split, ordered and loaded again: no two facts of a load share a conduct, none is lost."""

from typing import Any

from facts_scene import element, read
from hypothesis import given
from hypothesis import strategies as st

from alerts.facts.elements import Element
from alerts.facts.models import Activity
from alerts.facts.same_conduct import Conduct, Stored, as_one, conducts_of, taken_as

people = st.lists(st.sampled_from(["P1", "P2", "P3", "P4", "P5"]), min_size=1, max_size=3, unique=True)
rows = st.lists(
    st.tuples(
        people, st.sampled_from([10, 11]), st.sampled_from(["inspection", "penalty"]), st.sampled_from([None, "案1"])
    ),
    min_size=1,
    max_size=8,
)


def elements(drawn: list[tuple[Any, ...]]) -> list[Element]:
    return read(
        activities=[
            element(
                "activities",
                id=f"C{n}",
                officer_id=team[0],
                officer_ids=team,
                kind=kind,
                starts_at=f"2026-03-02T{hour}:00:00+08:00",
                ends_at=f"2026-03-02T{hour}:30:00+08:00",
            )
            | ({} if case_no is None else {"case_no": case_no})
            for n, (team, hour, kind, case_no) in enumerate(drawn)
        ]
    ).elements["activities"]


def as_written(found: list[Element], stored: Stored | None = None) -> dict[str, Activity]:
    written, _ = as_one(found, taken_as(found, stored or Stored()), {})
    return {one.fact.id: one.fact for one in written if isinstance(one.fact, Activity)}


def conducts(of: dict[str, Activity]) -> list[Conduct]:
    return [conduct for fact in of.values() for conduct in conducts_of(fact)]


@given(rows)
def test_no_two_facts_share_a_conduct_and_nobodys_is_lost(drawn: list[tuple[Any, ...]]) -> None:
    found = elements(drawn)
    written = as_written(found)
    people_in = [conduct for conduct in conducts(written) if conduct.officer_id is not None]
    assert len(set(people_in)) == len(people_in)
    assert {conduct for one in found for conduct in conducts_of(one.fact) if conduct.officer_id} == set(people_in)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_names_and_nothing_else(drawn: list[tuple[Any, ...]], chance: Any) -> None:
    shuffled = list(drawn)
    chance.shuffle(shuffled)
    teams = [
        sorted((sorted(fact.team), fact.starts_at, fact.kind) for fact in as_written(elements(some)).values())
        for some in (drawn, shuffled)
    ]
    assert teams[0] == teams[1]


@given(rows)
def test_what_is_loaded_again_under_new_ids_adds_no_fact(drawn: list[tuple[Any, ...]]) -> None:
    written = as_written(elements(drawn))
    alike = {conduct: fact_id for fact_id, fact in written.items() for conduct in conducts_of(fact)}
    again = read(
        activities=[
            one.fact.model_dump(mode="json", exclude_none=True) | {"id": f"N{n}"}
            for n, one in enumerate(elements(drawn))
        ]
    ).elements["activities"]
    assert set(written) >= set(as_written(again, Stored(alike=alike)))
