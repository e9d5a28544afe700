"""`record` captures a broker's messages as a trace; `replay` publishes a trace or stores it in the database."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from rich.progress import Progress

from device_sim.transport.mqtt5_client import BrokerAddress
from device_sim.transport.replay import ReplaySettings, replay
from telemetry.cli.command import Commands, Context, run, run_on_database, until_stopped
from telemetry.domain.errors import InputError
from telemetry.domain.topics import uplink_filter
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.trace_arrivals import read_trace
from telemetry.ingest.trace_recording import capture
from telemetry.ingest.writer import Outcome, Writer
from telemetry.workers import session_settings, tls_context

_BATCH = 4096


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    record = commands.add_parser("record", help="record a broker's messages as a trace")
    record.add_argument("trace", type=Path, metavar="TRACE", help="JSON Lines, appended to; gzip if it ends in .gz")
    record.add_argument("--seconds", type=float, metavar="S", help="end after S seconds; else at Ctrl-C")
    record.set_defaults(run=_record)
    replay = commands.add_parser("replay", help="store a trace with its arrival times, or publish it on a broker")
    replay.add_argument("trace", type=Path, metavar="TRACE")
    replay.add_argument("--broker", metavar="HOST:PORT", help="publish it there, as the settings' account, instead")
    replay.add_argument("--speed", type=float, metavar="X", help="speed factor (default: as fast as possible)")
    replay.set_defaults(run=_replay)


def _record(context: Context) -> int:
    options = context.options
    wanted = replace(session_settings(context.settings, "record"), topic_filter=uplink_filter(), session_expiry_s=0)
    lines = 0

    def told(count: int) -> None:
        nonlocal lines
        lines = count

    async def work() -> None:
        capturing = asyncio.ensure_future(capture(wanted, options.trace, told))
        try:
            await until_stopped(asyncio.wait({capturing}, timeout=options.seconds))
            if capturing.done():
                capturing.result()
        finally:
            capturing.cancel()
            await asyncio.gather(capturing, return_exceptions=True)

    run(work())
    sys.stdout.write(f"{lines} messages written to {options.trace}\n")
    return 0


def _replay(context: Context) -> int:
    path: Path = context.options.trace
    if context.options.broker is not None:
        return _publish(context, path)

    outcome = run_on_database(context, lambda database: _store_trace(Writer(database), path), for_ingest=True)
    sys.stdout.write(f"{outcome.stored} stored, {outcome.duplicates} duplicates, {outcome.rejected} rejected\n")
    return 0


async def _store_trace(writer: Writer, path: Path) -> Outcome:
    total = Outcome()
    batch: list[Arrival] = []
    with Progress(transient=True) as progress:
        task = progress.add_task(path.name, total=None)
        for arrival in read_trace(path):
            batch.append(arrival)
            if len(batch) == _BATCH:
                total.add(await writer.write(batch))
                progress.advance(task, len(batch))
                batch = []
        if batch:
            total.add(await writer.write(batch))
    return total


def _publish(context: Context, path: Path) -> int:
    options, broker = context.options, context.settings.broker
    host, _, port = options.broker.rpartition(":")
    if not port.isdecimal():
        raise InputError(f"--broker {options.broker}: not HOST:PORT")
    settings = ReplaySettings(
        options.speed, client_id=broker.username, password=broker.password.get_secret_value() or None
    )
    address = BrokerAddress(host or broker.host, int(port), tls_context(broker))
    counters = run(replay(path, settings, address))
    sys.stdout.write(f"{counters.acknowledged} published, {counters.refused} refused\n")
    return 0 if not counters.refused else 1
