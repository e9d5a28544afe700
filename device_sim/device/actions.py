"""What is done to a recorder, and when: the timeline that officers, chance and scenarios write and a recorder lives."""

from enum import Enum, auto
from typing import NamedTuple


class ActionKind(Enum):
    """One action on one recorder; the comment tells what the act's detail is."""

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
    LOSE_SIM_CONTACT = auto()  # for how many milliseconds the contact is lost
    DELAY_SIM = auto()  # milliseconds that the card needs after the next boot
    ENTER = auto()  # place
    LEAVE = auto()
    START_PATROL = auto()  # from the station into the area
    RETURN_TO_STATION = auto()
    BREAK = auto()  # fault code
    REPAIR = auto()
    SOS = auto()
    TAMPER = auto()
    DELETE = auto()  # how many recordings
    SET_BATTERY_LEVEL = auto()  # percent
    SET_FREE_SPACE = auto()  # megabytes left free
    SET_CLOCK_OFF = auto()  # milliseconds that the device clock is off
    SIGNAL_CHANGED = auto()  # the surroundings changed (a cell failed or is back)


class Action(NamedTuple):
    """One action at a moment (milliseconds since 1970)."""

    at_ms: int
    kind: ActionKind
    detail: str | int | None = None


def in_order(actions: list[Action]) -> list[Action]:
    """*actions* by time; what happens at one moment stays in the order it was written."""
    return sorted(actions, key=lambda action: action.at_ms)
