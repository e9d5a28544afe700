"""勤务与录制: shifts and activities, how much of them was recorded, silences and imports."""

from typing import Final

from dashboards.board import Board, Site
from dashboards.fields import DEVICES, ENTRIES, MEGABYTES, PERCENT, SECONDS, TIMES, TIMESTAMP, Field, count_of
from dashboards.panels import Panel, stat_panel, table_panel, time_series_panel
from dashboards.query import statements
from dashboards.words import NO_COLOUR, RED, word, words

_SQL: Final = statements("duty")
_WARNING: Final = ((None, NO_COLOUR), (1, RED))


def board(_: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-duty",
        "duty",
        "勤务与录制",
        "班次和执法活动按所属人员的单位计；录制时长按每分钟的消息估算，认定以控制台的时间线为准。",
        "1m",
        "now-24h",
        [*_activity_charts(), *_silence_and_import_charts(), *_unit_tables(), *_outage_table()],
    )


def _activity_charts() -> list[Panel]:
    return [
        stat_panel(
            "当前与所选时段",
            _SQL["now"],
            [
                Field("shifts", "正在进行的班次", TIMES),
                Field("activities", "正在进行的执法活动", TIMES),
                Field("ended", "时段内结束的执法活动", TIMES),
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
                Field("heard", "有消息的记录仪", DEVICES),
                Field("recorded", "有录制的记录仪", DEVICES),
            ],
            size=(12, 8),
        ),
        time_series_panel(
            "录制时长（估算）",
            _SQL["recorded"],
            [Field("recorded_s", "录制时长", SECONDS, 1)],
            size=(12, 8),
            stacked_bars=True,
        ),
    ]


def _silence_and_import_charts() -> list[Panel]:
    return [
        time_series_panel(
            "在岗静默",
            _SQL["silences"],
            [
                Field("in_outage", word("state", "outage"), TIMES),
                count_of("cause", "sim_removed", TIMES),
                Field("device", "关机、电量耗尽或设备故障", TIMES),
                Field("network", "无信号或基站断网", TIMES),
                Field("other", "原因不明或其他", TIMES),
            ],
            size=(12, 8),
            stacked_bars=True,
            about="静默不等于违规，原因以恢复后的证据为准。",
        ),
        time_series_panel(
            "视音频导入",
            _SQL["imports"],
            [Field("megabytes", "导入量", MEGABYTES, 1), Field("files", "文件数", ENTRIES)],
            size=(12, 8),
        ),
    ]


def _unit_tables() -> list[Panel]:
    return [
        table_panel(
            "各单位：班次与执法活动",
            _SQL["duties_by_unit"],
            [
                Field("unit_name", "单位"),
                Field("shifts", "班次", TIMES),
                Field("activities", "执法活动", TIMES),
                Field("unrecorded", "未见录制", TIMES, thresholds=_WARNING),
                Field("incomplete", "录制不完整", TIMES, thresholds=_WARNING),
                Field("recorded_pct", "有录制的执法活动", PERCENT, 1),
            ],
            size=(12, 12),
        ),
        table_panel(
            "各单位：录制与导入",
            _SQL["footage_by_unit"],
            [
                Field("unit_name", "单位"),
                Field("recorded_s", "录制时长（估算）", SECONDS, 1),
                Field("imports", "导入", TIMES),
                Field("megabytes", "导入量", MEGABYTES, 1),
                Field("delay_s", "导入用时（平均）", SECONDS, 1),
            ],
            size=(12, 12),
        ),
    ]


def _outage_table() -> list[Panel]:
    return [
        table_panel(
            word("state", "outage"),
            _SQL["outages"],
            [
                Field("starts_at", "开始", TIMESTAMP),
                Field("ends_at", "结束", TIMESTAMP),
                Field("scope", "范围", words=words("outage_scope")),
                Field("name", "名称"),
                Field("kind", "类型", words=words("cause")),
                Field("affected", "受影响记录仪", DEVICES),
            ],
            size=(24, 8),
        ),
    ]
