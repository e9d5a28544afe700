"""Determines from its label until when imported footage must be kept (regulation 二(二)3). Pure.

重要资料 (mass incidents, matters that may stir public opinion, obstruction, expected complaints): five years at least.
Evidence of a penalty or coercion case: as long as the case file, whose date this system doesn't know. Everything else:
the regulation names no period, so the bureau's own rule applies.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from alerts.shanghai_time import SHANGHAI
from telemetry.records.retention import FootageRow
from telemetry.vocabulary import texts

FootageClass = Literal["important", "case", "ordinary"]
IMPORTANT_YEARS: Final = 5
CLASSES_ZH: Final = texts("footage_class")
_IMPORTANT: Final = re.compile("重要|重大|敏感|群体|舆情|阻碍|阻挠|妨害公务|暴力抗法|投诉")
_CASE: Final = re.compile("案件|立案|处罚|强制|证据|案号")
_CASE_NO: Final = re.compile(r"[\u4e00-\u9fff]{0,8}[〔\[（(]20\d\d[〕\]）)][\u4e00-\u9fffA-Za-z]{0,6}第?\d{1,8}号?")


@dataclass(frozen=True, slots=True)
class Retention:
    """The class of footage, the last day of retention (None: no date), and the case number if the label has one."""

    class_: FootageClass
    until: date | None
    case_no: str | None


def classify(label: str | None, recorded_to: datetime) -> Retention:
    """Classify footage. If both match, `case` takes precedence over `important`, because the case file decides."""
    text = label or ""
    number = _CASE_NO.search(text)
    if number is not None or _CASE.search(text):
        return Retention("case", None, None if number is None else number[0])
    if _IMPORTANT.search(text):
        return Retention("important", _years_after(recorded_to.astimezone(SHANGHAI).date(), IMPORTANT_YEARS), None)
    return Retention("ordinary", None, None)


def rows_of(import_id: str, version: int, content: dict[str, Any]) -> Iterator[FootageRow]:
    """The rows of one import: one per segment, or a single one if the station reported no segments."""
    segments = content.get("segments") or []
    for number, segment in enumerate(segments, 1):
        yield _row(import_id, version, number, content, (segment["from"], segment["to"], segment.get("label")))
    if not segments:
        yield _row(import_id, version, 0, content, (content["recorded_from"], content["recorded_to"], None))


def _row(
    import_id: str, version: int, number: int, content: dict[str, Any], part: tuple[str, str, str | None]
) -> FootageRow:
    begins, ends = datetime.fromisoformat(part[0]), datetime.fromisoformat(part[1])
    keep = classify(part[2], ends)
    return FootageRow(
        dock_import_id=import_id,
        version=version,
        segment=number,
        recorder_id=content["recorder_id"],
        recorded_from=begins,
        recorded_to=ends,
        label=part[2],
        class_=keep.class_,
        case_no=keep.case_no,
        keep_until=keep.until,
    )


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February: the next day, because the period is a minimum
        return date(day.year + years, 3, 1)
