"""The true history of a recorder, which no server sees. Labels are made from it."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from device_sim.world.spans import Span

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
"""Causes of a silence, as in domain.md, "Why did it fall silent?"."""

End = Literal["key", "held", "battery", "battery_out", "watchdog", "update"]


class DeviceEvent(NamedTuple):
    """Something that happened at one moment; `detail` depends on the event."""

    at_ms: int
    what: str
    detail: str | int | None = None


class Phase(NamedTuple):
    """Part of a silence, with the cause that kept the recorder offline then."""

    from_ms: int
    cause: Cause


@dataclass(slots=True)
class Silence:
    """From the loss of a connection to the next one; `to_ms` is None if there was none."""

    from_ms: int
    phases: list[Phase]
    to_ms: int | None = None
    boot_before: str = ""
    boot_after: str | None = None


@dataclass(slots=True)
class Pull:
    """A SIM card out of its slot; `evidence_messages` counts the delivered messages that show it."""

    from_ms: int
    was_on: bool
    card: str | None
    to_ms: int | None = None
    card_after: str | None = None
    evidence_messages: int = 0


@dataclass(slots=True)
class DeviceTruth:
    """The true history of one recorder."""

    recorded: list[Span] = field(default_factory=list)
    powered_on: list[tuple[Span, End | None, str]] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    connected: list[Span] = field(default_factory=list)
    dropped: int = 0
