"""Test set-up: TimescaleDB, Apache 2 edition, from Debian 13, in clusters that live for one test run.

The packages are unpacked into a folder and run by `chroot`, on Debian 12 and on 13 alike: one way, and no server of the
machine's own is touched. PostgreSQL needs neither /proc nor devices (shared memory is System V's, random numbers come
from a system call, a plain file does for /dev/null), so nothing is ever mounted into the folder, and deleting it
deletes nothing else.
"""

import fcntl
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, Self

from services.apt import ServiceError, need_root, run
from services.ports import free_port
from services.unpacked import SERVICES, alone, delete, unpacked

RELEASE: Final = "trixie"
PACKAGES: Final = ("postgresql-17", "postgresql-17-timescaledb", "coreutils", "dash")
_TREE: Final = SERVICES / "timescale"
_PROGRAMS: Final = "/usr/lib/postgresql/17/bin"
# Any number does that no user of the machine is likely to have: the files belong to it.
_USER_ID: Final = 5432
_INSTEAD: Final = "set RECORDER_FLEET_TEST_DSN to a superuser's DSN of a TimescaleDB server of yours"

StopMode = Literal["smart", "fast", "immediate"]


class Cluster:
    """One PostgreSQL server with TimescaleDB on a loopback port; fsync and commits are as safe as in production."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """Make an empty cluster, not started; *settings* are postgresql.conf's and go before the defaults here."""
        unpack_timescale()
        self.port = free_port()
        self._name = secrets.token_hex(4)
        self._folder = _TREE / "clusters" / self._name
        with alone():
            _remove_abandoned()
            self._folder.mkdir()
            lock = _try_lock(self._folder)
        assert lock is not None
        self._lock = lock
        os.chown(self._folder, _USER_ID, _USER_ID)
        chosen = self._defaults() | dict(settings or {})
        self._run(
            "initdb",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            *(f"--set={name}={value}" for name, value in chosen.items()),
        )

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and delete it."""
        self.remove()

    def dsn(self, database: str = "postgres") -> str:
        """A superuser's DSN of *database*."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server on its fixed port and wait until it accepts connections."""
        try:
            self._run("pg_ctl", "-w", "-l", f"/clusters/{self._name}/data/log", "start")
        except ServiceError as fault:
            log = self._folder / "data" / "log"
            last = log.read_text().splitlines()[-15:] if log.exists() else []
            raise ServiceError("\n".join([str(fault), *last])) from fault

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server: `fast` ends all sessions, `immediate` is a crash that the next start recovers from."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def remove(self) -> None:
        """Stop the server if it runs and delete its data."""
        _remove(self._folder)
        os.close(self._lock)

    def _defaults(self) -> dict[str, str]:
        return {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "dynamic_shared_memory_type": "sysv",
            "shared_preload_libraries": "timescaledb",
            "timescaledb.telemetry_level": "off",
            # every database with the extension, a clone for each test among them, wants a scheduler
            "max_worker_processes": "24",
            "max_locks_per_transaction": "256",
            "timezone": "UTC",
        }

    def _run(self, program: str, *arguments: str) -> None:
        _run_inside(program, "-D", f"/clusters/{self._name}/data", *arguments)


def unpack_timescale() -> None:
    """Unpack the packages; about ten seconds the first time. Raises ServiceError."""
    need_root("run TimescaleDB", instead=_INSTEAD)
    unpacked(_TREE.name, RELEASE, PACKAGES, finish=_furnish, instead=_INSTEAD)


def _furnish(tree: Path) -> None:
    for folder in ("clusters", "dev", "tmp"):
        (tree / folder).mkdir()
        (tree / folder).chmod(0o1777)
    (tree / "dev" / "null").touch()
    (tree / "dev" / "null").chmod(0o666)
    (tree / "etc" / "passwd").write_text(f"postgres:x:{_USER_ID}:{_USER_ID}::/:/bin/sh\n")
    (tree / "etc" / "passwd").chmod(0o644)
    run(["chroot", tree, "/sbin/ldconfig"])


def _try_lock(folder: Path) -> int | None:
    """Lock *folder* until this process ends; None if another process holds it or deleted it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_abandoned() -> None:
    """Stop and delete the clusters of test runs that were killed."""
    for folder in (_TREE / "clusters").iterdir():
        lock = _try_lock(folder)
        if lock is not None:
            _remove(folder)
            os.close(lock)


def _remove(folder: Path) -> None:
    if _is_running(folder):
        _run_inside("pg_ctl", "-w", "-m", "immediate", "-D", f"/clusters/{folder.name}/data", "stop")
    delete(folder)


def _is_running(folder: Path) -> bool:
    """Whether the server of *folder* runs; after a kill its pid may have been reused."""
    try:
        pid = (folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0]
        command = Path(f"/proc/{int(pid)}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False
    return f"/clusters/{folder.name}/data".encode() in command


def _run_inside(program: str, *arguments: str) -> None:
    run(
        ["chroot", f"--userspec={_USER_ID}:{_USER_ID}", _TREE, f"{_PROGRAMS}/{program}", *arguments],
        environment={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"},
    )
