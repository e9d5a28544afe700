"""事件与通报: incidents and their outcome, slips and closed months. No persons are shown."""

from typing import Final

from dashboards.board import Board, Site, incident_link, recorder_link
from dashboards.fields import ENTRIES, PERCENT, SECONDS, TIMES, TIMESTAMP, Field, count_of
from dashboards.panels import Panel, bar_chart_panel, stat_panel, table_panel, time_series_panel
from dashboards.query import statements
from dashboards.words import NO_COLOUR, colour, word, words

_SQL: Final = statements("incidents")
_DECIDED: Final = ("upheld", "dismissed", "excused", "withdrawn", "revoked")
_COUNTS: Final = {
    "transfer": count_of("weight", "transfer", ENTRIES),
    "checks": Field("checks", word("weight", "check"), ENTRIES, thresholds=((None, colour("weight", "check")),)),
}


def board(_: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-incidents",
        "incidents",
        "事件与通报",
        "除未结事件外不含疑似事件；断网所涵盖的离线只计断网一件；不显示人员姓名。正式数据以通报为准。",
        "1m",
        "now-30d",
        [*_found(), *_decided(), *_by_unit_and_duration(), *_circulars_and_open_incidents(), *_slips()],
    )


def _found() -> list[Panel]:
    return [
        stat_panel(
            "未结事件与所选时段",
            _SQL["now"],
            [
                Field("live", "未结", ENTRIES),
                *_COUNTS.values(),
                Field(
                    "unacknowledged",
                    word("status", "open"),
                    ENTRIES,
                    thresholds=((None, NO_COLOUR), (1, colour("status", "open"))),
                ),
                Field("found", "时段内发现", ENTRIES),
            ],
            size=(24, 4),
        ),
        time_series_panel(
            "每日发现",
            _SQL["found"],
            [
                *_COUNTS.values(),
                count_of("weight", "reminder", ENTRIES),
                count_of("weight", "operational", ENTRIES),
            ],
            size=(12, 8),
            stacked_bars=True,
        ),
    ]


def _decided() -> list[Panel]:
    return [
        time_series_panel(
            "每日处理",
            _SQL["decided"],
            [*(count_of("status", code, ENTRIES) for code in _DECIDED)],
            size=(12, 8),
            stacked_bars=True,
        ),
        bar_chart_panel(
            "各类事件",
            _SQL["by_rule"],
            Field("rule", "类型", words=words("rule")),
            [
                Field("live", "未结", ENTRIES),
                count_of("status", "upheld", ENTRIES),
                Field("cleared", "不予认定、认定免责、撤回", ENTRIES),
                count_of("status", "resolved", ENTRIES),
            ],
            size=(12, 12),
        ),
    ]


def _by_unit_and_duration() -> list[Panel]:
    return [
        table_panel(
            "各单位",
            _SQL["by_unit"],
            [
                Field("unit_name", "单位"),
                Field("found", "待核查与可移送", ENTRIES),
                Field("live", "未结", ENTRIES),
                count_of("status", "upheld", ENTRIES),
                Field("activities", "执法活动", TIMES),
                Field("per_100", "每百次执法活动认定", ENTRIES, 2),
            ],
            size=(12, 12),
            about="只计时段内发现的事件；执法活动不足20次的不计比率。",
        ),
        time_series_panel(
            "办理用时（中位数）",
            _SQL["pace"],
            [Field("acknowledged_s", "签收用时", SECONDS, 1), Field("decided_s", "作出结论用时", SECONDS, 1)],
            size=(12, 8),
        ),
    ]


def _circulars_and_open_incidents() -> list[Panel]:
    return [
        table_panel(
            "通报",
            _SQL["circulars"],
            [
                Field("period", "月份"),
                Field("closed_at", "办结时间", TIMESTAMP),
                Field("activities", "执法活动", TIMES),
                count_of("status", "upheld", ENTRIES),
                Field("per_100", "每百次执法活动认定", ENTRIES, 2),
                Field("covered_pct", "录制覆盖率", PERCENT, 1),
                Field("in_time_pct", "导入及时率", PERCENT, 1),
                Field("corrected", "更正", ENTRIES),
            ],
            size=(12, 8),
            about="已办结的月份，不随所选时段和单位变化。",
        ),
        table_panel(
            "未结事件",
            _SQL["live"],
            [
                Field("incident_id", "事件", link=incident_link()),
                Field("rule", "类型", words=words("rule"), coloured=True),
                Field("weight", "性质", words=words("weight"), coloured=True),
                Field("confidence", "证据程度", words=words("confidence"), coloured=True),
                Field("status", "状态", words=words("status"), coloured=True),
                Field("unit_name", "单位"),
                Field("recorder_id", "记录仪", link=recorder_link()),
                Field("starts_at", "开始", TIMESTAMP),
                Field("detected_at", "发现", TIMESTAMP),
            ],
            size=(24, 10),
            about="含疑似事件：证据尚可能补充，不作认定。最多显示200件。",
        ),
    ]


def _slips() -> list[Panel]:
    return [
        table_panel(
            "移送单",
            _SQL["slips"],
            [
                Field("number", "编号"),
                Field("issued_at", "制作时间", TIMESTAMP),
                Field("unit_name", "单位"),
                Field("step", "进度", words=words("slip_move"), coloured=True),
                Field("step_at", "办理时间", TIMESTAMP),
            ],
            size=(24, 8),
        ),
    ]
