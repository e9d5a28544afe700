"""Reminders to administrators to import a year's holiday decree; they belong to no incident. Pure."""

from collections.abc import Sequence

from alerts.duty.calendar import YearStatus
from alerts.notices import texts
from alerts.notices.composing import desk_notices, routes
from alerts.notices.directory import Directory
from alerts.notices.routing import COMMAND_CENTRE
from alerts.notices.settings import NoticeSettings
from telemetry.records.notices import NewNotice


def decree_notices(
    years: Sequence[YearStatus], administrators: Sequence[str], directory: Directory, settings: NoticeSettings
) -> list[NewNotice]:
    """One notice to each administrator whom a channel reaches; if there is none, to the command centre's desk."""
    text = "".join(year.in_chinese() for year in years)
    message: dict[str, str | None] = {
        "title": texts.DECREE_TITLE,
        "text": texts.DECREE.format(years=text),
        "public_text": texts.DECREE.format(years=text),
        "link": f"{settings.link_base.rstrip('/')}/#/calendar" if settings.link_base else None,
    }
    people = [directory.people[officer_id] for officer_id in administrators if officer_id in directory.people]
    reached = [(one.person_id, routes(one, settings, is_of_himself=False)) for one in people]
    notices = [NewNotice(person_id, urgent=False, message=message, routes=ways) for person_id, ways in reached if ways]
    return notices or desk_notices(COMMAND_CENTRE, settings, message)
