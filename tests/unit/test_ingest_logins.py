"""Who logs in at the broker and isn't heard is named, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.ingest.unheard_logins import HEARD_WITHIN, Logins, login_in, oversize_in

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("before", ["", "1796044977: "])
def test_a_recorder_s_login_is_read_from_the_words_of_every_mosquitto_2(before: str) -> None:
    line = f"{before}New client connected from 10.0.0.7:59803 as R0001 (p2, c1, k60, u'R0001')."
    assert "R0001" == login_in(line.encode())


@pytest.mark.parametrize(
    "line",
    [
        "New client connected from 10.0.0.7:5 as recorder-fleet-server-1 (p5, c0, k30, u'recorder').",
        "New client connected from 10.0.0.7:5 as R0001 (p2, c1, k60).",
        "New connection from 10.0.0.7:5 on port 8883.",
        "Client New client connected from x as R0001 (p2, c1, k60, u'R0001'). disconnected, not authorised.",
        "New client connected from 10.0.0.7:5 as a/b (p2, c1, k60, u'a/b').",
    ],
)
def test_nothing_else_is_a_recorder_s_login(line: str) -> None:
    assert login_in(line.encode()) is None


@given(st.binary())
def test_reading_the_log_is_total(line: bytes) -> None:
    assert login_in(line) is None
    assert oversize_in(line) is None


def test_who_is_not_heard_within_the_time_is_told_with_the_number_of_logins() -> None:
    logins = Logins()
    for minute, name in ((0, "R1"), (1, "R2"), (3, "R1"), (5, "R3")):
        logins.note(name, AT + minute * MINUTE)
    assert {} == logins.due(AT + HEARD_WITHIN - MINUTE)
    due = logins.due(AT + HEARD_WITHIN + MINUTE)
    assert {"R1": AT, "R2": AT + MINUTE} == due
    (told,) = logins.settle(due, {"R2"})
    rejection, at, count = told.rejection, told.received_at, told.count
    assert ("R1", "unheard", AT + 3 * MINUTE, 2) == (rejection.recorder_id, rejection.code, at, count)
    assert "below recorder/v1/R1/" in rejection.reason
    assert {} == logins.due(AT + HEARD_WITHIN + MINUTE)
