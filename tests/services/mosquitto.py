"""Test set-up: a mosquitto on a loopback port, without authentication and without queue limits."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Self

from services.apt import ServiceError, install
from services.ports import free_port
from services.unpacked import add_program, unpacked

RELEASES: Final = {"2.0.11": "bookworm", "2.0.21": "trixie"}
"""mosquitto's versions that everything about the broker is tried on, and the Debian release that has each."""

HOST: Final = "127.0.0.1"
_INSTEAD: Final = "install mosquitto 2 yourself"
_START_S: Final = 10.0
# Persistence would write the queues to disk now and then; the default queue of 1,000 drops what was acknowledged.
_SETTINGS: Final = """\
listener {port} {host}
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
user root
log_dest file {folder}/log
connection_messages false
log_type error
log_type warning
log_type information
"""
# Its log line once it listens; the port alone proves nothing, another process may use it.
_RUNNING: Final = re.compile(r"mosquitto version \S+ running")


class Mosquitto:
    """A broker that always uses the same port and keeps nothing between `stop` and `start`."""

    def __init__(self) -> None:
        self._program = install_mosquitto()
        self.host = HOST
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="recorder-fleet-mosquitto-")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it and delete its log."""
        self.stop()
        self._folder.cleanup()

    def start(self) -> None:
        """Start the broker and return when it takes connections. Raises ServiceError with its log."""
        folder = Path(self._folder.name)
        settings = folder / "mosquitto.conf"
        settings.write_text(_SETTINGS.format(host=self.host, port=self.port, folder=folder))
        log = folder / "log"
        # Before it runs: what it says in its first moment must not be wiped out.
        log.write_text("")
        self._process = subprocess.Popen([self._program, "-c", settings], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_S
        while not _RUNNING.search(log.read_text()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServiceError(f"mosquitto doesn't start: {log.read_text() or 'it says nothing'}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the broker if it runs; every client loses its connection."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


def install_mosquitto() -> str:
    """Have mosquitto on this machine, without a service of its own running; the program's path."""
    return install("mosquitto", ["mosquitto"], instead=_INSTEAD)


def unpack_mosquitto(version: str) -> Path:
    """A folder that has mosquitto of *version* as a program, whichever Debian runs here. Raises ServiceError."""
    tree = unpacked(
        f"mosquitto-{version}",
        RELEASES[version],
        ["mosquitto"],
        finish=partial(add_program, path="usr/sbin/mosquitto"),
        instead=_INSTEAD,
    )
    return tree / "program"


@contextmanager
def mosquitto_of(version: str) -> Iterator[None]:
    """Put mosquitto *version* first on PATH during the block, for child processes too."""
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{unpack_mosquitto(version)}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
