"""指挥中心实时地图: recorders on duty, where they are, and which need attention."""

from typing import Final

from grafana_foundation_sdk.models.dashboard import GridPos

from dashboards.board import Board, Site, recorder_link
from dashboards.fields import DBM, DEGREES, DEVICES, ENTRIES, MEGABYTES, PERCENT, TIMESTAMP, Field
from dashboards.panels import Panel, map_panel, stat_panel, table_panel
from dashboards.query import statements
from dashboards.words import STATES

_SQL: Final = statements("live_map")
_COUNTS: Final = (
    Field("on_duty", "应在岗", DEVICES),
    Field("online", "在线", DEVICES, thresholds=((None, "green"),)),
    Field("recording", "录制", DEVICES, thresholds=((None, "green"),)),
    Field("silent", "静默", DEVICES, thresholds=((None, "text"), (1, "orange"))),
    Field("outage", "断网", DEVICES, thresholds=((None, "text"), (1, "red"))),
    Field("sos", "SOS", DEVICES, thresholds=((None, "text"), (1, "dark-purple"))),
)
_RECORDER: Final = Field("recorder_id", "记录仪", link=recorder_link())
_UNIT: Final = Field("unit_name", "单位")
_STATE: Final = Field("state", "状态", words=STATES, coloured=True)
_SINCE: Final = Field("since", "自何时", TIMESTAMP)
_READINGS: Final = (
    Field("battery_pct", "电量", PERCENT, 0, thresholds=((None, "red"), (20, "text"))),
    Field("free_mb", "剩余空间", MEGABYTES, thresholds=((None, "red"), (2048, "text"))),
    Field("rsrp_dbm", "信号", DBM, 0),
    Field("incidents", "未办结事件", ENTRIES, thresholds=((None, "text"), (1, "red"))),
)


def board(site: Site) -> Board:
    """Build the board."""
    return Board(
        "recorder-fleet-live",
        "live-map",
        "指挥中心实时地图",
        "只显示在岗（及SOS、报失）记录仪的位置；不含测试设备，不显示人员。",
        "10s",
        "now-1h",
        [
            stat_panel(
                "在岗记录仪", _SQL["strip"], _COUNTS, size=(24, 4), about="只数应在岗的记录仪；SOS不论在岗与否。"
            ),
            _position_map(site),
            table_panel("各单位", _SQL["by_unit"], [_UNIT, *_COUNTS], size=(8, 10)),
            table_panel(
                "需要关注",
                _SQL["wanted"],
                [_RECORDER, _UNIT, _STATE, _SINCE, Field("last_at", "最后上报", TIMESTAMP), *_READINGS],
                size=(8, 10),
                about="SOS；在岗而静默、断网、离线，或电量低于20%、剩余空间低于2GB。至多200台。",
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
            Field("state", "状态", words=STATES),
            _SINCE,
            Field("fix_at", "定位时间", TIMESTAMP),
            *_READINGS,
        ],
        size=(16, 20),
        view=(site.latitude, site.longitude, site.zoom),
        about="点一台记录仪，可到控制台看其详情。底图是各单位辖区，不取外网图片。",
    )
