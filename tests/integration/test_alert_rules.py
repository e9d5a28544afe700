"""The alert rules that ship are valid, do what their tests say, and read metrics that there are."""

import re
from pathlib import Path
from typing import Final

import aiohttp
from services.apt import run
from services.promtool import unpack_promtool

from telemetry.health.look import OwnParts
from telemetry.settings import HttpSettings
from telemetry.store.pool import Database
from telemetry.web.server import serving_http

RULES: Final = Path(__file__).resolve().parents[2] / "dashboards" / "prometheus"


def test_the_alert_rules_pass_promtool_and_their_tests() -> None:
    promtool = str(unpack_promtool())
    run([promtool, "check", "rules", "recorder-fleet.rules.yml"], folder=RULES)
    run([promtool, "test", "rules", "recorder-fleet.tests.yml"], folder=RULES)


async def test_the_alert_rules_read_metrics_that_there_are() -> None:
    text = (RULES / "recorder-fleet.rules.yml").read_text("utf-8")
    read = set(re.findall(r"\brecorder_fleet_\w+", text))
    database = await Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    async with (
        serving_http(HttpSettings(port=0), database, own=OwnParts("a")) as (host, port),
        aiohttp.ClientSession(f"http://{host}:{port}") as client,
        client.get("/metrics") as answer,
    ):
        shown = await answer.text()
    await database.close()
    assert {"recorder_fleet_fault"} == read
    assert set() == read - set(re.findall(r"^# TYPE (\w+) ", shown, re.MULTILINE))
