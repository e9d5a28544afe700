"""Notices, step 3 of 5: decides when a person's waiting items are sent. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.notices.settings import NoticeSettings
from alerts.shanghai_time import SHANGHAI
from telemetry.records.notices import ItemRow


@dataclass(frozen=True, slots=True)
class Recent:
    """A person's latest notice: when it was created or sent, and whether it is still queued."""

    at: datetime
    is_queued: bool


def due_items(
    waiting: Sequence[ItemRow], recent: Recent | None, settings: NoticeSettings, now: datetime
) -> Sequence[ItemRow]:
    """The *waiting* items of a person that are sent now, in one notice; none if all must wait.

    Urgent items are sent at once, without the others. The others wait until related items have been gathered, the
    previous notice is sent, the interval since it has passed, and quiet hours are over.
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
