"""Sets up the demo: a fresh database and broker, the day's facts, a stand-in for WeCom, and the shared clock."""

import asyncio
import json
import shutil
import socket
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from broker.embedded import BrokerKind, RunningBroker, embedded_broker
from device_sim.bureau.facts import build_facts
from device_sim.demo_day import STORY_MIN, demo_day
from device_sim.scenario_run import ScenarioRun
from device_sim.transport.progress import FleetCounters
from telemetry.domain.clock import Pace, TimeLapse
from telemetry.domain.errors import DatabaseUnavailableError, InputError
from telemetry.mqtt_credentials import issue_secrets, known_accounts
from telemetry.settings import BrokerSettings, DatabaseSettings
from telemetry.settings_tree import NoticeTable, Settings
from telemetry.store.embedded import embedded_postgres, fresh_database
from telemetry.store.migrate import migrate
from telemetry.store.platform import measured_to
from telemetry.store.pool import Database
from telemetry.web.wecom_stand_in import WecomStandIn, serving_wecom

_EVALUATED_BEHIND: Final = timedelta(seconds=60)
_MOST_BEHIND: Final = timedelta(seconds=40)
"""Shorter than `_EVALUATED_BEHIND`, so that no tick overtakes a message that is still on its way."""
_HEARD_WITHOUT_PAUSE: Final = 5
"""From this many connected recorders on, some heartbeat is due within any `_MOST_BEHIND`."""
_LONGEST_WAIT_S: Final = 10.0
_LOOPBACK: Final = "127.0.0.1"
_STEP_S: Final = 0.02
_LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The command's options; `speed` in simulated seconds per second, until the day has caught up with the wall clock."""

    directory: Path
    recorders: int
    broker: BrokerKind | None
    speed: float


@dataclass(frozen=True, slots=True)
class Demo:
    """The running parts of the demo, and the simulated day."""

    database: Database
    broker: RunningBroker
    settings: Settings
    secrets: dict[str, str]
    day: ScenarioRun
    clock: TimeLapse
    wecom: WecomStandIn

    @property
    def pace(self) -> Pace:
        """The server's clock; it works at shorter intervals, because its time runs faster."""
        return Pace(self.clock.now, self.clock.behind(_EVALUATED_BEHIND), tick_s=0.3, plan_s=0.3)


async def start_demo(stack: AsyncExitStack, settings: Settings, options: DemoOptions) -> Demo:
    """Start everything, with an empty database and new secrets."""
    dsn = await _database(stack, options.directory)
    database = await Database.open(dsn)
    stack.push_async_callback(database.close)
    async with database.connection() as connection:
        await migrate(connection)
    clock = TimeLapse(_start_of_day(options.speed), options.speed)
    day = demo_day(options.recorders, clock.now_ms())
    facts = build_facts(day.state, {})
    await _load(database, facts, clock.now())
    server = settings.broker.username
    secrets = await issue_secrets(
        database, [recorder.spec.recorder_id for recorder in day.fleet_plan.recorders], "recorder"
    )
    password = (await issue_secrets(database, [server], "server"))[server]
    broker = await stack.enter_async_context(
        embedded_broker(
            _temporary_directory(stack, options.directory), await known_accounts(database), kind=options.broker
        )
    )
    members = frozenset(officer["contact"]["wecom"] for officer in facts["officers"])
    wecom = await stack.enter_async_context(serving_wecom(members, clock.now))
    port = _free_port()
    changed = {
        "database": DatabaseSettings(url=SecretStr(dsn)),
        "broker": _broker_settings(broker, server, password),
        "http": settings.http.model_copy(update={"host": _LOOPBACK, "port": port, "public_url": ""}),
        "notices": _notices(wecom, f"http://{_LOOPBACK}:{port}"),
    }
    return Demo(database, broker, settings.model_copy(update=changed), secrets, day, clock, wecom)


def _start_of_day(speed: float) -> datetime:
    """The start of the day for which its story ends when it catches up with the wall clock."""
    real = timedelta(minutes=STORY_MIN) / speed
    return (datetime.now(UTC) - timedelta(minutes=STORY_MIN) + real).replace(second=0, microsecond=0)


async def _database(stack: AsyncExitStack, directory: Path) -> str:
    dsn = await stack.enter_async_context(embedded_postgres(directory / "postgres", throw_away=True))
    return await stack.enter_async_context(fresh_database(dsn))


def _temporary_directory(stack: AsyncExitStack, directory: Path) -> Path:
    """A new directory for the broker, so that it retains nothing of an earlier run."""
    path = Path(tempfile.mkdtemp(prefix="broker-", dir=directory))
    stack.callback(shutil.rmtree, path, ignore_errors=True)
    return path


async def _load(database: Database, facts: dict[str, Any], now: datetime) -> None:
    """Load the day's facts like a facts file. Raises InputError if they break the contract."""
    read = read_json(json.dumps(facts).encode(), "demo day")
    loaded = await load_facts(database, read, "demo", now) if isinstance(read, FactSet) else read
    if isinstance(loaded, list):
        raise InputError(str(loaded[0]))


def _broker_settings(broker: RunningBroker, server: str, password: str) -> BrokerSettings:
    return BrokerSettings(
        host=broker.host,
        port=broker.server_port,
        protocol="5" if broker.speaks_mqtt5 else "3.1.1",
        username=server,
        password=SecretStr(password),
        tls=False,
    )


def _free_port() -> int:
    """A port for the console; notices name it before the server listens."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _notices(wecom: WecomStandIn, console: str) -> NoticeTable:
    """Notices by WeCom without quiet hours, so that the demo shows one at night too."""
    channel = {
        "kind": "wecom_app",
        "base_url": wecom.url,
        "corpid": wecom.corpid,
        "secret": wecom.secret,
        "agentid": wecom.agentid,
    }
    # A claim must outlast a request, whose time-out runs on the wall clock.
    return NoticeTable.model_validate(
        {
            "order": ["wecom"],
            "channels": {"wecom": channel},
            "quiet_from": "00:00",
            "quiet_to": "00:00",
            "lease_s": 3600,
            "link_base": console,
        }
    )


async def run_clock(clock: TimeLapse, database: Database, fleet: FleetCounters) -> None:
    """Advance the clock until it has caught up with the wall clock; pause while messages aren't stored yet.

    A slow machine thus plays the same day, only longer.
    """
    loop = asyncio.get_running_loop()
    told_at = looked_at = fresh_at = loop.time()
    while not clock.is_live:
        await asyncio.sleep(_STEP_S)
        now = loop.time()
        step_s, told_at = min(now - told_at, 5 * _STEP_S), now
        if now - looked_at >= _LOOK_S:
            looked_at = now
            if await _is_up_to_date(clock, database, fleet):
                fresh_at = now
        if now - fresh_at < 2 * _LOOK_S or now - fresh_at > _LONGEST_WAIT_S:
            clock.advance(step_s)


async def _is_up_to_date(clock: TimeLapse, database: Database, fleet: FleetCounters) -> bool:
    if fleet.connected < _HEARD_WITHOUT_PAUSE:
        return True
    try:
        heard_to = await measured_to(database)
    except DatabaseUnavailableError:
        return False
    return heard_to is None or clock.now() - heard_to < _MOST_BEHIND
