"""What is done to a recorder, and when: the timeline that officers, chance and scenarios write and a recorder lives."""

from enum import Enum, auto
from typing import NamedTuple


class Do(Enum):
    """One act on one recorder; the comment tells what the act's detail is."""

    POWER_ON = auto()
    POWER_OFF = auto()  # how: "key" says goodbye, "held" and "battery_out" and "watchdog" don't
    UPDATE = auto()  # reboots itself with a goodbye; POWER_ON follows
    SLEEP = auto()  # goodbye, then silent until WAKE
    WAKE = auto()
    DOCK = auto()
    UNDOCK = auto()
    IMPORTED = auto()  # the dock has taken the footage
    LOGIN = auto()  # officer_id
    LOGOUT = auto()
    RECORD = auto()  # trigger
    STANDBY = auto()
    PULL_SIM = auto()
    INSERT_SIM = auto()  # iccid
    FLICKER = auto()  # for how many milliseconds the contact is lost
    SLOW_SIM = auto()  # milliseconds that the card needs after the next boot
    ENTER = auto()  # place
    LEAVE = auto()
    SET_OUT = auto()  # from the station into the area
    COME_HOME = auto()
    BREAK = auto()  # fault code
    MEND = auto()
    SOS = auto()
    TAMPER = auto()
    DELETE = auto()  # how many recordings
    DRAIN_TO = auto()  # percent
    FILL_TO = auto()  # megabytes left free
    SET_CLOCK_OFF = auto()  # milliseconds that the device clock is off
    LOOK = auto()  # the surroundings changed (a cell failed or is back)


class Act(NamedTuple):
    """One act at a moment (milliseconds since 1970)."""

    at_ms: int
    do: Do
    detail: str | int | None = None


def in_order(acts: list[Act]) -> list[Act]:
    """*acts* by time; what happens at one moment stays in the order it was written."""
    return sorted(acts, key=lambda act: act.at_ms)
