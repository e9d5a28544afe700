"""指挥中心实时地图: recorders on duty, where they are, and which need attention."""

from typing import Final

from grafana_foundation_sdk.models.dashboard import GridPos

from dashboards.board import Board, Site, recorder_link
from dashboards.fields import DBM, DEGREES, DEVICES, ENTRIES, MEGABYTES, PERCENT, TIMESTAMP, Field, count_of
from dashboards.panels import Panel, map_panel, stat_panel, table_panel
from dashboards.query import statements
from dashboards.words import NO_COLOUR, RED, words

_SQL: Final = statements("live_map")
_COUNTS: Final = (
    *(count_of("strip", code, DEVICES) for code in ("on_duty", "online", "recording")),
    *(count_of("strip", code, DEVICES, is_warning=True) for code in ("silent", "outage")),
    count_of("state", "sos", DEVICES, is_warning=True),
)
_RECORDER: Final = Field("recorder_id", "记录仪", link=recorder_link())
_UNIT: Final = Field("unit_name", "单位")
_STATE: Final = Field("state", "状态", words=words("state"), coloured=True)
_SINCE: Final = Field("since", "起始时间", TIMESTAMP)
_READINGS: Final = (
    Field("battery_pct", "电量", PERCENT, 0, thresholds=((None, RED), (20, NO_COLOUR))),
    Field("free_mb", "剩余空间", MEGABYTES, thresholds=((None, RED), (2048, NO_COLOUR))),
    Field("rsrp_dbm", "信号", DBM, 0),
    Field("incidents", "未结事件", ENTRIES, thresholds=((None, NO_COLOUR), (1, RED))),
)


def board(site: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-live",
        "live-map",
        "指挥中心实时地图",
        "只显示在岗（以及SOS求助、报备遗失）记录仪的位置；不含测试设备，不显示人员。",
        "10s",
        "now-1h",
        [
            stat_panel(
                "在岗记录仪", _SQL["strip"], _COUNTS, size=(24, 4), about="只统计应在岗的记录仪；SOS求助不论在岗与否。"
            ),
            _position_map(site),
            table_panel("各单位", _SQL["by_unit"], [_UNIT, *_COUNTS], size=(8, 10)),
            table_panel(
                "需要关注",
                _SQL["wanted"],
                [_RECORDER, _UNIT, _STATE, _SINCE, Field("last_at", "最近消息", TIMESTAMP), *_READINGS],
                size=(8, 10),
                about="SOS求助，在岗静默、断网、离线，或者电量低于20%、剩余空间低于2GB的记录仪，最多显示200台。",
            ).grid_pos(GridPos(h=10, w=8, x=16, y=14)),
        ],
    )


def _position_map(site: Site) -> Panel:
    return map_panel(
        "实时位置",
        _SQL["points"],
        _SQL["labels"],
        [
            Field("lat", "纬度", DEGREES, 5),
            Field("lon", "经度", DEGREES, 5),
            _RECORDER,
            _UNIT,
            Field("state", "状态", words=words("state")),
            _SINCE,
            Field("fix_at", "定位时间", TIMESTAMP),
            *_READINGS,
        ],
        size=(16, 20),
        view=(site.latitude, site.longitude, site.zoom),
        about="点击记录仪可在控制台查看详情。底图为各单位辖区，不使用外网地图。",
    )
