"""平台运行: the platform's own health: ingest, lag, rejections, evaluation, jobs and notices."""

from typing import Final

from dashboards.board import Board, Site, recorder_link
from dashboards.fields import ENTRIES, SECONDS, TIMES, TIMESTAMP, Field
from dashboards.panels import Panel, stat_panel, table_panel, time_series_panel
from dashboards.query import statements
from dashboards.words import FLAGS

_SQL: Final = statements("platform")
_WAITING: Final = ((None, "text"), (1000, "orange"), (10_000, "red"))
_DEAD: Final = ((None, "text"), (1, "red"))


def board(_: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-platform",
        "platform",
        "平台运行",
        "平台自身的负荷与健康，含测试设备的报文；不随所选单位变化。",
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
                Field("worker_age_s", "采集进程上次报告", SECONDS, 0, thresholds=((None, "green"), (15, "red"))),
                Field(
                    "lag_s",
                    "采集延迟（中位）",
                    SECONDS,
                    1,
                    thresholds=((None, "green"), (60, "orange"), (300, "red")),
                ),
                Field("tick_age_s", "上次研判", SECONDS, 0, thresholds=((None, "green"), (30, "orange"), (120, "red"))),
                Field("changes_waiting", "待研判的变化", ENTRIES, thresholds=_WAITING),
                Field("facts_waiting", "待研判的登记", ENTRIES, thresholds=_WAITING),
                Field("untold", "待计划通知的事件", ENTRIES, thresholds=_WAITING),
                Field("queued", "待发通知", ENTRIES),
                Field("dead", "七天内未送达", ENTRIES, thresholds=_DEAD),
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
            [
                Field("heartbeat", "心跳", ENTRIES),
                Field("battery", "电量", ENTRIES),
                Field("storage", "存储", ENTRIES),
                Field("recording", "录制", ENTRIES),
            ],
            size=(12, 8),
            stacked_bars=True,
            about="按测量时间，补传的计入当时；至多所选时段的最后三天。",
        ),
        time_series_panel(
            "近五分钟到达延迟",
            _SQL["arrival"],
            [Field("median_s", "中位", SECONDS, 2), Field("p95_s", "95%以内", SECONDS, 2)],
            size=(12, 8),
            about="到达时间减测量时间，只计实时心跳；不随所选时段变化。",
        ),
    ]


def _worker_table() -> list[Panel]:
    return [
        table_panel(
            "采集进程",
            _SQL["workers"],
            [
                Field("worker", "进程"),
                Field("connected", "已连接", words=FLAGS, coloured=True),
                Field("age_s", "上次报告", SECONDS, 0, thresholds=((None, "green"), (15, "red"))),
                Field("received", "收到", ENTRIES),
                Field("stored", "入库", ENTRIES),
                Field("duplicates", "重复", ENTRIES),
                Field("rejected", "拒收", ENTRIES),
                Field("reconnects", "重连", TIMES),
                Field("lag_s", "延迟（中位）", SECONDS, 1),
                Field("memory_mb", "内存", "decmbytes", 0),
                Field("fault", "故障"),
            ],
            size=(24, 6),
        ),
    ]


def _rejections() -> list[Panel]:
    return [
        time_series_panel(
            "拒收",
            _SQL["rejected"],
            [Field("payloads", "不同报文", ENTRIES), Field("arrivals", "到达次数", TIMES)],
            size=(12, 8),
            stacked_bars=True,
        ),
        table_panel(
            "拒收原因",
            _SQL["rejected_by_code"],
            [
                Field("code", "原因"),
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
            [
                Field("sent", "已送达", ENTRIES),
                Field("queued", "待发", ENTRIES),
                Field("dead", "未送达", ENTRIES, thresholds=((None, "red"),)),
                Field("cancelled", "已取消", ENTRIES),
            ],
            size=(12, 8),
            stacked_bars=True,
        ),
        time_series_panel(
            "通知用时（中位）",
            _SQL["delay"],
            [Field("urgent_s", "紧急", SECONDS, 1), Field("other_s", "一般", SECONDS, 1)],
            size=(12, 8),
            about="一般通知含合并等待与夜间静默。",
        ),
    ]


def _channel_and_job_tables() -> list[Panel]:
    return [
        table_panel(
            "通知渠道",
            _SQL["channels"],
            [
                Field("channel", "渠道"),
                Field("sent", "成功", TIMES),
                Field("failed", "失败", TIMES),
                Field("refused", "拒绝", TIMES),
                Field("unknown", "结果不明", TIMES),
                Field("took_s", "用时（95%以内）", SECONDS, 2),
                Field("failures", "连续失败", TIMES, thresholds=_DEAD),
                Field("is_shut", "已熔断", words={"true": ("是", "red"), "false": ("否", "green")}, coloured=True),
                Field("shut_until", "熔断至", TIMESTAMP),
                Field("fault", "故障"),
            ],
            size=(12, 8),
        ),
        table_panel(
            "定时任务",
            _SQL["jobs"],
            [
                Field("job", "任务"),
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
