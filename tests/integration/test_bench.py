"""The benchmarks work from end to end and write what they promise; their figures are nobody's test."""

import json
from pathlib import Path

import pytest
from bench import run, storage, ticks

PROMISED = {
    *("end_to_end_msg_s", "bare_pipeline_msg_s", "ack_only_msg_s", "copy_rows_s"),
    *("cpu_us_per_msg", "p50_ms", "p99_ms", "peak_rss_mb"),
}


@pytest.mark.slow
def test_a_quick_run_writes_every_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BUILD", tmp_path)
    report = run.main(["--quick"])
    written = json.loads((run.BUILD / "bench.json").read_text())
    assert report == written
    assert PROMISED <= written.keys()
    assert all(written[name] > 0 for name in PROMISED)


@pytest.mark.slow
def test_a_simulated_day_tells_how_many_bytes_a_reading_takes(tmp_path: Path) -> None:
    report = storage.main(["--recorders", "2", "--days", "1", "--out", str(tmp_path / "storage.json")])
    assert report == json.loads((tmp_path / "storage.json").read_text())
    assert 0 < report["compressed_bytes_per_reading"] < report["bytes_per_reading"] < 500
    assert {"heartbeat", "battery", "storage", "recording", "location"} <= report["kinds"].keys()


@pytest.mark.slow
def test_ticks_are_timed_and_pulled_cards_are_waited_for(tmp_path: Path) -> None:
    out = tmp_path / "ticks.json"
    words = ["--sizes", "20", "--ticks", "3", "--live-s", "25", "--live-size", "40", "--out", str(out)]
    report = ticks.main(words)
    assert report == json.loads(out.read_text())
    assert [20] == [cost["recorders"] for cost in report["ticks"]]
    assert 0 < report["delay"]["incidents"] <= report["delay"]["pulls"]
