"""Runs the broker for a demonstration, a laptop and tests: mosquitto as a child process if installed, else amqtt.

What each promises:

- **mosquitto** (2.0 or newer): MQTT 3.1.1 and 5. A resumed session receives again everything that it hasn't
  acknowledged. Queues are in memory, and saved every `Limits.autosave_interval_s` seconds and when it stops: on a power
  failure, what was acknowledged since the last save is lost.
- **amqtt**: MQTT 3.1.1 only, no TLS. A resumed session does *not* receive again what was sent but not acknowledged.
  Sessions and retained messages don't survive a restart. About 1,400 messages a second with a subscriber in the same
  process. Enough for a look, not for durability.
"""

import asyncio
import json
import resource
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal, NoReturn, Protocol, assert_never

import structlog

from broker.access import Account
from broker.mosquitto_conf import Limits, MosquittoSetup, Ports, TlsFiles
from broker.mosquitto_process import MosquittoProcess, find_mosquitto, mosquitto_version, stop_orphan
from telemetry.domain.errors import BrokerUnavailableError

_log = structlog.get_logger(__name__)

BrokerKind = Literal["mosquitto", "amqtt"]
LOOPBACK = "127.0.0.1"
_PORTS_FILE = "ports.json"


class _Running(Protocol):
    """What both kinds of broker can do."""

    async def reload(self, accounts: Iterable[Account]) -> None: ...
    async def restart(self) -> None: ...
    async def wait_failed(self) -> NoReturn: ...


class RunningBroker:
    """A broker that accepts connections.

    `port` is for recorders (client id = user name = `recorder_id`), `server_port` for the server's workers, each with
    its own client id. `tls_port` (password) and `certificate_port` exist with *tls*. `pid` is the child process's.
    """

    def __init__(self, kind: BrokerKind, host: str, ports: Ports, running: _Running) -> None:
        self.kind: BrokerKind = kind
        self.host = host
        self.port = ports.recorders
        self.server_port = ports.server
        self.tls_port = ports.tls
        self.certificate_port = ports.certificate
        self._running = running

    @property
    def speaks_mqtt5(self) -> bool:
        """Whether it supports MQTT 5; amqtt has 3.1.1 only."""
        return self.kind == "mosquitto"

    @property
    def pid(self) -> int | None:
        """The broker's process id; None if it runs in this process."""
        return self._running.pid if isinstance(self._running, MosquittoProcess) else None

    async def reload(self, accounts: Iterable[Account]) -> None:
        """Accept only *accounts* from now on; disconnect revoked ones. Raises BrokerUnavailableError."""
        await self._running.reload(accounts)

    async def restart(self) -> None:
        """Stop, and start on the same ports; mosquitto keeps sessions and queues. Raises BrokerUnavailableError."""
        await self._running.restart()

    async def wait_failed(self) -> NoReturn:
        """Wait until the broker ends unexpectedly, then raise BrokerUnavailableError with the reason."""
        await self._running.wait_failed()


@asynccontextmanager
async def embedded_broker(
    directory: Path,
    accounts: Iterable[Account],
    *,
    port: int = 0,
    server_port: int = 0,
    kind: BrokerKind | None = None,
    tls: TlsFiles | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[RunningBroker]:
    """Run a broker on loopback while the block runs, with its state in *directory*.

    Port 0 means the port that *directory* used before, or a free one. *kind* None means mosquitto if it is installed.
    Raises BrokerUnavailableError.
    """
    raise_file_limit()
    match kind:
        case None:
            program = await _usable_mosquitto()
        case "mosquitto":
            program = await _usable_mosquitto()
            if program is None:
                raise BrokerUnavailableError("no mosquitto 2.0 or newer on PATH or in /usr/sbin")
        case "amqtt":
            program = None
        case _:
            assert_never(kind)
    await asyncio.to_thread(stop_orphan, directory)
    ports = _choose_ports(directory, port, server_port, with_tls=tls is not None)
    if program is None:
        async with _amqtt(ports, accounts, tls) as running:
            yield running
        return
    process = MosquittoProcess(program, MosquittoSetup(directory, LOOPBACK, ports, limits or Limits(), tls))
    await process.start(accounts)
    try:
        yield RunningBroker("mosquitto", LOOPBACK, ports, process)
    finally:
        await process.stop()


def raise_file_limit() -> int:
    """Raise the limit of open files of this process and its children to the hard limit; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


async def _usable_mosquitto() -> Path | None:
    program = find_mosquitto()
    if program is None:
        return None
    version = await mosquitto_version(program)
    if version < (2,):
        _log.warning("mosquitto is too old and left alone", program=str(program), version=version)
        return None
    return program


@asynccontextmanager
async def _amqtt(ports: Ports, accounts: Iterable[Account], tls: TlsFiles | None) -> AsyncIterator[RunningBroker]:
    if tls is not None:
        raise BrokerUnavailableError("the amqtt broker has no TLS here: install mosquitto")
    try:
        from broker.amqtt_broker import AmqttBroker  # noqa: PLC0415 - an optional extra
    except ImportError as fault:
        text = "no broker here: install mosquitto, or pip install 'recorder-fleet[embedded]'"
        raise BrokerUnavailableError(text) from fault
    broker = AmqttBroker(LOOPBACK, ports)
    await broker.start(accounts)
    try:
        yield RunningBroker("amqtt", LOOPBACK, ports, broker)
    finally:
        await broker.stop()


def _choose_ports(directory: Path, port: int, server_port: int, *, with_tls: bool) -> Ports:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / _PORTS_FILE
    before = _read_ports(file)
    wanted = {"recorders": port, "server": server_port} | ({"tls": 0, "certificate": 0} if with_tls else {})
    with ExitStack() as probes:
        # All sockets stay bound until all ports are chosen, or the same port could be chosen twice.
        chosen = {
            name: number or _free_port(probes.enter_context(socket.socket()), before.get(name, 0))
            for name, number in wanted.items()
        }
    file.write_text(json.dumps(before | chosen), encoding="ascii")
    return Ports(**chosen)


def _read_ports(file: Path) -> dict[str, int]:
    try:
        found = json.loads(file.read_text(encoding="ascii"))
        return {str(name): int(number) for name, number in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _free_port(probe: socket.socket, preferred: int) -> int:
    # The brokers set this too; without it, a port that was closed a minute ago seems to be in use.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((LOOPBACK, preferred))
    except (OSError, OverflowError):
        probe.bind((LOOPBACK, 0))
    number: int = probe.getsockname()[1]
    return number
