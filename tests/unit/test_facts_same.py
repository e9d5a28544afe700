"""One conduct is one fact, however often and under how many ids it was entered."""

from typing import Any

import pytest
from facts_scene import element, fact, read

from alerts.facts.elements import Element
from alerts.facts.fields import MAX_TEAM, Fact
from alerts.facts.models import Collection
from alerts.facts.same_conduct import Stored, as_one, conducts_of, taken_as


def elements(collection: Collection, *changes: dict[str, Any]) -> list[Element]:
    return read(**{collection: [element(collection, **change) for change in changes]}).elements[collection]


def joined(
    collection: Collection,
    *changes: dict[str, Any],
    stored: Stored | None = None,
    before: dict[str, Fact] | None = None,
) -> tuple[list[Any], list[str]]:
    found = elements(collection, *changes)
    written, told = as_one(found, taken_as(found, stored or Stored()), before or {})
    return [one.fact for one in written], [f"{fault.place} {fault.reason}" for fault in told]


@pytest.mark.parametrize("collection", ["shifts", "activities"])
def test_the_same_people_times_and_kind_are_one_with_a_word_about_it(collection: Collection) -> None:
    facts, told = joined(collection, {"id": "X1"}, {"id": "X2"})
    assert ["X1", "X1"] == [one.id for one in facts]
    assert facts[0] == facts[1]
    assert [f"{collection}[1] taken as X1: the same conduct"] == told


@pytest.mark.parametrize("change", [
    {"officer_id": "P2"}, {"kind": "campaign"}, {"starts_at": "2026-03-02T09:00:01+08:00"}, {"ends_at": "2026-03-02T16:59:59+08:00"},
    {"override": "同一时段两项任务"}, {"cancelled_at": "2026-03-02T08:00:00+08:00"},
])  # fmt: skip
def test_what_differs_or_says_so_is_another(change: dict[str, Any]) -> None:
    facts, told = joined("shifts", {"id": "S1"}, {"id": "S2"} | change)
    assert (["S1", "S2"], []) == ([one.id for one in facts], told)


def test_the_same_moment_with_another_offset_is_the_same() -> None:
    facts, _ = joined("shifts", {"id": "S1"}, {"id": "S2", "starts_at": "2026-03-02T01:00:00Z"})
    assert ["S1", "S1"] == [one.id for one in facts]


def test_a_team_is_one_whoever_of_it_is_named_first() -> None:
    facts, _ = joined(
        "activities",
        {"id": "C1", "officer_id": "P1", "officer_ids": ["P1", "P2"]},
        {"id": "C2", "officer_id": "P2", "officer_ids": ["P2", "P1"]},
        {"id": "C3", "officer_id": "P2"},
    )
    assert [("C1", ("P1", "P2"))] * 3 == [(one.id, one.team) for one in facts]


def test_a_team_that_is_listed_person_by_person_before_it_is_named_is_one() -> None:
    facts, _ = joined(
        "activities",
        {"id": "C1", "officer_id": "P1"},
        {"id": "C2", "officer_id": "P2"},
        {"id": "C3", "officer_ids": ["P1", "P2"]},
    )
    assert ["C3"] * 3 == [one.id for one in facts]
    assert {"P1", "P2"} == set(facts[-1].team)


def test_one_case_at_one_time_is_one_team() -> None:
    case = {"case_no": "示例案〔2026〕1号"}
    facts, _ = joined("activities", {"id": "C1", "officer_id": "P1"} | case, {"id": "C2", "officer_id": "P2"} | case)
    assert [("C1", ("P1", "P2"))] * 2 == [(one.id, one.team) for one in facts]


@pytest.mark.parametrize("case_no", [None, "无", "待定"])
def test_others_who_do_the_same_at_the_same_time_are_others(case_no: str | None) -> None:
    facts, told = joined(
        "activities",
        {"id": "C1", "officer_id": "P1", "case_no": case_no},
        {"id": "C2", "officer_id": "P2", "case_no": case_no},
    )
    assert (["C1", "C2"], []) == ([one.id for one in facts], told)


def test_what_the_second_row_leaves_out_stays_and_what_it_says_counts() -> None:
    facts, _ = joined(
        "shifts",
        {"id": "S1", "recorder_id": "R1", "entered_at": "2026-03-01T08:00:00+08:00"},
        {"id": "S2"},
        {"id": "S3", "recorder_id": "R2"},
    )
    assert ["R1", "R1", "R2"] == [one.recorder_id for one in facts]
    assert 1 == len({one.entered_at for one in facts})


class TestAgainstWhatIsStored:
    S1 = fact("shifts", id="S1", recorder_id="R1")

    def test_a_second_import_under_new_ids_is_the_first(self) -> None:
        stored = Stored(alike={conducts_of(self.S1)[0]: "S1"})
        facts, told = joined("shifts", {"id": "N1"}, stored=stored, before={"S1": self.S1})
        assert [self.S1] == facts
        assert ["shifts[0] taken as S1: the same conduct"] == told

    def test_what_was_taken_as_another_goes_on_as_that(self) -> None:
        stored = Stored(aliases={"N1": "S1"})
        moved = {"id": "N1", "ends_at": "2026-03-02T18:00:00+08:00", "cancelled_at": "2026-03-02T08:00:00+08:00"}
        (shift,), _ = joined("shifts", moved, stored=stored, before={"S1": self.S1})
        assert ("S1", "R1", 10) == (shift.id, shift.recorder_id, shift.ends_at.hour)
        assert shift.cancelled_at is not None

    def test_what_is_stored_keeps_its_id(self) -> None:
        facts, told = joined("shifts", {"id": "S1"}, {"id": "S2"}, stored=Stored(ids=frozenset({"S1", "S2"})))
        assert (["S1", "S2"], []) == ([one.id for one in facts], told)

    def test_what_is_new_is_taken_as_what_is_stored_and_not_the_other_way_round(self) -> None:
        facts, _ = joined("shifts", {"id": "N1"}, {"id": "S1"}, stored=Stored(ids=frozenset({"S1"})))
        assert ["S1", "S1"] == [one.id for one in facts]

    def test_a_fact_that_was_moved_to_another_time_is_no_longer_alike(self) -> None:
        moved = {"id": "S1", "ends_at": "2026-03-02T18:00:00+08:00"}
        facts, _ = joined("shifts", moved, {"id": "N1"}, stored=Stored(ids=frozenset({"S1"})))
        assert ["S1", "N1"] == [one.id for one in facts]


def test_a_team_of_very_many_is_still_a_fact() -> None:
    case = {"case_no": "1"}
    crowd = [f"P{n}" for n in range(MAX_TEAM)]
    more = [f"Q{n}" for n in range(MAX_TEAM)]
    facts, _ = joined("activities", {"id": "C1", "officer_ids": crowd} | case, {"id": "C2", "officer_ids": more} | case)
    assert MAX_TEAM >= len(facts[1].officer_ids)
    type(facts[1]).model_validate_json(facts[1].model_dump_json(exclude_none=True))
