"""`serve`, `ingest`, `check`: the server, one further worker, and what is wrong if it doesn't run."""

import asyncio
import sys

from telemetry.app import retire_worker, run_worker, serving
from telemetry.cli.command import Commands, Context, run, until_stopped
from telemetry.cli.edges import check_edges


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    serve = commands.add_parser("serve", help="run the server: ingest, jobs, HTTP")
    serve.add_argument("--ingest-workers", type=int, metavar="N", help="processes that share the load (setting: 1)")
    serve.set_defaults(run=_serve)
    ingest = commands.add_parser(
        "ingest", help="run one more ingest worker that shares the load; ends when its standard input does"
    )
    ingest.add_argument("--name", required=True, help="names its broker session; stable, and nobody else's")
    ingest.add_argument(
        "--retire", action="store_true", help="store what waits for a worker that won't come back, and forget it"
    )
    ingest.set_defaults(run=_ingest)
    check = commands.add_parser("check", help="one OK or one clear fault for each edge; exit code 1 with a fault")
    check.set_defaults(run=_check)


def _serve(context: Context) -> int:
    settings = context.settings
    if context.words.ingest_workers is not None:
        workers = settings.ingest.model_copy(update={"workers": max(1, min(64, context.words.ingest_workers))})
        settings = settings.model_copy(update={"ingest": workers})

    async def work() -> None:
        async with serving(settings, context.config):
            await until_stopped()

    run(work())
    return 0


def _ingest(context: Context) -> int:
    if context.words.retire:
        outcome = run(retire_worker(context.settings, context.words.name))
        sys.stdout.write(f"{outcome.stored} stored, {outcome.rejected} rejected; {context.words.name} is forgotten\n")
        return 0

    async def work() -> None:
        worker = asyncio.ensure_future(run_worker(context.settings, context.words.name, shared=True))
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
    """Return when standard input ends: our parent is gone, however it went."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass


def _check(context: Context) -> int:
    edges = run(check_edges(context.settings))
    for edge in edges:
        sys.stdout.write(f"{'OK   ' if edge.fault is None else 'FAULT'} {edge.name}: {edge.fault or edge.detail}\n")
    return 1 if any(edge.fault for edge in edges) else 0
