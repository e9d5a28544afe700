"""Builds panels with the SDK's typed builders. Each names its columns, so none is shown without a name and a unit."""

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
"""The units' areas as the map's base layer; `recorder-fleet dashboards areas` writes the file.

Grafana comes with a map of countries, but a Chinese authority may not show the borders in it."""


def stat_panel(title: str, sql: str, fields: Sequence[Field], *, size: tuple[int, int], about: str = "") -> stat.Panel:
    """Large figures: one row, a figure for each column."""
    panel = stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel = panel.graph_mode(kinds.BigValueGraphMode.NONE).color_mode(kinds.BigValueColorMode.VALUE)
    panel = panel.text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
    return _with_common_options(panel, title, [Query(sql)], fields, size=size, about=about)


def time_series_panel(
    title: str, sql: str, fields: Sequence[Field], *, size: tuple[int, int], about: str = "", stacked_bars: bool = False
) -> timeseries.Panel:
    """Lines or stacked bars over time; *sql* returns `time` and a column for each line."""
    panel = timeseries.Panel().legend(_legend()).tooltip(_tooltip()).insert_nulls(False).span_nulls(False)
    if stacked_bars:
        stacking = common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A")
        panel = panel.draw_style(kinds.GraphDrawStyle.BARS).fill_opacity(70).stacking(stacking)
    else:
        panel = panel.draw_style(kinds.GraphDrawStyle.LINE).line_width(2).show_points(kinds.VisibilityMode.AUTO)
    return _with_common_options(panel, title, [Query(sql, "time_series")], fields, size=size, about=about)


def bar_chart_panel(
    title: str, sql: str, by: Field, fields: Sequence[Field], *, size: tuple[int, int], about: str = ""
) -> barchart.Panel:
    """Horizontal stacked bars, one for each value of the text column *by*."""
    panel = barchart.Panel().x_field(by.name).orientation(kinds.VizOrientation.HORIZONTAL).legend(_legend())
    panel = panel.stacking(kinds.StackingMode.NORMAL).fill_opacity(80).tooltip(_tooltip())
    return _with_common_options(panel, title, [Query(sql)], [by, *fields], size=size, about=about)


def table_panel(
    title: str, sql: str, fields: Sequence[Field], *, size: tuple[int, int], about: str = ""
) -> table.Panel:
    """A table."""
    panel = table.Panel().show_header(True).cell_height(kinds.TableCellHeight.SM).filterable(True).no_value("无")
    return _with_common_options(panel, title, [Query(sql)], fields, size=size, about=about)


def map_panel(
    title: str,
    points: str,
    labels: str,
    fields: Sequence[Field],
    *,
    size: tuple[int, int],
    view: tuple[float, float, int],
    about: str,
) -> geomap.Panel:
    """Points coloured by `state` over the units' areas; *labels* returns `unit_name` at `lat`, `lon`.

    The view is fixed and not fitted to the data: Grafana would fit it again at every refresh and undo the user's zoom.
    No layer needs another server.
    """
    latitude, longitude, zoom = view
    opened = geomap.MapViewConfig().id("coords").zoom(zoom).all_layers(True)
    ground = opened.build()
    # The SDK's builder takes whole degrees only; Grafana's schema has numbers.
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
        .layers([_marker_layer("单位", "B", _LABEL), _marker_layer("记录仪", "A", _POINT)])
    )
    return _with_common_options(
        panel, title, [Query(points), Query(labels, ref_id="B")], fields, size=size, about=about
    )


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


def _marker_layer(name: str, ref_id: str, style: object) -> common.MapLayerOptions:
    place = common.FrameGeometrySource().mode(kinds.FrameGeometrySourceMode.COORDS).latitude("lat").longitude("lon")
    layer = common.MapLayerOptions().type("markers").name(name).location(place).tooltip(ref_id == "A")
    return layer.config({"style": style, "showLegend": ref_id == "A"}).filter_data({"id": "byRefId", "options": ref_id})


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().display_mode(kinds.LegendDisplayMode.LIST).show_legend(True)
    return legend.placement(kinds.LegendPlacement.BOTTOM).calcs([])


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI).sort(kinds.SortOrder.NONE)


def _with_common_options(
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
