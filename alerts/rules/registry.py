"""All rules in the order of domain.md's table, and the sources of their cases in the order of gathering."""

from collections.abc import Iterable, Sequence
from typing import Final

from alerts.rules import (
    activity_unrecorded,
    clock_wrong,
    fault_unreported,
    footage_removed,
    identity_conflict,
    import_overdue,
    low,
    not_understood,
    outage,
    phone_footage_overdue,
    recorder_lent,
    recorder_not_carried,
    recorder_offline,
    recording_incomplete,
    shift_unrecorded,
    sim_removed,
    sos,
    tamper,
)
from alerts.rules.rule import Rule, Source
from alerts.rules.tick import Thresholds

RULES: Final[tuple[Rule, ...]] = (
    activity_unrecorded.RULE,
    recording_incomplete.RULE,
    shift_unrecorded.RULE,
    recorder_not_carried.RULE,
    import_overdue.RULE,
    phone_footage_overdue.RULE,
    footage_removed.RULE,
    sim_removed.RULE,
    recorder_lent.RULE,
    fault_unreported.RULE,
    sos.RULE,
    recorder_offline.RULE,
    outage.RULE,
    low.BATTERY,
    low.STORAGE,
    identity_conflict.RULE,
    not_understood.RULE,
    tamper.RULE,
    clock_wrong.RULE,
)
RULE_OF: Final = {rule.id: rule for rule in RULES}


def by_source(rules: Iterable[Rule]) -> list[tuple[Source, Sequence[Rule]]]:
    """The sources by rank, each with the rules that judge its cases."""
    found: dict[str, tuple[Source, list[Rule]]] = {}
    for rule in rules:
        found.setdefault(rule.source.name, (rule.source, []))[1].append(rule)
    return sorted(found.values(), key=lambda pair: pair[0].rank)


def wake_thresholds(rules: Iterable[Rule], settings: Thresholds) -> list[tuple[str, str, str, float]]:
    """(rule, reading, how, value): the values at which a new reading triggers a check, from the rules' parameters."""
    return [
        (rule.id, reading, how, float(settings.value(rule.id, name)))
        for rule in rules
        for how, wanted in (("crosses", rule.wakes_at), ("grows_by", rule.grows_by))
        for reading, name in wanted.items()
    ]
