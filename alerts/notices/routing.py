"""Notices, step 1 of 5: decides who is told of an incident (domain.md, "Who is told"). Pure."""

from collections.abc import Iterable
from typing import Final, Literal

from alerts.incidents.revise import effective_weight
from alerts.incidents.states import UNDECIDED
from alerts.notices.directory import Directory, Person
from alerts.rules.registry import RULES
from telemetry.records.incidents import IncidentRow

Capacity = Literal["subject", "wearer", "leader", "deputy", "head", "custodian", "command_centre", "engineer"]
COMMAND_CENTRE: Final = "post:command_centre"
"""The command centre's desk: whoever is there sees the console or gets the webhook."""
ENGINEERS: Final = "post:engineers"
"""The desk of the engineers, who maintain the platform and the devices."""
URGENT: Final = frozenset(rule.id for rule in RULES if rule.is_urgent)
_FOR_ENGINEERS: Final = frozenset(rule.id for rule in RULES if rule.is_for_engineers)


def recipients(incident: IncidentRow, directory: Directory) -> dict[str, Capacity]:
    """Who must know the current state of *incident*, and in which capacity.

    Nobody if it is suspected, excused, over, or part of an outage. A person with several capacities is told in the
    first of: subject, leader (head), custodian.
    """
    if incident.status not in UNDECIDED or incident.confidence == "suspected" or incident.outage_id is not None:
        return {}
    told: dict[str, Capacity] = {}
    match effective_weight(incident):
        case "operational":
            if incident.rule in URGENT:
                told[COMMAND_CENTRE] = "command_centre"
            if incident.rule == "sos":
                _add(told, _leaders(incident, directory), "leader")
                _add(told, directory.answering(incident.unit_id, "head"), "head")
        case "reminder":
            if incident.rule in _FOR_ENGINEERS:
                told[ENGINEERS] = "engineer"
            _add(told, _subject(incident, directory), "wearer")
            _add(told, directory.answering(incident.unit_id, "custodian"), "custodian")
        case "check" | "transfer":
            _add(told, _subject(incident, directory), "subject")
            _add(told, _leaders(incident, directory), "leader")
            if _is_led_by_subject(incident, directory) or "leader" not in told.values():
                _add(told, directory.answering(incident.unit_id, "head", but_not=incident.officer_id), "head")
            _add(told, directory.answering(incident.unit_id, "custodian"), "custodian")
    return told


def next_above(incident: IncidentRow, directory: Directory, capacity: Capacity) -> list[Person]:
    """Whom a missing acknowledgement escalates to: the deputy, and from the deputy the head. Never the subject."""
    but_not = incident.officer_id
    deputies = directory.answering(incident.unit_id, "deputy", but_not=but_not) if capacity != "deputy" else []
    return deputies or directory.answering(incident.unit_id, "head", but_not=but_not)


def _add(told: dict[str, Capacity], people: Iterable[Person], capacity: Capacity) -> None:
    for person in people:
        told.setdefault(person.person_id, capacity)


def _subject(incident: IncidentRow, directory: Directory) -> list[Person]:
    person = directory.people.get(incident.officer_id or "")
    return [] if person is None else [person]


def _leaders(incident: IncidentRow, directory: Directory) -> list[Person]:
    leaders = directory.answering(incident.unit_id, "leader")
    return [person for person in leaders if person.person_id != incident.officer_id]


def _is_led_by_subject(incident: IncidentRow, directory: Directory) -> bool:
    """Whether the subject leads the incident's unit, so that the head must be told in his place."""
    leaders = directory.answering(incident.unit_id, "leader")
    return any(person.person_id == incident.officer_id for person in leaders)
