"""Panels by kind, on the SDK's typed builders: each names its columns, so that none is shown without name and unit."""

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeVar

from grafana_foundation_sdk.builders import barchart, common, geomap, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.geomap import TooltipMode

from dashboards.fields import Field
from dashboards.query import Query, datasource
from dashboards.words import BLUE, GREY

Panel: TypeAlias = barchart.Panel | geomap.Panel | stat.Panel | table.Panel | timeseries.Panel
_P = TypeVar("_P", barchart.Panel, geomap.Panel, stat.Panel, table.Panel, timeseries.Panel)
AREAS: Final = "public/maps/recorder-fleet/units.geojson"
"""The units' areas, which `recorder-fleet dashboards areas` writes into Grafana's own folder: the map's ground. A map of
countries would come with Grafana, but its borders are not the ones that a Chinese authority may show."""


def figures(title: str, sql: str, fields: Sequence[Field], *, size: tuple[int, int], about: str = "") -> stat.Panel:
    """Big figures of one row, a column each."""
    panel = stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel = panel.graph_mode(kinds.BigValueGraphMode.NONE).color_mode(kinds.BigValueColorMode.VALUE)
    panel = panel.text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
    return _dressed(panel, title, [Query(sql)], fields, size=size, about=about)


def series(
    title: str, sql: str, fields: Sequence[Field], *, size: tuple[int, int], about: str = "", bars: bool = False
) -> timeseries.Panel:
    """Lines or stacked bars over time; *sql* gives `time` and a column for each line."""
    panel = timeseries.Panel().legend(_legend()).tooltip(_tooltip()).insert_nulls(False).span_nulls(False)
    if bars:
        stacking = common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A")
        panel = panel.draw_style(kinds.GraphDrawStyle.BARS).fill_opacity(70).stacking(stacking)
    else:
        panel = panel.draw_style(kinds.GraphDrawStyle.LINE).line_width(2).show_points(kinds.VisibilityMode.AUTO)
    return _dressed(panel, title, [Query(sql, "time_series")], fields, size=size, about=about)


def bars(
    title: str, sql: str, by: Field, fields: Sequence[Field], *, size: tuple[int, int], about: str = ""
) -> barchart.Panel:
    """Horizontal bars, one group for each value of the text column *by*."""
    panel = barchart.Panel().x_field(by.name).orientation(kinds.VizOrientation.HORIZONTAL).legend(_legend())
    panel = panel.stacking(kinds.StackingMode.NORMAL).fill_opacity(80).tooltip(_tooltip())
    return _dressed(panel, title, [Query(sql)], [by, *fields], size=size, about=about)


def rows(title: str, sql: str, fields: Sequence[Field], *, size: tuple[int, int], about: str = "") -> table.Panel:
    """A table."""
    panel = table.Panel().show_header(True).cell_height(kinds.TableCellHeight.SM).filterable(True).no_value("无")
    return _dressed(panel, title, [Query(sql)], fields, size=size, about=about)


def live_map(
    title: str,
    points: str,
    labels: str,
    fields: Sequence[Field],
    *,
    size: tuple[int, int],
    view: tuple[float, float, int],
    about: str,
) -> geomap.Panel:
    """Points coloured by `state` over the units' areas; *labels* gives `unit_name` at `lat`, `lon`.

    The view is fixed rather than fitted to the data: fitting begins anew at every refresh and takes away what somebody
    has zoomed to. No layer asks another server for anything.
    """
    latitude, longitude, zoom = view
    opened = geomap.MapViewConfig().id("coords").zoom(zoom).all_layers(True)
    ground = opened.build()
    # The SDK takes whole degrees only; Grafana's own schema has numbers.
    ground.lat, ground.lon = latitude, longitude  # type: ignore[assignment]
    panel = (
        geomap.Panel()
        .view(opened)
        .controls(
            geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(True).show_scale(True).show_attribution(False)
        )
        .tooltip(geomap.TooltipOptions().mode(TooltipMode.DETAILS))
        .basemap(
            common.MapLayerOptions().type("geojson").name("辖区").config({"src": AREAS, "rules": [], "style": _AREA})
        )
        .layers([_marks("单位", "B", _LABEL), _marks("记录仪", "A", _POINT)])
    )
    return _dressed(panel, title, [Query(points), Query(labels, ref_id="B")], fields, size=size, about=about)


_AREA: Final = {"color": {"fixed": BLUE}, "opacity": 0.08, "lineWidth": 1}
_LABEL: Final = {
    "color": {"fixed": "text"},
    "opacity": 0,
    "size": {"fixed": 1, "min": 1, "max": 1},
    "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
    "text": {"mode": "field", "field": "unit_name", "fixed": ""},
    "textConfig": {"fontSize": 12, "textAlign": "center", "textBaseline": "middle", "offsetX": 0, "offsetY": 0},
}
_POINT: Final = {
    "color": {"field": "state", "fixed": GREY},
    "opacity": 0.85,
    "size": {"fixed": 6, "min": 2, "max": 12},
    "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
}


def _marks(name: str, ref_id: str, style: object) -> common.MapLayerOptions:
    place = common.FrameGeometrySource().mode(kinds.FrameGeometrySourceMode.COORDS).latitude("lat").longitude("lon")
    layer = common.MapLayerOptions().type("markers").name(name).location(place).tooltip(ref_id == "A")
    return layer.config({"style": style, "showLegend": ref_id == "A"}).filter_data({"id": "byRefId", "options": ref_id})


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().display_mode(kinds.LegendDisplayMode.LIST).show_legend(True)
    return legend.placement(kinds.LegendPlacement.BOTTOM).calcs([])


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI).sort(kinds.SortOrder.NONE)


def _dressed(
    panel: _P, title: str, queries: Sequence[Query], fields: Sequence[Field], *, size: tuple[int, int], about: str
) -> _P:
    width, height = size
    panel = panel.title(title).datasource(datasource()).targets(list(queries)).span(width).height(height)
    plain = ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps([dashboard.Threshold(None, "text")])
    panel = panel.thresholds(plain)
    if about:
        panel = panel.description(about)
    for field in fields:
        panel = panel.override_by_name(field.name, field.properties())
    return panel
