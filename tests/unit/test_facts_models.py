"""Each collection of the contract: what is taken in, what is refused and how it is said."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from facts_scene import MINIMAL, element, fact, faults_in, read

from alerts.facts.models import MODELS, Activity, Collection, DockImport, Officer, Recorder, SimBinding

COLLECTIONS = list(MODELS)


def fault(collection: Collection, **changes: Any) -> tuple[str, str]:
    found = faults_in(**{collection: [element(collection, **changes)]})
    assert 1 == len(found), [str(f) for f in found]
    return found[0].field, found[0].reason


def test_there_are_the_contracts_eleven_collections() -> None:
    assert list(get_args(Collection)) == COLLECTIONS
    assert 11 == len(COLLECTIONS)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_required_fields_are_enough(collection: Collection) -> None:
    assert 1 == read(**{collection: [MINIMAL[collection]]}).counts[collection]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_unknown_fields_are_ignored(collection: Collection) -> None:
    assert fact(collection) == fact(collection, vendor_extra={"x": [1]})


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_null_is_as_good_as_missing(collection: Collection) -> None:
    optional = {name: None for name, info in MODELS[collection].model_fields.items() if not info.is_required()}
    assert fact(collection) == fact(collection, **{k: v for k, v in optional.items() if k not in MINIMAL[collection]})


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_required_field_is_missed_by_name(collection: Collection) -> None:
    for name in MINIMAL[collection]:
        lacking = {field: value for field, value in MINIMAL[collection].items() if field != name}
        assert name in [found.field for found in faults_in(**{collection: [lacking]})]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_field_has_a_chinese_column_or_the_worlds_own_name(collection: Collection) -> None:
    for name, info in MODELS[collection].model_fields.items():
        assert info.title, name
        assert not info.title.isascii() or info.title in {"ICCID", "IMEI"}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_fact_may_carry_when_it_was_entered_and_cancelled(collection: Collection) -> None:
    found = fact(collection, entered_at="2026-03-02T00:00:00Z", cancelled_at="2026-03-02T09:00:00+08:00")
    assert (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2, 1, tzinfo=UTC)) == (
        found.entered_at,
        found.cancelled_at,
    )


@pytest.mark.parametrize(
    ("collection", "changes", "field", "reason"),
    [
        ("units", {"id": "U 1"}, "id", "no id (1-32 characters of A-Z a-z 0-9 _ -)"),
        ("units", {"id": "U" * 33}, "id", "no id (1-32 characters of A-Z a-z 0-9 _ -)"),
        ("units", {"id": 17}, "id", "is no text"),
        ("units", {"name": ""}, "name", "is empty"),
        ("units", {"name": "第\x003中队"}, "name", "holds a control character"),
        ("units", {"kind": "team"}, "kind", "is none of 'bureau', 'office', 'detachment' or 'squad'"),
        (
            "units",
            {"area": {"type": "Point", "coordinates": [121.5, 31.2]}},
            "area",
            "no GeoJSON Polygon with coordinates",
        ),
        ("officers", {"role": []}, "role", "has no entry"),
        ("officers", {"role": ["boss"]}, "role.0", None),
        ("officers", {"contact": {"email": "nobody"}}, "contact.email", "no e-mail address"),
        ("recorders", {"heartbeat_s": 0}, "heartbeat_s", "under 1"),
        ("recorders", {"heartbeat_s": "30"}, "heartbeat_s", "is no whole number"),
        ("recorders", {"heartbeat_s": True}, "heartbeat_s", "is no whole number"),
        ("recorders", {"senses_sim": "yes"}, "senses_sim", "is neither true nor false"),
        ("recorders", {"imei": "86123456789012"}, "imei", "not 15 digits"),
        ("recorders", {"iccid": "8986-0012"}, "iccid", "not 18-20 characters of 0-9 A-Z"),
        ("assignments", {"starts_at": "2026-03-02 08:00"}, "starts_at", "no RFC 3339 time with an offset"),
        ("assignments", {"starts_at": "2026-02-30T08:00:00Z"}, "starts_at", "no such time"),
        ("assignments", {"ends_at": "2026-03-02T07:59:59+08:00"}, "ends_at", "is before starts_at"),
        ("shifts", {"ends_at": "2026-03-02T09:00:00+08:00"}, "ends_at", "is not after starts_at"),
        ("activities", {"ends_at": "2026-03-02T09:59:00+08:00"}, "ends_at", "is before starts_at"),
        ("activities", {"officer_ids": ["P1", "P 2"]}, "officer_ids.1", "no id (1-32 characters of A-Z a-z 0-9 _ -)"),
        ("activities", {"rounded_to_min": -1}, "rounded_to_min", "under 0"),
        ("exemptions", {"officer_id": None}, "officer_id", "missing, and unit_id too"),
        ("fault_reports", {"kind": "broken"}, "kind", "is none of 'fault', 'battery', 'storage' or 'lost'"),
        ("dock_imports", {"files": 2.5}, "files", "is no whole number"),
        ("dock_imports", {"imported_at": "2026-03-02T17:29:00+08:00"}, "imported_at", "is before docked_at"),
        ("dock_imports", {"recorded_to": "2026-03-02T09:00:00+08:00"}, "recorded_to", "is before recorded_from"),
        ("dock_imports", {"segments": [{"from": "2026-03-02T10:00:00+08:00"}]}, "segments.0.to", "missing"),
    ],
)
def test_a_fault_names_the_field_and_says_why(
    collection: Collection, changes: dict[str, Any], field: str, reason: str | None
) -> None:
    found = fault(collection, **changes)
    assert field == found[0]
    assert reason is None or reason == found[1]


@pytest.mark.parametrize(
    "coordinates",
    [
        [],
        [[[121.5, 31.2], [121.6, 31.2], [121.6, 31.3]]],
        [[[121.5, 31.2], [121.6, 31.2], [121.6, 31.3], [121.5, 31.3]]],
        [[[121.5, 91], [121.6, 31.2], [121.6, 31.3], [121.5, 91]]],
        [[[121.5, "31"], [121.6, 31.2], [121.6, 31.3], [121.5, "31"]]],
        [[[121.5, True], [121.6, 31.2], [121.6, 31.3], [121.5, True]]],
    ],
)
def test_an_area_is_a_closed_polygon_in_degrees(coordinates: list[Any]) -> None:
    assert "area" == fault("units", area={"type": "Polygon", "coordinates": coordinates})[0]


def test_an_area_is_kept_without_what_is_no_part_of_it() -> None:
    ring = [[121.5, 31.2], [121.6, 31.2], [121.6, 31.3], [121.5, 31.2]]
    unit = fact("units", area={"type": "Polygon", "coordinates": [ring], "bbox": [0, 0, 1, 1]})
    assert {"type": "Polygon", "coordinates": [ring]} == unit.model_dump()["area"]


def test_one_role_is_a_list_of_one_and_each_counts_once() -> None:
    one, twice = fact("officers", role="head"), fact("officers", role=["leader", "officer", "leader"])
    assert isinstance(one, Officer)
    assert isinstance(twice, Officer)
    assert (["head"], ["leader", "officer"]) == (one.role, twice.role)


def test_the_filler_of_a_card_number_is_dropped() -> None:
    binding, recorder = fact("sim_bindings"), fact("recorders", iccid="8986001234567890123F")
    assert isinstance(binding, SimBinding)
    assert isinstance(recorder, Recorder)
    assert ("8986001234567890123", "8986001234567890123") == (binding.iccid, recorder.iccid)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert fact("recorders", heartbeat_s=30) == fact("recorders", heartbeat_s=30.0)


def test_the_register_has_the_contracts_defaults() -> None:
    recorder = fact("recorders")
    assert isinstance(recorder, Recorder)
    assert (30, False, "service") == (recorder.heartbeat_s, recorder.senses_sim, recorder.status)


def test_a_team_is_everybody_once_with_the_officer_of_the_activity_first() -> None:
    activity = fact("activities", officer_id="P1", officer_ids=["P2", "P1", "P3"])
    assert isinstance(activity, Activity)
    assert ("P1", "P2", "P3") == activity.team


def test_a_short_activity_of_rounded_times_may_begin_and_end_at_once() -> None:
    activity = fact("activities", ends_at="2026-03-02T10:00:00+08:00", rounded_to_min=30)
    assert isinstance(activity, Activity)
    assert activity.starts_at == activity.ends_at


def test_segments_that_are_missing_are_not_segments_that_are_none() -> None:
    missing, none = fact("dock_imports"), fact("dock_imports", segments=[])
    assert isinstance(missing, DockImport)
    assert isinstance(none, DockImport)
    assert (None, []) == (missing.segments, none.segments)


def test_the_same_moment_with_another_offset_is_the_same_fact() -> None:
    assert fact("activities") == fact("activities", starts_at="2026-03-02T02:00:00Z")
