"""Health, step 1: looks at the platform: the database, this server's own parts, disk and certificates."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from alerts.duty.calendar_import import load_calendar
from alerts.shanghai_time import SHANGHAI
from telemetry.domain.clock import Now, wall_now
from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.domain.heartbeats import Heartbeats
from telemetry.health.faults import DROP_TOLD_S, Certificate, PlatformFault, Seen, Stored, faults_of
from telemetry.records.platform import PartState
from telemetry.settings import BrokerSettings
from telemetry.store.health import data_directory, list_beats, read_archive, unsent_s
from telemetry.store.platform import judging, list_jobs, list_workers
from telemetry.store.pool import Database
from telemetry.store.standstills import list_standstills

_PATIENCE_S: Final = 5.0
"""A look takes milliseconds; a database that hasn't answered by then is out of reach."""


@dataclass(frozen=True, slots=True)
class OwnParts:
    """What this process knows of itself without the database.

    `now` is the clock that notices live by. `certificates`: files; `shown`: when certificates expire that others showed
    us, by their names. `disk`: a path on the database's disk, if it isn't to be asked for it.
    """

    server: str = ""
    heartbeats: Heartbeats = field(default_factory=lambda: Heartbeats(time.monotonic))
    now: Now = wall_now
    certificates: Sequence[Path] = ()
    shown: dict[str, datetime] = field(default_factory=dict)
    disk: Path | None = None

    @property
    def states(self) -> list[PartState]:
        """The parts of this server as they stand."""
        beats = self.heartbeats.beats()
        return [PartState(self.server, beat.part, beat.silent_s, beat.due_in_s, beat.fault) for beat in beats]


def certificates_of(broker: BrokerSettings) -> list[Path]:
    """The certificates that the broker's settings name."""
    return [file for file in (broker.ca_file, broker.cert_file) if broker.tls and file is not None]


async def find_faults(database: Database, own: OwnParts | None = None) -> list[PlatformFault]:
    """What is wrong, warnings included; empty when all is well. Answers within seconds whatever hangs."""
    own = own or OwnParts()
    looking = asyncio.create_task(_ask(database, own))
    # A statement of a database that hangs takes long to cancel, too, so its end is not awaited.
    await asyncio.wait({looking}, timeout=_PATIENCE_S)
    stored, folder, away = None, own.disk, f"no answer within {_PATIENCE_S:.0f} s"
    if not looking.done():
        looking.cancel()
    elif (fault := looking.exception()) is None:
        stored, asked = looking.result()
        folder = folder or asked
    elif isinstance(fault, DatabaseUnavailableError | RowsRefusedError):
        away = str(fault)
    else:
        raise fault
    certificates = [_certificate(file) for file in own.certificates]
    certificates += [Certificate(name, expires_at) for name, expires_at in own.shown.items()]
    return faults_of(Seen(wall_now(), stored, away, own.states, free_mb(folder), certificates))


async def _ask(database: Database, own: OwnParts) -> tuple[Stored, Path | None]:
    """What the database tells, and where it keeps its files. Raises DatabaseUnavailableError, RowsRefusedError."""
    workers, jobs = await list_workers(database), await list_jobs(database)
    rules = await judging(database)
    standstills = await list_standstills(database, DROP_TOLD_S)
    async with database.connection() as connection:
        folder = await data_directory(connection)
        calendar = await load_calendar(connection)
        stored = Stored(
            workers,
            jobs,
            rules["tick_age_s"],
            rules["aside"],
            standstills,
            await list_beats(connection, own.server),
            await unsent_s(connection, own.now()),
            [str(year) for year in calendar.told_of(own.now().astimezone(SHANGHAI).date())],
            await read_archive(connection),
        )
    return stored, None if folder is None else Path(folder)


def free_mb(folder: Path | None) -> int | None:
    """Free space on the disk of *folder*; None if it isn't on this machine or can't be seen."""
    try:
        return None if folder is None else shutil.disk_usage(folder).free // 2**20
    except OSError:
        return None


def _certificate(file: Path) -> Certificate:
    """The certificate that expires first in a PEM file."""
    expires_at: datetime | None = None
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
        expires_at = min(each.not_valid_after_utc for each in found)
    except (OSError, ValueError):
        pass
    return Certificate(file.name, expires_at)
