"""A rule is two files and a line in the registry: one from outside is followed to whatever people see of it."""

import asyncio
import json
import os
import sys
from pathlib import Path

from test_wake_thresholds import drained
from trace_builder import at

TESTS = Path(__file__).parents[1]


async def test_a_rule_from_outside_reaches_the_incident_its_notice_and_every_screen(
    database: str, tmp_path: Path
) -> None:
    stage = drained()
    facts, trace, out = tmp_path / "facts.json", tmp_path / "trace.jsonl", tmp_path / "incidents.json"
    facts.write_text(json.dumps(stage.bureau.facts, ensure_ascii=False), "utf-8")
    trace.write_text(
        "".join(
            json.dumps({"received_at": moment.isoformat(), "topic": topic, "payload": body}) + "\n"
            for moment, topic, body in sorted(stage.trace.lines, key=lambda line: line[0])
        ),
        "utf-8",
    )
    until = at("12:00").isoformat()
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "toy.follow", database, str(facts), str(trace), until, str(out)),
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await child.communicate()
    assert 0 == child.returncode
    told = json.loads(printed)
    (incident,) = [i for i in json.loads(out.read_text("utf-8")) if i["rule"] == "half-empty"]
    # At 40 %, which the parameter was set to, and not at the 50 % that it has by itself.
    assert ("LOW", "reminder") == (incident["recorder_id"], incident["weight"])
    assert "电量30%" in incident["evidence"]["key"]
    ((title, headline),) = told["console"]
    assert "电量过半" == title
    # What `python -m telemetry.web.vocabulary_file` writes for the console and the boards.
    assert told["words"]["console"]
    assert "电量过半" == told["words"]["boards"][0]
    assert "电量30%" in headline
    (notice,) = told["notices"]
    assert {"LOW电量30%", "请留意电量。"} == {words for words in ("LOW电量30%", "请留意电量。") if words in notice}
