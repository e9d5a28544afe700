"""The stand-in for Grafana's macros expands as Grafana documents them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standins.grafana_macros import View, expand

SINCE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
VIEW = View(SINCE, SINCE + timedelta(days=1), {"unit": ["U1", "it's"]}, points=1440)


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("$__timeFilter(at)", "at BETWEEN '2026-03-02T01:00:00Z' AND '2026-03-03T01:00:00Z'"),
        ("$__timeFrom() $__timeTo()", "'2026-03-02T01:00:00Z' '2026-03-03T01:00:00Z'"),
        ("$__timeGroup(at,'5m') x", "time_bucket('300.000s',at) x"),
        ("$__timeGroupAlias(at, $__interval)", "time_bucket('60.000s',at) AS \"time\""),
        ("${__from} $__to", "1772413200000 1772499600000"),
        ("$__interval_ms", "60000"),
        ("IN (${unit:sqlstring})", "IN ('U1','it''s')"),
    ],
)
def test_what_stands_in_a_query_becomes(sql: str, wanted: str) -> None:
    assert wanted == expand(sql, VIEW)


def test_without_timescaledb_a_group_is_seconds_since_1970() -> None:
    assert "floor(extract(epoch from at)/300)*300" == expand("$__timeGroup(at,'5m')", replace(VIEW, timescaledb=False))


@pytest.mark.parametrize("sql", ["$__timeGrop(at)", "$unit", "${unit}", "$__timeGroup(at,'soon')"])
def test_what_grafana_would_not_understand_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match=r"\$|soon"):
        expand(sql, VIEW)
