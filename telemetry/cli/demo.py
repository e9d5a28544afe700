"""`demo`: plays a duty day in two minutes on one machine, with embedded database and broker, server and fleet."""

import asyncio
import html
import io
import re
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import cell_len
from rich.console import Console
from rich.live import Live

from device_sim.demo_day import LEAST_RECORDERS
from device_sim.transport.fleet import FleetSettings, run_fleet
from device_sim.transport.mqtt5_client import BrokerAddress, open_mqtt5
from device_sim.transport.mqtt311_client import open_mqtt311
from device_sim.transport.publisher import Retry
from telemetry.app import serving
from telemetry.cli.command import Commands, Context, run, until_stopped
from telemetry.cli.demo_logins import Login, create_logins
from telemetry.cli.demo_setup import Demo, DemoOptions, run_clock, start_demo
from telemetry.cli.demo_view import Names, Snapshot, TextLog, names_of, render_screen
from telemetry.logs import configure_logs
from telemetry.settings import LogSettings
from telemetry.settings_tree import Settings
from telemetry.store.incidents import all_incidents
from telemetry.store.platform import live_fleet

_REFRESH_S: Final = 0.5
_COUNTS_EVERY: Final = 10
_MOST_RECORDERS: Final = 5000
_PICTURE_LINES: Final = 44
_PICTURE_COLUMNS: Final = 150
_CELL_PX: Final = 12.2
"""Width that rich gives a character cell in its SVG files."""
_WORDS: Final = re.compile(r'(?P<before><text [^>]*)textLength="[^"]*"(?P<after>[^>]*)>(?P<text>[^<]*)</text>')


@dataclass(frozen=True, slots=True)
class _End:
    """When the demo ends by itself (seconds of wall clock; None: never), and where it saves a picture."""

    seconds: float | None
    picture: Path | None


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    demo = commands.add_parser("demo", help="try it: database, broker, server and a simulated duty day on this machine")
    demo.add_argument(
        "--recorders", type=int, default=60, metavar="N", help=f"size of the fleet (60; at least {LEAST_RECORDERS})"
    )
    demo.add_argument("--speed", type=float, default=60.0, metavar="X", help="speed of the simulated day (60)")
    demo.add_argument("--directory", type=Path, default=Path(".demo"), metavar="DIR", help="folder for its files")
    demo.add_argument("--seconds", type=float, metavar="S", help="end by itself after S seconds")
    demo.add_argument("--picture", type=Path, metavar="FILE", help="at the end, draw the screen into an SVG file")
    demo.add_argument("--broker", choices=["mosquitto", "amqtt"], help="default: mosquitto where it is installed")
    demo.set_defaults(run=_demo)


def _demo(context: Context) -> int:
    options = context.options
    configure_logs(LogSettings(level="warning", format="text"))
    recorders = max(LEAST_RECORDERS, min(_MOST_RECORDERS, options.recorders))
    directory = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    chosen = DemoOptions(directory, recorders, options.broker, max(2.0, options.speed))
    run(_run_demo(context.settings, chosen, _End(options.seconds, options.picture)))
    return 0


async def _run_demo(settings: Settings, options: DemoOptions, ending: _End) -> None:
    console = Console()
    async with AsyncExitStack() as stack:
        with console.status("starting database and broker …"):
            demo = await start_demo(stack, settings, options)
            running = await stack.enter_async_context(serving(demo.settings, pace=demo.pace))
            logins = await create_logins(demo.database, demo.day.state)
        _print_welcome(console, demo, f"http://{running.http_host}:{running.http_port}", logins)
        watch = _Observer(demo)
        tasks = {
            asyncio.create_task(_run_fleet(demo)),
            asyncio.create_task(_show(console, watch)),
            asyncio.create_task(demo.broker.wait_failed()),
        }
        try:
            await until_stopped(_first_of(tasks, ending.seconds))
        finally:
            console.print("stopping …")
            if ending.picture is not None:
                await _save_picture(watch, ending.picture)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _print_welcome(console: Console, demo: Demo, address: str, logins: list[Login]) -> None:
    fleet = f"{len(demo.day.fleet_plan.recorders)} simulated recorders"
    lines = [
        f"recorder-fleet: {fleet} → {demo.broker.kind} → embedded PostgreSQL → rules → a stand-in of WeCom",
        "Everybody is invented. The console, signed in as (each link works once):",
        *(f"  {login.words}  {login.link(address)}" for login in logins),
    ]
    console.print("\n".join(lines), soft_wrap=True, markup=False, highlight=False)


def _begin(group: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> None:
    group.create_task(work)


async def _run_fleet(demo: Demo) -> None:
    """Run the fleet, and the demo's clock with it."""
    # A second of wall clock is a minute of the day, so retry connections quickly.
    settings = FleetSettings(secrets=demo.secrets, clock=demo.clock, retry=Retry(0.1, 2.0))
    async with asyncio.TaskGroup() as group:
        await run_fleet(
            settings,
            BrokerAddress(demo.broker.host, demo.broker.port),
            demo.day.fleet_plan,
            on_start=lambda counters: _begin(group, run_clock(demo.clock, demo.database, counters)),
            open_client=open_mqtt5 if demo.broker.speaks_mqtt5 else open_mqtt311,
        )


class _Observer:
    """Reads what the screen shows from the database."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self.names: Names = names_of(demo.day.state.bureau)
        self._leaders = frozenset(
            f"w{officer.officer_id.lower()}" for officer in demo.day.state.bureau.officers if "leader" in officer.roles
        )

    async def look(self) -> Snapshot:
        demo = self._demo
        now = demo.clock.now()
        fleet = await live_fleet(demo.database, _MOST_RECORDERS)
        async with demo.database.connection() as connection:
            incidents = await all_incidents(connection)
        return Snapshot(
            now=now,
            speed=demo.clock.speed,
            fleet=fleet,
            on_duty=self._on_duty(now),
            incidents=incidents,
            notices=list(demo.wecom.delivered),
            leaders=self._leaders,
        )

    def _on_duty(self, now: datetime) -> frozenset[str]:
        """The recorders of officers who are on shift by the roster."""
        now_ms = now.timestamp() * 1000
        return frozenset(
            duty.spec.recorder_id
            for duty in self._demo.day.state.roster.duties
            if duty.shift.span.from_ms <= now_ms < duty.shift.span.to_ms
        )


async def _save_picture(watch: _Observer, picture: Path) -> None:
    """Save the screen as SVG; this makes the picture in README."""
    console = Console(record=True, width=_PICTURE_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(render_screen(await watch.look(), watch.names, _PICTURE_COLUMNS, _PICTURE_LINES))
    picture.parent.mkdir(parents=True, exist_ok=True)
    # Leave out the web font, which would be loaded from the internet.
    shape = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="recorder-fleet demo (invented recorders and officers)", code_format=shape)
    await asyncio.to_thread(picture.write_text, _WORDS.sub(_in_cells, svg), "utf-8")


def _in_cells(words: re.Match[str]) -> str:
    """Correct a text's length: rich counts characters, but a Chinese character takes two cells."""
    length = _CELL_PX * cell_len(html.unescape(words["text"]))
    return f'{words["before"]}textLength="{length:g}"{words["after"]}>{words["text"]}</text>'


async def _first_of(tasks: set[asyncio.Task[Any]], seconds: float | None) -> None:
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _show(console: Console, watch: _Observer) -> None:
    """Show the day until cancelled: a live screen on a terminal, otherwise lines of text."""
    if not sys.stdout.isatty():
        await _show_as_text(console, watch)
    with Live(console=console, auto_refresh=False, screen=False, vertical_overflow="ellipsis") as live:
        while True:
            live.update(render_screen(await watch.look(), watch.names, console.width, console.height - 2), refresh=True)
            await asyncio.sleep(_REFRESH_S)


async def _show_as_text(console: Console, watch: _Observer) -> None:
    log, looks = TextLog(console, watch.names), 0
    while True:
        moment = await watch.look()
        if looks % _COUNTS_EVERY == 0:
            log.log_counts(moment)
        log.log(moment)
        looks += 1
        await asyncio.sleep(_REFRESH_S)
