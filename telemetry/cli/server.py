"""`serve` runs the server; `check` diagnoses it."""

import resource
import sys
from typing import Final

from telemetry.app import serving
from telemetry.cli.checks import check_edges
from telemetry.cli.command import Commands, Context, run, until_stopped

_FILES: Final = 65_536


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    serve = commands.add_parser("serve", help="run the server: ingest, jobs, HTTP")
    serve.add_argument("--ingest-workers", type=int, metavar="N", help="processes that share the load (setting: 1)")
    serve.set_defaults(run=_serve)
    check = commands.add_parser(
        "check", help="check each dependency: OK, warning or fault; exit code 1 if there is a fault"
    )
    check.set_defaults(run=_check)


def _serve(context: Context) -> int:
    settings = context.settings
    if context.options.ingest_workers is not None:
        workers = settings.ingest.model_copy(update={"workers": max(1, min(64, context.options.ingest_workers))})
        settings = settings.model_copy(update={"ingest": workers})

    _raise_file_limit()

    async def work() -> None:
        async with serving(settings, context.config):
            await until_stopped()

    run(work())
    return 0


def _raise_file_limit() -> None:
    """Allow as many open files as the system lets us: each connection is one, and many systems start with 1,024."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(most, _FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, wanted), most))


def _check(context: Context) -> int:
    edges = run(check_edges(context.settings))
    for edge in edges:
        sys.stdout.write(f"{edge.line}\n")
    return 1 if any(edge.fault for edge in edges) else 0
