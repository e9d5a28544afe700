"""What a conclusion rests on: a change there triggers a new judgement."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownFacts
from alerts.intervals import Interval


@dataclass(frozen=True, slots=True)
class RestsOn:
    """Readings of a recorder, or facts about an officer, in a period: a change there triggers a new judgement."""

    subject: Literal["recorder", "officer"]
    subject_id: str
    during: Interval


def worn(
    recorder_id: str, within: Interval, facts: KnownFacts, around: timedelta = timedelta(0)
) -> tuple[RestsOn, ...]:
    """A recorder's readings and facts, and the facts of all who may have worn it.

    A cancelled shift or a late exemption names the officer, not the recorder.
    """
    during = Interval(within.start - around, within.end + around)
    wearers = {who for _, answer in wearers_during(recorder_id, within, facts) for who in answer.candidates}
    return (
        RestsOn("recorder", recorder_id, during),
        *(RestsOn("officer", officer_id, during) for officer_id in sorted(wearers)),
    )
