"""The boards' benchmark works from end to end and writes what it promises; its figures are nobody's test."""

import json
from pathlib import Path

import pytest
from bench import boards


@pytest.mark.slow
def test_every_query_of_every_board_is_timed(tmp_path: Path) -> None:
    out = tmp_path / "boards.json"
    report = boards.main(["--recorders", "60", "--days", "3", "--raw-hours", "1", "--rounds", "1", "--out", str(out)])
    assert report == json.loads(out.read_text("utf-8"))
    assert {query.name for query in boards.panel_queries()} == {one["query"] for one in report["queries"]}
    assert all(one["median_ms"] > 0 and one["cpu_ms"] >= 0 for one in report["queries"])
    late = next(one for one in report["queries"] if one["query"] == "platform: 近5分钟到达延迟 A")
    assert 0 < late["rows"]
