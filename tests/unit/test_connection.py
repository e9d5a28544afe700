"""Which goodbye and which will end which connection (wire contract, section 1)."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from telemetry.domain.connection import WILL_AFTER, Connection, PresenceFact, connections

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def online(seconds: float, seq: int, session: str | None = None, *, late_s: float = 0) -> PresenceFact:
    return PresenceFact(at(seconds), at(seconds), at(seconds + late_s), seq, online=True, session=session, reason=None)


def goodbye(seconds: float, seq: int, reason: str, session: str | None = None) -> PresenceFact:
    return PresenceFact(at(seconds), at(seconds), at(seconds), seq, online=False, session=session, reason=reason)


def will(connected: float, arrived: float, session: str | None = None) -> PresenceFact:
    arrival = at(arrived)
    return PresenceFact(
        arrival - WILL_AFTER, at(connected), arrival, None, online=False, session=session, reason="connection_lost"
    )


def ends(facts: list[PresenceFact]) -> list[tuple[float, float | None, str | None]]:
    """Begin and end (seconds) and reason, the same for every order of arrival."""
    results = {tuple(connections(order)) for order in permutations(facts)}
    assert 1 == len(results)
    return [_seconds(span) for span in results.pop()]


def _seconds(span: Connection) -> tuple[float, float | None, str | None]:
    end = None if span.offline_at is None else (span.offline_at - START).total_seconds()
    return ((span.online_at - START).total_seconds(), end, span.reason)


def test_a_connection_without_an_end_runs_on() -> None:
    assert [(0, None, None)] == ends([online(0, 1)])


def test_a_goodbye_ends_the_connection_that_it_was_said_in() -> None:
    assert [(0, 50, "docked"), (100, None, None)] == ends([online(0, 1), goodbye(50, 9, "docked"), online(100, 10)])


def test_a_will_ends_its_session_one_and_a_half_keep_alives_before_its_arrival() -> None:
    assert [(0, 210, "connection_lost")] == ends([online(0, 1, "a"), will(0, 300, "a")])


def test_a_will_that_comes_after_the_reconnect_leaves_the_new_session_alone() -> None:
    facts = [online(0, 1, "a"), online(280, 20, "b"), will(0, 300, "a")]
    assert [(0, 210, "connection_lost"), (280, None, None)] == ends(facts)


def test_a_will_that_overtakes_its_birth_still_ends_it() -> None:
    assert [(10, 10, "connection_lost")] == ends([online(10, 1, "a", late_s=95), will(10, 100, "a")])


def test_a_will_of_an_unknown_session_ends_nothing() -> None:
    assert [(0, None, None)] == ends([online(0, 1, "a"), will(500, 700, "z")])


def test_without_a_session_a_will_ends_the_connection_of_its_connect() -> None:
    assert [(1, 210, "connection_lost")] == ends([online(1, 1), will(0, 300)])


def test_without_a_session_a_will_is_void_if_the_boot_was_back_in_between() -> None:
    assert [(0, None, None), (200, None, None)] == ends([online(0, 1), online(200, 20), will(0, 300)])


def test_a_goodbye_stands_against_a_later_will() -> None:
    assert [(0, 50, "power_off")] == ends([online(0, 1, "a"), goodbye(50, 9, "power_off", "a"), will(0, 300, "a")])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_wills_the_earlier_arrival_counts(order: tuple[int, int]) -> None:
    wills = [will(0, 300, "a"), will(0, 400, "a")]
    spans = connections([online(0, 1, "a"), *(wills[i] for i in order)])
    assert [(0, 210, "connection_lost")] == [_seconds(span) for span in spans]
