"""What an account may see, of which units and of whom: asked by every resource before it shows anything. Pure.

domain.md, "Who may see what".
"""

from dataclasses import dataclass
from typing import Final, Protocol

from alerts.incidents.actors import OF_THE_BUREAU, OF_THE_UNIT, Actor, Role
from telemetry.records.incidents import IncidentRow
from telemetry.records.live import LiveRow

OFFICERS: Final[frozenset[Role]] = frozenset({"officer", "auxiliary"})
WATCHERS: Final[frozenset[Role]] = OF_THE_UNIT | OF_THE_BUREAU
"""Those who see what their unit's subtree does."""
DUTY: Final[frozenset[Role]] = WATCHERS | OFFICERS
READERS: Final[frozenset[Role]] = DUTY
"""Watchers see their unit's subtree, persons included; officers what concerns themselves."""
ENGINEERS: Final[frozenset[Role]] = frozenset({"engineer", "administrator"})


@dataclass(frozen=True, slots=True)
class Sight:
    """`units` is the subtree (None: the whole bureau, empty: no unit); `officer_id` the person who always sees himself.

    `sees_suspected`: suspicions are for the command centre's screens only.
    """

    units: frozenset[str] | None
    officer_id: str | None
    sees_suspected: bool

    def within(self, unit_id: str | None) -> bool:
        """Whether a unit lies in the subtree; what is of no unit is the whole bureau's."""
        return self.units is None or unit_id in self.units

    def of_recorder(self, row: LiveRow) -> bool:
        """Whether a recorder is his to see: his units', worn by his units' people, or worn by himself."""
        if self.within(row.unit_id) or (row.officer_unit_id is not None and self.within(row.officer_unit_id)):
            return True
        return self.officer_id is not None and row.officer_id == self.officer_id

    def of_incident(self, row: IncidentRow) -> bool:
        """Whether an incident is his to see."""
        if row.confidence == "suspected" and not self.sees_suspected:
            return False
        return self.within(row.unit_id) or (self.officer_id is not None and row.officer_id == self.officer_id)

    def narrowed(self, unit_ids: frozenset[str]) -> "Sight":
        """The same for some units only."""
        units = unit_ids if self.units is None else self.units & unit_ids
        return Sight(units, self.officer_id if self.units == frozenset() else None, self.sees_suspected)


class Caller(Protocol):
    """Who asks, as far as this needs it: an API token has scopes, an account is an actor."""

    @property
    def scopes(self) -> frozenset[str]:
        """What the token is for; none of an account."""

    @property
    def units(self) -> frozenset[str] | None:
        """The subtree whose data it may see; None: the whole bureau."""

    @property
    def actor(self) -> Actor:
        """The account as it acts on incidents."""


def sight_of(actor: Actor) -> Sight:
    """What *actor* may see."""
    units = actor.units if actor.roles & WATCHERS else frozenset[str]()
    return Sight(units, actor.officer_id, sees_suspected="command_centre" in actor.roles)


def sight_of_call(call: Caller) -> Sight:
    """What the caller may see: an account by its roles, a token that reads by its unit."""
    if call.scopes:
        return Sight(call.units, None, sees_suspected=False)
    return sight_of(call.actor)
