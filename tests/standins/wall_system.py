"""A large bureau for browser tests: server and simulated fleet as separate processes, mosquitto, and a database."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
from standins.day_system import free_port, load
from standins.web_people import House

from broker.embedded import embedded_broker
from device_sim.bureau.people import RECORDERS_A_SQUAD, spec_of
from device_sim.world.places import area
from telemetry.mqtt_credentials import issue_secrets, known_accounts
from telemetry.settings import BrokerSettings
from telemetry.store.pool import Database

_ROOT: Final = Path(__file__).resolve().parents[2]
_SEED: Final = 1
_HOUR: Final = timedelta(hours=1)
_STARTS_WITHIN_S: Final = 60.0


@dataclass
class WallSystem:
    """The server's address and database."""

    base: str
    database: Database

    async def person(self, who: str, *roles: str) -> None:
        """Create an account for *who* with the tests' password and rights for the whole bureau."""
        await House(self.base, self.database).person(who, *roles)


@asynccontextmanager
async def running_wall(dsn: str, folder: Path, size: int) -> AsyncIterator[WallSystem]:
    """Run *size* recorders on patrol that move, start and stop recording, at the usual cadence."""
    database = await Database.open(dsn)
    try:
        now = datetime.now(UTC)
        await load(database, _facts(size, now), now)
        recorders = [spec_of(number, _SEED).recorder_id for number in range(1, size + 1)]
        secrets = await issue_secrets(database, recorders, "recorder")
        server = BrokerSettings().username
        password = (await issue_secrets(database, [server], "server"))[server]
        listed = folder / "secrets"
        listed.write_text("".join(f"{name} {secret}\n" for name, secret in secrets.items()), "utf-8")
        port = free_port()
        async with embedded_broker(folder / "broker", await known_accounts(database), kind="mosquitto") as broker:
            settings = {
                "DATABASE__URL": dsn,
                "BROKER__HOST": broker.host,
                "BROKER__PORT": str(broker.server_port),
                "BROKER__TLS": "false",
                "BROKER__PASSWORD": password,
                "HTTP__HOST": "127.0.0.1",
                "HTTP__PORT": str(port),
            }
            fleet = (
                "--recorders",
                str(size),
                "--seed",
                str(_SEED),
                "--port",
                str(broker.port),
                "--secrets",
                str(listed),
            )
            async with _process(folder, settings, "serve"):
                stage = WallSystem(f"http://127.0.0.1:{port}", database)
                await _answers(stage.base)
                async with _process(folder, {}, "sim", "run", *fleet):
                    yield stage
    finally:
        await database.close()


@asynccontextmanager
async def _process(folder: Path, settings: Mapping[str, str], *words: str) -> AsyncIterator[None]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RECORDER_FLEET_")},
        **{f"RECORDER_FLEET_{name}": value for name, value in settings.items()},
        "PYTHONPATH": str(_ROOT),
    }
    with (folder / f"{words[0]}.log").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "telemetry.cli", *words),
            env=environment,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            yield
            assert process.returncode is None, (folder / f"{words[0]}.log").read_text("utf-8")[-2000:]
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _answers(base: str) -> None:
    async with asyncio.timeout(_STARTS_WITHIN_S), aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.get(f"{base}/healthz"):
                    return
            except aiohttp.ClientError:
                # Poll, because the other process doesn't signal when it listens.
                await asyncio.sleep(0.1)


def _facts(size: int, now: datetime) -> dict[str, Any]:
    """Facts: squads with their areas, one officer per recorder, all on patrol."""
    numbers = range(1, size + 1)
    times = {"starts_at": (now - _HOUR / 12).isoformat(), "ends_at": (now + 6 * _HOUR).isoformat()}
    squads = range((size - 1) // RECORDERS_A_SQUAD + 1)
    units: list[dict[str, Any]] = [{"id": "U00", "name": "东滩区城管执法局（演示）", "kind": "bureau"}]
    units += [
        {"id": f"S{n}", "name": f"第{n + 1}中队", "kind": "squad", "parent_id": "U00", "area": area(n).polygon()}
        for n in squads
    ]
    specs = [spec_of(number, _SEED) for number in numbers]
    homes = [f"S{(number - 1) // RECORDERS_A_SQUAD}" for number in numbers]
    return {
        "units": units,
        "officers": [
            {"id": f"P{number:04d}", "name": f"某{number}", "unit_id": home, "role": "officer"}
            for number, home in zip(numbers, homes, strict=True)
        ],
        "recorders": [
            {
                "id": spec.recorder_id,
                "unit_id": home,
                "model": spec.model.name,
                "iccid": spec.iccid,
                "holder_id": f"P{number:04d}",
                "heartbeat_s": spec.heartbeat_s,
            }
            for number, spec, home in zip(numbers, specs, homes, strict=True)
        ],
        "shifts": [
            {"id": f"W{number}", "officer_id": f"P{number:04d}", "kind": "patrol", **times} for number in numbers
        ],
    }
