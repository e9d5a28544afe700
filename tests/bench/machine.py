"""Benchmark: which machine this is, and what else ran on it meanwhile; a rate without that says little."""

import os
import platform
import resource
import time
from pathlib import Path
from typing import Self

import psutil


class Watch:
    """Counts the machine's busy time while it is open, and whose it was.

    *pids* are servers of ours; children that have ended are ours as well.
    """

    def __init__(self, pids: list[int]) -> None:
        self._servers = [psutil.Process(pid) for pid in pids]
        self.others_cores = 0.0
        self.server_cpu_s = [0.0 for _ in pids]

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._busy_s, self._own_s, self._server_s = _busy_s(), _own_s(), [_cpu_s(server) for server in self._servers]
        return self

    def __exit__(self, *_: object) -> None:
        seconds = time.monotonic() - self._began
        ended = [_cpu_s(server) for server in self._servers]
        self.server_cpu_s = [after - before for after, before in zip(ended, self._server_s, strict=True)]
        ours_s = _own_s() - self._own_s + sum(self.server_cpu_s)
        self.others_cores = max(0.0, _busy_s() - self._busy_s - ours_s) / seconds


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def _own_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _cpu_s(server: psutil.Process) -> float:
    """A server with its children, those that ended included."""
    times = server.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in server.children():
        try:
            used = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return float(total)


def describe_machine() -> dict[str, object]:
    """CPU model, cores, memory, kernel, Python, and the load average now."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
