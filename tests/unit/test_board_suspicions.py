"""Suspicions are for the command centre's own screens: no board of Grafana reads one."""

import re
from pathlib import Path

import pytest

BOARDS = Path(__file__).parents[2] / "sql" / "boards"
QUERIES = [
    (path.stem, query)
    for path in sorted(BOARDS.glob("*.sql"))
    for query in re.split(r"^-- name: ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
]


@pytest.mark.parametrize(("board", "query"), QUERIES, ids=lambda part: part.splitlines()[0])
def test_no_query_shows_what_is_only_suspected(board: str, query: str) -> None:
    reads = len(re.findall(r"\bboard\.incident\b", query))
    assert query.count("confidence <> 'suspected'") >= reads, board
    assert "suspected" not in query.replace("confidence <> 'suspected'", ""), board
