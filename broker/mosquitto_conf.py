"""The embedded mosquitto's configuration; `production/mosquitto.conf` is the one for a bureau."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker import access

MAX_PACKET_BYTES: Final = 3 * 1024 * 1024
"""Far above the contract's 64 KiB, so that ingest sees payloads that are too long and rejects them visibly."""
MAX_INFLIGHT: Final = 32_768
"""Unacknowledged messages to one client, unless its receive maximum is lower; a packet id has 16 bits."""
MAX_QUEUED_BYTES: Final = 1024 * 1024 * 1024


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
    # max_queued_messages 0: by default mosquitto 2 drops acknowledged messages once 1,000 are queued. No
    # per_listener_settings: with it, 2.0.12 to 2.0.22 drop all messages for absent sessions.
    lines = [
        "allow_anonymous false",
        f"password_file {setup.access / access.PASSWORDS}",
        f"acl_file {setup.access / access.ACL}",
        "persistence true",
        f"persistence_location {setup.data}/",
        f"autosave_interval {setup.limits.autosave_interval_s}",
        "max_queued_messages 0",
        f"max_queued_bytes {setup.limits.max_queued_bytes}",
        f"max_inflight_messages {MAX_INFLIGHT}",
        f"max_packet_size {MAX_PACKET_BYTES}",
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
    """A listener that nobody can use with the server's account, see `access.acl`."""
    return [f"listener {port} {setup.host}", "use_username_as_clientid true"]


def _tls_listeners(setup: MosquittoSetup, tls: TlsFiles) -> list[str]:
    files = [f"cafile {tls.authority}", f"certfile {tls.certificate}", f"keyfile {tls.key}", "tls_version tlsv1.2"]
    lines: list[str] = []
    if setup.ports.tls is not None:
        lines += _recorder_listener(setup, setup.ports.tls) + files
    if setup.ports.certificate is not None:
        mutual = ["require_certificate true", "use_identity_as_username true", f"crlfile {tls.revoked}"]
        lines += _recorder_listener(setup, setup.ports.certificate) + files + mutual
    return lines
