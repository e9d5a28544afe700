"""What an evaluation tick reads and writes."""

from dataclasses import dataclass
from datetime import datetime

Stretch = tuple[int, str, datetime, datetime]
"""(key, recorder_id, from, to): an interval of one recorder's readings; the key labels the answer rows."""


@dataclass(frozen=True, slots=True)
class Change:
    """New readings of one recorder since the last tick that may change a conclusion."""

    recorder_id: str
    kind: str
    from_at: datetime
    to_at: datetime
    officer_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """What a conclusion rests on: readings of a recorder, or facts about an officer, in an interval."""

    kind: str
    key: str
    subject: str
    subject_id: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of the last tick, and of the first reading ever received."""

    ticked_at: datetime | None
    first_reading_at: datetime | None
    has_asides: bool = False
    """Whether any subjects are set aside."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A subject whose judgement failed, with the readings still to be judged. `kind` and `key` identify it.

    `tried_at` is None if it was set aside with others and has not yet been tried alone.
    """

    kind: str
    key: str
    stage: str
    reason: str
    since: datetime
    tried_at: datetime | None
    changes: tuple[Change, ...] = ()
