"""`make demo` as somebody tries it: within three minutes the day's incidents open with evidence, and a leader is told."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from backend import IS_FULL

_WITHIN_S: Final = 180.0
_STARTS_WITHIN_S: Final = 60.0
_RECORDER: Final = re.compile(r"R\d{4}")
_STORY: Final = {
    "sim-removed": "数据确证 可移送",
    "shift-unrecorded": "数据确证 待核查",
    "outage": "(cell_outage)",
    "recorder-offline": "(battery_depleted)",
}
"""What has to open, and what its line has to say."""


class _Demo:
    """The demo's process and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []

    async def until(self, is_met: Callable[[list[str]], bool], within_s: float) -> None:
        """Read on until what was said is enough; fails with all of it when the time is up, or the process is over."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                while not is_met(self.said):
                    line = await self.process.stdout.readline()
                    assert line, "the demo ended:\n" + "\n".join(self.said)
                    self.said.append(line.decode().rstrip())
        except TimeoutError:
            pytest.fail(f"not within {within_s:g} s:\n" + "\n".join(self.said))

    def evidence_of(self, rule: str, words: str) -> list[str]:
        """The sentences under the first line that tells of *rule* in these *words*."""
        for number, line in enumerate(self.said):
            if f"[{rule}]" in line and words in line:
                sentences = []
                for following in self.said[number + 1 :]:
                    if not following.startswith("    · "):
                        break
                    sentences.append(following.removeprefix("    · "))
                return sentences
        return []


@asynccontextmanager
async def _demo(folder: Path, *words: str) -> AsyncIterator[_Demo]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telemetry.cli", "demo", "--directory", str(folder), *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield _Demo(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                async with asyncio.timeout(30):
                    await process.communicate()
            except TimeoutError:
                process.kill()
                await process.wait()


def _is_told(said: list[str]) -> bool:
    """Whether every story has opened with its evidence (a line that follows), and a leader was told of the SIM."""
    opened = {
        rule
        for rule, words in _STORY.items()
        for line, following in pairwise(said)
        if f"[{rule}]" in line and words in line and following.startswith("    · ")
    }
    return opened == _STORY.keys() and any("WeCom → leader" in line for line in said)


@pytest.mark.slow
@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"] if IS_FULL else ["mosquitto"])
async def test_within_three_minutes_a_pull_an_outage_a_dead_battery_and_an_unrecorded_shift_are_incidents(
    tmp_path: Path, broker: str
) -> None:
    async with _demo(tmp_path, "--seconds", "600", "--broker", broker) as demo:
        await demo.until(lambda said: any("login#once=" in line for line in said), _STARTS_WITHIN_S)
        await demo.until(_is_told, _WITHIN_S)

        pull = demo.evidence_of("sim-removed", "数据确证")
        assert "检测不到SIM卡" in pull[0], pull
        assert any("同一次开机" in sentence for sentence in pull), pull
        assert "电量" in "".join(demo.evidence_of("recorder-offline", "(battery_depleted)"))
        told = "\n".join(demo.said)
        assert "【待核实，非认定】" in told.partition("WeCom → leader")[2]
        # The pull is one officer's; the cell's silence is nobody's fault.
        assert {"R0001"} == {
            name for line in demo.said if "[sim-removed]" in line for name in _RECORDER.findall(line)
        }, told

    assert 0 == demo.process.returncode
    assert [tmp_path / "postgres"] == sorted(tmp_path.iterdir())  # noqa: ASYNC240 - nothing else runs any more


@pytest.mark.slow
async def test_a_login_of_the_demo_opens_the_console_once(tmp_path: Path) -> None:
    async with _demo(tmp_path, "--seconds", "120") as demo:
        await demo.until(lambda said: any("login#once=" in line for line in said), _STARTS_WITHIN_S)
        link = next(line.split()[-1] for line in demo.said if "login#once=" in line)
        base, token = link.split("/login#once=")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            async with browser.post(f"{base}/api/v1/session/once", json={"token": token}) as answer:
                assert 200 == answer.status, await answer.text()
                assert ["command_centre"] == (await answer.json())["account"]["roles"]
            async with browser.get(f"{base}/api/v1/live") as answer:
                assert 200 == answer.status, await answer.text()
            async with browser.post(f"{base}/api/v1/session/once", json={"token": token}) as answer:
                assert 401 == answer.status
