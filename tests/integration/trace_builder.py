"""Test helper: builds traces and facts message by message, independently of the simulator."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

CHINA = timezone(timedelta(hours=8))
CELL = "460-00-5004-100040"


def at(clock: str, day: int = 2) -> datetime:
    """A time in March 2026 in Shanghai."""
    hour, minute, *second = (int(part) for part in clock.split(":"))
    return datetime(2026, 3, day, hour, minute, *(second or [0]), tzinfo=CHINA)


@dataclass
class TraceBuilder:
    """The messages of a trace, written in order of arrival."""

    lines: list[tuple[datetime, str, Any]] = field(default_factory=list)

    def garble(self, first: int, kind: str, **values: Any) -> None:
        """Put *values* into the messages of *kind* among `lines[first:]`."""
        self.lines[first:] = [
            (moment, topic, {**body, **values} if topic.endswith(f"/{kind}") else body)
            for moment, topic, body in self.lines[first:]
        ]

    def write(self, path: Path) -> None:
        """Write the trace file."""
        ordered = sorted(self.lines, key=lambda line: line[0])
        path.write_text(
            "".join(
                json.dumps({"received_at": moment.isoformat(), "topic": topic, "payload": payload}) + "\n"
                for moment, topic, payload in ordered
            )
        )


def card_of(recorder_id: str) -> str:
    """A recorder's unique ICCID."""
    return f"8986001{zlib.crc32(recorder_id.encode()):013}"


@dataclass
class Device:
    """One recorder; it sends live, or stores a backlog until it is back."""

    trace: TraceBuilder
    recorder_id: str
    iccid: str = ""
    senses: bool = True
    names_card: bool = True
    officer: str | None = None
    cell: str = CELL
    level: float = 80.0
    seq: int = 0
    boots: int = 0
    booted: datetime = field(default_factory=lambda: at("08:30"))
    flash: list[dict[str, Any]] = field(default_factory=list)
    recording_since: datetime | None = None
    standby_since: datetime | None = None
    state_every: int = 2
    """After how many heartbeats it repeats its recording state."""
    slow: timedelta = timedelta(0)
    """How far its clock is behind; timestamps in a stored backlog don't change."""
    session: str = ""
    connected: datetime | None = None

    def __post_init__(self) -> None:
        self.iccid = self.iccid or card_of(self.recorder_id)

    def head(self, moment: datetime) -> dict[str, Any]:
        self.seq += 1
        return {
            "ts": (moment - self.slow).isoformat(timespec="milliseconds"),
            "boot": f"{self.recorder_id}b{self.boots}",
            "seq": self.seq,
        }

    def say(self, moment: datetime, kind: str, lag_s: float = 0.8, **values: Any) -> None:
        body = {**self.head(moment), **values}
        self.trace.lines.append((moment + timedelta(seconds=lag_s), f"recorder/v1/{self.recorder_id}/{kind}", body))

    def keep(self, moment: datetime, kind: str, **values: Any) -> None:
        self.flash.append({**self.head(moment), "kind": kind, **values})

    def boot(self, moment: datetime) -> None:
        self.boots += 1
        self.seq = 0
        self.booted = moment
        self.standby_since = moment - self.slow
        self.recording_since = None

    def online(self, moment: datetime, *, last_end: str | None = None) -> None:
        self.session = f"s{self.boots}x{self.seq}"
        self.connected = moment
        more = {"last_end": last_end} if last_end else {}
        if self.officer:
            more["officer_id"] = self.officer
        self.say(
            moment,
            "presence",
            state="online",
            session=self.session,
            model="HX-4G",
            firmware="3.2.1",
            imei="861234567890123",
            iccid=self.iccid,
            uptime_s=int((moment - self.booted).total_seconds()),
            **more,
        )
        self.flush(moment + timedelta(seconds=3))

    def flush(self, moment: datetime) -> None:
        kept, self.flash = self.flash, []
        for start in range(0, len(kept), 50):
            body = {**self.head(moment), "messages": kept[start : start + 50]}
            topic = f"recorder/v1/{self.recorder_id}/backlog"
            self.trace.lines.append((moment + timedelta(seconds=start / 50 + 0.5), topic, body))

    def will(self, moment: datetime) -> None:
        """The broker publishes its will; *moment* is when it was last heard."""
        body = {
            "ts": (self.connected or moment).isoformat(),
            "boot": f"{self.recorder_id}b{self.boots}",
            "session": self.session,
            "state": "offline",
            "reason": "connection_lost",
        }
        self.trace.lines.append((moment + timedelta(seconds=90), f"recorder/v1/{self.recorder_id}/presence", body))

    def goodbye(self, moment: datetime, reason: str) -> None:
        self.say(moment, "presence", state="offline", session=self.session, reason=reason)

    def heartbeat(self, moment: datetime, *, network: str, rsrp: float | None, sim: str | None) -> dict[str, Any]:
        values: dict[str, Any] = {
            "uptime_s": int((moment - self.booted).total_seconds()),
            "network": network,
            "rsrp_dbm": rsrp,
            "cell": self.cell if network != "none" else None,
        }
        if self.senses and sim is not None:
            values["sim"] = sim
        if self.names_card and sim != "absent":
            values["iccid"] = self.iccid
        return values

    def state(self) -> dict[str, Any]:
        since = self.recording_since or self.standby_since
        assert since is not None
        return {"state": "recording" if self.recording_since else "standby", "since": since.isoformat()}

    def live(self, start: datetime, end: datetime, *, network: str = "4g", rsrp: float = -84.0) -> None:
        """Send everything at the contract's cadence."""
        for number, moment in enumerate(_every(start, end, 30)):
            level = rsrp - number % 3
            self.say(moment, "heartbeat", **self.heartbeat(moment, network=network, rsrp=level, sim="ready"))
            if number % 2 == 0:
                self.say(moment, "battery", level_pct=self.level, charging=False)
                self.say(moment, "storage", total_mb=65536, free_mb=40000, files=12)
            if number % self.state_every == 0:
                self.say(moment, "recording", **self.state())

    def cut_off(
        self,
        start: datetime,
        end: datetime,
        *,
        sim: str | None = "ready",
        rsrp: tuple[float | None, ...] = (None,),
        network: str = "none",
    ) -> None:
        """The same as a backlog."""
        for number, moment in enumerate(_every(start, end, 30)):
            level = rsrp[number % len(rsrp)]
            self.keep(moment, "heartbeat", **self.heartbeat(moment, network=network, rsrp=level, sim=sim))
            if number % 2 == 0:
                self.keep(moment, "battery", level_pct=self.level, charging=False)
                self.keep(moment, "recording", **self.state())

    def record(self, moment: datetime, *, kept: bool = False) -> None:
        self.recording_since = moment - self.slow
        (self.keep if kept else self.say)(moment, "recording", **self.state(), trigger="manual")

    def stop(self, moment: datetime, *, kept: bool = False) -> None:
        self.recording_since, self.standby_since = None, moment - self.slow
        (self.keep if kept else self.say)(moment, "recording", **self.state())


def _every(start: datetime, end: datetime, seconds: int) -> Iterator[datetime]:
    moment = start
    while moment < end:
        yield moment
        moment += timedelta(seconds=seconds)


@dataclass
class Bureau:
    """The facts that belong to a trace."""

    facts: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            "units": [
                {"id": "U00", "name": "局", "kind": "bureau"},
                {"id": "U01", "name": "第一中队", "kind": "squad", "parent_id": "U00"},
                {"id": "U02", "name": "第二中队", "kind": "squad", "parent_id": "U00"},
            ]
        }
    )

    def add(self, collection: str, **fact: Any) -> None:
        told = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in fact.items()
            if value is not None
        }
        self.facts.setdefault(collection, []).append(
            {"id": f"{collection}-{len(self.facts.get(collection, []))}", **told}
        )

    def person(self, officer_id: str, unit_id: str = "U01") -> None:
        self.add("officers", id=officer_id, name=f"某{officer_id}", unit_id=unit_id, role="officer")

    def recorder(
        self,
        recorder_id: str,
        *,
        senses: bool = True,
        status: str = "service",
        unit_id: str = "U01",
        heartbeat_s: int | None = None,
        holder_id: str | None = None,
    ) -> None:
        self.add(
            "recorders",
            id=recorder_id,
            unit_id=unit_id,
            holder_id=holder_id,
            model="HX-4G",
            iccid=card_of(recorder_id),
            senses_sim=senses,
            status=status,
            heartbeat_s=heartbeat_s,
        )

    def on_duty(
        self, officer_id: str, recorder_id: str, start: datetime | None = None, end: datetime | None = None
    ) -> None:
        """A person on a patrol shift with a recorder handed out for the day."""
        self.person(officer_id)
        self.add(
            "assignments", recorder_id=recorder_id, officer_id=officer_id, starts_at=at("08:00"), ends_at=at("18:00")
        )
        self.add(
            "shifts",
            id=f"W-{officer_id}",
            officer_id=officer_id,
            starts_at=start or at("09:00"),
            ends_at=end or at("13:00"),
            kind="patrol",
        )

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.facts, ensure_ascii=False))
