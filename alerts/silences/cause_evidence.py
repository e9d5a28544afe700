"""Causes, step 1: what is known around one silence, as plain values that the decision reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from alerts.finding import Confidence

Cause = Literal[
    "sim_removed",
    "power_off",
    "battery_depleted",
    "no_coverage",
    "cell_outage",
    "platform_outage",
    "docked",
    "device_fault",
    "asleep",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat; `uptime_s` (seconds since power-on) is trusted for durations where the clock is not."""

    at: datetime
    boot: str
    seq: int
    uptime_s: int
    network: str
    rsrp_dbm: float | None = None
    cell: str | None = None
    sim: str | None = None
    iccid: str | None = None
    backlog: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """One battery reading (percent)."""

    at: datetime
    level_pct: float
    charging: bool
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Birth:
    """One online presence; `last_end` tells how the boot before ended, `dropped` what the flash could not hold."""

    at: datetime
    boot: str
    seq: int
    iccid: str | None = None
    last_end: str | None = None
    dropped: int | None = None
    uptime_s: int | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the recorder."""

    at: datetime
    type: str
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reading that names the card in the slot; `kind` is that of its message."""

    at: datetime
    iccid: str
    boot: str = ""
    kind: str = "heartbeat"


@dataclass(frozen=True, slots=True)
class Binding:
    """From `valid_from` on, `iccid` is the right card; the register's own card has no `valid_from`."""

    iccid: str
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time; `end` is None while it lasts."""

    start: datetime
    end: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Whether *moment* lies in it."""
        return self.start <= moment and (self.end is None or moment < self.end)

    def overlaps(self, start: datetime, end: datetime | None) -> bool:
        """Whether it shares a moment with [*start*, *end*]."""
        return (end is None or self.start <= end) and (self.end is None or start < self.end)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Other recorders that used the same cell at the loss: how many stayed online, how many fell silent with it."""

    cell: str | None = None
    online: int = 0
    silent: int = 0
    fleet_online: int = 0


@dataclass(frozen=True, slots=True)
class SharedLoss:
    """The outage that this silence is a member of; `cells_back` tells since when the members of a cell are back.

    One without members is a standstill of our own.
    """

    kind: Literal["platform_outage", "cell_outage"]
    members: int
    starts_at: datetime
    ends_at: datetime | None
    cells_back: Mapping[str, datetime] = field(default_factory=dict)

    def over_at(self, cell: str | None) -> datetime | None:
        """From when on it explains nothing any more to a member that was on *cell*; None while it may."""
        if self.kind == "platform_outage":
            return self.ends_at
        return None if cell is None else self.cells_back.get(cell)


@dataclass(frozen=True, slots=True)
class Silence:
    """One recorder without live readings from `since` to `until` (None: still), and what was said at its edges.

    `goodbye` is the recorder's own word at the loss, `will` that the broker told its death. `settled` says that all
    evidence that will come is in: no hole in `seq` across it, or nothing late has arrived for a while.
    """

    recorder_id: str
    since: datetime
    until: datetime | None
    heartbeat_s: int = 30
    goodbye: str | None = None
    will: bool = False
    boot_before: str | None = None
    boot_after: str | None = None
    gapless: bool = False
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that the decision about one silence may read, each list in the order of measurement."""

    silence: Silence
    before: tuple[Beat, ...] = ()
    during: tuple[Beat, ...] = ()
    after: tuple[Beat, ...] = ()
    charges_before: tuple[Charge, ...] = ()
    charges_during: tuple[Charge, ...] = ()
    births: tuple[Birth, ...] = ()
    events: tuple[Happening, ...] = ()
    neighbours: Neighbours = Neighbours()
    outage: SharedLoss | None = None
    bindings: tuple[Binding, ...] = ()
    repairs: tuple[Period, ...] = ()


SimProof = Literal["absent", "event", "unsensed"]


@dataclass(frozen=True, slots=True)
class SimEvidence:
    """Why the SIM is held to have left its slot: by what, from when to when, and the window in which it was pulled.

    `pulled_from`-`pulled_to` is the last moment it was certainly in and the first at which it certainly wasn't.
    """

    proof: SimProof
    first_at: datetime
    last_at: datetime
    pulled_from: datetime
    pulled_to: datetime
    proven_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LawfulChange:
    """An open slot, and the binding or the repair that explains it: nobody's fault, the device's included."""

    sim: SimEvidence
    law: Binding | Period


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the recorder fell silent, how sure, and the sentences that a person reads; `pleas` speak for the wearer."""

    cause: Cause
    confidence: Confidence
    reasons: tuple[str, ...]
    pleas: tuple[str, ...]
    facts: dict[str, object]
    sim: SimEvidence | None = None
