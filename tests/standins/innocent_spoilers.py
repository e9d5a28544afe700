"""Test data: mutations of an innocent day by devices, networks and imports, none caused by an officer."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from standins.innocent_days import MONDAY, UNITS, Days, Message, Payload, innocent_days

READINGS: Final = ("heartbeat", "battery", "storage", "recording", "location")
Spoiler = Callable[[Days, random.Random], None]

SENTINELS: Final[dict[str, list[Payload]]] = {
    "battery": [
        {"level_pct": 100},
        {"level_pct": 0, "charging": True},
        *({"temperature_c": odd} for odd in (-127, 255, 65535, 32767, None, "")),
        *({"voltage_mv": odd} for odd in (0, 65535, 32767, -1, "?")),
        *({"level_pct": odd} for odd in (255, 65535, -127, None)),
    ],
    "storage": [
        {"files": 0},
        {"free_mb": 64000, "files": 0},
        {"free_mb": 0},
        {"free_mb": 65535, "files": 0},
        {"files": 65535},
        {"files": -1},
        {"free_mb": None},
    ],
    "heartbeat": [
        {"sim": "error"},
        {"sim": "locked"},
        {"sim": "unknown"},
        {"network": "none"},
        {"network": "none", "rsrp_dbm": -84.0},
        {"uptime_s": 0},
        {"uptime_s": 65535},
        {"rsrp_dbm": None, "cell": None},
        {"rsrp_dbm": 255},
        {"rsrp_dbm": -32767},
        {"cell": "000-00-0-0"},
        {"cell": "?"},
    ],
    "presence": [
        {"state": "?"},
        {"uptime_s": 0},
        {"uptime_s": 65535},
        *({"last_end": odd} for odd in ("battery", "battery_out", "watchdog", "?")),
        {"dropped": 0},
        {"dropped": 65535},
        {"dropped": -1},
        {"model": "?"},
        {"firmware": "0"},
    ],
    "location": [
        {"lat": 31.2, "lon": -121.5},
        {"lat": 90.0, "lon": 180.0},
        *({"heading_deg": odd} for odd in (-1, 65535, None)),
        *({"speed_mps": odd} for odd in (255, 65535, -1)),
        {"accuracy_m": 65535},
        {"crs": "?"},
    ],
    "recording": [{"file_id": ""}, {"file_id": "x" * 200}, {"trigger": "?"}, {"state": "?"}, {"since": "?"}],
}
UNREAD_CARDS: Final = (*(c * 20 for c in "0F9f"), "", "?", "12345678901234567890", 0, None)
STRANGE_CARDS: Final = ("89860099999999999999", "89860000000000000000")
UNREAD_IMEIS: Final = ("", "0" * 15, "f" * 15, "35", 0, None)
UNREADABLE: Final[tuple[Payload | str, ...]] = ("no json", "\x00", "[]", "", '{"ts":', {}, {"ts": "yesterday"})


def said(days: Days, *kinds: str) -> list[Message]:
    """The messages of *kinds*, without goodbyes and wills."""
    return [
        m
        for m in days.messages
        if m.kind in kinds and isinstance(m.payload, dict) and m.payload.get("state") != "offline"
    ]


def _change(days: Days, kind: str, message: Message, **values: Any) -> None:
    assert isinstance(message.payload, dict)
    message.payload = message.payload | values
    days.spoil(kind, f"{message.kind} {message.payload.get('ts')} {values}")


def duplicate(days: Days, chance: random.Random) -> None:
    """Deliver messages again within minutes."""
    for message in chance.sample(days.messages, k=chance.randrange(1, len(days.messages))):
        _deliver_again(days, message, chance.uniform(0, 300), "duplicate")


def duplicate_hours_later(days: Days, chance: random.Random) -> None:
    """Deliver messages again hours or days later, when the recorder may be off or docked."""
    for message in chance.sample(days.messages, k=chance.randrange(1, len(days.messages) // 4)):
        after_s = chance.choice([4000, 9000, 40000, 90000]) * chance.uniform(0.8, 1.2)
        _deliver_again(days, message, after_s, "duplicate hours later")


def retained_again(days: Days, chance: random.Random) -> None:
    """Deliver a retained presence message again at a later subscription."""
    births = [m for m in days.messages if m.kind == "presence"]
    for message in births:
        _deliver_again(days, message, chance.choice([1, 700, 4000, 20000]), "retained again", retained=True)


def _deliver_again(days: Days, message: Message, after_s: float, kind: str, *, retained: bool = False) -> None:
    later = message.received_at + timedelta(seconds=after_s)
    days.messages.append(Message(later, message.kind, message.payload, retained))
    days.spoil(kind, f"{message.kind} {message.received_at} at {later}")


def delayed(days: Days, chance: random.Random) -> None:
    """Delay messages by seconds or minutes, so that they arrive out of order."""
    for message in chance.sample(days.messages, k=chance.randrange(1, len(days.messages))):
        _delay(days, message, chance.choice([3, 20, 60, 240]), "delayed")


def delayed_long(days: Days, chance: random.Random) -> None:
    """Delay some messages by more than the tolerated clock difference."""
    births = [m for m in days.messages if m.kind == "presence"]
    for message in [*chance.sample(days.messages, k=chance.randrange(1, 12)), chance.choice(births)]:
        by_s = chance.choice([400, 700, 4000, 20000]) * chance.uniform(0.8, 1.2)
        _delay(days, message, by_s, "delayed over 5 min")


def _delay(days: Days, message: Message, by_s: float, kind: str) -> None:
    days.spoil(kind, f"{message.kind} {message.received_at} by {by_s} s")
    message.received_at += timedelta(seconds=by_s)


def sentinel(days: Days, chance: random.Random, kind: str) -> None:
    """Replace one value of a reading of *kind* by a value that means "not measured"."""
    message = chance.choice(said(days, kind))
    _change(days, f"sentinel in {kind}", message, **chance.choice(SENTINELS[kind]))


def card_not_read(days: Days, chance: random.Random) -> None:
    """Report unreadable ICCIDs, once or all day, or a foreign one once."""
    told = [m for m in said(days, "heartbeat", "presence") if isinstance(m.payload, dict) and "iccid" in m.payload]
    if chance.random() < 0.4:
        _change(days, "card not read", chance.choice(told), iccid=chance.choice(STRANGE_CARDS))
        return
    unread = chance.choice(UNREAD_CARDS)
    for message in chance.choice([told, [chance.choice(told)]]):
        _change(days, "card not read", message, iccid=unread)


def imei_not_read(days: Days, chance: random.Random) -> None:
    """Remove the IMEI from a birth."""
    _change(days, "IMEI not read", chance.choice(said(days, "presence")), imei=chance.choice(UNREAD_IMEIS))


def card_slot_flickers(days: Days, chance: random.Random) -> None:
    """Report the SIM as absent in one heartbeat."""
    _change(days, "card absent for one beat", chance.choice(said(days, "heartbeat")), sim="absent")


def not_mounted(days: Days, chance: random.Random) -> None:
    """Unmount the memory card for some readings; some firmware then reports the internal memory."""
    readings = said(days, "storage")
    start, length = chance.randrange(len(readings)), chance.randrange(1, 21)
    told = chance.choice([{"total_mb": 0, "free_mb": 0}, {"total_mb": 8192, "free_mb": 8000}])
    for message in readings[start : start + min(length, len(readings) // 3)]:
        _change(days, "card not mounted", message, **told, files=0)


def no_charge_once(days: Days, chance: random.Random) -> None:
    """Report a single battery level of 0 %."""
    _change(days, "one 0 %", chance.choice(said(days, "battery")), level_pct=0)


def no_fix(days: Days, chance: random.Random) -> None:
    """Report the position 0, 0, once or all day."""
    positions = said(days, "location")
    for message in chance.choice([positions, [chance.choice(positions)]]):
        _change(days, "no fix", message, lat=0.0, lon=chance.choice([0.0, 0.005]))


def refused(days: Days, chance: random.Random) -> None:
    """Make one message unreadable."""
    kind = chance.choice(sorted({m.kind for m in days.messages}))
    _refuse(days, chance.choice([m for m in days.messages if m.kind == kind]), chance, "refused")


def refused_hour(days: Days, chance: random.Random) -> None:
    """Make all messages of an hour unreadable."""
    begin = chance.choice(days.messages).received_at
    for message in days.messages:
        if begin <= message.received_at < begin + timedelta(hours=1):
            _refuse(days, message, chance, "refused for an hour")


def _refuse(days: Days, message: Message, chance: random.Random, kind: str) -> None:
    unreadable = chance.choice(UNREADABLE)
    days.spoil(kind, f"{message.kind} {message.received_at} {unreadable!r}")
    message.payload = unreadable


def wrong_time(days: Days, chance: random.Random) -> None:
    """Shift the clock of one message by years or by an hour."""
    message = chance.choice(said(days, *READINGS))
    assert isinstance(message.payload, dict)
    moved = datetime.fromisoformat(message.payload["ts"]) + timedelta(hours=chance.choice([-1, 1]))
    ts = chance.choice(["1970-01-01T00:00:10+00:00", "2099-01-01T00:00:00+00:00", *[moved.isoformat()] * 2])
    since = {"since": ts} if message.kind == "recording" and chance.random() < 0.5 else {}
    _change(days, "wrong time", message, ts=ts, **since)


def _numbered(days: Days) -> Iterator[Payload]:
    """All payloads with a boot id, including those in backlogs."""
    for message in days.messages:
        if isinstance(message.payload, dict) and "boot" in message.payload:
            yield message.payload
            yield from message.payload.get("messages", [])


def boot_reused(days: Days, _: random.Random) -> None:
    """Use the same boot id for every boot, as faulty firmware does."""
    boots = {payload["boot"] for payload in _numbered(days)}
    for payload in _numbered(days):
        payload["boot"] = min(boots)
    if len(boots) > 1:
        days.spoil("boot reused", f"{len(boots)} boots")


def seq_wrapped(days: Days, chance: random.Random) -> None:
    """Wrap `seq` at 256, as faulty firmware does."""
    width = chance.choice([256, 128])
    for payload in _numbered(days):
        if payload.get("seq", 0) >= width:
            payload["seq"] %= width
            if payload["seq"] == 0:
                days.spoil("seq wrapped", payload["ts"])


def entered_again(days: Days, chance: random.Random) -> None:
    """Enter shifts or activities a second time under new ids."""
    collection = chance.choice([c for c in ("shifts", "activities") if c in days.facts])
    for fact in list(days.facts[collection]):
        days.facts[collection].append({**fact, "id": f"{fact['id']}-again"})
        days.spoil("entered again under a new id", f"{collection} {fact['id']}")


def imported_again(days: Days, _: random.Random) -> None:
    """Load every fact again unchanged, some hours later."""
    for collection, facts in days.facts.items():
        for fact in facts:
            days.again.append((collection, fact))
            days.spoil("imported again under its id", f"{collection} {fact['id']}")


def _backlogs(days: Days) -> list[list[Message]]:
    """The backlog envelopes of each return."""
    together: list[list[Message]] = []
    for message in sorted(said(days, "backlog"), key=lambda each: each.received_at):
        if together and message.received_at - together[-1][-1].received_at < timedelta(minutes=1):
            together[-1].append(message)
        else:
            together.append([message])
    return together


def backlog_newest_first(days: Days, _: random.Random) -> None:
    """Send the backlog in reverse order."""
    for envelopes in _backlogs(days):
        payloads = [m.payload for m in envelopes if isinstance(m.payload, dict)]
        reverse = [payload["messages"][::-1] for payload in reversed(payloads)]
        for message, payload, messages in zip(envelopes, payloads, reverse, strict=True):
            message.payload = {**payload, "messages": messages}
            days.spoil("backlog newest first", message.received_at)


def backlog_in_two_parts(days: Days, chance: random.Random) -> None:
    """Send the second half of the backlog much later."""
    for envelopes in _backlogs(days):
        by_s = chance.choice([200, 1000, 4000, 10000])
        for message in envelopes[(len(envelopes) + 1) // 2 :]:
            _delay(days, message, by_s, "backlog in two parts")


SPOILERS: Final[tuple[Spoiler, ...]] = (
    *(partial(sentinel, kind=kind) for kind in SENTINELS),
    card_not_read,
    imei_not_read,
    card_slot_flickers,
    not_mounted,
    no_charge_once,
    no_fix,
    refused,
    refused_hour,
    wrong_time,
    boot_reused,
    seq_wrapped,
    entered_again,
    imported_again,
    backlog_newest_first,
    backlog_in_two_parts,
    retained_again,
    duplicate_hours_later,
    delayed_long,
)
KINDS: Final = frozenset(
    {
        *(f"sentinel in {kind}" for kind in SENTINELS),
        *("card not read", "IMEI not read", "card absent for one beat", "card not mounted", "one 0 %", "no fix"),
        *("refused", "refused for an hour", "wrong time", "boot reused", "seq wrapped"),
        *("entered again under a new id", "imported again under its id"),
        *("backlog newest first", "backlog in two parts", "retained again", "duplicate", "duplicate hours later"),
        *("delayed", "delayed over 5 min", "held by a standstill", "lost in a standstill"),
    }
)
"""All kinds of mutations."""


@dataclass(slots=True)
class Fleet:
    """Several recorders, the recorded standstills, and the number of mutations by kind."""

    recorders: dict[str, Days]
    standstills: list[tuple[datetime, datetime]]

    def facts(self) -> dict[str, list[Payload]]:
        """The facts file."""
        squads = (
            {"id": f"U{n}", "name": f"演示{n}队", "kind": "squad", "parent_id": "U0"} for n in range(1, UNITS + 1)
        )
        merged: dict[str, list[Payload]] = {"units": [{"id": "U0", "name": "演示局", "kind": "bureau"}, *squads]}
        for days in self.recorders.values():
            for collection, facts in days.facts.items():
                merged.setdefault(collection, []).extend(facts)
        for days in self.recorders.values():
            for collection, fact in days.again:
                merged[collection].append(fact)
        return merged

    def lines(self) -> list[Payload]:
        """The trace."""
        said = [(m, days.name) for days in self.recorders.values() for m in days.messages]
        said.sort(key=lambda each: each[0].received_at)
        return [
            {
                "received_at": m.received_at.isoformat(),
                "topic": f"recorder/v1/{name}/{m.kind}",
                "payload": m.payload,
                **({"retained": True} if m.retained else {}),
            }
            for m, name in said
        ]

    def spoiled(self) -> Counter[str]:
        """The number of mutations by kind."""
        return Counter(kind for days in self.recorders.values() for kind, _ in days.spoiled)


def innocent_fleet(recorders: int, seed: int) -> Fleet:
    """Recorders with innocent days: one in ten unchanged, the others with one kind of mutation and delivery faults."""
    chance = random.Random(seed)
    hour = chance.randrange(6, 21)
    fleet = {days.name: days for days in (innocent_days(n, chance, hour) for n in range(1, recorders + 1))}
    spoiled = [days for n, days in enumerate(fleet.values()) if n % 10]
    for n, days in enumerate(spoiled):
        SPOILERS[n % len(SPOILERS)](days, chance)
        for act in (delayed, duplicate):
            if chance.random() < 0.6:
                act(days, chance)
    _stand_still(spoiled, chance, hour, is_lost=False)
    return Fleet(fleet, [_stand_still(spoiled, chance, hour, is_lost=True)])


def _stand_still(
    recorders: list[Days], chance: random.Random, hour: int, *, is_lost: bool
) -> tuple[datetime, datetime]:
    """Hold back all messages for some minutes: deliver them at once afterwards, or never."""
    begin = MONDAY + timedelta(hours=hour + chance.randrange(4), minutes=chance.randrange(60))
    end = begin + timedelta(minutes=chance.choice([3, 12, 45]))
    for days in recorders:
        held = [m for m in days.messages if begin <= m.received_at < end]
        if is_lost:
            days.messages = [m for m in days.messages if not begin <= m.received_at < end]
        for message in held:
            message.received_at = end + timedelta(seconds=chance.uniform(0, 20))
            days.spoil("lost in a standstill" if is_lost else "held by a standstill", f"{message.kind} {begin} {end}")
    return begin, end
