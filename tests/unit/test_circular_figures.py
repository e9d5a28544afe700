"""Circulars: counts by the day of upholding, rates only where there is enough, closed months corrected in the next."""

import io
import zipfile

import openpyxl
import pytest
from pydantic import ValidationError
from standins.paper_scene import TALLIES, decision, month

from alerts.paperwork.circulars.circular_document import circular_document
from alerts.paperwork.circulars.circular_workbook import circular_workbook
from alerts.paperwork.circulars.figures import circular_of, ledger, rate_per_100
from alerts.paperwork.circulars.periods import bounds, is_period, month_before
from alerts.paperwork.circulars.scores import ScoreSettings, year_scores
from alerts.paperwork.settings import PaperSettings
from telemetry.domain.settings_table import faults_of

MARCH = month(
    "2026-03",
    decision(1, "2026-03-02"),
    decision(2, "2026-03-31"),
    decision(3, "2026-03-10", "import-overdue", "U05"),
    decision(4, "2026-03-10", unit_id="U02", stands=False),
    decision(5, "2026-02-28"),
)


def test_a_month_counts_what_was_upheld_in_it_and_still_stands() -> None:
    assert ["I1", "I3", "I2"] == [e.incident_id for e in MARCH.entries]


def test_a_unit_sees_itself_and_what_is_below_it() -> None:
    bureau = circular_of(MARCH, None, None, "全局")
    assert (3, 87, 3.45) == (bureau.total.count, bureau.total.activities, bureau.total.rate)
    detachment = circular_of(MARCH, None, "U02", "全局")
    assert ("第一大队", 3) == (detachment.unit_name, detachment.total.count)
    squad = circular_of(MARCH, None, "U04", "全局")
    assert (2, 0.98, 0.99) == (squad.total.count, squad.total.coverage, squad.total.punctuality)
    assert ("I1", "I2") == squad.total.incident_ids


@pytest.mark.parametrize(("count", "activities", "expected"), [(1, 19, None), (1, 20, 5.0), (0, 20, 0.0), (0, 0, None)])
def test_a_rate_wants_twenty_activities(count: int, activities: int, expected: float | None) -> None:
    assert expected == rate_per_100(count, activities)


def test_every_number_opens_down_to_its_incidents() -> None:
    circular = circular_of(MARCH, None, None, "全局")
    for line in (circular.total, *circular.by_rule, *circular.by_day, *circular.by_unit):
        assert line.count == len(line.incident_ids) == len(set(line.incident_ids))
    for lines in (circular.by_rule, circular.by_day, circular.by_unit):
        assert circular.total.count == sum(line.count for line in lines)


def test_a_closed_month_is_corrected_in_the_next_and_not_rewritten() -> None:
    april = month(
        "2026-04",
        decision(1, "2026-03-02", stands=False),
        decision(2, "2026-03-31", unit_id="U05"),
        decision(3, "2026-03-10", "import-overdue", "U05"),
        decision(5, "2026-02-28"),
        decision(6, "2026-04-01"),
        decision(7, "2026-03-15"),
        earlier=(MARCH,),
    )
    told = [(e.incident_id, e.kind, e.of_period, e.unit_id) for e in april.entries]
    assert [
        ("I7", "added", "2026-03", "U04"),
        ("I2", "added", "2026-03", "U05"),
        ("I6", "counted", "2026-04", "U04"),
        ("I1", "removed", "2026-03", "U04"),
        ("I2", "removed", "2026-03", "U04"),
    ] == told
    assert {"I2", "I3", "I6", "I7"} == set(ledger((MARCH, april)))
    assert 1 == circular_of(april, MARCH, None, "全局").total.count
    assert 3 == circular_of(april, MARCH, None, "全局").total.before
    may = month("2026-05", *(d for d in ()), earlier=(MARCH, april))
    assert {"removed"} == {e.kind for e in may.entries}


def test_what_was_corrected_once_is_not_corrected_again() -> None:
    decisions = (decision(2, "2026-03-31"), decision(3, "2026-03-10", "import-overdue", "U05"))
    april = month("2026-04", *decisions, earlier=(MARCH,))
    may = month("2026-05", *decisions, earlier=(MARCH, april))
    assert ["I1"] == [e.incident_id for e in april.entries]
    assert () == may.entries


def test_the_same_closed_month_is_the_same_file_whenever_it_is_produced() -> None:
    circular = circular_of(MARCH, None, None, "全局")
    assert circular_document(circular) == circular_document(circular)
    assert circular_workbook(circular) == circular_workbook(circular)


def test_the_workbook_has_charts_and_no_formula() -> None:
    body = circular_workbook(circular_of(MARCH, MARCH, None, "全局"))
    parts = zipfile.ZipFile(io.BytesIO(body)).namelist()
    assert 4 == sum(name.startswith("xl/charts/chart") for name in parts)
    book = openpyxl.load_workbook(io.BytesIO(body))
    assert ["总表", "按类型", "按单位", "按认定日期", "更正", "事件清单"] == book.sheetnames
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {"s", "n"} >= {cell.data_type for cell in cells}
    assert '\'=HYPERLINK("x")中队' in {cell.value for cell in cells}


def test_the_score_takes_off_by_weights_and_opens_down() -> None:
    scores = year_scores(2026, [MARCH], ScoreSettings(weights={"sim-removed": 60}))
    by_unit = {unit.unit_id: unit for unit in scores.units}
    assert (0.0, 99.0, 100.0) == tuple(by_unit[name].score for name in ("U04", "U05", "U02"))
    [deduction] = by_unit["U04"].deductions
    assert (2, 120.0, ("I1", "I2")) == (deduction.count, deduction.points, deduction.incident_ids)
    assert [t.unit_id for t in TALLIES] == sorted(by_unit)


@pytest.mark.parametrize(
    "table",
    [
        {"score": {"weights": {"no-such-rule": 1}}},
        {"score": {"weights": {"sim-removed": -1}}},
        {"score": {"weights": {"sim-removed": True}}},
        {"score": {"full": True}},
        {"score": 3},
        {"number_1": "无年份"},
        {"number_1": "{year}{serial}{other}"},
        {"colour": "red"},
    ],
)
def test_nonsense_in_the_settings_is_refused_by_its_name(table: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refusal:
        PaperSettings.model_validate(table)
    assert [next(iter(table))] == [path[0] for path, _ in faults_of(refusal.value)]


def test_settings_go_over_the_defaults() -> None:
    assert 7.0 == ScoreSettings(weights={"sim-removed": 7}).weights["sim-removed"]
    assert "沪城〔2026〕第3号" == PaperSettings(number_2="沪城〔{year}〕第{serial}号").numbers[2].format(
        year=2026, serial=3
    )


def test_months_begin_at_midnight_in_shanghai() -> None:
    begins, ends = bounds("2026-12")
    assert ("2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00") == (begins.isoformat(), ends.isoformat())
    assert "2025-12" == month_before("2026-01")
    assert not any(is_period(text) for text in ("2026-13", "2026-1", "../etc", "1999-01", "2026-01\n"))
