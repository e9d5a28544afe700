"""Several workers on one database: what two of them are given is stored once, and they never wait in a circle."""

import asyncio
from datetime import timedelta
from random import Random

from store_scene import MINUTE, NINE, Device, open_store

from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Outcome, Writer

RECORDERS = 12
MESSAGES = 60
STORED = """
SELECT
    (SELECT count(*) FROM battery) + (SELECT count(*) FROM recording) + (SELECT count(*) FROM presence),
    (SELECT count(*) FROM (
        SELECT recorder_id, boot, seq FROM battery
        UNION SELECT recorder_id, boot, seq FROM recording
        UNION SELECT recorder_id, boot, seq FROM presence
    ) AS names),
    (SELECT count(*) FROM seq_gap)
"""


def messages_of(device: Device) -> list[Arrival]:
    arrivals = [device.birth(1, NINE)]
    for seq in range(2, MESSAGES + 1):
        at = NINE + seq * timedelta(seconds=20)
        if seq % 5:
            arrivals.append(device.battery(seq, at, 100 - seq))
        else:
            arrivals.append(device.recording(seq, at, "recording" if seq % 10 else "standby", since=at))
    return arrivals


def fleet() -> list[Arrival]:
    return [arrival for number in range(RECORDERS) for arrival in messages_of(Device(f"R{number}"))]


async def write_all(writer: Writer, arrivals: list[Arrival], random: Random) -> Outcome:
    """In batches of a chance size; a batch that meets a deadlock would be tried again, and is counted as a fault."""
    outcome = Outcome()
    while arrivals:
        size = random.randint(1, 40)
        outcome.add(await writer.write(arrivals[:size]))
        arrivals = arrivals[size:]
    return outcome


async def test_two_workers_that_are_given_the_same_messages_store_each_once(database: str) -> None:
    random = Random(7)
    async with open_store(database) as one, open_store(database) as other:
        shares = [fleet(), fleet()]
        for share in shares:
            random.shuffle(share)
        outcomes = await asyncio.gather(
            write_all(one.writer, shares[0], random), write_all(other.writer, shares[1], random)
        )
        every = RECORDERS * MESSAGES
        assert every == sum(outcome.stored for outcome in outcomes)
        assert every == sum(outcome.duplicates for outcome in outcomes)
        assert [(every, every, 0)] == await one.rows(STORED)


async def test_four_workers_that_share_each_recorder_end_in_its_latest_state(database: str) -> None:
    random = Random(8)
    arrivals = fleet()
    random.shuffle(arrivals)
    async with (
        open_store(database) as a,
        open_store(database) as b,
        open_store(database) as c,
        open_store(database) as d,
    ):
        try:
            await asyncio.gather(*(write_all(s.writer, arrivals[n::4], random) for n, s in enumerate((a, b, c, d))))
        except DatabaseUnavailableError as fault:
            raise AssertionError(f"workers stood in each other's way: {fault}") from fault
        last_battery = MESSAGES - 1
        assert [(last_battery, 100 - last_battery)] == await a.rows(
            "SELECT DISTINCT battery_seq, level_pct FROM recorder_state"
        )
        assert [(RECORDERS * MESSAGES, RECORDERS * MESSAGES, 0)] == await a.rows(STORED)
        assert [(RECORDERS, RECORDERS * (MESSAGES // 10))] == await a.rows(
            "SELECT count(DISTINCT recorder_id), count(*) FROM recording_span WHERE NOT cut"
        )


async def test_two_workers_that_both_meet_a_new_boot_make_it_once(database: str) -> None:
    device = Device()
    async with open_store(database) as one, open_store(database) as other:
        await asyncio.gather(
            one.write(device.battery(2, NINE + MINUTE, 50)), other.write(device.battery(3, NINE + 2 * MINUTE, 49))
        )
        assert [([2, 3],)] == await one.rows("SELECT seen FROM recorder_boot")
        assert [(3, 49.0)] == await one.rows("SELECT battery_seq, level_pct FROM recorder_state")
