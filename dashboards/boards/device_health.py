"""设备健康: battery, storage, signal and SIM card of the fleet over time, and recorders that need maintenance."""

from typing import Final

from dashboards.board import Board, Site, recorder_link
from dashboards.fields import CELSIUS, DBM, DEVICES, ENTRIES, MEGABYTES, PERCENT, TIMESTAMP, Field
from dashboards.panels import Panel, bar_chart_panel, stat_panel, table_panel, time_series_panel
from dashboards.query import statements
from dashboards.words import EVENTS, FLAGS

_SQL: Final = statements("device_health")
_RECORDER: Final = Field("recorder_id", "记录仪", link=recorder_link())
_UNIT: Final = Field("unit_name", "单位")
_ENDS: Final = {
    "key": ("按键关机", "gray"),
    "battery": ("电量耗尽", "orange"),
    "watchdog": ("看门狗复位", "red"),
    "battery_out": ("电池脱离", "red"),
    "unknown": ("不明", "gray"),
}


def board(_: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-health",
        "device-health",
        "设备健康",
        "两天以内按小时、以上按天汇总，到上一个已汇总的小时（天）为止；不含测试设备。",
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
                Field("service", "在用", DEVICES),
                Field("spare", "备用", DEVICES),
                Field("repair", "维修", DEVICES),
                Field("connected", "已连接", DEVICES, thresholds=((None, "green"),)),
                Field("battery_low", "电量低于20%", DEVICES, thresholds=((None, "text"), (1, "orange"))),
                Field("storage_low", "空间低于2GB", DEVICES, thresholds=((None, "text"), (1, "orange"))),
                Field("sim_bad", "SIM卡异常", DEVICES, thresholds=((None, "text"), (1, "red"))),
                Field("unheard", "七天未上报", DEVICES, thresholds=((None, "text"), (1, "orange"))),
            ],
            size=(24, 4),
        ),
        time_series_panel(
            "电量不足与充电",
            _SQL["battery"],
            [Field("low", "曾低于20%", DEVICES), Field("charging", "曾充电", DEVICES)],
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
            [Field("low", "曾低于2GB", DEVICES), Field("free_mb", "最少剩余（平均）", MEGABYTES, 1)],
            size=(12, 8),
        ),
        time_series_panel(
            "信号与SIM卡",
            _SQL["signal"],
            [
                Field("rsrp_dbm", "信号（平均）", DBM, 0),
                Field("without_network_pct", "无网络的心跳", PERCENT, 1),
                Field("without_sim_pct", "无卡的心跳", PERCENT, 1),
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
                Field("connected", "已连接", words=FLAGS),
                Field("last_heard_at", "最后上报", TIMESTAMP),
                Field("level_pct", "电量", PERCENT, 0, thresholds=((None, "red"), (20, "text"))),
                Field("charging", "充电", words=FLAGS),
                Field("free_mb", "剩余空间", MEGABYTES, thresholds=((None, "red"), (2048, "text"))),
                Field("files", "文件", ENTRIES),
                Field("rsrp_dbm", "信号", DBM, 0),
                Field("temperature_c", "温度", CELSIUS, 0),
                Field("last_end", "上次关机", words=_ENDS),
            ],
            size=(16, 10),
            about="电量、空间不足，SIM卡异常，过热，非正常关机，或七天未上报。至多200台。",
        ),
        table_panel(
            "近24小时设备事件",
            _SQL["events"],
            [
                Field("happened_at", "时间", TIMESTAMP),
                Field("type", "事件", words=EVENTS, coloured=True),
                _RECORDER,
                _UNIT,
            ],
            size=(24, 8),
            about="设备自报；至多200条，且不早于24小时前。",
        ),
    ]
