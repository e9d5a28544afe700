"""`demo`: a duty day in two minutes on one machine; embedded database and broker, server, simulated fleet, screen."""

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
from telemetry.cli.demo_people import Login, invite
from telemetry.cli.demo_stage import Stage, Wanted, set_stage, tell_time
from telemetry.cli.demo_view import Moment, Names, Told, names_of, picture_of
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
"""What rich gives a cell of its pictures."""
_WORDS: Final = re.compile(r'(?P<before><text [^>]*)textLength="[^"]*"(?P<after>[^>]*)>(?P<text>[^<]*)</text>')


@dataclass(frozen=True, slots=True)
class _Ending:
    """When it ends by itself (seconds on the wall clock; None: never), and the picture it leaves."""

    seconds: float | None
    picture: Path | None


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    demo = commands.add_parser("demo", help="try it: database, broker, server and a simulated duty day on this machine")
    demo.add_argument(
        "--recorders", type=int, default=60, metavar="N", help=f"size of the fleet (60; at least {LEAST_RECORDERS})"
    )
    demo.add_argument("--speed", type=float, default=60.0, metavar="X", help="how fast the day is told (60 times)")
    demo.add_argument("--directory", type=Path, default=Path(".demo"), metavar="DIR", help="where it keeps its files")
    demo.add_argument("--seconds", type=float, metavar="S", help="end by itself after S seconds")
    demo.add_argument("--picture", type=Path, metavar="FILE", help="at the end, draw the screen into an SVG file")
    demo.add_argument("--broker", choices=["mosquitto", "amqtt"], help="default: mosquitto where it is installed")
    demo.set_defaults(run=_demo)


def _demo(context: Context) -> int:
    words = context.words
    configure_logs(LogSettings(level="warning", format="text"))
    recorders = max(LEAST_RECORDERS, min(_MOST_RECORDERS, words.recorders))
    directory = words.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    wanted = Wanted(directory, recorders, words.broker, max(2.0, words.speed))
    run(_play(context.settings, wanted, _Ending(words.seconds, words.picture)))
    return 0


async def _play(settings: Settings, wanted: Wanted, ending: _Ending) -> None:
    console = Console()
    async with AsyncExitStack() as stack:
        with console.status("starting database and broker …"):
            stage = await set_stage(stack, settings, wanted)
            running = await stack.enter_async_context(serving(stage.settings, pace=stage.pace))
            logins = await invite(stage.database, stage.day.state)
        _greet(console, stage, f"http://{running.http_host}:{running.http_port}", logins)
        watch = _Watch(stage)
        tasks = {
            asyncio.create_task(_run_fleet(stage)),
            asyncio.create_task(_show(console, watch)),
            asyncio.create_task(stage.broker.wait_failed()),
        }
        try:
            await until_stopped(_first_of(tasks, ending.seconds))
        finally:
            console.print("stopping …")
            if ending.picture is not None:
                await _draw(watch, ending.picture)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _greet(console: Console, stage: Stage, address: str, logins: list[Login]) -> None:
    fleet = f"{len(stage.day.fleet_plan.recorders)} simulated recorders"
    lines = [
        f"recorder-fleet: {fleet} → {stage.broker.kind} → embedded PostgreSQL → rules → a stand-in of WeCom",
        "Everybody is invented. The console, signed in as (each link works once):",
        *(f"  {login.words}  {login.link(address)}" for login in logins),
    ]
    console.print("\n".join(lines), soft_wrap=True, markup=False, highlight=False)


def _begin(group: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> None:
    group.create_task(work)


async def _run_fleet(stage: Stage) -> None:
    """Play the day; time passes for as long as it is played."""
    # A second of the wall clock is a minute of the day: what waits for a connection must not wait so long.
    settings = FleetSettings(secrets=stage.secrets, clock=stage.clock, retry=Retry(0.1, 2.0))
    async with asyncio.TaskGroup() as group:
        await run_fleet(
            settings,
            BrokerAddress(stage.broker.host, stage.broker.port),
            stage.day.fleet_plan,
            on_start=lambda counters: _begin(group, tell_time(stage.clock, stage.database, counters)),
            open_client=open_mqtt5 if stage.broker.speaks_mqtt5 else open_mqtt311,
        )


class _Watch:
    """Looks at what the server has stored, as a screen would."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.names: Names = names_of(stage.day.state.bureau)
        self._leaders = frozenset(
            f"w{officer.officer_id.lower()}" for officer in stage.day.state.bureau.officers if "leader" in officer.roles
        )

    async def look(self) -> Moment:
        stage = self._stage
        now = stage.clock.now()
        fleet = await live_fleet(stage.database, _MOST_RECORDERS)
        async with stage.database.connection() as connection:
            incidents = await all_incidents(connection)
        return Moment(
            now=now,
            speed=stage.clock.speed,
            fleet=fleet,
            on_duty=self._on_duty(now),
            incidents=incidents,
            notices=list(stage.wecom.delivered),
            leaders=self._leaders,
        )

    def _on_duty(self, now: datetime) -> frozenset[str]:
        """By the roster: whose shift it is, by the recorder that is his for the day."""
        now_ms = now.timestamp() * 1000
        return frozenset(
            duty.spec.recorder_id
            for duty in self._stage.day.state.roster.duties
            if duty.shift.span.from_ms <= now_ms < duty.shift.span.to_ms
        )


async def _draw(watch: _Watch, picture: Path) -> None:
    """The screen as a terminal would show it; what README's picture is made by."""
    console = Console(record=True, width=_PICTURE_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(picture_of(await watch.look(), watch.names, _PICTURE_COLUMNS, _PICTURE_LINES))
    picture.parent.mkdir(parents=True, exist_ok=True)
    # Without the web font that rich would fetch from elsewhere.
    shape = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="recorder-fleet demo (invented recorders and officers)", code_format=shape)
    await asyncio.to_thread(picture.write_text, _WORDS.sub(_in_cells, svg), "utf-8")


def _in_cells(words: re.Match[str]) -> str:
    """The length of a text in cells: rich counts characters, and a Chinese one takes two."""
    length = _CELL_PX * cell_len(html.unescape(words["text"]))
    return f'{words["before"]}textLength="{length:g}"{words["after"]}>{words["text"]}</text>'


async def _first_of(tasks: set[asyncio.Task[Any]], seconds: float | None) -> None:
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _show(console: Console, watch: _Watch) -> None:
    """Show the day until cancelled: a live screen on a terminal, lines of what is new elsewhere."""
    if not sys.stdout.isatty():
        await _tell(console, watch)
    with Live(console=console, auto_refresh=False, screen=False, vertical_overflow="ellipsis") as live:
        while True:
            live.update(picture_of(await watch.look(), watch.names, console.width, console.height - 2), refresh=True)
            await asyncio.sleep(_REFRESH_S)


async def _tell(console: Console, watch: _Watch) -> None:
    told, looks = Told(console, watch.names), 0
    while True:
        moment = await watch.look()
        if looks % _COUNTS_EVERY == 0:
            told.tell_counts(moment)
        told.tell(moment)
        looks += 1
        await asyncio.sleep(_REFRESH_S)
