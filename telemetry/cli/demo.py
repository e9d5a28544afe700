"""`demo`: the whole way of a measurement on one machine; embedded database and broker, server, simulated fleet, table."""

import asyncio
import io
import re
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from broker.embedded import BrokerKind, RunningBroker, embedded_broker
from device_sim.cast import on_duty
from device_sim.fleet import FleetSettings, run_fleet
from device_sim.link import BrokerAddress, open_mqtt5
from device_sim.link311 import open_mqtt311
from telemetry.accounts import issue_secrets, known_accounts
from telemetry.app import serving
from telemetry.cli.command import Commands, Context, run, until_stopped
from telemetry.logs import configure_logs
from telemetry.settings import BrokerSettings, DatabaseSettings, HttpSettings, LogSettings, Settings
from telemetry.store.embedded import embedded_postgres
from telemetry.store.migrate import migrate
from telemetry.store.platform import count_fleet, live_fleet
from telemetry.store.pool import Database

_REFRESH_S: Final = 1.0
_PLAIN_EVERY: Final = 5
_STALE_S: Final = 90.0
_FULL_BAR: Final = 10
_PICTURE_ROWS: Final = 18


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The command's words."""

    directory: Path
    recorders: int
    seconds: float | None
    broker: BrokerKind | None
    picture: Path | None


@dataclass(frozen=True, slots=True)
class _Stage:
    """What runs: the database, the broker, and the secrets of who takes part."""

    database: Database
    broker: RunningBroker
    settings: Settings
    secrets: dict[str, str]


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    demo = commands.add_parser("demo", help="try it: database, broker, server and a simulated fleet on this machine")
    demo.add_argument("--recorders", type=int, default=60, metavar="N", help="size of the fleet (60)")
    demo.add_argument("--directory", type=Path, default=Path(".demo"), metavar="DIR", help="where it keeps its files")
    demo.add_argument("--seconds", type=float, metavar="S", help="end by itself after S seconds")
    demo.add_argument("--picture", type=Path, metavar="FILE", help="at the end, draw the table into an SVG file")
    demo.add_argument("--broker", choices=["mosquitto", "amqtt"], help="default: mosquitto where it is installed")
    demo.set_defaults(run=_demo)


def _demo(context: Context) -> int:
    words = context.words
    configure_logs(LogSettings(level="warning", format="text"))
    recorders = max(1, min(5000, words.recorders))
    wanted = _Wanted(words.directory.resolve(), recorders, words.seconds, words.broker, words.picture)
    run(_play(context.settings, wanted))
    return 0


async def _play(settings: Settings, wanted: _Wanted) -> None:
    console = Console()
    cast = on_duty(wanted.recorders, seed=1, from_ms=time.time_ns() // 1_000_000)
    names = [role.spec.recorder_id for role in cast.roles]
    async with AsyncExitStack() as stack:
        with console.status("starting database and broker …"):
            stage = await _set_up(stack, settings, wanted, names)
            running = await stack.enter_async_context(serving(stage.settings))
        console.print(
            f"[bold]recorder-fleet[/bold]  {wanted.recorders} simulated recorders → {stage.broker.kind} → embedded PostgreSQL\n"
            f"health: http://127.0.0.1:{running.http_port}/healthz   metrics: http://127.0.0.1:{running.http_port}/metrics",
            soft_wrap=True,
        )
        fleet = asyncio.create_task(
            run_fleet(
                FleetSettings(secrets=stage.secrets),
                BrokerAddress(stage.broker.host, stage.broker.port),
                cast,
                open_link=open_mqtt5 if stage.broker.speaks_mqtt5 else open_mqtt311,
            )
        )
        shown = asyncio.create_task(_show(console, stage.database))
        broken = asyncio.create_task(stage.broker.wait_failed())
        try:
            await until_stopped(_first_of({fleet, shown, broken}, wanted.seconds))
        finally:
            console.print("stopping …")
            if wanted.picture is not None:
                await _draw(stage.database, wanted.picture)
            for task in (shown, fleet, broken):
                task.cancel()
            await asyncio.gather(shown, fleet, broken, return_exceptions=True)


async def _draw(database: Database, picture: Path) -> None:
    """The table as a terminal would show it; what README's picture is made by."""
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    console.print(_table(await live_fleet(database, 5000), await count_fleet(database), _PICTURE_ROWS))
    picture.parent.mkdir(parents=True, exist_ok=True)
    # Without the web font that rich would fetch from elsewhere.
    shape = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    console.save_svg(str(picture), title="recorder-fleet demo (invented recorders and officers)", code_format=shape)


async def _first_of(tasks: set[asyncio.Task[Any]], seconds: float | None) -> None:
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _set_up(stack: AsyncExitStack, settings: Settings, wanted: _Wanted, names: list[str]) -> _Stage:
    """Start database and broker in the wanted directory; every secret is drawn anew at each start."""
    dsn = await stack.enter_async_context(embedded_postgres(wanted.directory / "postgres"))
    database = await Database.open(dsn)
    stack.push_async_callback(database.close)
    async with database.connection() as connection:
        await migrate(connection)
    server = settings.broker.username
    secrets = await issue_secrets(database, names, "recorder")
    password = (await issue_secrets(database, [server], "server"))[server]
    broker = await stack.enter_async_context(
        embedded_broker(wanted.directory / "broker", await known_accounts(database), kind=wanted.broker)
    )
    return _Stage(
        database,
        broker,
        settings.model_copy(
            update={
                "database": DatabaseSettings(url=SecretStr(dsn)),
                "broker": BrokerSettings(
                    host=broker.host,
                    port=broker.server_port,
                    protocol="5" if broker.speaks_mqtt5 else "3.1.1",
                    username=server,
                    password=SecretStr(password),
                    tls=False,
                ),
                "http": HttpSettings(port=0),
            }
        ),
        secrets,
    )


async def _show(console: Console, database: Database) -> None:
    """Show the fleet until cancelled: a live table on a terminal, a line each few seconds elsewhere."""
    if not sys.stdout.isatty():
        while True:
            counts = await count_fleet(database)
            console.print(" ".join(f"{name}={count}" for name, count in counts.items()))
            await asyncio.sleep(_PLAIN_EVERY)
    with Live(console=console, auto_refresh=False, screen=False, vertical_overflow="ellipsis") as live:
        while True:
            room = max(5, console.height - 8)
            fleet = await live_fleet(database, 5000)
            live.update(_table(fleet, await count_fleet(database), room), refresh=True)
            await asyncio.sleep(_REFRESH_S)


def _table(fleet: list[dict[str, Any]], counts: dict[str, int], room: int) -> Table:
    title = f"{counts['heard']} recorders, {counts['connected']} connected, {counts['recording']} recording"
    table = Table(
        title=title, caption=f"Ctrl-C stops; the first {room} are shown" if len(fleet) > room else "Ctrl-C stops"
    )
    for heading, justify in (
        ("recorder", "left"),
        ("state", "left"),
        ("battery", "left"),
        ("storage", "right"),
        ("signal", "right"),
        ("officer", "left"),
        ("last seen", "right"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # a literal of rich's own
    for recorder in fleet[:room]:
        table.add_row(*_row(recorder))
    return table


def _row(recorder: dict[str, Any]) -> tuple[Text, ...]:
    age_s = recorder["age_s"]
    return (
        Text(recorder["recorder_id"]),
        _state(recorder),
        _battery(recorder["level_pct"], charging=bool(recorder["charging"])),
        Text("–" if recorder["free_mb"] is None else f"{recorder['free_mb'] / 1024:.1f} GB free"),
        Text("–" if recorder["rsrp_dbm"] is None else f"{recorder['rsrp_dbm']:.0f} dBm {recorder['network']}"),
        Text(recorder["officer_id"] or "–"),
        Text(f"{age_s:.0f} s ago", style="red" if age_s > _STALE_S else ""),
    )


def _state(recorder: dict[str, Any]) -> Text:
    if not recorder["connected"]:
        return Text(f"offline ({recorder['connection_reason'] or 'unknown'})", style="red")
    if recorder["recording_state"] == "recording":
        return Text("● recording", style="green")
    return Text("standby", style="cyan")


def _battery(level_pct: float | None, *, charging: bool) -> Text:
    if level_pct is None:
        return Text("–")
    bars = round(level_pct / 100 * _FULL_BAR)
    style = "red" if level_pct < 20 else "yellow" if level_pct < 50 else "green"
    return Text(f"{'█' * bars}{'░' * (_FULL_BAR - bars)} {level_pct:.0f} %{' ⚡' if charging else ''}", style=style)
