"""Test set-up: TimescaleDB, Community edition, in WebAssembly under Node, for the SQL that only this edition has.

PGlite has one session, so clients take turns; it has neither COPY nor background workers. Clients must pass
`statement_cache_size=0`.
"""

import select
import subprocess
from pathlib import Path
from typing import Final, Self

from services.apt import ServiceError
from services.node import install_packages_of
from services.ports import free_port

_HERE: Final = Path(__file__).parent / "community"
_START_S: Final = 60


class Community:
    """One empty in-memory database of that edition."""

    def __init__(self) -> None:
        install_community()
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it; takes some two seconds. Raises ServiceError."""
        self._process = subprocess.Popen(["node", _HERE / "server.mjs", str(self.port)], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], _START_S)
        if not readable or self._process.stdout.readline() != b"ready\n":
            self.__exit__()
            raise ServiceError("PGlite with TimescaleDB doesn't start; its words are above")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    @property
    def dsn(self) -> str:
        """A superuser's DSN."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?sslmode=disable"


def install_community() -> None:
    """Install Node and the locked packages if missing. Raises ServiceError."""
    install_packages_of(_HERE)
