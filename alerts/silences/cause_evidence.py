"""Causes, step 1: the evidence about one silence, as plain values for the decision."""

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
    """One heartbeat; durations use `uptime_s` (seconds since power-on) because the device clock may be wrong."""

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
    """One battery reading (per cent)."""

    at: datetime
    level_pct: float
    charging: bool
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Birth:
    """One online presence; `last_end`: how the previous boot ended; `dropped`: messages that flash had no room for."""

    at: datetime
    boot: str
    seq: int
    iccid: str | None = None
    last_end: str | None = None
    dropped: int | None = None
    uptime_s: int | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One event that the recorder reported."""

    at: datetime
    type: str
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reading that names the SIM in the slot; `kind` is the kind of its message."""

    at: datetime
    iccid: str
    boot: str = ""
    kind: str = "heartbeat"


@dataclass(frozen=True, slots=True)
class Binding:
    """The SIM that is right from `valid_from` on; the register's own SIM has no `valid_from`."""

    iccid: str
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A period; `end` is None while it lasts."""

    start: datetime
    end: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Whether *moment* lies in the period."""
        return self.start <= moment and (self.end is None or moment < self.end)

    def overlaps(self, start: datetime, end: datetime | None) -> bool:
        """Whether the period overlaps [*start*, *end*]."""
        return (end is None or self.start <= end) and (self.end is None or start < self.end)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Other recorders on the same cell at the loss: how many stayed online, how many fell silent with it."""

    cell: str | None = None
    online: int = 0
    silent: int = 0
    fleet_online: int = 0


@dataclass(frozen=True, slots=True)
class SharedLoss:
    """The outage that explains this silence; `cells_back` maps a cell to the time when its members were back.

    Without members it is a standstill of our own system.
    """

    kind: Literal["platform_outage", "cell_outage"]
    members: int
    starts_at: datetime
    ends_at: datetime | None
    cells_back: Mapping[str, datetime] = field(default_factory=dict)

    def over_at(self, cell: str | None) -> datetime | None:
        """From when the outage no longer explains the silence of a member on *cell*; None while it still may."""
        if self.kind == "platform_outage":
            return self.ends_at
        return None if cell is None else self.cells_back.get(cell)


@dataclass(frozen=True, slots=True)
class Silence:
    """One recorder without live readings from `since` to `until` (None: still), and what was said at its edges.

    `goodbye` is the reason that the recorder gave at the loss; `will` means that the broker reported the connection as
    lost. `settled` means that no more evidence is expected: `seq` has no hole, or nothing late arrived for a while.
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
    """All evidence about one silence, each list in order of measurement."""

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
    """Evidence that the SIM left its slot: its kind, the first and last reading, and the window of the removal.

    `pulled_from` is the last moment at which the SIM was certainly in, `pulled_to` the first at which it was certainly
    out. `proven_s` is the measured duration of the absence (s).
    """

    proof: SimProof
    first_at: datetime
    last_at: datetime
    pulled_from: datetime
    pulled_to: datetime
    proven_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LawfulChange:
    """An open slot explained by a binding or a repair. Neither a person nor the device is at fault."""

    sim: SimEvidence
    law: Binding | Period


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the recorder fell silent, how sure that is, and the sentences for people; `pleas` speak for the wearer."""

    cause: Cause
    confidence: Confidence
    reasons: tuple[str, ...]
    pleas: tuple[str, ...]
    facts: dict[str, object]
    sim: SimEvidence | None = None
