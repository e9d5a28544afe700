"""The embedded mosquitto's configuration; `production/mosquitto.conf` is the one for a bureau."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker import access
from telemetry.domain.messages import MAX_PAYLOAD_BYTES

MAX_PACKET_BYTES: Final = 2 * MAX_PAYLOAD_BYTES
"""So that ingest sees payloads that are somewhat too long and rejects them visibly. mosquitto ends the connection of a
client that sends more, without acknowledging it."""
MAX_INFLIGHT: Final = 32_768
"""Unacknowledged messages to one client, unless its receive maximum is lower; a packet id has 16 bits."""
MAX_QUEUED_BYTES: Final = 1024 * 1024 * 1024
MAX_QUEUED_MESSAGES: Final = 2_500_000
"""A message takes some 600 bytes besides its payload. 0 would mean no limit, but then 2.0.21 disconnects a client whose
publication it denies."""
MEMORY_BYTES: Final = 4 * MAX_QUEUED_BYTES
"""More than full queues need, see `production/mosquitto.conf`."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of the TLS listeners: authority, server certificate and key, revocation list."""

    authority: Path
    certificate: Path
    key: Path
    revoked: Path


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports: recorders without TLS, the server, recorders with TLS and password, and with a certificate."""

    recorders: int
    server: int
    tls: int | None = None
    certificate: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the broker may hold: `max_queued_bytes` per absent client, saved every `autosave_interval_s` seconds."""

    max_queued_bytes: int = MAX_QUEUED_BYTES
    autosave_interval_s: int = 60


@dataclass(frozen=True, slots=True)
class MosquittoSetup:
    """Everything about one embedded mosquitto; *tls* must be given if *ports* has a TLS port."""

    directory: Path
    host: str
    ports: Ports
    limits: Limits
    tls: TlsFiles | None

    @property
    def access(self) -> Path:
        """The folder of the password and ACL files."""
        return self.directory / "access"

    @property
    def data(self) -> Path:
        """The folder where mosquitto saves its sessions and queues."""
        return self.directory / "data"


def mosquitto_conf(setup: MosquittoSetup) -> str:
    """The `mosquitto.conf` of the embedded broker."""
    # max_queued_messages: by default mosquitto 2 drops acknowledged messages once 1,000 are queued. No
    # per_listener_settings: with it, 2.0.12 to 2.0.22 drop all messages for absent sessions.
    lines = [
        "allow_anonymous false",
        f"password_file {setup.access / access.PASSWORDS}",
        f"acl_file {setup.access / access.ACL}",
        "persistence true",
        f"persistence_location {setup.data}/",
        f"autosave_interval {setup.limits.autosave_interval_s}",
        f"max_queued_messages {MAX_QUEUED_MESSAGES}",
        f"max_queued_bytes {setup.limits.max_queued_bytes}",
        f"max_inflight_messages {MAX_INFLIGHT}",
        f"max_packet_size {MAX_PACKET_BYTES}",
        f"memory_limit {MEMORY_BYTES}",
        "set_tcp_nodelay true",
        # How often the server hears how many messages were dropped, see telemetry/ingest/drops.py.
        "sys_interval 5",
        # The server reads from this log who logs in, see telemetry/ingest/unheard_logins.py.
        "connection_messages true",
        "log_dest topic",
        "log_dest stderr",
        "log_timestamp false",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_type information",
    ]
    if os.geteuid() == 0:
        # By default mosquitto changes to the user `mosquitto`, who can't read these files of root.
        lines.append("user root")
    lines.append(f"listener {setup.ports.server} {setup.host}")
    lines += _recorder_listener(setup, setup.ports.recorders)
    if setup.tls is not None:
        lines += _tls_listeners(setup, setup.tls)
    return "\n".join(lines) + "\n"


def _recorder_listener(setup: MosquittoSetup, port: int) -> list[str]:
    """A listener that nobody can use with the server's account, see `access.acl`.

    A QoS 2 message that is never released would stay in mosquitto's memory, outside of every queue's limit.
    """
    return [f"listener {port} {setup.host}", "use_username_as_clientid true", "max_qos 1"]


def _tls_listeners(setup: MosquittoSetup, tls: TlsFiles) -> list[str]:
    files = [f"cafile {tls.authority}", f"certfile {tls.certificate}", f"keyfile {tls.key}", "tls_version tlsv1.2"]
    lines: list[str] = []
    if setup.ports.tls is not None:
        lines += _recorder_listener(setup, setup.ports.tls) + files
    if setup.ports.certificate is not None:
        mutual = ["require_certificate true", "use_identity_as_username true", f"crlfile {tls.revoked}"]
        lines += _recorder_listener(setup, setup.ports.certificate) + files + mutual
    return lines
