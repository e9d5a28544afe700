"""事件与通报: incidents and their outcome, slips and closed months. No persons are shown."""

from typing import Final

from dashboards.board import Board, Site, incident_link, recorder_link
from dashboards.fields import ENTRIES, PERCENT, SECONDS, TIMES, TIMESTAMP, Field
from dashboards.panels import Panel, bar_chart_panel, stat_panel, table_panel, time_series_panel
from dashboards.query import statements
from dashboards.words import CONFIDENCES, RULES, STATUSES, STEPS, WEIGHTS

_SQL: Final = statements("incidents")
_COUNTS: Final = {
    "transfer": Field("transfer", "可移送", ENTRIES, thresholds=((None, "red"),)),
    "checks": Field("checks", "待核查", ENTRIES, thresholds=((None, "orange"),)),
}


def board(_: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-incidents",
        "incidents",
        "事件与通报",
        "除未办结事件外不含疑似；断网所涵盖的离线只计断网一件；不含人名。正式数字以通报为准。",
        "1m",
        "now-30d",
        [*_found(), *_decided(), *_by_unit_and_duration(), *_circulars_and_open_incidents(), *_slips()],
    )


def _found() -> list[Panel]:
    return [
        stat_panel(
            "未办结与所选时段",
            _SQL["now"],
            [
                Field("live", "未办结", ENTRIES),
                *_COUNTS.values(),
                Field("unacknowledged", "尚未签收", ENTRIES, thresholds=((None, "text"), (1, "red"))),
                Field("found", "时段内发现", ENTRIES),
            ],
            size=(24, 4),
        ),
        time_series_panel(
            "每日发现",
            _SQL["found"],
            [
                *_COUNTS.values(),
                Field("reminder", "提醒", ENTRIES, thresholds=((None, "yellow"),)),
                Field("operational", "运行", ENTRIES, thresholds=((None, "gray"),)),
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
            [
                Field("upheld", "认定", ENTRIES),
                Field("dismissed", "不予认定", ENTRIES),
                Field("excused", "有合规事由", ENTRIES),
                Field("withdrawn", "撤回", ENTRIES),
                Field("revoked", "撤销", ENTRIES),
            ],
            size=(12, 8),
            stacked_bars=True,
        ),
        bar_chart_panel(
            "各类事件",
            _SQL["by_rule"],
            Field("rule", "类型", words=RULES),
            [
                Field("live", "未办结", ENTRIES),
                Field("upheld", "已认定", ENTRIES),
                Field("cleared", "不予认定、撤回等", ENTRIES),
                Field("resolved", "已结束", ENTRIES),
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
                Field("live", "未办结", ENTRIES),
                Field("upheld", "已认定", ENTRIES),
                Field("activities", "执法活动", TIMES),
                Field("per_100", "每百次活动认定", ENTRIES, 2),
            ],
            size=(12, 12),
            about="时段内发现的；活动不足20次的不算比率。",
        ),
        time_series_panel(
            "办理用时（中位）",
            _SQL["pace"],
            [Field("acknowledged_s", "签收", SECONDS, 1), Field("decided_s", "认定或不予认定", SECONDS, 1)],
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
                Field("closed_at", "定稿时间", TIMESTAMP),
                Field("activities", "执法活动", TIMES),
                Field("upheld", "认定", ENTRIES),
                Field("per_100", "每百次活动认定", ENTRIES, 2),
                Field("covered_pct", "录制覆盖", PERCENT, 1),
                Field("in_time_pct", "按时导入", PERCENT, 1),
                Field("corrected", "更正", ENTRIES),
            ],
            size=(12, 8),
            about="已定稿的月份，不随所选时段和单位变化。",
        ),
        table_panel(
            "未办结事件",
            _SQL["live"],
            [
                Field("incident_id", "事件", link=incident_link()),
                Field("rule", "类型", words=RULES, coloured=True),
                Field("weight", "分量", words=WEIGHTS, coloured=True),
                Field("confidence", "确定程度", words=CONFIDENCES, coloured=True),
                Field("status", "状态", words=STATUSES, coloured=True),
                Field("unit_name", "单位"),
                Field("recorder_id", "记录仪", link=recorder_link()),
                Field("starts_at", "开始", TIMESTAMP),
                Field("detected_at", "发现", TIMESTAMP),
            ],
            size=(24, 10),
            about="含疑似：疑似是线索，证据还可能到达。至多200件。",
        ),
    ]


def _slips() -> list[Panel]:
    return [
        table_panel(
            "移送单",
            _SQL["slips"],
            [
                Field("number", "编号"),
                Field("issued_at", "开具", TIMESTAMP),
                Field("unit_name", "单位"),
                Field("step", "进度", words=STEPS, coloured=True),
                Field("step_at", "于", TIMESTAMP),
            ],
            size=(24, 8),
        ),
    ]
