"""What can hardly be meant is refused by its field, in Chinese, unless the row says why it is right."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facts_scene import element, read

from alerts.facts.models import MODELS, Collection
from alerts.facts.plausible import Clock, Numbered, implausible, shared_numbers

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
LOADED = Clock(NOW, NOW)
UNLESS = "请核对；确实如此的，请在“放行理由”（override）中写明原因"


def told(collection: Collection, clock: Clock | None = LOADED, **changes: Any) -> list[tuple[str, str]]:
    facts = read(**{collection: [element(collection, **changes)]})
    return [(fault.field, fault.reason) for fault in implausible(facts, clock)]


def after(starts: str, **length: float) -> dict[str, str]:
    moment = datetime.fromisoformat(starts)
    return {"starts_at": starts, "ends_at": (moment + timedelta(**length)).isoformat()}


@pytest.mark.parametrize("collection", list(MODELS))
def test_what_is_usual_is_plausible(collection: Collection) -> None:
    assert [] == told(collection)


@pytest.mark.parametrize(("collection", "longest", "words"), [
    ("shifts", {"hours": 36}, "over 36 h after starts_at"), ("activities", {"hours": 48}, "over 48 h after starts_at"),
    ("assignments", {"days": 400}, "over 400 days after starts_at"), ("exemptions", {"days": 400}, "over 400 days after starts_at"),
])  # fmt: skip
def test_what_lasts_too_long_is_refused_by_its_end(
    collection: Collection, longest: dict[str, float], words: str
) -> None:
    starts = "2026-03-02T08:00:00+08:00"
    assert [] == told(collection, **after(starts, **longest))
    assert [("ends_at", words)] == told(collection, **after(starts, **longest, seconds=1))
    assert [] == told(collection, **after(starts, **longest, seconds=1), override="专项行动，局长批准")


def test_a_shift_of_36_years_is_refused_with_its_cure() -> None:
    facts = read(shifts=[element("shifts", ends_at="2062-03-02T17:00:00+08:00")])
    assert [f"facts.json：shifts[0]：结束时间：距今超过三年，{UNLESS}"] == [
        f.in_chinese() for f in implausible(facts, LOADED)
    ]
    assert [f"facts.json：shifts[0]：结束时间：比开始时间晚36小时以上，{UNLESS}"] == [
        f.in_chinese() for f in implausible(facts, None)
    ]


@pytest.mark.parametrize(("collection", "field"), [
    (collection, field) for collection, model in MODELS.items() for field in model.model_fields
    if field.endswith("_at") or field in {"valid_from", "recorded_from", "recorded_to"}
])  # fmt: skip
def test_any_time_that_is_years_away_is_refused(collection: Collection, field: str) -> None:
    far = (
        "2030-03-02T18:00:00+08:00"
        if field not in {"starts_at", "docked_at", "recorded_from"}
        else "2022-03-02T09:00:00+08:00"
    )
    changes = {field: far}
    assert (field, "over 3 years from 2026-03-02") in told(collection, **changes)
    assert [] == told(collection, **changes, override="历史资料补登")


def test_a_recording_that_is_years_away_is_refused_by_its_place() -> None:
    segments = [{"from": "2026-03-02T10:00:00+08:00", "to": "2026-03-02T10:01:00+08:00"}]
    segments += [{"from": "2016-03-02T10:00:00+08:00", "to": "2016-03-02T10:01:00+08:00"}]
    assert ["segments.1.from", "segments.1.to"] == [field for field, _ in told("dock_imports", segments=segments)]


def test_a_back_test_holds_times_against_the_time_that_passes_in_it() -> None:
    years_later = Clock(datetime(2026, 3, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC))
    assert [] == told("shifts", years_later)
    assert [("starts_at", "over 3 years from 2036-03-02"), ("ends_at", "over 3 years from 2036-03-02")] == told(
        "shifts", Clock(NOW.replace(year=2036), NOW.replace(year=2036))
    )


def test_without_a_clock_any_time_will_do() -> None:
    assert [] == told("sim_bindings", None, valid_from="1999-03-02T08:00:00+08:00")


class TestNumbers:
    IMEI = "861234567890123"
    CARD = "89860012345678901234"

    def sharing(self, *recorders: dict[str, Any], stored: list[Numbered] | None = None) -> list[tuple[str, str, str]]:
        facts = read(recorders=[element("recorders", **recorder) for recorder in recorders])
        return [(fault.place, fault.field, fault.reason) for fault in shared_numbers(facts, stored or [])]

    @pytest.mark.parametrize(("field", "value"), [("imei", IMEI), ("iccid", CARD)])
    def test_two_recorders_of_a_load_do_not_share_a_number(self, field: str, value: str) -> None:
        pair = [{"id": "R1", field: value}, {"id": "R2", field: value}]
        assert [
            ("recorders[0]", field, "the same as of recorder R2"),
            ("recorders[1]", field, "the same as of recorder R1"),
        ] == self.sharing(*pair)
        assert [] == self.sharing(pair[0], pair[1] | {"override": "双卡机，经厂家确认"})

    def test_a_card_is_the_same_with_and_without_its_filler(self) -> None:
        card = self.CARD[:19]
        assert 2 == len(self.sharing({"id": "R1", "iccid": card}, {"id": "R2", "iccid": card + "F"}))

    def test_a_recorder_does_not_share_a_number_with_one_that_is_stored(self) -> None:
        stored = [Numbered("R9", self.IMEI, None, None)]
        assert [("recorders[0]", "imei", "the same as of recorder R9")] == self.sharing(
            {"id": "R1", "imei": self.IMEI}, stored=stored
        )
        assert [] == self.sharing({"id": "R9", "imei": self.IMEI}, stored=stored)

    def test_a_number_may_move_within_one_load(self) -> None:
        stored = [Numbered("R9", None, self.CARD, None)]
        assert [] == self.sharing({"id": "R9"}, {"id": "R1", "iccid": self.CARD}, stored=stored)

    def test_the_last_word_about_a_recorder_counts(self) -> None:
        moved = [{"id": "R1", "iccid": self.CARD}, {"id": "R2", "iccid": self.CARD}, {"id": "R1"}]
        assert [] == self.sharing(*moved)

    def test_a_cancelled_recorder_has_no_numbers(self) -> None:
        gone = {"id": "R2", "imei": self.IMEI, "cancelled_at": "2026-03-01T08:00:00+08:00"}
        assert [] == self.sharing({"id": "R1", "imei": self.IMEI}, gone)

    def test_recorders_without_numbers_share_nothing(self) -> None:
        assert [] == self.sharing({"id": "R1"}, {"id": "R2"})
