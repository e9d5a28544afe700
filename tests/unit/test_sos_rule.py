"""The rule sos: what its sentence says of the calls, and of those out of a backlog."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.facts.known import KnownFacts
from alerts.finding import CALLED_AT
from alerts.rules.rule import NoParameters
from alerts.rules.sos import Alarm, judge

TEN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE = Alarm("k", "R1", 1, TEN, TEN, 0, None, is_clock_ok=True, counted_at=TEN, facts=KnownFacts())
TWO = replace(ONE, calls=2, last_at=TEN + HOUR)


@pytest.mark.parametrize(
    ("alarm", "said"),
    [
        (ONE, "R1于3月2日10:00发出SOS求助。"),
        (TWO, "R1于3月2日10:00发出SOS求助，共2次，最近一次3月2日11:00。"),
        (
            replace(ONE, late=1, late_received_at=TEN + HOUR),
            "R1于3月2日10:00发出SOS求助（来自补传，3月2日11:00收到）。",
        ),
        (
            replace(TWO, late=1, late_received_at=TEN + HOUR),
            "R1于3月2日10:00发出SOS求助，共2次，最近一次3月2日11:00（其中1次来自补传，3月2日11:00收到）。",
        ),
    ],
)
def test_the_sentence_says_how_many_calls_and_which_came_later(alarm: Alarm, said: str) -> None:
    [finding] = judge(alarm, NoParameters())
    assert said == finding.evidence.key
    assert ("k", TEN, None) == (finding.key, finding.starts_at, finding.ends_at)
    assert TEN.isoformat() == finding.evidence.facts[CALLED_AT]


def test_it_says_where_the_time_of_a_call_is_uncertain() -> None:
    [finding] = judge(replace(ONE, is_clock_ok=False), NoParameters())
    assert ("设备时钟不准或者未报时刻，求助时刻按收到情况推算。",) == finding.evidence.limits
