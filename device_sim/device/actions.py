"""The actions that change a recorder, and when: officers, chance and faults write them into its timeline."""

from enum import Enum, auto
from typing import NamedTuple


class ActionKind(Enum):
    """The kinds of action; the comment says what `Action.detail` holds."""

    POWER_ON = auto()
    POWER_OFF = auto()  # "key" (sends a goodbye), or "held", "battery_out", "watchdog" (send none)
    UPDATE = auto()  # switches off with a goodbye; POWER_ON has to follow
    SLEEP = auto()  # sends a goodbye, then nothing until WAKE
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
    LOSE_SIM_CONTACT = auto()  # for how many milliseconds
    DELAY_SIM = auto()  # milliseconds that the card takes longer after the next boot
    ENTER = auto()  # "garage", "lift" or "station"
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
    SIGNAL_CHANGED = auto()  # a cell failed or works again


class Action(NamedTuple):
    """One action at a moment (milliseconds since 1970)."""

    at_ms: int
    kind: ActionKind
    detail: str | int | None = None


def in_order(actions: list[Action]) -> list[Action]:
    """Sort *actions* by time; those of one moment stay in the order they were given."""
    return sorted(actions, key=lambda action: action.at_ms)
