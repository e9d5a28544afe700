"""The whole system for browser tests: mosquitto, database, server, and a simulated fleet over MQTT."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page
from pydantic import SecretStr
from standins.console_actions import sign_in
from standins.day_clock import DayClock
from standins.day_plan import PULLED, PULLED_LATER, UNFILMED, day_plan
from standins.web_people import House

from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from broker.embedded import RunningBroker, embedded_broker
from device_sim.bureau.facts import build_facts
from device_sim.bureau.people import Officer
from device_sim.scenario_run import ScenarioRun
from device_sim.transport.fleet import FleetSettings, run_fleet
from device_sim.transport.mqtt5_client import BrokerAddress
from device_sim.transport.progress import FleetCounters
from device_sim.transport.publisher import Retry
from telemetry.app import serving
from telemetry.domain.clock import Pace
from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.mqtt_credentials import issue_secrets, known_accounts
from telemetry.settings import BrokerSettings, DatabaseSettings, HttpSettings
from telemetry.settings_tree import Settings
from telemetry.store.platform import measured_to
from telemetry.store.pool import Database
from telemetry.web.wecom_stand_in import WecomStandIn, serving_wecom

SPEED: Final = 60.0
BEHIND: Final = timedelta(seconds=60)
_MOST_BEHIND: Final = timedelta(seconds=40)
_HEARD_WITHOUT_PAUSE: Final = 5
_BEGAN_AGO: Final = timedelta(minutes=70)
_STARTS_WITHIN_S: Final = 60.0
_LOOPBACK: Final = "127.0.0.1"


@dataclass
class DaySystem:
    """The running system; `people` are accounts by user name, with roles, unit and officer."""

    database: Database
    day: ScenarioRun
    clock: DayClock
    settings: Settings
    browser: Browser
    people: dict[str, tuple[list[str], str | None, str | None]]
    faults: list[str] = field(default_factory=list)
    counters: FleetCounters | None = None
    server: asyncio.Task[None] | None = None
    _leave: asyncio.Event = field(default_factory=asyncio.Event)
    _up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def port(self) -> int:
        return self.settings.http.port

    @property
    def base(self) -> str:
        return f"http://{_LOOPBACK}:{self.port}"

    async def serve(self) -> None:
        """Run the server until cancelled; `restart` stops and starts it."""
        while True:
            pace = Pace(self.clock.now, self.clock.behind(BEHIND), tick_s=0.3, plan_s=0.3)
            async with serving(self.settings, pace=pace):
                self._up.set()
                await self._leave.wait()
            self._leave.clear()

    async def start(self) -> asyncio.Task[None]:
        """Start the server and wait until it answers."""
        self.server = asyncio.create_task(self.serve())
        await self._is_up(self.server)
        return self.server

    async def restart(self) -> None:
        """Stop the server and start it again on the same port and database."""
        assert self.server is not None
        self._up.clear()
        self._leave.set()
        await self._is_up(self.server)

    async def _is_up(self, server: asyncio.Task[None]) -> None:
        """Wait until the server answers. Raises its exception, or TimeoutError."""
        up = asyncio.create_task(self._up.wait())
        await asyncio.wait({server, up}, timeout=_STARTS_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if server.done():
            server.result()
        if not self._up.is_set():
            raise TimeoutError(f"the server is not up within {_STARTS_WITHIN_S:g} s")

    async def page(
        self, who: str, place: str = "", size: dict[str, int] | None = None, port: int | None = None
    ) -> Page:
        """Open the console at *place*, signed in as *who*; through the proxy on *port* if given."""
        await self.person(who)
        page = await sign_in(self.browser, f"http://{_LOOPBACK}:{port or self.port}", who, place, size)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        return page

    async def person(self, who: str) -> None:
        """Create an account for *who* with the tests' password."""
        if not await self.value("SELECT count(*) FROM account WHERE username = $1", who):
            roles, unit_id, officer_id = self.people[who]
            await House(self.base, self.database).person(who, *roles, unit_id=unit_id, officer_id=officer_id)

    async def value(self, sql: str, *parameters: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(sql, *parameters)

    async def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        async with self.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql, *parameters)]

    def wearer(self, recorder_id: str) -> Officer:
        """The officer on shift with that recorder."""
        return next(duty.officer for duty in self.day.state.roster.duties if duty.spec.recorder_id == recorder_id)


@asynccontextmanager
async def running_day(dsn: str, folder: Path, browser: Browser) -> AsyncIterator[DaySystem]:
    """Run the system on the empty database *dsn* and start the day; a script error on any page fails the test."""
    clock = DayClock((datetime.now(UTC) - _BEGAN_AGO).replace(second=0, microsecond=0), SPEED)
    day = day_plan(clock.now_ms())
    facts = build_facts(day.state, {})
    database = await Database.open(dsn)
    try:
        await load(database, facts, clock.now())
        secrets = await issue_secrets(
            database, [recorder.spec.recorder_id for recorder in day.fleet_plan.recorders], "recorder"
        )
        server = BrokerSettings().username
        password = (await issue_secrets(database, [server], "server"))[server]
        members = frozenset(officer["contact"]["wecom"] for officer in facts["officers"])
        async with (
            embedded_broker(folder, await known_accounts(database), kind="mosquitto") as broker,
            serving_wecom(members, clock.now) as wecom,
        ):
            settings = _settings(dsn, broker, password, wecom)
            stage = DaySystem(database, day, clock, settings, browser, _people(day))
            tasks = [await stage.start()]
            tasks += [asyncio.create_task(_play(stage, broker, secrets)), asyncio.create_task(clock.run(_fresh(stage)))]
            try:
                yield stage
            finally:
                for context in browser.contexts:
                    await context.close()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        assert [] == stage.faults
    finally:
        await database.close()


async def _play(stage: DaySystem, broker: RunningBroker, secrets: dict[str, str]) -> None:
    def started(counters: FleetCounters) -> None:
        stage.counters = counters

    settings = FleetSettings(secrets=secrets, clock=stage.clock, retry=Retry(0.1, 2.0))
    await run_fleet(settings, BrokerAddress(broker.host, broker.port), stage.day.fleet_plan, on_start=started)


def _fresh(stage: DaySystem) -> Any:
    async def is_up_to_date() -> bool:
        if stage.counters is None or stage.counters.connected < _HEARD_WITHOUT_PAUSE:
            return True
        try:
            heard_to = await measured_to(stage.database)
        except DatabaseUnavailableError:
            return False
        return heard_to is None or stage.clock.now() - heard_to < _MOST_BEHIND

    return is_up_to_date


async def load(database: Database, facts: dict[str, Any], now: datetime) -> None:
    """Load a bureau's facts like a facts file."""
    read = read_json(json.dumps(facts).encode(), "story")
    assert isinstance(read, FactSet), read
    loaded = await load_facts(database, read, "story", now)
    assert not isinstance(loaded, list), loaded


def _settings(dsn: str, broker: RunningBroker, password: str, wecom: WecomStandIn) -> Settings:
    channel = {
        "kind": "wecom_app",
        "base_url": wecom.url,
        "corpid": wecom.corpid,
        "secret": wecom.secret,
        "agentid": wecom.agentid,
    }
    notices = {
        "order": ["wecom"],
        "channels": {"wecom": channel},
        "quiet_from": "00:00",
        "quiet_to": "00:00",
        "lease_s": 3600,
    }
    return Settings(
        database=DatabaseSettings(url=SecretStr(dsn)),
        broker=BrokerSettings(host=broker.host, port=broker.server_port, tls=False, password=SecretStr(password)),
        http=HttpSettings(host=_LOOPBACK, port=free_port()),
        notices=notices,
    )


def free_port() -> int:
    """A free port on this machine."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _people(day: ScenarioRun) -> dict[str, tuple[list[str], str | None, str | None]]:
    """Accounts for all people in the tests."""
    bureau = day.state.bureau
    wearers = {duty.spec.recorder_id: duty.officer for duty in day.state.roster.duties}
    squad, other = bureau.squads[0], bureau.squads[1]
    people: dict[str, tuple[list[str], str | None, str | None]] = {
        "zhihui": (["command_centre"], None, None),
        "lidui": (["leader"], squad.unit.unit_id, squad.leader.officer_id),
        "lidui2": (["leader"], other.unit.unit_id, other.leader.officer_id),
        "wangguan": (["custodian"], squad.unit.unit_id, squad.custodian.officer_id),
        "ducha": (["verifier"], None, bureau.verifiers[0].officer_id),
        "duchazhang": (["verifier"], None, bureau.verifiers[1].officer_id),
        "jiandu": (["supervision"], None, None),
        "zhengzhi": (["political"], None, None),
        "yunwei": (["engineer"], None, None),
    }
    for who, recorder_id in (("zhangsan", PULLED), ("zhaowu", PULLED_LATER), ("qianqi", UNFILMED)):
        officer = wearers[recorder_id]
        people[who] = (["officer"], officer.unit_id, officer.officer_id)
    return people
