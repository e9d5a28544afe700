"""Test data: random days on which every officer does his duty, as messages of recorders and facts of other systems.

Each recorder has an officer with a shift, fully recorded activities, and an import in time. Recorders lose the network
and restart, but no officer causes it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

CHINA = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 3, 2, tzinfo=CHINA)
UNTIL = MONDAY + timedelta(days=11)
"""Suspicions of the last day are settled or dropped within 7 days."""
UNITS = 12
WILL_AFTER = timedelta(seconds=90)
Payload = dict[str, Any]


@dataclass(slots=True)
class Message:
    """One received message: kind and payload (a string if it is no JSON object)."""

    received_at: datetime
    kind: str
    payload: Payload | str
    retained: bool = False


@dataclass(slots=True)
class Days:
    """One recorder's messages and facts of some days, and the mutations applied to them (`spoiled`)."""

    name: str
    messages: list[Message] = field(default_factory=list)
    facts: dict[str, list[Payload]] = field(default_factory=dict)
    again: list[tuple[str, Payload]] = field(default_factory=list)
    spoiled: list[tuple[str, str]] = field(default_factory=list)
    """Kind and detail of each mutation."""

    def fact(self, collection: str, **values: Any) -> None:
        told = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items() if v is not None}
        self.facts.setdefault(collection, []).append(told)

    def spoil(self, kind: str, what: object = "") -> None:
        self.spoiled.append((kind, str(what)))


@dataclass(slots=True)
class _Device:
    """A recorder that sends live, or stores a backlog while offline."""

    days: Days
    chance: random.Random
    number: int
    cadence_s: int
    senses: bool
    login: str | None
    boot: str = ""
    session: str = ""
    seq: int = -1
    booted: datetime = MONDAY
    connected: datetime = MONDAY
    level: float = 95.0
    files: int = 0
    free_mb: int = 60000
    state: str = "standby"
    since: datetime = MONDAY
    flash: list[Payload] | None = None
    last_end: str = "key"

    @property
    def iccid(self) -> str:
        return f"8986001{self.number:012}"

    @property
    def imei(self) -> str:
        return f"86{self.number:013}"

    def say(self, at: datetime, kind: str, **values: Any) -> None:
        self.seq += 1
        payload: Payload = {"ts": _ms(at), "boot": self.boot, "seq": self.seq}
        if self.flash is not None:
            self.flash.append({**payload, "kind": kind, **values})
        else:
            lag = timedelta(seconds=self.chance.uniform(0.1, 2.0))
            self.days.messages.append(Message(at + lag, kind, {**payload, **values}))

    def switch_on(self, at: datetime) -> None:
        self.boot, self.seq, self.booted = f"b{self.chance.getrandbits(40):x}", -1, at
        self.state, self.since = "standby", at
        self.connect(at)

    def connect(self, at: datetime) -> None:
        login = {} if self.login is None else {"officer_id": self.login}
        self.session, self.connected = f"s{self.chance.getrandbits(40):x}", at
        about = {
            "model": "INNOCENT",
            "firmware": "1",
            "imei": self.imei,
            "iccid": self.iccid,
            "last_end": self.last_end,
        }
        self.say(at, "presence", state="online", session=self.session, uptime_s=self.uptime_s(at), **about, **login)

    def leave(self, at: datetime, reason: str) -> None:
        self.say(at, "presence", state="offline", session=self.session, reason=reason)

    def uptime_s(self, at: datetime) -> int:
        return int((at - self.booted).total_seconds())

    def measure(self, at: datetime) -> None:
        is_lost = self.flash is not None
        cell = f"460-00-{5000 + self.number % 7}-{100000 + self.number % 23}"
        beat: Payload = {"uptime_s": self.uptime_s(at), "network": "none" if is_lost else "4g"}
        beat |= (
            {"cell": None, "rsrp_dbm": None} if is_lost else {"cell": cell, "rsrp_dbm": -80 - self.chance.randrange(12)}
        )
        if self.senses:
            beat |= {"sim": "ready", "iccid": self.iccid}
        self.say(at, "heartbeat", **beat)
        self.level = max(30.0, self.level - self.cadence_s / 600)
        about = {"voltage_mv": 3900, "temperature_c": 25}
        self.say(at + timedelta(seconds=1), "battery", level_pct=round(self.level, 1), charging=False, **about)
        self.say(at + timedelta(seconds=2), "storage", total_mb=64000, free_mb=self.free_mb, files=self.files)
        self.tell_state(at + timedelta(seconds=3))
        if not is_lost:
            self.say(at + timedelta(seconds=4), "location", lat=31.2 + self.number / 1e5, lon=121.5, fix="gnss")

    def tell_state(self, at: datetime) -> None:
        self.say(at, "recording", state=self.state, since=_ms(self.since))

    def turn(self, at: datetime, state: str) -> None:
        if state == "standby":
            self.files += 1
            self.free_mb -= 500
        self.state, self.since = state, at
        self.tell_state(at)

    def lose_network(self, at: datetime) -> None:
        if self.chance.random() < 0.7:
            will: Payload = {"ts": _ms(self.connected), "boot": self.boot, "session": self.session}
            will |= {"state": "offline", "reason": "connection_lost"}
            self.days.messages.append(Message(at + WILL_AFTER, "presence", will))
        self.flash = []

    def come_back(self, at: datetime) -> None:
        kept, self.flash = self.flash or [], None
        self.connect(at)
        size = self.chance.choice([8, 20])
        for n in range(0, len(kept), size):
            self.say(at + timedelta(seconds=2 + n / size), "backlog", messages=kept[n : n + size])

    def restart(self, at: datetime) -> None:
        self.leave(at, "power_off")
        self.switch_on(at + timedelta(seconds=self.chance.randrange(45, 150)))

    def dock(self) -> None:
        """Import everything and empty the card."""
        self.files, self.free_mb, self.level = 0, 60000, 95.0


def _ms(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def innocent_days(number: int, chance: random.Random, hour: int) -> Days:
    """One or two days without any violation for recorder *number*, from about *hour* on."""
    days = Days(f"R{number:05}")
    officer, unit = f"P{number:05}", f"U{1 + number % UNITS}"
    cadence_s = chance.choice([60, 120, 300])
    worn = chance.choice(["holder", "assignment", "shift", "login"])
    login = officer if worn == "login" or chance.random() < 0.5 else None
    device = _Device(days, chance, number, cadence_s, chance.random() < 0.7, login)
    days.fact("officers", id=officer, name=f"示例{number}", unit_id=unit, role="officer")
    holder = officer if worn == "holder" else None
    about = {"imei": device.imei, "iccid": device.iccid, "heartbeat_s": cadence_s, "senses_sim": device.senses}
    days.fact("recorders", id=days.name, unit_id=unit, model="INNOCENT", holder_id=holder, **about)
    begin = MONDAY + timedelta(hours=hour, minutes=chance.randrange(120))
    for n in range(chance.choice([1, 1, 1, 2])):
        start = begin + timedelta(days=n)
        end = start + timedelta(minutes=chance.randrange(120, 200))
        if worn == "assignment":
            held = {"starts_at": start - timedelta(hours=1), "ends_at": end + timedelta(hours=3), "reason": "daily"}
            days.fact("assignments", id=f"H{number}x{n}", recorder_id=days.name, officer_id=officer, **held)
        shift = {"officer_id": officer, "recorder_id": days.name if worn == "shift" else None}
        kind = chance.choice(["patrol", "campaign"])
        days.fact("shifts", id=f"S{number}x{n}", kind=kind, **shift, starts_at=start, ends_at=end)
        _work(device, officer, f"{number}x{n}", start, end)
    return days


def _work(device: _Device, officer: str, suffix: str, start: datetime, end: datetime) -> None:
    """One shift: record each activity, lose the network or restart in between, dock the recorder."""
    chance, days = device.chance, device.days
    plan: list[tuple[datetime, Callable[[datetime], None]]] = []
    filmed: list[tuple[datetime, datetime]] = []
    at = start + timedelta(minutes=chance.randrange(20, 40))
    restart = chance.random() < 0.4
    if restart:
        plan.append((start + timedelta(minutes=12, seconds=30), device.restart))
    for n in range(chance.randrange(3)):
        until = at + timedelta(minutes=chance.randrange(10, 30))
        if until + timedelta(minutes=20) > end:
            break
        times = {"starts_at": at, "ends_at": until, "times_from": chance.choice(["device", "checkin", "manual"])}
        days.fact("activities", id=f"A{suffix}x{n}", officer_id=officer, kind="inspection", **times)
        filmed.append((at - timedelta(minutes=1), until + timedelta(minutes=1)))
        at = until + timedelta(minutes=chance.randrange(12, 40))
    if not filmed or chance.random() < 0.5:
        filmed.append((end - timedelta(minutes=9), end - timedelta(minutes=6)))
    for began, ended in filmed:
        plan += [(began, lambda t: device.turn(t, "recording")), (ended, lambda t: device.turn(t, "standby"))]
    if chance.random() < 0.5:
        gone = start + timedelta(minutes=chance.randrange(16, 100), seconds=20)
        plan += [(gone, device.lose_network), (gone + timedelta(minutes=chance.randrange(4, 25)), device.come_back)]
    tick = start - timedelta(minutes=11)
    while tick < end + timedelta(minutes=10):
        plan.append((tick, device.measure))
        tick += timedelta(seconds=device.cadence_s)
    device.switch_on(start - timedelta(minutes=12))
    for moment, act in sorted(plan, key=lambda each: each[0]):
        if moment >= device.booted:
            act(moment)
    home = end + timedelta(minutes=chance.randrange(15, 60))
    device.leave(home, chance.choice(["docked", "power_off"]))
    docked = home + timedelta(minutes=5)
    segments = [{"from": _ms(a), "to": _ms(b)} for a, b in filmed] if chance.random() < 0.5 else None
    bounds = {"recorded_from": min(a for a, _ in filmed), "recorded_to": max(b for _, b in filmed)}
    station = {"station_id": "K1", "docked_at": docked, "imported_at": docked + timedelta(minutes=15)}
    size = {"files": len(filmed), "megabytes": 500 * len(filmed)}
    days.fact("dock_imports", id=f"I{suffix}", recorder_id=days.name, segments=segments, **station, **size, **bounds)
    device.dock()
