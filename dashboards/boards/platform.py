"""平台运行: the platform's own health: ingest, lag, rejections, evaluation, jobs and notices."""

from typing import Final

from dashboards.board import Board, Site, recorder_link
from dashboards.fields import ENTRIES, SECONDS, TIMES, TIMESTAMP, Field, count_of
from dashboards.panels import Panel, stat_panel, table_panel, time_series_panel
from dashboards.query import statements
from dashboards.words import GREEN, NO_COLOUR, ORANGE, RED, words

_SQL: Final = statements("platform")
_STORED: Final = ("heartbeat", "battery", "storage", "recording")
_WAITING: Final = ((None, NO_COLOUR), (1000, ORANGE), (10_000, RED))
_DEAD: Final = ((None, NO_COLOUR), (1, RED))


def board(_: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-platform",
        "platform",
        "平台运行",
        "平台自身的运行情况，含测试设备的报文，不随所选单位变化。",
        "30s",
        "now-24h",
        [
            *_overview(),
            *_ingest_charts(),
            *_worker_table(),
            *_rejections(),
            *_notice_charts(),
            *_channel_and_job_tables(),
        ],
    )


def _overview() -> list[Panel]:
    return [
        stat_panel(
            "当前",
            _SQL["now"],
            [
                Field("worker_age_s", "接入进程上次报告", SECONDS, 0, thresholds=((None, GREEN), (15, RED))),
                Field(
                    "lag_s",
                    "接入延迟（中位数）",
                    SECONDS,
                    1,
                    thresholds=((None, GREEN), (60, ORANGE), (300, RED)),
                ),
                Field("tick_age_s", "上次规则判定", SECONDS, 0, thresholds=((None, GREEN), (30, ORANGE), (120, RED))),
                Field("changes_waiting", "待判定的变化", ENTRIES, thresholds=_WAITING),
                Field("facts_waiting", "待判定的登记", ENTRIES, thresholds=_WAITING),
                Field("untold", "待通知的事件", ENTRIES, thresholds=_WAITING),
                Field("queued", "待发送通知", ENTRIES),
                Field("dead", "7天内未送达通知", ENTRIES, thresholds=_DEAD),
                Field("database_mb", "数据库大小", "decmbytes", 0),
            ],
            size=(24, 4),
        ),
    ]


def _ingest_charts() -> list[Panel]:
    return [
        time_series_panel(
            "每小时入库",
            _SQL["stored"],
            [*(count_of("reading_kind", kind, ENTRIES) for kind in _STORED)],
            size=(12, 8),
            stacked_bars=True,
            about="按测量时间统计，补传数据计入测量当时；最多统计所选时段的最后3天。",
        ),
        time_series_panel(
            "近5分钟到达延迟",
            _SQL["arrival"],
            [Field("median_s", "中位数", SECONDS, 2), Field("p95_s", "95%以内", SECONDS, 2)],
            size=(12, 8),
            about="到达时间与测量时间之差，只计实时心跳，不随所选时段变化。",
        ),
    ]


def _worker_table() -> list[Panel]:
    return [
        table_panel(
            "接入进程",
            _SQL["workers"],
            [
                Field("worker", "进程"),
                Field("connected", "已连接", words=words("flag"), coloured=True),
                Field("age_s", "上次报告", SECONDS, 0, thresholds=((None, GREEN), (15, RED))),
                Field("received", "已收", ENTRIES),
                Field("stored", "已入库", ENTRIES),
                Field("duplicates", "重复", ENTRIES),
                Field("rejected", "拒收报文", ENTRIES),
                Field("reconnects", "重连", TIMES),
                Field("lag_s", "延迟（中位数）", SECONDS, 1),
                Field("memory_mb", "内存", "decmbytes", 0),
                Field("fault", "故障"),
            ],
            size=(24, 6),
        ),
    ]


def _rejections() -> list[Panel]:
    return [
        time_series_panel(
            "拒收报文",
            _SQL["rejected"],
            [Field("payloads", "不同报文", ENTRIES), Field("arrivals", "到达次数", TIMES)],
            size=(12, 8),
            stacked_bars=True,
        ),
        table_panel(
            "拒收原因",
            _SQL["rejected_by_code"],
            [
                Field("code", "原因", words=words("rejection")),
                Field("kind", "类型"),
                Field("payloads", "不同报文", ENTRIES),
                Field("arrivals", "到达次数", TIMES),
                Field("last_at", "最近", TIMESTAMP),
                Field("recorder_id", "最近的记录仪", link=recorder_link()),
            ],
            size=(12, 8),
        ),
    ]


def _notice_charts() -> list[Panel]:
    return [
        time_series_panel(
            "通知",
            _SQL["notices"],
            [*(count_of("notice_state", state, ENTRIES) for state in ("sent", "queued", "dead", "cancelled"))],
            size=(12, 8),
            stacked_bars=True,
        ),
        time_series_panel(
            "通知用时（中位数）",
            _SQL["delay"],
            [Field("urgent_s", "紧急", SECONDS, 1), Field("other_s", "一般", SECONDS, 1)],
            size=(12, 8),
            about="一般通知的用时含合并等待和夜间暂缓发送的时间。",
        ),
    ]


def _channel_and_job_tables() -> list[Panel]:
    return [
        table_panel(
            "通知渠道",
            _SQL["channels"],
            [
                Field("channel", "渠道", words=words("channel")),
                *(count_of("attempt", state, TIMES) for state in ("sent", "failed", "refused", "unknown")),
                Field("took_s", "用时（95%以内）", SECONDS, 2),
                Field("failures", "连续失败", TIMES, thresholds=_DEAD),
                Field("is_shut", "熔断", words=words("breaker"), coloured=True),
                Field("shut_until", "熔断至", TIMESTAMP),
                Field("fault", "故障"),
            ],
            size=(12, 8),
        ),
        table_panel(
            "定时任务",
            _SQL["jobs"],
            [
                Field("job", "任务", words=words("job")),
                Field("started_at", "开始", TIMESTAMP),
                Field("finished_at", "结束", TIMESTAMP),
                Field("took_s", "用时", SECONDS, 1),
                Field("age_s", "距今", SECONDS, 0),
                Field("result", "结果", ENTRIES),
                Field("fault", "故障"),
            ],
            size=(12, 8),
        ),
    ]
