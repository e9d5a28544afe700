"""One list says what is wrong with the platform: every part has an age, and one that stands still is named."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

import pytest

from telemetry.domain.heartbeats import Beat, Heartbeats
from telemetry.health.faults import Certificate, PlatformFault, Seen, Stored, faults_of
from telemetry.health.telling import OVER_S, STOOD_S, Standing, is_queue_trusted, message_of
from telemetry.records.platform import Archive, JobRun, PartState, WorkerState
from telemetry.vocabulary import GROUPS

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COUNTS = dict.fromkeys(("received", "stored", "duplicates", "rejected", "batches", "reconnects"), 0)
WELL = Stored(
    workers=[
        WorkerState("a-1", connected=True, **COUNTS, lag_s=0.1, memory_mb=90.0, fault=None, held_s=0.0, age_s=1.0)
    ],
    jobs=[JobRun("prove_queue", NINE, NINE, 0, None)],
    tick_age_s=2.0,
)


class SteppedClock:
    """A monotonic clock that a test moves."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def found(stored: Stored | None = WELL, **seen: Any) -> list[tuple[str, str]]:
    return [(fault.place, fault.code) for fault in faults_of(Seen(NINE, stored, **seen))]


def told(**changed: Any) -> list[tuple[str, str]]:
    """The faults where the database tells something else than that all is well."""
    names = {name: changed.get(name, getattr(WELL, name)) for name in Stored.__slots__}
    return found(Stored(**names))


def test_nothing_is_wrong_where_every_part_works() -> None:
    parts = [PartState("a", "send", 1.0, 59.0), PartState("a", "plan", 0.2, 59.0)]
    assert [] == found(own_parts=parts, free_mb=50_000)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"workers": ()}, [("ingest", "no_worker")]),
        ({"tick_age_s": 61.0}, [("rules", "no_tick")]),
        ({"aside": 1}, [("rules.aside", "not_judged")]),
        ({"unsent_s": 61.0}, [("notices", "not_sent")]),
        ({"unsent_s": 59.0}, []),
        (
            {"parts": [PartState("b", "send", 90.0, -30.0), PartState("b", "plan", 1.0, 59.0)]},
            [("send.b", "part_silent")],
        ),
        ({"parts": [PartState("b", "roll_up", 9.0, 90.0, "no rights")]}, [("roll_up.b", "part_failed")]),
        ({"parts": [PartState("b", "send", 90, -30), PartState("b", "plan", 80, -20)]}, [("server.b", "part_silent")]),
        ({"archive": Archive(is_on=True, age_s=90_000.0, failed_s=None)}, [("backup", "backup")]),
        ({"archive": Archive(is_on=True, age_s=900.0, failed_s=60.0)}, [("backup", "backup")]),
        ({"archive": Archive(is_on=True, age_s=60.0, failed_s=900.0)}, []),
        ({"archive": Archive(is_on=False, age_s=None, failed_s=None)}, []),
        ({"calendar": ["2027"]}, [("calendar", "calendar")]),
    ],
)
def test_what_stands_still_is_named(changed: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert expected == told(**changed)


def test_without_the_database_the_own_parts_are_still_told() -> None:
    parts = [PartState("a", "plan", 70.0, -10.0), PartState("a", "server", 1.0, 29.0)]
    assert [("database", "database"), ("plan.a", "part_silent")] == found(None, away="refused", own_parts=parts)


def test_a_full_disk_of_the_database_is_a_fault_and_one_that_is_not_seen_is_none() -> None:
    assert [("disk", "disk")] == found(free_mb=1000)
    assert [] == found(free_mb=None)


@pytest.mark.parametrize(("left_d", "expected"), [(40, []), (20, [True]), (3, [False]), (-1, [False])])
def test_a_certificate_warns_a_month_ahead_and_is_a_fault_in_its_last_week(left_d: int, expected: list[bool]) -> None:
    certificate = Certificate("ca.pem", NINE + timedelta(days=left_d))
    faults = faults_of(Seen(NINE, WELL, certificates=[certificate]))
    assert expected == [fault.is_warning for fault in faults]
    assert {"certificate.ca.pem"} >= {fault.place for fault in faults}


def test_each_certificate_is_a_fault_of_its_own_and_one_that_can_not_be_read_is_one() -> None:
    soon = Certificate("broker", NINE + timedelta(days=1))
    assert [("certificate.broker", "certificate"), ("certificate.ca.pem", "certificate")] == found(
        certificates=[soon, Certificate("ca.pem", None)]
    )


def test_a_part_is_overdue_once_it_has_not_shown_within_the_time_that_it_gave() -> None:
    clock = SteppedClock()
    beats = Heartbeats(clock)
    beats.works("send", 60.0)
    beats.expect("roll_up", 90.0)
    clock.now_s += 70.0
    assert [Beat("roll_up", 70.0, 20.0), Beat("send", 70.0, -10.0)] == beats.beats()
    beats.fails("roll_up", "no rights")
    beats.works("send", 60.0)
    beats.expect("roll_up", 90.0)
    assert [Beat("roll_up", 70.0, 90.0, "no rights"), Beat("send", 0.0, 60.0)] == beats.beats()
    beats.works("roll_up", 300.0)
    beats.rests("send")
    assert [Beat("roll_up", 0.0, 300.0)] == beats.beats()


def test_a_fault_is_told_once_it_has_stood_and_stands_until_it_has_been_away() -> None:
    standing = Standing()
    fault = PlatformFault("send.a", "part_silent", "no sign of work for 70 s", 70.0)
    decree = PlatformFault("calendar", "calendar", "2027", is_warning=True)
    assert {} == standing.look([fault, decree], 0.0)
    assert {} == standing.look([], 10.0)
    assert {("send.a", "part_silent"): fault} == standing.look([fault, decree], STOOD_S)
    assert {("send.a", "part_silent"): fault} == standing.look([], STOOD_S + OVER_S - 1)
    assert {} == standing.look([], STOOD_S + OVER_S)


def test_a_fault_that_was_seen_once_and_is_gone_is_not_told() -> None:
    standing = Standing()
    fault = PlatformFault("ingest", "no_worker", "no ingest worker has reported")
    assert {} == standing.look([fault], 0.0)
    assert {} == standing.look([], STOOD_S)
    assert {} == standing.look([], STOOD_S + 10)
    assert [("ingest", "no_worker")] == [*standing.look([fault], STOOD_S + 20)], "it comes and goes"


def test_the_queue_is_trusted_unless_database_or_senders_stand_still() -> None:
    assert is_queue_trusted([("plan.a", "part_silent"), ("disk", "disk")])
    for name in (("database", "database"), ("send.a", "part_silent"), ("notices", "not_sent")):
        assert not is_queue_trusted([("disk", "disk"), name])


def test_a_notice_names_parts_in_words_and_its_public_text_holds_no_reasons() -> None:
    new = {("send.a", "part_silent"): PlatformFault("send.a", "part_silent", "no sign of work for 70 s")}
    message = message_of(new, [("database", "database")])
    assert "【系统故障】1项" == message["title"]
    assert "通知发送（a）：停止工作（no sign of work for 70 s）" in str(message["text"])
    assert "数据库：无法连接，已恢复" in str(message["text"])
    assert "70 s" not in str(message["public_text"])
    assert "【系统故障恢复】1项" == message_of({}, [("disk", "disk")])["title"]
    many = {(f"send.{n}", "part_silent"): PlatformFault(f"send.{n}", "part_silent", "x") for n in range(50)}
    assert "其余30项" in str(message_of(many, [])["text"])


def test_every_fault_has_a_word() -> None:
    assert set(get_args(get_type_hints(PlatformFault)["code"])) == GROUPS["platform_fault"].keys()
