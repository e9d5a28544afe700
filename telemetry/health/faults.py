"""Health, step 2: makes the list of faults from what was seen of the platform. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from telemetry.records.platform import BROKER, QUEUE_JOB, Archive, JobRun, PartState, WorkerState

WORKER_SILENT_S: Final = 15.0
"""A worker reports every 2 s; one that has not for this long is down."""
TICK_SILENT_S: Final = 60.0
"""The rules are asked every 2 s; so much later nobody asks them any more."""
HELD_S: Final = 10.0
"""A batch takes well under a second; a message that has waited for so long isn't being stored."""
DROP_TOLD_S: Final = 600.0
"""For how long after the broker dropped messages that is a fault: as often as its queue is proven."""
UNSENT_S: Final = 60.0
"""Senders look for due notices every second; one that none has taken for so long is being sent by nobody."""
LEAST_FREE_MB: Final = 1024
_ARCHIVE_S: Final = 86_400.0
"""A bureau's readings fill a segment of the database's log within minutes, so a day without one is a fault."""
_EXPIRES: Final = timedelta(days=7)
_EXPIRES_SOON: Final = timedelta(days=30)

Code = Literal[
    "database",
    "no_worker",
    "worker_silent",
    "no_broker",
    "not_storing",
    "queue",
    "dropped",
    "clock",
    "no_tick",
    "not_judged",
    "part_silent",
    "part_failed",
    "not_sent",
    "disk",
    "certificate",
    "calendar",
    "backup",
]


@dataclass(frozen=True, slots=True)
class PlatformFault:
    """What is wrong, and where: `text` is for a log, `code` for the words of a page; `silent_s`: for how long.

    `is_warning`: everything works, but somebody should act.
    """

    place: str
    code: Code
    text: str
    silent_s: float | None = None
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that this server uses, by its file's name or whose it is, and when it expires; None: unreadable."""

    name: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database told of the platform. `calendar`: years whose holiday decree is missing, as text.

    `unsent_s`: how long (s) the oldest due notice has waited for a sender. `aside`: subjects that could not be judged.
    """

    workers: Sequence[WorkerState] = ()
    jobs: Sequence[JobRun] = ()
    tick_age_s: float | None = None
    aside: int = 0
    standstills: Sequence[Mapping[str, Any]] = ()
    parts: Sequence[PartState] = ()
    unsent_s: float | None = None
    calendar: Sequence[str] = ()
    archive: Archive = field(default_factory=lambda: Archive(is_on=False, age_s=None, failed_s=None))


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the platform. `stored` is None while the database is out of reach, for the reason `away`.

    `own_parts` are this server's. `free_mb`: free disk space of the database; None if it can't be seen from here.
    """

    now: datetime
    stored: Stored | None
    away: str = ""
    own_parts: Sequence[PartState] = ()
    free_mb: int | None = None
    certificates: Sequence[Certificate] = ()


def faults_of(seen: Seen) -> list[PlatformFault]:
    """What is wrong, each by the place it is wrong at; empty when all is well."""
    faults = part_faults(seen.own_parts) + disk_faults(seen.free_mb) + certificate_faults(seen.certificates, seen.now)
    stored = seen.stored
    if stored is None:
        return [PlatformFault("database", "database", seen.away), *faults]
    if not any(worker.age_s < WORKER_SILENT_S for worker in stored.workers):
        faults.append(PlatformFault("ingest", "no_worker", "no ingest worker has reported"))
    return [
        *(PlatformFault(BROKER, "queue", job.fault) for job in stored.jobs if job.job == QUEUE_JOB and job.fault),
        *faults,
        *standstill_faults(stored.standstills),
        *worker_faults(stored.workers),
        *judging_faults(stored.tick_age_s, stored.aside),
        *part_faults(stored.parts),
        *notice_faults(stored.unsent_s),
        *backup_faults(stored.archive),
        *(PlatformFault("calendar", "calendar", text, is_warning=True) for text in stored.calendar),
    ]


def part_faults(parts: Iterable[PartState]) -> list[PlatformFault]:
    """What is wrong with parts of servers: overdue or failed. A server whose parts are all overdue is one fault."""
    by_server: dict[str, list[PartState]] = {}
    for part in parts:
        by_server.setdefault(part.server, []).append(part)
    faults = []
    for server, its in by_server.items():
        if len(its) > 1 and all(part.due_in_s < 0 for part in its):
            silent_s = min(part.silent_s for part in its)
            text = f"no sign of any part for {silent_s:.0f} s"
            faults.append(PlatformFault(f"server.{server}", "part_silent", text, silent_s))
        else:
            faults += [fault for part in its if (fault := _part_fault(part)) is not None]
    return faults


def _part_fault(part: PartState) -> PlatformFault | None:
    place = f"{part.part}.{part.server}"
    if part.due_in_s < 0:
        why = f": {part.fault}" if part.fault else ""
        text = f"no sign of work for {part.silent_s:.0f} s{why}"
        return PlatformFault(place, "part_silent", text, part.silent_s)
    return None if part.fault is None else PlatformFault(place, "part_failed", part.fault)


def standstill_faults(standstills: Iterable[Mapping[str, Any]]) -> list[PlatformFault]:
    """What is wrong with the broker and the clocks: drops a while ago are, a clock is while it disagrees."""
    faults = []
    for row in standstills:
        since = f"{row['starts_at']:%Y-%m-%d %H:%M:%S}Z"
        if row["part"] != BROKER and row["ends_at"] is None:
            text = f"{row['reason']} since {since}: set both by NTP"
            faults.append(PlatformFault(row["part"], "clock", text))
        elif row["part"] == BROKER and row["age_s"] <= DROP_TOLD_S:
            text = f"{row['reason']} between {since} and {row['ends_at']:%H:%M:%S}Z: a queue was full"
            faults.append(PlatformFault(BROKER, "dropped", text))
    return faults


def worker_faults(workers: Iterable[WorkerState]) -> list[PlatformFault]:
    """What is wrong with each of some workers, as they last reported."""
    faults = []
    for worker in workers:
        place, age_s = f"ingest.{worker.worker}", worker.age_s
        if age_s >= WORKER_SILENT_S:
            # The broker goes on dealing it its share, which waits there.
            text = f"silent for {age_s:.0f} s: start it, or `recorder-fleet ingest --retire` it"
            faults.append(PlatformFault(place, "worker_silent", text, age_s))
        elif not worker.connected:
            faults.append(PlatformFault(place, "no_broker", worker.fault or "no broker session"))
        elif worker.held_s >= HELD_S:
            why = f": {worker.fault}" if worker.fault else ""
            text = f"nothing stored for {worker.held_s:.0f} s{why}"
            faults.append(PlatformFault(place, "not_storing", text, worker.held_s))
    return faults


def judging_faults(tick_age_s: float | None, aside: int) -> list[PlatformFault]:
    """What is wrong with the rules."""
    faults = []
    if tick_age_s is not None and tick_age_s > TICK_SILENT_S:
        faults.append(PlatformFault("rules", "no_tick", f"not asked for {tick_age_s:.0f} s", tick_age_s))
    if aside:
        text = f"{aside} subjects could not be judged and are set aside: `recorder-fleet check` names them"
        faults.append(PlatformFault("rules.aside", "not_judged", text))
    return faults


def notice_faults(unsent_s: float | None) -> list[PlatformFault]:
    """What is wrong with the senders, as their queue shows it."""
    if unsent_s is None or unsent_s <= UNSENT_S:
        return []
    return [PlatformFault("notices", "not_sent", f"a due notice has waited for {unsent_s:.0f} s", unsent_s)]


def disk_faults(free_mb: int | None) -> list[PlatformFault]:
    """Whether the database's disk is nearly full."""
    if free_mb is None or free_mb >= LEAST_FREE_MB:
        return []
    return [PlatformFault("disk", "disk", f"only {free_mb} MB free on the database's disk")]


def certificate_faults(certificates: Iterable[Certificate], now: datetime) -> list[PlatformFault]:
    """Certificates that expire within a month (a warning) or a week, or can't be read."""
    faults = []
    for each in certificates:
        place = f"certificate.{each.name}"
        if each.expires_at is None:
            faults.append(PlatformFault(place, "certificate", "can't be read"))
        elif (left := each.expires_at - now) < _EXPIRES_SOON:
            text = f"expires on {each.expires_at:%Y-%m-%d}"
            faults.append(PlatformFault(place, "certificate", text, is_warning=left >= _EXPIRES))
    return faults


def backup_faults(archive: Archive) -> list[PlatformFault]:
    """Whether the database's archive, where it has one, goes on."""
    if not archive.is_on:
        return []
    if archive.failed_s is not None and (archive.age_s is None or archive.failed_s < archive.age_s):
        return [PlatformFault("backup", "backup", "the database can't archive its log: see its log")]
    if archive.age_s is not None and archive.age_s > _ARCHIVE_S:
        text = f"the database's log was last archived {archive.age_s / 3600:.0f} h ago"
        return [PlatformFault("backup", "backup", text, archive.age_s)]
    return []
