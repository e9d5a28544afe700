"""Tests: `recorder-fleet serve` as a process of its own, killed and brought back as an init system would."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import psutil
from backend import until

_ROOT: Final = Path(__file__).resolve().parents[2]
_STOP_S: Final = 20.0


class Served:
    """The server with settings out of *environment* (names without `RECORDER_FLEET_`); started again when it ends."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, workers: int = 1) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RECORDER_FLEET_")},
            **{f"RECORDER_FLEET_{name}": value for name, value in environment.items()},
            "PYTHONPATH": str(_ROOT),
        }
        self._command = (sys.executable, "-m", "telemetry.cli", "serve", "--ingest-workers", str(workers))
        self._folder = folder
        self._journal = folder / "journal"
        self._workers = workers
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._started = asyncio.Event()
        self.starts = 0
        self.kills = 0

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._keep())
        await self._started.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._keeping is not None
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(_STOP_S):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[psutil.Process]:
        """The worker processes below the server; none where it works by itself."""
        try:
            return [child for child in psutil.Process(self.pid).children() if "ingest" in child.cmdline()]
        except psutil.Error:
            return []

    async def kill(self) -> None:
        """SIGKILL, as a machine without memory does it; its workers have to end by themselves."""
        workers = self.workers()
        self._started.clear()
        os.kill(self.pid, signal.SIGKILL)
        self.kills += 1

        async def have_ended() -> bool:
            return not any(_is_alive(worker) for worker in workers)

        await until(have_ended)
        await self._started.wait()

    async def kill_worker(self, turn: int) -> None:
        """SIGKILL to one of the worker processes, once all are there."""

        async def are_there() -> bool:
            return len(self.workers()) == self._workers

        await until(are_there)
        self.workers()[turn % self._workers].kill()
        self.kills += 1

    def journal(self) -> list[dict[str, Any]]:
        """What it has logged; a line that is no JSON (a traceback of the interpreter) has only `event`."""
        return [_entry(line) for line in self._journal.read_text("utf-8").splitlines()]

    def complaints(self) -> list[dict[str, Any]]:
        """What it has logged that isn't mere information."""
        return [entry for entry in self.journal() if entry.get("level") not in {"info", "debug"}]

    async def _keep(self) -> None:
        while True:
            with self._journal.open("ab") as journal:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stderr=journal,
                    env=self._environment,
                    cwd=self._folder,
                )
            self.starts += 1
            self._started.set()
            await self._process.wait()
            # An init system waits a moment as well; a server whose database is away ends at once.
            await asyncio.sleep(0.2)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {"event": line}
    return entry if isinstance(entry, dict) else {"event": line}
