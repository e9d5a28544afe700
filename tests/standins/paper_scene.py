"""Test helper: builders for slips and their steps, and for the figures of months."""

from datetime import date, timedelta
from typing import Any

from standins.incident_scene import MONDAY, incident

from alerts.finding import Evidence
from alerts.paperwork.circulars.figures import Decision, Figures, Tally, figures_of
from alerts.paperwork.slips.content import Names, content_of, evidence_hash
from alerts.paperwork.slips.forms import NUMBERS, Annex
from telemetry.records.incidents import TransitionRow
from telemetry.records.slips import SlipRow, SlipStepRow

SAID = Evidence(
    "R0017于3月2日10:02至10:29检测不到SIM卡（连续27分钟，28条报告）。",
    (
        "同一小区（460-00-12345-678）另有11台记录仪其间在线。",
        "失联前1分钟电量76%，信号RSRP −84 dBm；同一次开机（b7f…），运行时长14210秒→15890秒连续，未关机。",
    ),
    ("设备于10:29自行恢复，其间无人登录。",),
    ("是否人为、是否故意，系统不能判断。",),
    {"n": 28},
)


def slip(
    annex: Annex = 2, *, statement: str | None = "当日卡槽松动，本人未拔卡。", is_void: bool = False, **texts: str
) -> SlipRow:
    """The slip of a SIM removal (annex 2 №5), or of an unrecorded activity (annex 1)."""
    rule, box, activity = ("sim-removed", 5, None) if annex == 2 else ("activity-unrecorded", None, "A77")
    upheld = incident(rule=rule, status="upheld", activity_id=activity, evidence=SAID.as_values())
    name = upheld.incident_id
    history = [TransitionRow(name, 4, MONDAY + timedelta(days=4), "v1", "uphold", "verifying", "upheld", "核查属实")]
    if statement is not None:
        said = {"officer_id": "P0031"}
        at = MONDAY + timedelta(hours=5)
        history.insert(0, TransitionRow(name, 2, at, "p31", "state", "open", "statement", statement, said))
    content: Any = content_of(upheld, history, Names("第3中队", "张三", "督察大队"), (annex, box), texts)  # type: ignore[arg-type]
    return SlipRow(
        slip_id=f"A{annex}-2026-0007",
        incident_id=name,
        annex=annex,
        year=2026,
        serial=7,
        number=NUMBERS[annex].format(year=2026, serial=7),
        issued_at=MONDAY + timedelta(days=4),
        issued_by="v1",
        unit_id="U04",
        officer_id="P0031",
        content=content.as_values(),
        evidence_sha256=evidence_hash(content.evidence),
        is_void=is_void,
    )


def opinion(version: int, step: str, text: str, days: int) -> SlipStepRow:
    """A step of that slip, some days after the incident."""
    return SlipStepRow("A2-2026-0007", version, MONDAY + timedelta(days=days), f"account-{step}", step, text)


TALLIES = (
    Tally("U01", "执法局", None, "bureau"),
    Tally("U02", "第一大队", "U01", "detachment", 25, 36_000.0, 32_400.0, 40, 38),
    Tally("U04", "第3中队", "U02", "squad", 50, 90_000.0, 88_200.0, 100, 99),
    Tally("U05", '=HYPERLINK("x")中队', "U02", "squad", 12, 7_200.0, 7_200.0, 0, 0),
)


def decision(
    number: int, day: str, rule: str = "sim-removed", unit_id: str = "U04", *, stands: bool = True
) -> Decision:
    """An incident upheld on a day."""
    return Decision(f"I{number}", rule, unit_id, date.fromisoformat(day), stands)


def month(period: str, *decisions: Decision, earlier: tuple[Figures, ...] = (), is_closed: bool = True) -> Figures:
    """A month's figures."""
    as_of = f"{period}-28T09:00:00+08:00"
    return figures_of(period, decisions, TALLIES, earlier, as_of=as_of, closed_by="sup" if is_closed else None)
