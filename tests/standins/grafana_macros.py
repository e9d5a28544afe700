"""Expands a query as Grafana does: variables in the browser, then macros in the data source.

As in `grafana-postgresql-datasource` (11.6), for the macros that boards use.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(__interval_ms|__interval|__from|__to)\b")
_MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")
_STEPS = [
    timedelta(seconds=seconds)
    for seconds in (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
]
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class View:
    """A view of a board: time range, width of the panel in points, values of the variables.

    `timescaledb` is the data source's setting of that name.
    """

    since: datetime
    until: datetime
    variables: Mapping[str, Sequence[str]]
    points: int = 1000
    timescaledb: bool = True


def expand(sql: str, view: View) -> str:
    """The SQL that the data source sends. Raises ValueError for unknown macros."""
    text = _VARIABLE.sub(lambda match: _variable(match, view), sql)
    whole = _MACRO.sub(lambda match: _macro(match[1], [word.strip() for word in match[2].split(",")], view), text)
    if left := re.search(r"\$_*\w+|\$\{", re.sub(r"\$\$.*?\$\$", "", whole)):
        raise ValueError(f"{left[0]} is left in {whole}")
    return whole


def _variable(match: re.Match[str], view: View) -> str:
    name, how = match[1] or match[3], match[2]
    interval = _interval(view)
    match name:
        case "__from" | "__to":
            return str(round((view.since if name == "__from" else view.until).timestamp() * 1000))
        case "__interval":
            return f"{round(interval.total_seconds())}s"
        case "__interval_ms":
            return str(round(interval.total_seconds() * 1000))
    values = view.variables[name]
    if how == "sqlstring":
        return ",".join("'" + value.replace("'", "''") + "'" for value in values)
    raise ValueError(f"{match[0]}: a value goes into SQL quoted or not at all")


def _interval(view: View) -> timedelta:
    wanted = (view.until - view.since) / view.points
    return next((step for step in _STEPS if step >= wanted), _STEPS[-1])


def _macro(name: str, words: Sequence[str], view: View) -> str:
    since, until = _moment(view.since), _moment(view.until)
    match name:
        case "__timeFilter":
            return f"{words[0]} BETWEEN '{since}' AND '{until}'"
        case "__timeFrom":
            return f"'{since}'"
        case "__timeTo":
            return f"'{until}'"
        case "__timeGroup":
            seconds = _seconds(words[1])
            if view.timescaledb:
                return f"time_bucket('{seconds:.3f}s',{words[0]})"
            return f"floor(extract(epoch from {words[0]})/{seconds:g})*{seconds:g}"
        case "__timeGroupAlias":
            return f"""{_macro("__timeGroup", words, view)} AS "time\""""
        case _:
            raise ValueError(f"${name}() is none of the data source's macros that are known here")


def _seconds(interval: str) -> float:
    match = re.fullmatch(r"'?(\d+)(ms|[smhdw])'?", interval)
    if match is None:
        raise ValueError(f"{interval} is no interval")
    return int(match[1]) * _UNITS[match[2]]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
