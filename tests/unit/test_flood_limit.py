"""Who is over the limit, on the clock of the arrivals."""

from datetime import UTC, datetime, timedelta

from telemetry.ingest.arrival import Arrival
from telemetry.ingest.flood import FloodGate

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def arrivals(
    count: int, *, topic: str = "recorder/v1/R1/battery", at: datetime = NOW, size: int = 300
) -> list[Arrival]:
    return [Arrival(topic, b"x" * size, at) for _ in range(count)]


def test_a_burst_passes_and_what_is_over_it_is_one_rejection_with_its_count() -> None:
    through, (told,) = FloodGate(10, 1.0).admit(arrivals(25))
    assert (10, 15, NOW) == (len(through), told.count, told.received_at)
    rejection = told.rejection
    assert ("flood", "R1", "recorder/v1/R1/battery") == (rejection.code, rejection.recorder_id, rejection.topic)
    assert "flood: over 1 messages" in rejection.reason


def test_the_allowance_grows_with_time_and_no_further_than_a_burst() -> None:
    gate = FloodGate(10, 2.0)
    gate.admit(arrivals(10))
    assert 6 == len(gate.admit(arrivals(9, at=NOW + timedelta(seconds=3)))[0])
    assert 10 == len(gate.admit(arrivals(50, at=NOW + timedelta(hours=3)))[0])


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    gate = FloodGate(10, 2.0)
    gate.admit(arrivals(10))
    assert 0 == len(gate.admit(arrivals(3, at=NOW - timedelta(hours=1)))[0])
    assert 3 == len(gate.admit(arrivals(3, at=NOW - timedelta(minutes=59)))[0])


def test_one_recorder_over_its_limit_takes_nothing_from_another() -> None:
    gate = FloodGate(10, 1.0)
    gate.admit(arrivals(50))
    through, floods = gate.admit([*arrivals(5), *arrivals(5, topic="recorder/v1/R2/battery")])
    assert ["recorder/v1/R2/battery"] * 5 == [arrival.topic for arrival in through]
    assert [5] == [told.count for told in floods]


def test_a_long_message_costs_what_it_weighs() -> None:
    gate = FloodGate(100, 1.0)
    through, _ = gate.admit(arrivals(5, topic="recorder/v1/R1/backlog", size=40 * 1024))
    assert 2 == len(through)


def test_kinds_that_nobody_knows_and_deeper_topics_are_the_same_recorder() -> None:
    gate = FloodGate(10, 1.0)
    topics = [f"recorder/v1/R1/{'x/' * (number % 40)}{number}" for number in range(50)]
    through, floods = gate.admit([Arrival(topic, b"", NOW) for topic in topics])
    assert 10 == len(through)
    assert [40] == [told.count for told in floods]


def test_who_has_no_name_of_the_contract_shares_one_limit() -> None:
    gate = FloodGate(10, 1.0)
    through, (told,) = gate.admit([Arrival(f"recorder/v1/é{n}/battery", b"", NOW) for n in range(30)])
    assert (10, 20, None) == (len(through), told.count, told.rejection.recorder_id)


def test_a_flood_that_goes_on_is_the_same_rejection_for_ten_minutes() -> None:
    gate = FloodGate(1, 0.0)
    gate.admit(arrivals(1))
    samples = [
        gate.admit([Arrival("recorder/v1/R1/battery", str(minute).encode(), NOW + timedelta(minutes=minute))])[1][
            0
        ].rejection
        for minute in (0, 5, 10, 11, 20, 22)
    ]
    assert [b"0", b"0", b"0", b"11", b"11", b"22"] == [sample.payload for sample in samples]


def test_an_sos_passes_through_its_own_recorders_flood_every_few_seconds() -> None:
    gate = FloodGate(10, 0.01)
    gate.admit(arrivals(50))
    sos = b'{"type": "sos", "ts": "2026-03-02T01:00:00Z", "boot": "b1", "seq": 7}'
    calls = [Arrival("recorder/v1/R1/event", sos, NOW + timedelta(seconds=s)) for s in range(21)]
    through, floods = gate.admit([*calls, *arrivals(50, at=NOW + timedelta(seconds=20))])
    assert [0, 10, 20] == [(arrival.received_at - NOW).seconds for arrival in through]
    assert [68] == [told.count for told in floods]
