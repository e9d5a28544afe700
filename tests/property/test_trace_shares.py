"""A trace read by shares: every line in exactly one, all of a recorder's in the same, whatever a line looks like."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from large_sets import same

from alerts.backtest.batches import read_batches
from telemetry.domain.topics import recorder_of

END = datetime(2030, 1, 1, tzinfo=UTC)
RECORDERS = st.sampled_from(["R1", "R2", "R3", "a-b_C"])
TOPICS = st.one_of(
    st.builds(
        lambda recorder_id, kind: f"recorder/v1/{recorder_id}/{kind}", RECORDERS, st.sampled_from(["event", "x"])
    ),
    st.sampled_from(["recorder/v1/é/event", "other", 'recorder/v1/R1"/event', "recorder/v1//event", "recorder/v1/R1"]),
)
PAYLOADS = st.one_of(
    st.builds(lambda topic: {"topic": topic, "note": f'"topic":"{topic}'}, TOPICS),
    st.text(max_size=20),
    st.none(),
    st.builds(lambda topic: f'"topic":"{topic}"', TOPICS),
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    fields: list[tuple[str, Any]] = [
        ("received_at", "2026-03-02T10:00:00.000+08:00"),
        ("topic", draw(TOPICS)),
        ("payload", draw(PAYLOADS)),
    ]
    if draw(st.booleans()):
        fields = draw(st.permutations(fields))
    gaps = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :")]))
    return json.dumps(dict(fields), separators=gaps, ensure_ascii=draw(st.booleans()))


@given(st.lists(lines(), max_size=12), st.integers(2, 4))
def test_every_line_is_in_one_share_and_a_recorder_in_no_two(trace: list[str], shares: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        path.write_text("".join(line + "\n" for line in trace), "utf-8")
        whole = [a for batch in read_batches(path, END) for a in batch.arrivals]
        parts = [[a for b in read_batches(path, END, (n, shares)) for a in b.arrivals] for n in range(shares)]
    same([(a.topic, a.payload) for a in whole], [(a.topic, a.payload) for p in parts for a in p])
    owners = [{recorder_of(a.topic) for a in part} - {None} for part in parts]
    assert sum(map(len, owners)) == len(set().union(*owners))
