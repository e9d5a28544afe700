"""`ingest`: runs one more worker; the server starts its further workers by this command too."""

import asyncio
import sys

from telemetry.cli.command import Commands, Context, run, until_stopped
from telemetry.watching import run_apart
from telemetry.workers import retire_worker


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    ingest = commands.add_parser(
        "ingest", help="run one more ingest worker that shares the load; ends when its standard input does"
    )
    ingest.add_argument("--name", required=True, help="names its broker session; stable, and nobody else's")
    ingest.add_argument(
        "--retire", action="store_true", help="store what waits for a worker that won't come back, and forget it"
    )
    ingest.set_defaults(run=_ingest)


def _ingest(context: Context) -> int:
    if context.options.retire:
        outcome = run(retire_worker(context.settings, context.options.name))
        sys.stdout.write(f"{outcome.stored} stored, {outcome.rejected} rejected; {context.options.name} is forgotten\n")
        return 0

    async def work() -> None:
        worker = asyncio.ensure_future(run_apart(context.settings, context.options.name))
        ended = asyncio.ensure_future(_input_ended())
        try:
            await until_stopped(asyncio.wait({worker, ended}, return_when=asyncio.FIRST_COMPLETED))
            if worker.done():
                worker.result()
        finally:
            worker.cancel()
            ended.cancel()
            await asyncio.gather(worker, ended, return_exceptions=True)

    run(work())
    return 0


async def _input_ended() -> None:
    """Return when standard input closes, which means that the parent process has ended."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
