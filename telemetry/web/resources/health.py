"""`/healthz` for whoever restarts things, `/metrics` for Prometheus."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.health.faults import PlatformFault
from telemetry.health.look import OwnParts, find_faults
from telemetry.records.platform import JobRun, PartState, WorkerState
from telemetry.store.platform import count_fleet, judging, list_jobs, list_workers
from telemetry.store.pool import Database
from telemetry.store.standstills import last_counts
from telemetry.web.http.authentication import identify, no_login
from telemetry.web.http.problems import Refused
from telemetry.web.http.route import Site

_DATABASE: Final[web.AppKey[Database]] = web.AppKey("database", Database)
_OWN: Final[web.AppKey[OwnParts]] = web.AppKey("own", OwnParts)
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
    """Serve /healthz and, to whom the settings say, /metrics out of *database* and what this process knows of itself."""
    application[_DATABASE] = database
    application[_OWN] = site.own
    application.router.add_get("/healthz", _healthz)
    metrics = site.http.metrics
    if metrics != "off":
        application.router.add_get("/metrics", _metrics if metrics == "open" else partial(_metrics_by_token, site))


_TO_ANYBODY: Final = {
    "database": "out of reach",
    "no_broker": "no broker session",
    "queue": "loses messages",
    "dropped": "dropped messages",
    "clock": "disagrees with the database's",
    "not_storing": "nothing stored for {silent_s:.0f} s",
    "part_silent": "no sign of work for {silent_s:.0f} s",
    "part_failed": "failed",
    "certificate": "expires or can't be read",
}
"""Where it is and as whom one is refused there is for the log and for those who are signed in."""


async def _healthz(request: web.Request) -> web.Response:
    """200 while everything that this server needs is there; else 503, with the faults by name. Warnings are no faults."""
    found = await find_faults(request.app[_DATABASE], request.app[_OWN])
    faults, warnings = (
        {fault.place: _told_to_anybody(fault) for fault in found if fault.is_warning == is_warning}
        for is_warning in (False, True)
    )
    body = {"status": "fault" if faults else "ok", "faults": faults, "warnings": warnings}
    return web.json_response(body, status=503 if faults else 200)


def _told_to_anybody(fault: PlatformFault) -> str:
    words = _TO_ANYBODY.get(fault.code)
    return fault.text if words is None else words.format(silent_s=fault.silent_s or 0.0)


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
    """The faults, and what the database knows; without the database, the faults alone."""
    database, own = request.app[_DATABASE], request.app[_OWN]
    faults = await find_faults(database, own)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Faults(faults, own.states))
    if not any(fault.code == "database" for fault in faults):
        with suppress(DatabaseUnavailableError, RowsRefusedError):
            registry.register(
                _Snapshot(
                    await list_workers(database),
                    await count_fleet(database),
                    await list_jobs(database),
                    await judging(database),
                    await last_counts(database),
                )
            )
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Faults(Collector):
    """What is wrong, and when the parts of this server last worked."""

    def __init__(self, faults: list[PlatformFault], parts: list[PartState]) -> None:
        self._faults = faults
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        faults = GaugeMetricFamily(
            "recorder_fleet_fault", "1 for each fault that /healthz tells of", labels=["place", "code", "grade"]
        )
        for place, code, is_warning in sorted({(each.place, each.code, each.is_warning) for each in self._faults}):
            faults.add_metric([place, code, "warning" if is_warning else "fault"], 1)
        yield faults
        silent = GaugeMetricFamily(
            "recorder_fleet_part_silent_s", "since a part of this server last worked (s)", labels=["part"]
        )
        for part in self._parts:
            silent.add_metric([part.part], part.silent_s)
        yield silent


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
