"""mosquitto's configuration for the embedded broker; `production/mosquitto.conf` is the same for a bureau."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker import access

MAX_PACKET_BYTES: Final = 3 * 1024 * 1024
"""Far above the contract's 64 KiB, so that a payload that is too long reaches ingest and is rejected visibly."""
MAX_INFLIGHT: Final = 32_768
"""Unacknowledged messages to one client, where its own receive maximum isn't lower; a packet id has 16 bits."""
MAX_QUEUED_BYTES: Final = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of the TLS listeners: the authority, the server's certificate and key, what the authority took back."""

    authority: Path
    certificate: Path
    key: Path
    revoked: Path


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports: recorders in the clear, the server's own, recorders by TLS with password, and with certificate."""

    recorders: int
    server: int
    tls: int | None = None
    certificate: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the broker may hold: `max_queued_bytes` per absent client, saved to disk each `autosave_interval_s`."""

    max_queued_bytes: int = MAX_QUEUED_BYTES
    autosave_interval_s: int = 60


@dataclass(frozen=True, slots=True)
class Setup:
    """All that makes one embedded mosquitto; *tls* has to be there where a TLS port is."""

    directory: Path
    host: str
    ports: Ports
    limits: Limits
    tls: TlsFiles | None

    @property
    def access(self) -> Path:
        """Where the password and ACL files are."""
        return self.directory / "access"

    @property
    def data(self) -> Path:
        """Where mosquitto saves its sessions and queues."""
        return self.directory / "data"


def mosquitto_conf(setup: Setup) -> str:
    """The whole `mosquitto.conf` of the embedded broker."""
    # Without max_queued_messages 0, mosquitto 2 drops what it has acknowledged once 1,000 messages wait. With
    # per_listener_settings, 2.0.12 to 2.0.22 drop everything that comes for a session that is away.
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
        # By its log the server hears who logs in, see telemetry/ingest/unheard_logins.py.
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
        # Else mosquitto becomes the user `mosquitto`, who may not read what was written here for root.
        lines.append("user root")
    lines.append(f"listener {setup.ports.server} {setup.host}")
    lines += _recorder_listener(setup, setup.ports.recorders)
    if setup.tls is not None:
        lines += _tls_listeners(setup, setup.tls)
    return "\n".join(lines) + "\n"


def _recorder_listener(setup: Setup, port: int) -> list[str]:
    """A door at which the server's account is worth nothing, see `access.acl`."""
    return [f"listener {port} {setup.host}", "use_username_as_clientid true"]


def _tls_listeners(setup: Setup, tls: TlsFiles) -> list[str]:
    files = [f"cafile {tls.authority}", f"certfile {tls.certificate}", f"keyfile {tls.key}", "tls_version tlsv1.2"]
    lines: list[str] = []
    if setup.ports.tls is not None:
        lines += _recorder_listener(setup, setup.ports.tls) + files
    if setup.ports.certificate is not None:
        mutual = ["require_certificate true", "use_identity_as_username true", f"crlfile {tls.revoked}"]
        lines += _recorder_listener(setup, setup.ports.certificate) + files + mutual
    return lines
