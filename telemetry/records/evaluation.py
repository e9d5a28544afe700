"""What a tick of the evaluation takes in and leaves behind, as values."""

from dataclasses import dataclass
from datetime import datetime

Stretch = tuple[int, str, datetime, datetime]
"""(key, recorder_id, from, to): readings of one recorder in one stretch of time, answered under the key."""


@dataclass(frozen=True, slots=True)
class Change:
    """Readings of one recorder that arrived since the last tick and may change a conclusion."""

    recorder_id: str
    kind: str
    from_at: datetime
    to_at: datetime
    officer_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """What a conclusion rested on: readings of a recorder, or facts about an officer, in a stretch of time."""

    kind: str
    key: str
    subject: str
    subject_id: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """When the last tick was, and the first reading that the system ever took in."""

    ticked_at: datetime | None
    first_reading_at: datetime | None
    has_asides: bool = False
    """Whether some subjects are set aside."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A subject whose judgement failed, with the readings that are still to be judged; `kind` and `key` name it.

    `tried_at` is None where it was only among others that could not all be tried in that tick.
    """

    kind: str
    key: str
    stage: str
    reason: str
    since: datetime
    tried_at: datetime | None
    changes: tuple[Change, ...] = ()
