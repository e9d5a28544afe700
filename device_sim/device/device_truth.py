"""What really happened to a recorder, as no server ever gets to read it: what labels are made of."""

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
"""domain.md, "Why did it fall silent?"."""

End = Literal["key", "held", "battery", "battery_out", "watchdog", "update"]


class DeviceEvent(NamedTuple):
    """Something at one moment, with what it was about."""

    at_ms: int
    what: str
    detail: str | int | None = None


class Phase(NamedTuple):
    """Part of a silence, and why nothing could be heard then."""

    from_ms: int
    cause: Cause


@dataclass(slots=True)
class Silence:
    """From the last message heard to the next connection; `to_ms` None where none came."""

    from_ms: int
    phases: list[Phase]
    to_ms: int | None = None
    boot_before: str = ""
    boot_after: str | None = None


@dataclass(slots=True)
class Pull:
    """A card out of its slot; `told` counts the messages that got through and speak of it."""

    from_ms: int
    was_on: bool
    card: str | None
    to_ms: int | None = None
    card_after: str | None = None
    told: int = 0


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
