"""The content of a slip, fixed when it is issued, and the hash by which copies are checked. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from alerts.finding import Evidence
from alerts.paperwork.slips.forms import CLAUSES, CONDUCT, REGULATION, TEXT_LABELS, Annex, TextKind
from alerts.shanghai_time import SHANGHAI
from telemetry.records.incidents import IncidentRow, TransitionRow

_SAID: Final = ("key", "reasons", "pleas", "limits", "sentences")
"""Fields with an incident's sentences; `sentences` is from version 0.1, so that old slips keep their hash."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of unit, officer and department on the day of issue."""

    unit: str
    officer: str
    department: str


@dataclass(frozen=True, slots=True)
class Statement:
    """情况说明: a statement of the person concerned, and its time."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class SlipContent:
    """The content of a slip; `evidence` has JSON values and is what the hash covers."""

    annex: Annex
    box: int | None
    department: str
    unit: str
    officer: str
    evidence: dict[str, Any]

    def as_values(self) -> dict[str, Any]:
        """The content as stored."""
        return asdict(self)


def content_of(
    incident: IncidentRow,
    history: Sequence[TransitionRow],
    names: Names,
    place: tuple[Annex, int | None],
    texts: Mapping[TextKind, str],
) -> SlipContent:
    """The content of the slip of an upheld incident."""
    annex, box = place
    return SlipContent(annex, box, names.department, names.unit, names.officer, evidence_of(incident, history, texts))


def evidence_of(
    incident: IncidentRow, history: Sequence[TransitionRow], texts: Mapping[TextKind, str]
) -> dict[str, Any]:
    """The evidence on a slip: conduct, measurements, thresholds, statements, and the decision."""
    upheld = [row for row in history if row.action == "uphold"]
    return {
        "incident_id": incident.incident_id,
        "rule": incident.rule,
        "cause": incident.cause,
        "confidence": incident.confidence,
        "starts_at": _moment(incident.starts_at),
        "ends_at": _moment(incident.ends_at),
        "recorder_id": incident.recorder_id,
        "officer_id": incident.officer_id,
        "unit_id": incident.unit_id,
        "shift_id": incident.shift_id,
        "activity_id": incident.activity_id,
        **{name: incident.evidence[name] for name in _SAID if name in incident.evidence},
        "facts": incident.evidence.get("facts", {}),
        "parameters": incident.parameters,
        "statements": [asdict(statement) for statement in statements_of(incident, history)],
        "upheld_at": _moment(upheld[-1].at) if upheld else None,
        "upheld_because": upheld[-1].reason if upheld else None,
        "texts": {kind: text.strip() for kind, text in sorted(texts.items()) if text.strip()},
    }


def statements_of(incident: IncidentRow, history: Sequence[TransitionRow]) -> list[Statement]:
    """The statements of the person concerned, oldest first."""
    return [
        Statement(row.at.astimezone(SHANGHAI).isoformat(timespec="minutes"), row.reason)
        for row in history
        if row.action == "state" and (row.detail or {}).get("officer_id") == incident.officer_id
    ]


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no blanks, unescaped UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def evidence_hash(evidence: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of *evidence*, in hexadecimal."""
    return hashlib.sha256(canonical(evidence).encode()).hexdigest()


def established(content: SlipContent) -> list[str]:
    """认定内容/检查情况: facts, times and evidence in plain official Chinese, one paragraph each."""
    evidence = content.evidence
    said = Evidence.of(evidence)
    lines = [
        f"{_period(evidence)}，{content.unit}{content.officer}{_capacity(evidence)}，{CONDUCT[evidence['rule']]}。"
    ]
    lines += _listed("查明的事实和证据：", [one for one in (said.key, *said.reasons) if one])
    lines += _listed("对当事人有利的情节：", said.pleas)
    lines += [f"系统无法判断的事项：{''.join(said.limits)}"] if said.limits else []
    lines += [f"{TEXT_LABELS[kind]}：{text}" for kind, text in evidence["texts"].items()]
    if evidence["upheld_because"]:
        lines.append(f"核查认定：{evidence['upheld_because']}（{_day(evidence['upheld_at'])}）")
    lines.append(f"依据：{REGULATION}{CLAUSES[content.box]}。")
    lines.append("当事人情况说明附后。" if evidence["statements"] else "当事人在陈述期限内未提交情况说明。")
    return lines


def _period(evidence: Mapping[str, Any]) -> str:
    start = datetime.fromisoformat(evidence["starts_at"]).astimezone(SHANGHAI)
    said = f"{start:%Y}年{start.month}月{start.day}日{start:%H:%M}"
    if evidence["ends_at"] is None:
        return f"{said}起"
    end = datetime.fromisoformat(evidence["ends_at"]).astimezone(SHANGHAI)
    if end - start < timedelta(minutes=1):
        return said
    if end.date() == start.date():
        return f"{said}至{end:%H:%M}"
    return f"{said}至{end.month}月{end.day}日{end:%H:%M}"


def _capacity(evidence: Mapping[str, Any]) -> str:
    parts = [f"人员编号{evidence['officer_id']}"]
    labels = (("recorder_id", "执法记录仪"), ("activity_id", "执法活动"), ("shift_id", "班次"))
    parts += [f"{label}{evidence[name]}" for name, label in labels if evidence[name]]
    return f"（{'，'.join(parts)}）"


def _listed(heading: str, sentences: Sequence[str]) -> list[str]:
    if not sentences:
        return []
    return [heading, *(f"{number}. {sentence}" for number, sentence in enumerate(sentences, 1))]


def _day(moment: str) -> str:
    at = datetime.fromisoformat(moment).astimezone(SHANGHAI)
    return f"{at:%Y}年{at.month}月{at.day}日"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(SHANGHAI).isoformat()
