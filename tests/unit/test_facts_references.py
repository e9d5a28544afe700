"""References between facts: forward within a load, never into nothing, no unit above itself."""

import pytest
from facts_scene import element, everything, read

from alerts.facts.models import Collection
from alerts.facts.references import check_references, check_tree, named_elsewhere


def test_references_may_go_forward_within_a_load() -> None:
    facts = read(**dict(reversed(everything().items())))
    assert not any(named_elsewhere(facts).values())


@pytest.mark.parametrize(
    ("collection", "changes", "target", "named"),
    [
        ("units", {"parent_id": "U9"}, "units", "U9"),
        ("officers", {"unit_id": "U9"}, "units", "U9"),
        ("recorders", {"unit_id": "U9"}, "units", "U9"),
        ("recorders", {"holder_id": "P9"}, "officers", "P9"),
        ("assignments", {"recorder_id": "R9"}, "recorders", "R9"),
        ("assignments", {"officer_id": "P9"}, "officers", "P9"),
        ("sim_bindings", {"recorder_id": "R9"}, "recorders", "R9"),
        ("shifts", {"officer_id": "P9"}, "officers", "P9"),
        ("shifts", {"recorder_id": "R9"}, "recorders", "R9"),
        ("activities", {"officer_id": "P9"}, "officers", "P9"),
        ("activities", {"officer_ids": ["P1", "P9"]}, "officers", "P9"),
        ("activities", {"recorder_id": "R9"}, "recorders", "R9"),
        ("exemptions", {"officer_id": "P9"}, "officers", "P9"),
        ("exemptions", {"unit_id": "U9"}, "units", "U9"),
        ("fault_reports", {"officer_id": "P9"}, "officers", "P9"),
        ("fault_reports", {"recorder_id": "R9"}, "recorders", "R9"),
        ("dock_imports", {"recorder_id": "R9"}, "recorders", "R9"),
        ("phone_footage", {"officer_id": "P9"}, "officers", "P9"),
        ("phone_footage", {"fault_report_id": "F9"}, "fault_reports", "F9"),
    ],
)
def test_an_unknown_reference_is_a_fault_that_names_it(
    collection: Collection, changes: dict[str, object], target: Collection, named: str
) -> None:
    arrays = everything()
    arrays[collection] = [*arrays[collection], element(collection, id="X1", **changes)]
    facts = read(**arrays)
    assert {named} == named_elsewhere(facts)[target]
    found = check_references(facts, named_elsewhere(facts))
    field = next(iter(changes))
    assert [(f"{collection}[1]", field + (".1" if field == "officer_ids" else ""))] == [
        (f.place, f.field) for f in found
    ]
    assert named in found[0].reason
    assert named in found[0].reason_zh


def test_what_is_stored_is_no_fault() -> None:
    assert [] == check_references(read(officers=[element("officers")]), {"units": set()})


def test_a_unit_never_stands_above_itself() -> None:
    facts = read(units=[element("units", id="A", parent_id="B"), element("units", id="B", parent_id="A")])
    assert ["units[0]", "units[1]"] == [fault.place for fault in check_tree(facts, {})]


def test_a_unit_never_comes_to_stand_above_itself_through_what_is_stored() -> None:
    facts = read(units=[element("units", id="A", parent_id="C")])
    assert ["parent_id"] == [fault.field for fault in check_tree(facts, {"A": None, "B": "A", "C": "B"})]


def test_a_circle_elsewhere_is_no_fault_of_a_unit_below_it() -> None:
    facts = read(units=[element("units", id="D", parent_id="A")])
    assert [] == check_tree(facts, {"A": "B", "B": "A"})
