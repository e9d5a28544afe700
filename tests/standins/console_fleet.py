"""Test helper: thousands of registered recorders on duty that were heard in the last minute, for the console."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final

from standins.api_scene import Api
from standins.duty_fleet import DutyFleet

_COLLECTIONS: Final = ("units", "officers", "recorders", "assignments", "shifts")
_AT_ONCE: Final = 500
_SECOND: Final = timedelta(seconds=1)


async def on_duty(bureau: Api, size: int) -> DutyFleet:
    """Put *size* recorders on duty, all online and on standby."""
    fleet = DutyFleet(size, datetime.now(UTC) - 60 * _SECOND)
    facts = json.loads(fleet.facts())
    for collection in _COLLECTIONS:
        await bureau.put(collection, *facts[collection])
    begins = datetime.now(UTC) - 35 * _SECOND
    for first in range(0, size, _AT_ONCE):
        said = [fleet.birth(n, begins) for n in range(first, min(first + _AT_ONCE, size))]
        for n in range(first, min(first + _AT_ONCE, size)):
            said += [each for each in fleet.minute(n, begins) if each.received_at < datetime.now(UTC)]
        await bureau.hear(*said)
    return fleet
