"""`/healthz` for whoever restarts things, `/metrics` for Prometheus."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.store.platform import QUEUE_JOB, JobRun, WorkerState, count_fleet, judging, list_jobs, list_workers
from telemetry.store.pool import Database
from telemetry.store.standstills import BROKER, last_counts, list_standstills
from telemetry.web.http.authentication import identify, no_login
from telemetry.web.http.problems import Refused
from telemetry.web.http.route import Site

WORKER_SILENT_S: Final = 15.0
"""A worker reports every 2 s; one that has not for this long is down."""
TICK_SILENT_S: Final = 120.0
"""The rules are asked every 2 s; so much later nobody asks them any more."""
_DATABASE: Final[web.AppKey[Database]] = web.AppKey("database", Database)
_HELD_S: Final = 10.0
"""A batch takes well under a second; a message that has waited for so long isn't being stored."""
DROP_TOLD_S: Final = 600.0
"""For how long after the broker dropped messages that is a fault: as often as its queue is proven."""
_COUNTERS: Final = {
    "received": "messages taken from the broker",
    "stored": "readings stored",
    "duplicates": "messages that were stored before",
    "rejected": "messages kept as rejections",
    "batches": "transactions",
    "reconnects": "broker sessions lost",
}
_GAUGES: Final = {
    "connected": "1 while the worker has its broker session",
    "lag_s": "median of arrival minus device clock over the last batch (s)",
    "memory_mb": "peak resident set (MB)",
    "age_s": "since the worker's last report (s)",
    "held_s": "for how long the oldest message that is not stored has waited (s)",
}


def add_health(application: web.Application, database: Database, site: Site) -> None:
    """Serve /healthz and, to whom the settings say, /metrics out of *database*."""
    application[_DATABASE] = database
    application.router.add_get("/healthz", _healthz)
    metrics = site.http.metrics
    if metrics != "off":
        application.router.add_get("/metrics", _metrics if metrics == "open" else partial(_metrics_by_token, site))


@dataclass(frozen=True, slots=True)
class PlatformFault:
    """What is wrong, and where: `text` is for a log, `code` for the words of a page; `silent_s`: for how long."""

    place: str
    code: Literal[
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
    ]
    text: str
    silent_s: float | None = None


_TO_ANYBODY: Final = {
    "database": "out of reach",
    "no_broker": "no broker session",
    "queue": "loses messages",
    "dropped": "dropped messages",
    "clock": "disagrees with the database's",
    "not_storing": "nothing stored for {silent_s:.0f} s",
}
"""Where it is and as whom one is refused there is for the log and for those who are signed in."""


async def _healthz(request: web.Request) -> web.Response:
    """200 while everything that this server needs is there; else 503, with the faults by name."""
    faults = {fault.place: _told_to_anybody(fault) for fault in await find_faults(request.app[_DATABASE])}
    body = {"status": "fault" if faults else "ok", "faults": faults}
    return web.json_response(body, status=503 if faults else 200)


def _told_to_anybody(fault: PlatformFault) -> str:
    words = _TO_ANYBODY.get(fault.code)
    return fault.text if words is None else words.format(silent_s=fault.silent_s or 0.0)


async def find_faults(database: Database) -> list[PlatformFault]:
    """What is wrong, each by the edge it is wrong at; empty when all is well."""
    try:
        workers, jobs = await list_workers(database), await list_jobs(database)
        rules = await judging(database)
        standstills = await list_standstills(database, DROP_TOLD_S)
    except (DatabaseUnavailableError, RowsRefusedError) as fault:
        return [PlatformFault("database", "database", str(fault))]
    faults = [PlatformFault("broker", "queue", job.fault) for job in jobs if job.job == QUEUE_JOB and job.fault]
    if not any(worker.age_s < WORKER_SILENT_S for worker in workers):
        faults.append(PlatformFault("ingest", "no_worker", "no ingest worker has reported"))
    told = standstill_faults(standstills)
    return [*faults, *told, *worker_faults(workers), *judging_faults(rules["tick_age_s"], rules["aside"])]


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
        elif worker.held_s >= _HELD_S:
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


async def _metrics_by_token(site: Site, request: web.Request) -> web.Response:
    try:
        account = await identify(request, site, request.app[_DATABASE])
    except Refused as refused:
        return refused.answer()
    except DatabaseUnavailableError as fault:
        raise web.HTTPServiceUnavailable(text=str(fault)) from fault
    if account is None or "metrics" not in account.scopes:
        return no_login("a token of scope metrics").answer()
    return await _metrics(request)


async def _metrics(request: web.Request) -> web.Response:
    database = request.app[_DATABASE]
    try:
        snapshot = _Snapshot(
            await list_workers(database),
            await count_fleet(database),
            await list_jobs(database),
            await judging(database),
            await last_counts(database),
        )
    except (DatabaseUnavailableError, RowsRefusedError) as fault:
        raise web.HTTPServiceUnavailable(text=str(fault)) from fault
    registry = CollectorRegistry(auto_describe=False)
    registry.register(snapshot)
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Snapshot(Collector):
    """All workers' counters, wherever they run, as they stand in the database."""

    def __init__(
        self,
        workers: list[WorkerState],
        fleet: Mapping[str, int],
        jobs: list[JobRun],
        rules: Mapping[str, Any],
        dropped: Mapping[str, int],
    ) -> None:
        self._workers = workers
        self._fleet = fleet
        self._jobs = jobs
        self._rules = rules
        self._dropped = dropped

    def collect(self) -> Iterable[Metric]:
        for name, text in _COUNTERS.items():
            counter = CounterMetricFamily(f"recorder_fleet_ingest_{name}", text, labels=["worker"])
            for worker in self._workers:
                counter.add_metric([worker.worker], getattr(worker, name))
            yield counter
        for name, text in _GAUGES.items():
            gauge = GaugeMetricFamily(f"recorder_fleet_ingest_{name}", text, labels=["worker"])
            for worker in self._workers:
                gauge.add_metric([worker.worker], float(getattr(worker, name)))
            yield gauge
        recorders = GaugeMetricFamily("recorder_fleet_recorders", "recorders by what they do", labels=["state"])
        for state, count in self._fleet.items():
            recorders.add_metric([state], count)
        yield recorders
        finished = GaugeMetricFamily("recorder_fleet_job_finished", "unix time of a job's last success", labels=["job"])
        for job in self._jobs:
            if job.finished_at is not None and job.fault is None:
                finished.add_metric([job.job], job.finished_at.timestamp())
        yield finished
        text = "messages that the broker acknowledged and dropped since its start"
        dropped = CounterMetricFamily("recorder_fleet_broker_dropped", text, labels=["broker"])
        for broker, count in self._dropped.items():
            dropped.add_metric([broker], count)
        yield dropped
        yield GaugeMetricFamily(
            "recorder_fleet_rules_aside", "subjects that could not be judged and are set aside", self._rules["aside"]
        )
        if self._rules["tick_age_s"] is not None:
            yield GaugeMetricFamily(
                "recorder_fleet_rules_tick_age_s", "since the rules were last asked (s)", self._rules["tick_age_s"]
            )
