"""勤务与录制: shifts and activities, how much of them was recorded, silences and imports."""

from typing import Final

from dashboards.board import Board, Site
from dashboards.fields import DEVICES, ENTRIES, MEGABYTES, PERCENT, SECONDS, TIMES, TIMESTAMP, Field
from dashboards.panels import Panel, stat_panel, table_panel, time_series_panel
from dashboards.query import statements
from dashboards.words import OUTAGES, SCOPES

_SQL: Final = statements("duty")
_WARNING: Final = ((None, "text"), (1, "red"))


def board(_: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-duty",
        "duty",
        "勤务与录制",
        "班次和执法活动按所属人员的单位计；录制时长按每分钟上报估计，认定以控制台的时间轴为准。",
        "1m",
        "now-24h",
        [*_activity_charts(), *_silence_and_import_charts(), *_unit_tables(), *_outage_table()],
    )


def _activity_charts() -> list[Panel]:
    return [
        stat_panel(
            "现在与所选时段",
            _SQL["now"],
            [
                Field("shifts", "正在进行的班次", TIMES),
                Field("activities", "正在进行的活动", TIMES),
                Field("ended", "时段内结束的活动", TIMES),
                Field("unrecorded", "其中未见录制", TIMES, thresholds=_WARNING),
                Field("incomplete", "其中录制不完整", TIMES, thresholds=_WARNING),
            ],
            size=(24, 4),
        ),
        time_series_panel(
            "班次、在线与录制",
            _SQL["carried"],
            [
                Field("shifts", "需带记录仪的班次", TIMES),
                Field("heard", "有上报的记录仪", DEVICES),
                Field("recorded", "有录制的记录仪", DEVICES),
            ],
            size=(12, 8),
        ),
        time_series_panel(
            "录制时长（估计）",
            _SQL["recorded"],
            [Field("recorded_s", "录制时长", SECONDS, 1)],
            size=(12, 8),
            stacked_bars=True,
        ),
    ]


def _silence_and_import_charts() -> list[Panel]:
    return [
        time_series_panel(
            "在岗失联",
            _SQL["silences"],
            [
                Field("in_outage", "断网", TIMES),
                Field("sim_removed", "SIM卡脱离", TIMES),
                Field("device", "关机、没电或故障", TIMES),
                Field("network", "信号或网络", TIMES),
                Field("other", "原因不明或其他", TIMES),
            ],
            size=(12, 8),
            stacked_bars=True,
            about="失联不等于违规：原因以恢复后的证据为准。",
        ),
        time_series_panel(
            "视音频导入",
            _SQL["imports"],
            [Field("megabytes", "导入量", MEGABYTES, 1), Field("files", "文件", ENTRIES)],
            size=(12, 8),
        ),
    ]


def _unit_tables() -> list[Panel]:
    return [
        table_panel(
            "各单位：班次与活动",
            _SQL["duties_by_unit"],
            [
                Field("unit_name", "单位"),
                Field("shifts", "班次", TIMES),
                Field("activities", "活动", TIMES),
                Field("unrecorded", "未见录制", TIMES, thresholds=_WARNING),
                Field("incomplete", "录制不完整", TIMES, thresholds=_WARNING),
                Field("recorded_pct", "有录制的活动", PERCENT, 1),
            ],
            size=(12, 12),
        ),
        table_panel(
            "各单位：录制与导入",
            _SQL["footage_by_unit"],
            [
                Field("unit_name", "单位"),
                Field("recorded_s", "录制时长（估计）", SECONDS, 1),
                Field("imports", "导入", TIMES),
                Field("megabytes", "导入量", MEGABYTES, 1),
                Field("delay_s", "录后多久导入（平均）", SECONDS, 1),
            ],
            size=(12, 12),
        ),
    ]


def _outage_table() -> list[Panel]:
    return [
        table_panel(
            "断网",
            _SQL["outages"],
            [
                Field("starts_at", "开始", TIMESTAMP),
                Field("ends_at", "结束", TIMESTAMP),
                Field("scope", "范围", words=SCOPES),
                Field("name", "名称"),
                Field("kind", "类型", words=OUTAGES),
                Field("affected", "受影响", DEVICES),
            ],
            size=(24, 8),
        ),
    ]
