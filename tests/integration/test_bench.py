"""The benchmark works from end to end and writes what it promises; its figures are nobody's test."""

import json

import pytest
from bench import run

PROMISED = {
    *("end_to_end_msg_s", "bare_pipeline_msg_s", "ack_only_msg_s", "copy_rows_s"),
    *("cpu_us_per_msg", "p50_ms", "p99_ms", "peak_rss_mb"),
}


@pytest.mark.slow
def test_a_quick_run_writes_every_figure(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BUILD", tmp_path)
    report = run.main(["--quick"])
    written = json.loads((run.BUILD / "bench.json").read_text())
    assert report == written
    assert PROMISED <= written.keys()
    assert all(written[name] > 0 for name in PROMISED)
