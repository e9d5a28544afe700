"""Test helper: facts and messages of a whole bureau on patrol, for tests and benchmarks that count messages.

Messages arrive one second after they are measured, without broker and simulator.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from telemetry.ingest.arrival import Arrival

UNITS: Final = 60
_HEARTBEAT_S: Final = 30
_ON_ITS_WAY: Final = timedelta(seconds=1)


def card_of(n: int) -> str:
    """The ICCID of recorder *n*."""
    return f"8986001{n:013}"


@dataclass
class DutyFleet:
    """*size* recorders, each worn by its officer on a patrol shift of eight hours that began 20 min before *begins*."""

    size: int
    begins: datetime
    activities: bool = False
    seqs: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.seqs = [0] * self.size

    def facts(self) -> bytes:
        """The bureau as a facts file (wire contract, section 2)."""
        day = {"starts_at": self._at(-60), "ends_at": self._at(600)}
        shift = {"starts_at": self._at(-20), "ends_at": self._at(460), "kind": "patrol"}
        units = [{"id": "U00", "name": "某某区执法局（演示）", "kind": "bureau"}]
        units += [{"id": f"V{n}", "name": f"第{n}中队", "kind": "squad", "parent_id": "U00"} for n in range(UNITS)]
        officers = [self._person(n, f"P{n}", "officer") for n in range(self.size)]
        officers += [
            self._person(n, f"{role[0].upper()}{n}", role) for n in range(UNITS) for role in ("leader", "custodian")
        ]
        return json.dumps(
            {
                "units": units,
                "officers": officers,
                "recorders": [
                    {"id": f"R{n}", "unit_id": f"V{n % UNITS}", "model": "HX", "iccid": card_of(n), "senses_sim": True}
                    for n in range(self.size)
                ],
                "assignments": [
                    {"id": f"A{n}", "recorder_id": f"R{n}", "officer_id": f"P{n}", **day} for n in range(self.size)
                ],
                "shifts": [{"id": f"S{n}", "officer_id": f"P{n}", **shift} for n in range(self.size)],
                "activities": list(self._activities()) if self.activities else [],
            }
        ).encode()

    def birth(self, n: int, at: datetime) -> Arrival:
        """Recorder *n* comes online."""
        return self._said(
            n,
            at,
            "presence",
            state="online",
            session=f"s{n}x{self.seqs[n]}",
            model="HX",
            firmware="1",
            imei="861234567890123",
            iccid=card_of(n),
            uptime_s=self._uptime_s(at),
        )

    def records(self, n: int, at: datetime) -> Arrival:
        """Recorder *n* begins to record."""
        return self._said(n, at, "recording", state="recording", since=at.isoformat())

    def minute(self, n: int, at: datetime) -> Iterator[Arrival]:
        """The messages of recorder *n* in the minute from *at*: two heartbeats, and one of each other kind."""
        yield self._said(n, at, "heartbeat", **self._beat(n, at))
        yield self._said(n, at, "battery", level_pct=76, charging=False)
        yield self._said(n, at, "storage", total_mb=65536, free_mb=40000, files=12)
        yield self._said(n, at, "recording", state="standby", since=self._at(-30))
        yield self._said(n, at, "location", lat=31.2 + n % 97 / 1000, lon=121.5 + n % 89 / 1000, fix="gnss")
        later = at + timedelta(seconds=_HEARTBEAT_S)
        yield self._said(n, later, "heartbeat", **self._beat(n, later))

    def backlog(self, n: int, begins: datetime, ends: datetime, at: datetime, **changes: Any) -> list[Arrival]:
        """The heartbeats from *begins* to *ends* as a backlog sent at *at*, with some fields changed."""
        kept = []
        moment = begins
        while moment < ends:
            kept.append({"kind": "heartbeat", **self._head(n, moment), **self._beat(n, moment), **changes})
            moment += timedelta(seconds=_HEARTBEAT_S)
        return [self._said(n, at, "backlog", messages=kept[i : i + 100]) for i in range(0, len(kept), 100)]

    def _beat(self, n: int, at: datetime) -> dict[str, Any]:
        cell = f"460-00-1-{n % (self.size // 8 + 1)}"
        rsrp_dbm = -85 - self.seqs[n] % 3
        return {"uptime_s": self._uptime_s(at), "network": "4g", "rsrp_dbm": rsrp_dbm, "cell": cell, "sim": "ready"}

    def _said(self, n: int, at: datetime, kind: str, **values: Any) -> Arrival:
        payload = json.dumps({**self._head(n, at), **values}).encode()
        return Arrival(f"recorder/v1/R{n}/{kind}", payload, at + _ON_ITS_WAY)

    def _head(self, n: int, at: datetime) -> dict[str, Any]:
        self.seqs[n] += 1
        return {"ts": at.isoformat(), "boot": f"b{n}", "seq": self.seqs[n]}

    def _uptime_s(self, at: datetime) -> int:
        return int((at - self.begins).total_seconds()) + 3600

    def _at(self, minutes: float) -> str:
        return (self.begins + timedelta(minutes=minutes)).isoformat()

    def _activities(self) -> Iterator[dict[str, Any]]:
        for n in range(self.size):
            begins = n % 240
            yield {
                "id": f"C{n}",
                "officer_id": f"P{n}",
                "kind": "inspection",
                "starts_at": self._at(begins),
                "ends_at": self._at(begins + 30),
                "times_from": "device",
            }

    def _person(self, n: int, name: str, role: str) -> dict[str, Any]:
        return {"id": name, "name": f"某{name}", "unit_id": f"V{n % UNITS}", "role": role, "contact": {"wecom": name}}
