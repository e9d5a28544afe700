"""The simulator's edges: file limits, the display, and traces that are none."""

import resource
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from device_sim.transport.mqtt5_client import TooFewDescriptorsError, raise_descriptor_limit
from device_sim.transport.progress import FleetCounters, counters_table
from device_sim.transport.replay import read_lines
from telemetry.domain.errors import InputError


def test_a_fleet_too_big_for_the_machine_is_told_what_to_do() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with pytest.raises(TooFewDescriptorsError, match=r"1000000200 open files.*ulimit -Hn.*LimitNOFILE"):
        raise_descriptor_limit(10**9)
    assert before == resource.getrlimit(resource.RLIMIT_NOFILE)


def test_a_fleet_that_fits_raises_nothing_it_need_not() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == raise_descriptor_limit(1)


def test_the_display_shows_connected_sent_acknowledged_and_behind() -> None:
    counters = FleetCounters(recorders=60, connected=58, sent=1234, acknowledged=1230)
    counters.record_delay(2.5)
    console = Console(width=120, record=True, file=StringIO())
    console.print(counters_table(counters))
    shown = console.export_text()
    for word in ("connected", "sent", "acknowledged", "behind", "58", "1234", "1230", "2.50 s"):
        assert word in shown


@pytest.mark.parametrize("line", ["{", '{"received_at": "yesterday", "topic": "t", "payload": {}}', '{"topic": "t"}'])
def test_a_line_that_is_none_is_told_with_file_and_line(tmp_path: Path, line: str) -> None:
    trace = tmp_path / "trace.jsonl"
    good = '{"received_at": "2026-03-02T09:00:00.412+08:00", "topic": "recorder/v1/R1/battery", "payload": "no json"}'
    trace.write_text(f"{good}\n{line}\n")
    lines = read_lines(trace)
    assert b"no json" == next(lines).payload
    with pytest.raises(InputError, match=r"trace\.jsonl:2: "):
        next(lines)
