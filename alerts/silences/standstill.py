"""Silences, step 3b: standstills of our own system, and the losses that they explain. Pure.

While the system is down no recorder can be heard. Such a loss is `platform_outage`, counts towards no other outage and
is never held against anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.silences.cause_evidence import SharedLoss

_LEAST_S = 90.0
_HEARTBEATS = 3
_SLOWEST = timedelta(minutes=15)
"""The longest heartbeat of the contract: such a recorder was last heard up to this long before the standstill."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """A period in which the system took nothing in; `ends_at` is None while it lasts."""

    starts_at: datetime
    ends_at: datetime | None

    def explains(self, since: datetime, heartbeat_s: float) -> bool:
        """Whether a recorder last heard at *since* should have been heard again during the standstill."""
        patience = timedelta(seconds=max(_LEAST_S, _HEARTBEATS * heartbeat_s))
        return since + patience >= self.starts_at and (self.ends_at is None or since <= self.ends_at)

    @property
    def shared(self) -> SharedLoss:
        """The standstill as an outage without members."""
        return SharedLoss("platform_outage", 0, self.starts_at, self.ends_at)


def explained_by(standstills: Sequence[Standstill], since: datetime, heartbeat_s: float) -> Standstill | None:
    """The standstill that explains a loss; the latest if there are several."""
    found = [each for each in standstills if each.explains(since, heartbeat_s)]
    return max(found, key=lambda each: (each.ends_at is None, each.ends_at or each.starts_at)) if found else None


def began_in(standstills: Sequence[Standstill], moment: datetime) -> bool:
    """Whether an outage whose first member was last heard at *moment* may have been this system's standstill."""
    return any(
        each.starts_at - _SLOWEST <= moment and (each.ends_at is None or moment <= each.ends_at) for each in standstills
    )
