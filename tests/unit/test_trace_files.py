"""Trace files: what is written is read back, and what is wrong is named by file, line and field."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.domain.errors import InputError
from telemetry.domain.trace import TraceLine, read_lines, spell_line

NOW = datetime(2026, 3, 2, 1, 0, 0, 412000, tzinfo=UTC)


def written(path: Path, arrivals: list[TraceLine]) -> Path:
    content = b"".join(spell_line(arrival) for arrival in arrivals)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["day.jsonl", "day.jsonl.gz"])
def test_a_trace_is_read_as_it_was_written(tmp_path: Path, name: str) -> None:
    arrivals = [
        TraceLine(NOW, "recorder/v1/R1/battery", b'{"level_pct": 61}'),
        TraceLine(NOW, "recorder/v1/R1/battery", b"not json"),
        TraceLine(NOW, "recorder/v1/R1/presence", b"{}", retained=True),
        TraceLine(NOW, "recorder/v1/R1/battery", '{"名": "值"}'.encode()),
    ]
    assert arrivals == list(read_lines(written(tmp_path / name, arrivals)))


@given(payload=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_the_bytes_a_line_is_one_line_and_reads_back(
    payload: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    line = spell_line(TraceLine(NOW, "recorder/v1/R1/battery", payload))
    assert 1 == line.count(b"\n")
    path = tmp_path_factory.mktemp("trace") / "day.jsonl"
    path.write_bytes(line)
    (back,) = read_lines(path)
    assert payload.decode("utf-8", "backslashreplace") == back.payload.decode()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('{"received_at": "yesterday", "topic": "t", "payload": {}}', "day.jsonl:2: received_at: "),
        ('{"received_at": "2026-03-02T09:00:00", "topic": "t", "payload": {}}', "day.jsonl:2: received_at: no offset"),
        (
            '{"received_at": "2026-03-02T09:00:00Z", "payload": {}}',
            "day.jsonl:2: Object missing required field `topic`",
        ),
        ('{"received_at": "2026-03-02T09:00:00Z", "topic": 7, "payload": {}}', "day.jsonl:2: topic: "),
        ("garbage", "day.jsonl:2: JSON is malformed"),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, line: str, wanted: str) -> None:
    path = tmp_path / "day.jsonl"
    path.write_text('{"received_at": "2026-03-02T09:00:00Z", "topic": "t", "payload": {}}\n' + line + "\n")
    with pytest.raises(InputError) as raised:
        list(read_lines(path))
    assert wanted in str(raised.value)


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "day.jsonl.gz"
    broken.write_bytes(b"no gzip")
    for path in (tmp_path / "none.jsonl", broken):
        with pytest.raises(InputError, match=path.name):
            list(read_lines(path))
