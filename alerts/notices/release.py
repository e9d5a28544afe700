"""Notices, step 3 of 5: when what waits for a person may go. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.notices.settings import NoticeSettings
from alerts.shanghai_time import SHANGHAI
from telemetry.records.notices import ItemRow


@dataclass(frozen=True, slots=True)
class Recent:
    """A person's latest notice: when it was made or sent, and whether it is still on its way."""

    at: datetime
    is_queued: bool


def ripe(
    waiting: Sequence[ItemRow], recent: Recent | None, settings: NoticeSettings, now: datetime
) -> Sequence[ItemRow]:
    """Those of a person's *waiting* items that go now, together, in one notice; none while they are held.

    What is urgent goes at once and alone. The rest waits for its company, for the interval since the last notice, for
    that one to be out of the way, and for the end of quiet hours.
    """
    urgent = [item for item in waiting if item.urgent]
    if urgent:
        return urgent
    ready = [item for item in waiting if item.not_before <= now]
    if not ready or is_quiet(settings, now):
        return ()
    if recent is not None and (recent.is_queued or now < recent.at + settings.least_interval):
        return ()
    first = min(item.created_at for item in ready)
    return ready if now >= first + settings.gather else ()


def is_quiet(settings: NoticeSettings, now: datetime) -> bool:
    """Whether *now* lies in the quiet hours, which may cross midnight."""
    at = now.astimezone(SHANGHAI).time()
    begin, end = settings.quiet_from, settings.quiet_to
    return begin <= at < end if begin <= end else at >= begin or at < end
