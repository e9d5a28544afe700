"""Runs mosquitto as a child process: finds, configures, starts, watches, reloads and stops it."""

import asyncio
import os
import re
import select
import shutil
import signal
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

import structlog

from broker.access import Account, write_access_files
from broker.mosquitto_conf import MosquittoSetup, mosquitto_conf
from telemetry.domain.errors import BrokerUnavailableError

_log = structlog.get_logger(__name__)

_SBIN: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Folders where distributions install mosquitto, but which aren't on an ordinary user's PATH."""
_START_S: Final = 120.0
"""mosquitto takes tens of seconds to read a gigabyte of saved queues."""
_STOP_S: Final = 60.0
_RELOAD_S: Final = 30.0
_RUNNING: Final = " running"
"""The end of mosquitto's line once every listener is open: `mosquitto version 2.0.11 running`."""
_RELOADING: Final = "Reloading config."
"""mosquitto's line on SIGHUP; it reads the files before it handles any connection."""
_CONFIGURATION: Final = "mosquitto.conf"
_PID_FILE: Final = "mosquitto.pid"
_KEPT_LINES: Final = 50
_SHOWN_LINES: Final = 8


def find_mosquitto() -> Path | None:
    """The mosquitto program on PATH or in the usual sbin folders, or None."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN))
    found = shutil.which("mosquitto", path=path)
    return Path(found) if found else None


async def mosquitto_version(program: Path) -> tuple[int, ...]:
    """Its version as numbers, `()` if unknown; before 2.0 it supports neither our hashes nor MQTT 5's limits."""
    process = await asyncio.create_subprocess_exec(
        program, "-h", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    found = re.search(rb"version (\d+)\.(\d+)(?:\.(\d+))?", output)
    return tuple(int(part) for part in found.groups(default=b"0")) if found else ()


class MosquittoProcess:
    """One mosquitto with its files in *directory*; call `start`, then `reload`, `restart`, `stop`."""

    def __init__(self, program: Path, setup: MosquittoSetup) -> None:
        self._program = program
        self._setup = setup
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._stopping = False
        self._running = asyncio.Event()
        self._reloaded = asyncio.Event()
        self._failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int:
        """The child's process id."""
        assert self._process is not None
        return self._process.pid

    async def start(self, accounts: Iterable[Account] | None) -> None:
        """Write the configuration (and *accounts*, if given), start, and wait until every port is open.

        Raises BrokerUnavailableError with mosquitto's last lines.
        """
        await asyncio.to_thread(self._prepare, accounts)
        self._stopping = False
        if self._failed.done():
            self._failed = asyncio.get_running_loop().create_future()
        self._lines.clear()
        self._running.clear()
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            "-c",
            self._configuration,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._pid_file.write_text(f"{self._process.pid} {os.getpid()}", encoding="ascii")
        self._watching = asyncio.create_task(self._watch(self._process))
        try:
            async with asyncio.timeout(_START_S):
                await self._wait_until_running()
        except TimeoutError:
            await self.stop()
            raise BrokerUnavailableError(
                f"mosquitto opened no port within {_START_S:.0f} s{self._last_lines()}"
            ) from None
        except BaseException:
            await self.stop()
            raise

    async def reload(self, accounts: Iterable[Account]) -> None:
        """Replace the accounts and wait until mosquitto has read them; it disconnects revoked ones.

        Raises BrokerUnavailableError if mosquitto has ended or doesn't answer.
        """
        write_access_files(self._setup.access, accounts)
        self._reloaded.clear()
        self._signal(signal.SIGHUP)
        try:
            async with asyncio.timeout(_RELOAD_S):
                await self._reloaded.wait()
        except TimeoutError:
            raise BrokerUnavailableError(f"mosquitto didn't reload its accounts{self._last_lines()}") from None

    async def restart(self) -> None:
        """Stop as in an orderly shutdown, which saves the queues, and start on the same ports."""
        await self.stop()
        await self.start(None)

    async def stop(self) -> None:
        """Stop the child and wait for it to save its queues; SIGKILL after a minute."""
        process = self._process
        if process is None:
            return
        self._stopping = True
        if process.returncode is None:
            self._signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(_STOP_S):
                    await process.wait()
            except TimeoutError:
                self._signal(signal.SIGKILL)
                await process.wait()
        if self._watching is not None:
            await self._watching
        self._pid_file.unlink(missing_ok=True)

    async def wait_failed(self) -> NoReturn:
        """Wait until mosquitto ends unexpectedly, then raise BrokerUnavailableError with its last lines."""
        raise BrokerUnavailableError(await asyncio.shield(self._failed))

    def _prepare(self, accounts: Iterable[Account] | None) -> None:
        self._setup.data.mkdir(parents=True, exist_ok=True)
        if accounts is not None:
            write_access_files(self._setup.access, accounts)
        self._configuration.write_text(mosquitto_conf(self._setup), encoding="utf-8")

    @property
    def _configuration(self) -> Path:
        return self._setup.directory / _CONFIGURATION

    @property
    def _pid_file(self) -> Path:
        return self._setup.directory / _PID_FILE

    def _signal(self, number: int) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            text = line.decode("utf-8", "backslashreplace").rstrip()
            self._lines.append(text)
            _log.debug("mosquitto", said=text)
            if text == _RELOADING:
                self._reloaded.set()
            elif text.endswith(_RUNNING):
                self._running.set()
        code = await process.wait()
        if not self._stopping and not self._failed.done():
            self._failed.set_result(f"mosquitto ended with code {code}{self._last_lines()}")

    async def _wait_until_running(self) -> None:
        """Wait for mosquitto's own line: a port that answers could belong to another broker."""
        assert self._watching is not None
        running = asyncio.create_task(self._running.wait())
        try:
            await asyncio.wait({running, self._watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            running.cancel()
        if not self._running.is_set():
            await self.wait_failed()

    def _last_lines(self) -> str:
        tail = list(self._lines)[-_SHOWN_LINES:]
        return "".join(f"\n  mosquitto: {line}" for line in tail) if tail else " and said nothing"


def stop_orphan(directory: Path) -> None:
    """Stop the mosquitto that a killed server left in *directory*, where it holds ports and queues. May take a minute.

    A pid may be reused, so the process must have our configuration file in its command line. Raises
    BrokerUnavailableError if the server that started it still runs.
    """
    try:
        pid, owner = (int(part) for part in (directory / _PID_FILE).read_text(encoding="ascii").split())
        handle = os.pidfd_open(pid)
    except (OSError, ValueError, AttributeError):
        return
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if os.fsencode(directory / _CONFIGURATION) not in command:
            return
        if Path(f"/proc/{owner}").exists():
            raise BrokerUnavailableError(f"{directory} is in use: process {owner} runs a broker there")
        _log.warning("ending a mosquitto that was left behind", pid=pid)
        signal.pidfd_send_signal(handle, signal.SIGTERM)
        select.select([handle], [], [], _STOP_S)
    except OSError:
        return
    finally:
        os.close(handle)
