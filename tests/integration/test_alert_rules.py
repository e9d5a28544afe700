"""The alert rules for Prometheus: its own tool accepts and tests them, and each metric that they name is served."""

import re
import subprocess
from pathlib import Path

import yaml
from services.promtool import unpack_promtool
from standins.web_people import house

ALERTS = Path(__file__).parents[2] / "dashboards" / "alerts"
RULES = ALERTS / "recorder-fleet.rules.yaml"
TESTS = ALERTS / "recorder-fleet.tests.yaml"


def promtool(*words: str) -> None:
    done = subprocess.run(
        [unpack_promtool(), *words], cwd=ALERTS, capture_output=True, text=True, timeout=120, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def test_promtool_accepts_the_rules_and_every_test_of_theirs_passes() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", RULES.name)
    promtool("test", "rules", TESTS.name)


def test_every_rule_has_a_test_that_it_fires_and_one_that_it_keeps_quiet() -> None:
    rules = {rule["alert"] for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]}
    cases = [case for test in yaml.safe_load(TESTS.read_text("utf-8"))["tests"] for case in test["alert_rule_test"]]
    assert rules == {case["alertname"] for case in cases if case.get("exp_alerts")}
    assert rules == {case["alertname"] for case in cases if not case.get("exp_alerts")}


async def test_every_metric_that_a_rule_names_is_one_of_the_server_s(database: str) -> None:
    async with house(database) as running:
        await running.run("UPDATE evaluation_clock SET written_at = now()")
        served = set(re.findall(r"^# TYPE (\S+) ", (await running.browser().ask("GET", "/metrics")).text, re.MULTILINE))
    named = set(re.findall(r"recorder_fleet_\w+", RULES.read_text("utf-8")))
    assert set() == named - served
