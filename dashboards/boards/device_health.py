"""设备健康: battery, storage, signal and SIM card of the fleet over time, and recorders that need maintenance."""

from typing import Final

from dashboards.board import Board, Site, recorder_link
from dashboards.fields import CELSIUS, DBM, DEVICES, ENTRIES, MEGABYTES, PERCENT, TIMESTAMP, Field, count_of
from dashboards.panels import Panel, bar_chart_panel, stat_panel, table_panel, time_series_panel
from dashboards.query import statements
from dashboards.words import GREEN, NO_COLOUR, ORANGE, RED, words

_SQL: Final = statements("device_health")
_RECORDER: Final = Field("recorder_id", "记录仪", link=recorder_link())
_UNIT: Final = Field("unit_name", "单位")
_STATUSES: Final = ("service", "spare", "repair")


def board(_: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-health",
        "device-health",
        "设备健康",
        "时段在两天以内的按小时汇总，超过两天的按天汇总，统计到最近一次汇总为止；不含测试设备。",
        "1m",
        "now-24h",
        [*_overview_and_battery(), *_storage_signal_and_models(), *_recorder_tables()],
    )


def _overview_and_battery() -> list[Panel]:
    return [
        stat_panel(
            "当前",
            _SQL["now"],
            [
                *(count_of("recorder_status", code, DEVICES) for code in _STATUSES),
                Field("connected", "已连接", DEVICES, thresholds=((None, GREEN),)),
                Field("battery_low", "电量低于20%", DEVICES, thresholds=((None, NO_COLOUR), (1, ORANGE))),
                Field("storage_low", "空间低于2GB", DEVICES, thresholds=((None, NO_COLOUR), (1, ORANGE))),
                Field("sim_bad", "SIM卡异常", DEVICES, thresholds=((None, NO_COLOUR), (1, RED))),
                Field("unheard", "7天无消息", DEVICES, thresholds=((None, NO_COLOUR), (1, ORANGE))),
            ],
            size=(24, 4),
        ),
        time_series_panel(
            "电量不足与充电",
            _SQL["battery"],
            [Field("low", "低于20%的记录仪", DEVICES), Field("charging", "充过电的记录仪", DEVICES)],
            size=(12, 8),
        ),
        time_series_panel(
            "最低电量与最高温度",
            _SQL["level"],
            [Field("level_pct", "最低电量（平均）", PERCENT, 0), Field("temperature_c", "最高温度", CELSIUS, 0)],
            size=(12, 8),
        ),
    ]


def _storage_signal_and_models() -> list[Panel]:
    return [
        time_series_panel(
            "存储",
            _SQL["storage"],
            [Field("low", "低于2GB的记录仪", DEVICES), Field("free_mb", "最低剩余空间（平均）", MEGABYTES, 1)],
            size=(12, 8),
        ),
        time_series_panel(
            "信号与SIM卡",
            _SQL["signal"],
            [
                Field("rsrp_dbm", "信号（平均）", DBM, 0),
                Field("without_network_pct", "无网络心跳占比", PERCENT, 1),
                Field("without_sim_pct", "无卡心跳占比", PERCENT, 1),
            ],
            size=(12, 8),
        ),
        bar_chart_panel(
            "型号与固件",
            _SQL["models"],
            Field("model", "型号与固件"),
            [Field("connected", "已连接", DEVICES), Field("away", "未连接", DEVICES)],
            size=(8, 10),
        ),
    ]


def _recorder_tables() -> list[Panel]:
    return [
        table_panel(
            "需要维护",
            _SQL["worst"],
            [
                _RECORDER,
                _UNIT,
                Field("model", "型号"),
                Field("connected", "已连接", words=words("flag")),
                Field("last_heard_at", "最近消息", TIMESTAMP),
                Field("level_pct", "电量", PERCENT, 0, thresholds=((None, RED), (20, NO_COLOUR))),
                Field("charging", "充电", words=words("flag")),
                Field("free_mb", "剩余空间", MEGABYTES, thresholds=((None, RED), (2048, NO_COLOUR))),
                Field("files", "文件数", ENTRIES),
                Field("rsrp_dbm", "信号", DBM, 0),
                Field("temperature_c", "温度", CELSIUS, 0),
                Field("last_end", "上次停机", words=words("last_end")),
            ],
            size=(16, 10),
            about="电量或者空间不足、SIM卡异常、过热、非正常停机、7天无消息的记录仪，最多显示200台。",
        ),
        table_panel(
            "近24小时设备事件",
            _SQL["events"],
            [
                Field("happened_at", "时间", TIMESTAMP),
                Field("type", "事件", words=words("event"), coloured=True),
                _RECORDER,
                _UNIT,
            ],
            size=(24, 8),
            about="设备自报的事件，只显示近24小时，最多200条。",
        ),
    ]
