"""A board: its title, panels and refresh interval, and what differs between bureaus (`Site`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders.dashboard import (
    ConstantVariable,
    Dashboard,
    DashboardLink,
    QueryVariable,
    TimePicker,
)
from grafana_foundation_sdk.models import dashboard

from dashboards.panels import Panel
from dashboards.query import datasource

TAG: Final = "执法记录仪"
_UNITS: Final = "SELECT unit_name AS __text, unit_id AS __value FROM board.unit ORDER BY unit_id"


@dataclass(frozen=True, slots=True)
class Site:
    """What differs between bureaus: the console's address, and the map's first view (degrees WGS-84)."""

    console_url: str = "http://127.0.0.1:8080"
    latitude: float = 31.22
    longitude: float = 121.52
    zoom: int = 12


@dataclass(frozen=True, slots=True)
class Board:
    """One board. `file` is its name in `dashboards/generated`, `opens_from` the start of its first time range."""

    uid: str
    file: str
    title: str
    about: str
    refresh: str
    opens_from: str
    panels: Sequence[Panel]


def recorder_link() -> str:
    """A link to the console's page about the row's `recorder_id`."""
    return "${console}/#/recorders/${__data.fields.recorder_id}"


def incident_link() -> str:
    """A link to the console's page about the row's `incident_id`."""
    return "${console}/#/incidents/${__data.fields.incident_id}"


def assemble(board: Board, site: Site) -> dashboard.Dashboard:
    """Build the dashboard: panels from left to right, numbered, with the variables for unit and console."""
    console = site.console_url.rstrip("/")
    built = (
        Dashboard(board.title)
        .uid(board.uid)
        .description(board.about)
        .tags([TAG])
        .timezone("Asia/Shanghai")
        .refresh(board.refresh)
        .time(board.opens_from, "now")
        .timepicker(TimePicker().refresh_intervals(["10s", "30s", "1m", "5m", "15m"]))
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(_units())
        .with_variable(ConstantVariable("console").label("控制台").value(console))
        .link(_others())
        .link(DashboardLink("控制台").type(dashboard.DashboardLinkType.LINK).url(console).icon("external link"))
    )
    for number, panel in enumerate(board.panels, 1):
        built = built.with_panel(panel.id(number))
    return built.build()


def _units() -> QueryVariable:
    everything = dashboard.VariableOption(selected=True, text=["全部"], value=["$__all"])
    return (
        QueryVariable("unit")
        .label("单位")
        .description("含所选单位的下级单位")
        .datasource(datasource())
        .query(_UNITS)
        .multi(True)
        .include_all(True)
        .current(everything)
        .allow_custom_value(False)
        .refresh(dashboard.VariableRefresh.ON_DASHBOARD_LOAD)
    )


def _others() -> DashboardLink:
    link = DashboardLink("其他看板").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(True)
    return link.include_vars(True).keep_time(False)
