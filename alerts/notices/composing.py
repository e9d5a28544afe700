"""Notices, between steps 4 and 5: combines due items into notices with text and routes. Pure."""

from collections.abc import Mapping, Sequence

from alerts.notices.directory import Person
from alerts.notices.routing import COMMAND_CENTRE, ENGINEERS
from alerts.notices.settings import NoticeSettings
from alerts.notices.wording import WordingContext, word_notice
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import ItemRow, NewNotice

CONSOLE = "console"
_OF_HIMSELF = frozenset({"subject", "wearer"})


def combine(
    person_id: str,
    items: Sequence[ItemRow],
    incidents: Mapping[str, IncidentRow],
    settings: NoticeSettings,
    scene: WordingContext,
) -> list[NewNotice]:
    """The notice about *items* for a person; for a desk, one notice for each of its channels."""
    told = [(item, incidents[item.incident_id]) for item in items]
    words = word_notice(told, scene)
    message = {
        "title": words.title,
        "text": words.text,
        "public_text": words.public_text,
        "link": _link(settings, items),
    }
    is_urgent = any(item.urgent for item in items)
    if person_id in {COMMAND_CENTRE, ENGINEERS}:
        return desk_notices(person_id, settings, message, is_urgent=is_urgent)
    person = scene.directory.people.get(person_id)
    is_of_himself = any(item.capacity in _OF_HIMSELF for item in items)
    ways = [] if person is None else routes(person, settings, is_of_himself=is_of_himself)
    if not ways:
        return [NewNotice(person_id, is_urgent, message, [], "dead", "无可用渠道")]
    return [NewNotice(person_id, is_urgent, message, ways)]


def routes(person: Person, settings: NoticeSettings, *, is_of_himself: bool) -> list[tuple[str, str]]:
    """Channels that reach *person* with his address there, in his own order or else the bureau's.

    Public channels are left out if the notice concerns the person himself: being mentioned there would name him.
    """
    ways = []
    for name in person.preferred or settings.order:
        channel = settings.channels.get(name)
        if channel is None or (channel.traits.is_public and is_of_himself):
            continue
        contact = channel.traits.contact
        address = person.person_id if contact is None else person.contact.get(contact)
        if address:
            ways.append((name, address))
    return ways


def desk_notices(
    desk: str, settings: NoticeSettings, message: dict[str, str | None], *, is_urgent: bool = False
) -> list[NewNotice]:
    """One notice to a desk by each of its channels."""
    entries = settings.command_centre if desk == COMMAND_CENTRE else settings.engineers
    found = []
    for entry in entries:
        name, _, address = entry.partition(":")
        if name == CONSOLE:
            found.append(NewNotice(desk, is_urgent, message, [], "sent", sent_by=CONSOLE))
        else:
            found.append(NewNotice(desk, is_urgent, message, [(name, address or desk.removeprefix("post:"))]))
    return found


def _link(settings: NoticeSettings, items: Sequence[ItemRow]) -> str | None:
    if not settings.link_base:
        return None
    incident_ids = sorted({item.incident_id for item in items})
    base = settings.link_base.rstrip("/")
    return f"{base}/#/incidents/{incident_ids[0]}" if len(incident_ids) == 1 else f"{base}/#/incidents"
