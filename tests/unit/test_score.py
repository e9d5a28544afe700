"""The score counts what somebody would be told of, and nothing else."""

from typing import Any

from device_sim.truth.score import as_json, as_svg, as_table, counts, score


def incident(**more: Any) -> dict[str, Any]:
    return {
        "id": "I1",
        "rule": "sim-removed",
        "cause": "sim_removed",
        "confidence": "confirmed",
        "status": "open",
        "weight": "transfer",
        "recorder_id": "R1",
        "officer_id": "P1",
        "unit_id": "U1",
        "shift_id": None,
        "activity_id": None,
        "starts_at": "2026-03-02T10:00:00+08:00",
        "ends_at": "2026-03-02T10:20:00+08:00",
        "detected_at": "2026-03-02T10:20:30+08:00",
        "confirmed_at": "2026-03-02T10:20:30+08:00",
        "evidence": {"facts": {}},
    } | more


def label(**more: Any) -> dict[str, Any]:
    return {
        "label": "incident",
        "rule": "sim-removed",
        "recorder_id": "R1",
        "officer_id": "P1",
        "shift_id": None,
        "activity_id": None,
        "starts_at": "2026-03-02T10:00:00+08:00",
        "ends_at": "2026-03-02T10:20:00+08:00",
        "decidable_at": "2026-03-02T10:20:00+08:00",
        "expected": "open",
        "observable": True,
    } | more


def test_what_was_found_counts_with_its_delay() -> None:
    rule = score([incident()], [label()]).rules["sim-removed"]
    assert (1, 0, 0, 1.0, 1.0, [30.0]) == (
        rule.found,
        rule.missed,
        rule.false,
        rule.precision,
        rule.recall,
        rule.delays_s,
    )


def test_what_nobody_is_told_of_does_not_count() -> None:
    assert not counts(incident(status="withdrawn"))
    assert not counts(incident(confidence="suspected"))
    assert not counts(incident(weight="reminder"))
    assert 1 == score([incident(status="excused")], [label()]).rules["sim-removed"].missed


def test_an_accusation_that_no_label_asks_for_is_false() -> None:
    assert 1 == score([incident(recorder_id="R2")], [label(expected="excused")]).rules["sim-removed"].false


def test_an_excuse_that_was_not_seen_is_false() -> None:
    result = score([incident()], [label(expected="excused")])
    assert 1 == result.rules["sim-removed"].false
    assert "not excused" in result.errors[0]


def test_naming_somebody_else_is_counted_apart_and_naming_nobody_is_not() -> None:
    assert 1 == score([incident(officer_id="P2")], [label()]).rules["sim-removed"].wrong_person
    assert 0 == score([incident(officer_id=None)], [label()]).rules["sim-removed"].wrong_person


def test_what_no_reading_tells_is_neither_missed_nor_found() -> None:
    rule = score([], [label(observable=False)]).rules["sim-removed"]
    assert (0, 1) == (rule.missed, rule.not_observable)


def test_causes_are_held_against_what_was_said_of_the_same_silence() -> None:
    silence = label(label="silence", rule=None, cause="no_coverage", on_duty=True)
    said = incident(rule="recorder-offline", cause="power_off", weight=None)
    result = score([said], [silence])
    assert 1 == result.causes["no_coverage", "power_off"]


def test_it_comes_as_table_json_and_picture() -> None:
    silence = label(label="silence", rule=None, cause="no_coverage", on_duty=True)
    result = score(
        [incident(), incident(rule="recorder-offline", cause="no_coverage", weight=None)], [label(), silence]
    )
    assert "sim-removed" in as_table(result)
    assert 1 == as_json(result)["rules"]["sim-removed"]["found"]
    assert as_svg(result).startswith("<svg")
