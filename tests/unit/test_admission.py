"""Which message is new, and of which generation of its boot: the cases in which only one thing tells."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from telemetry.domain.messages import Battery, Heartbeat, Location, PresenceOnline
from telemetry.ingest.admission import Admission, admit, doubtful
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.sort import Pending
from telemetry.records.boots import Boot

NINE: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
BODIES: Final[dict[str, Any]] = {
    "birth": lambda up_s: PresenceOnline.model_construct(uptime_s=up_s),
    "beat": lambda up_s: Heartbeat.model_construct(uptime_s=up_s),
    "battery": lambda _: Battery.model_construct(up_s=None),
    "fix": lambda _: Location.model_construct(up_s=None),
    "envelope": lambda _: None,
}


def said(
    kind: str, seq: int, ts: datetime, *, after: timedelta = timedelta(0), up_s: int = 0, retained: bool = False
) -> Pending:
    arrival = Arrival("", b"", ts + after, retained=retained)
    return Pending(seq, ts, BODIES[kind](up_s), arrival, live=not retained, backlog=False, partial=None)


def heard(*messages: Pending) -> Boot:
    boot = Boot()
    admit("b", boot, list(messages), {})
    return boot


def admitted(boot: Boot, message: Pending, stored: set[tuple[int, datetime]] | None = None) -> Admission:
    return admit("b", boot, [message], {"b": stored or set()})


def generations(admission: Admission) -> dict[str, int]:
    return {generation.name: len(generation.fresh) for generation in admission.generations if generation.fresh}


def first_hour() -> Boot:
    return heard(*(said("beat", seq, NINE + seq * MINUTE, up_s=60 * seq) for seq in range(60)))


def test_a_newer_time_under_a_name_that_is_there_is_another_generation() -> None:
    admission = admitted(first_hour(), said("battery", 7, NINE + 70 * MINUTE))
    assert ({"b~2": 1}, 0) == (generations(admission), admission.duplicates)


def test_an_older_time_is_another_message_only_if_no_such_message_is_stored() -> None:
    other = said("beat", 7, NINE + 7 * MINUTE + timedelta(seconds=3), after=90 * MINUTE)
    assert [("b", "heartbeat", 7, other.ts)] == doubtful("b", first_hour(), [other])
    assert {"b~2": 1} == generations(admitted(first_hour(), other))
    again = admitted(first_hour(), other, {(7, other.ts)})
    assert ({}, 1) == (generations(again), again.duplicates)


def test_a_birth_that_tells_of_less_uptime_is_another_generation_although_its_name_is_free() -> None:
    assert {"b~2": 1} == generations(admitted(first_hour(), said("birth", 200, NINE + 90 * MINUTE, up_s=900)))
    assert {"b": 1} == generations(admitted(first_hour(), said("birth", 200, NINE + 90 * MINUTE, up_s=5400)))
    late = said("birth", 200, NINE + 30 * MINUTE, up_s=1800, after=60 * MINUTE)
    assert {"b": 1} == generations(admitted(first_hour(), late)), "an older one says nothing of what came after it"


def test_what_comes_late_goes_to_the_generation_of_its_time() -> None:
    boot = first_hour()
    admit("b", boot, [said("birth", 0, NINE + 90 * MINUTE, up_s=5)], {"b": set()})
    assert {"b": 1} == generations(admitted(boot, said("battery", 60, NINE + 60 * MINUTE, after=60 * MINUTE)))
    assert {"b~2": 1} == generations(admitted(boot, said("battery", 1, NINE + 91 * MINUTE)))


def test_where_a_row_would_not_be_there_any_more_the_name_decides() -> None:
    year = timedelta(days=365)
    for message in (
        said("birth", 7, NINE + 8 * MINUTE, after=year),
        said("birth", 7, NINE + 8 * MINUTE, retained=True),
        said("fix", 7, NINE + 8 * MINUTE, after=timedelta(days=3)),
        said("envelope", 7, NINE + 8 * MINUTE),
    ):
        admission = admitted(first_hour(), message)
        assert ({}, 1) == (generations(admission), admission.duplicates)


def test_what_has_no_time_of_its_own_is_told_by_its_name_alone() -> None:
    at = NINE + 90 * MINUTE
    bare = Pending(7, at, BODIES["battery"](0), Arrival("", b"", at), live=False, backlog=False, partial=None)
    assert 1 == admitted(first_hour(), bare).duplicates
    assert {"b": 1} == generations(admitted(first_hour(), bare._replace(seq=77)))


def test_generations_without_end_are_refused() -> None:
    boot = heard(said("battery", 1, NINE))
    answers = [admitted(boot, said("battery", 1, NINE + n * MINUTE)) for n in range(1, 70)]
    assert 63 == sum(bool(generations(answer)) for answer in answers)
    assert "boot: its generation number 65" == answers[-1].refused[0][1]
