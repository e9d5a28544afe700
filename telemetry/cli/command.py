"""What all commands share: context, event loop, database, stopping."""

import argparse
import asyncio
import getpass
import signal
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import uvloop

from telemetry.settings_tree import Settings

if TYPE_CHECKING:
    from telemetry.store.pool import Database

_T = TypeVar("_T")
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse names it so


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, their file, and the command's options."""

    settings: Settings
    config: Path | None
    options: argparse.Namespace


def account_here() -> str:
    """The operating system's user, as named in the audit log."""
    return f"cli:{getpass.getuser()}"


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run *work* on uvloop; SIGTERM cancels it, so that it cleans up, and ends the command."""
    try:
        return uvloop.run(_until_told(work))
    except asyncio.CancelledError:
        raise SystemExit(128 + signal.SIGTERM) from None


def run_on_database(
    context: Context,
    work: Callable[["Database"], Awaitable[_T]],
    *,
    for_ingest: bool = False,
    as_owner: bool = False,
) -> _T:
    """Run *work* on the database of the settings and close it afterwards."""
    # Commands that need no database start a second earlier without it.
    from telemetry.workers import open_database  # noqa: PLC0415

    async def whole() -> _T:
        database = await open_database(context.settings, for_ingest=for_ingest, as_owner=as_owner)
        try:
            return await work(database)
        finally:
            await database.close()

    return run(whole())


async def _until_told(work: Coroutine[Any, Any, _T]) -> _T:
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


async def until_stopped(also: Awaitable[Any] | None = None) -> None:
    """Return at SIGINT or SIGTERM, or when *also* is done."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    waiting = {asyncio.ensure_future(stopped.wait())}
    if also is not None:
        waiting.add(asyncio.ensure_future(also))
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in waiting:
            task.cancel()
