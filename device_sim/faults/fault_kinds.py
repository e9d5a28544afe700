"""The kinds of fault that a scenario file can ask for, each with what may be said of it."""

from datetime import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Minutes = Annotated[float, Field(gt=0, le=1440)]
Range = tuple[Minutes, Minutes]
ModelName = Literal["HX-4G", "DS-5G", "YT-2"]


class ScenarioPart(BaseModel):
    """A part of a scenario file; a name that it doesn't know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _OnDuties(ScenarioPart):
    """Befalls some duties: *count* of them, or a *share*; each duty has one fault_name at most."""

    count: Annotated[int, Field(ge=1)] | None = None
    share: Share | None = None
    models: tuple[ModelName, ...] = ()

    @model_validator(mode="after")
    def _one_amount(self) -> "_OnDuties":
        if (self.count is None) == (self.share is None):
            raise ValueError("give either count or share")
        return self


class SimPull(_OnDuties):
    """The card leaves its slot on duty, for some *minutes*; `other` comes back with a card that isn't bound to it."""

    what: Literal["sim_pull"]
    minutes: Range = (12, 40)
    card: Literal["same", "other", "other_for_good"] = "same"
    how: Literal["plain", "then_off", "off_then_pull", "in_dead_zone"] = "plain"


class CardChange(_OnDuties):
    """A new card with a binding entered for it: before the shift, or at the station in the middle of it."""

    what: Literal["card_change"]
    when: Literal["before", "during"] = "before"


class DeadZone(_OnDuties):
    """Into a garage or a lift and out again, *visits* times."""

    what: Literal["dead_zone"]
    minutes: Range = (4, 25)
    place: Literal["garage", "lift"] = "garage"
    visits: Annotated[int, Field(ge=1, le=20)] = 1


class Flicker(_OnDuties):
    """The card's contact is lost for some *seconds*, *times* times: a fault of the device."""

    what: Literal["sim_flicker"]
    seconds: tuple[Annotated[int, Field(ge=1, le=59)], Annotated[int, Field(ge=1, le=59)]] = (5, 40)
    times: Annotated[int, Field(ge=1, le=50)] = 4


class SlowSim(_OnDuties):
    """After an update's reboot the card needs *seconds* until it is ready."""

    what: Literal["sim_slow"]
    seconds: Annotated[int, Field(ge=1, le=50)] = 40


class BatteryFlat(_OnDuties):
    """The battery dies on duty; `reported` in the APP or not, charged and taken out again or not."""

    what: Literal["battery_flat"]
    reported: bool = False
    returns: bool = False


class PowerOff(_OnDuties):
    """Switched off between two activities, by the key (with a goodbye), by holding it, or by taking the battery out."""

    what: Literal["power_off"]
    minutes: Range = (8, 30)
    how: Literal["key", "held", "battery_out"] = "key"


class Reboots(_OnDuties):
    """The device restarts by itself, *times* times."""

    what: Literal["reboots"]
    times: Annotated[int, Field(ge=1, le=20)] = 3


class Breakdown(_OnDuties):
    """The device reports a fault and films no more.

    `reported` in the APP, with phone footage that comes in time or late (`phone`), and a repair entry or none;
    with a `spare` another recorder takes over.
    """

    what: Literal["breakdown"]
    reported: bool = False
    spare: bool = False
    phone: Literal["none", "in_time", "uploaded_late", "delivered_late"] = "none"


class StorageFull(_OnDuties):
    """The disk is full before an activity is over."""

    what: Literal["storage_full"]
    reported: bool = False


class DockedOnDuty(_OnDuties):
    """Back to the dock in the middle of a shift."""

    what: Literal["docked_on_duty"]
    minutes: Range = (20, 45)


class Asleep(_OnDuties):
    """The device goes to sleep with a goodbye."""

    what: Literal["asleep"]
    minutes: Range = (12, 30)


class FlatClock(_OnDuties):
    """Comes on duty with a clock in 1970; in a garage it has to wait long for the network's time."""

    what: Literal["flat_clock"]
    in_garage: bool = False


class ClockOff(_OnDuties):
    """The device clock is off by *minutes* (negative: behind)."""

    what: Literal["clock_off"]
    minutes: Annotated[float, Field(ge=-1440, le=1440)] = 9


class Unrecorded(_OnDuties):
    """An activity that no officer of it films; where the `partner` films, the duty to record is kept."""

    what: Literal["activity_unrecorded"]
    partner: Literal["off", "films"] = "off"


class Incomplete(_OnDuties):
    """An activity filmed too late, not to its end, or with a pause (minutes)."""

    what: Literal["recording_incomplete"]
    late: Annotated[float, Field(ge=0, le=60)] = 0
    early: Annotated[float, Field(ge=0, le=60)] = 0
    pause: Annotated[float, Field(ge=0, le=60)] = 0


class NotCarried(_OnDuties):
    """The recorder stays in its dock all shift; with `leave` the officer had leave, so it is excused."""

    what: Literal["not_carried"]
    leave: bool = False


class ImportLate(_OnDuties):
    """The footage is imported *hours* after the duty, or never."""

    what: Literal["import_late"]
    hours: Annotated[float, Field(gt=0, le=200)] | None = None


class FootageRemoved(_OnDuties):
    """Recordings go_silent from the device on duty."""

    what: Literal["footage_removed"]
    files: Annotated[int, Field(ge=1, le=20)] = 1


class Lent(_OnDuties):
    """An officer goes out with another unit's spare; `joint` has an assignment for joint duty, so it is allowed."""

    what: Literal["lent"]
    joint: bool = False


class Swap(_OnDuties):
    """Two of a team wear each other's recorder, with assignments for it."""

    what: Literal["swap"]


class Cancelled(_OnDuties):
    """An activity is cancelled before it begins."""

    what: Literal["cancelled"]


class Press(_OnDuties):
    """SOS, or the tamper contact."""

    what: Literal["sos", "tamper"]


class CellOutageFault(ScenarioPart):
    """*cells* of the district fail together; with `radio_on` their beacons are still heard; *pulls* cards are pulled meanwhile."""

    what: Literal["cell_outage"]
    at: time
    minutes: Minutes = 20
    cells: Annotated[int, Field(ge=1)] = 2
    day: Annotated[int, Field(ge=0)] = 0
    radio_on: bool = False
    pulls: Annotated[int, Field(ge=0)] = 0


class PlatformOutageFault(ScenarioPart):
    """Broker or server down for everybody; *pulls* cards are pulled meanwhile."""

    what: Literal["platform_outage"]
    at: time
    minutes: Minutes = 5
    day: Annotated[int, Field(ge=0)] = 0
    leaves_wills: bool = False
    pulls: Annotated[int, Field(ge=0)] = 0


DutyFault = (
    SimPull
    | CardChange
    | DeadZone
    | Flicker
    | SlowSim
    | BatteryFlat
    | PowerOff
    | Reboots
    | Breakdown
    | StorageFull
    | DockedOnDuty
    | Asleep
    | FlatClock
    | ClockOff
    | Unrecorded
    | Incomplete
    | NotCarried
    | ImportLate
    | FootageRemoved
    | Lent
    | Swap
    | Cancelled
    | Press
)
Fault = Annotated[DutyFault | CellOutageFault | PlatformOutageFault, Field(discriminator="what")]
