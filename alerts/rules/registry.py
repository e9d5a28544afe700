"""All rules of domain.md's table."""

from typing import Final

from alerts.rules import (
    activity_unrecorded,
    outage,
    recorder_not_carried,
    recorder_offline,
    recording_incomplete,
    shift_unrecorded,
    sim_removed,
)
from alerts.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    activity_unrecorded.RULE,
    recording_incomplete.RULE,
    shift_unrecorded.RULE,
    recorder_not_carried.RULE,
    sim_removed.RULE,
    recorder_offline.RULE,
    outage.RULE,
)
RULE_OF: Final = {rule.id: rule for rule in RULES}
