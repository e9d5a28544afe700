"""The platform's own state: ingest workers, jobs, and the parts of each server."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

BROKER: Final = "broker"
"""Part name of the broker in `standstill`; it stood still while it dropped messages."""
QUEUE_JOB: Final = "prove_queue"
"""The job that checks that the broker keeps what it acknowledges."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """An ingest worker's counters since its start; `lag_s` in seconds, `memory_mb` its peak resident set.

    `held_s`: how long (s) the oldest unstored message has waited.
    """

    worker: str
    connected: bool
    received: int
    stored: int
    duplicates: int
    rejected: int
    batches: int
    reconnects: int
    lag_s: float
    memory_mb: float
    fault: str | None
    held_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerState(WorkerReport):
    """A worker's last report; `age_s`: how long ago (s)."""

    age_s: float


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job's last run: what it returned, or why it failed."""

    job: str
    started_at: datetime
    finished_at: datetime | None
    result: int | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class PartState:
    """A part of the server *server* (`ingest.name`): see `telemetry.domain.heartbeats.Beat`."""

    server: str
    part: str
    silent_s: float
    due_in_s: float
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """The database's archive of its log, from which it can be restored. `is_on`: the database has one.

    `age_s`: seconds since the last segment was archived; `failed_s`: since the last failure; None: never.
    """

    is_on: bool
    age_s: float | None
    failed_s: float | None
