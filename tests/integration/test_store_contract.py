"""What wire contract 1.1 asks of the stored rows: generations, duplicates, what counts of nothing, rejections in part."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from store_scene import MINUTE, NINE, Device, Store, open_store

from telemetry.domain.decode import reject
from telemetry.domain.readings import Counted
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.retry import retry_rejections
from telemetry.ingest.writer import Outcome
from telemetry.records.boots import Rows
from telemetry.store.intake import write_rows
from telemetry.store.rejections import count_rejections

DEVICE = Device()
SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with open_store(database) as opened:
        yield opened


def event(payload: dict[str, Any] | bytes, received_s: float = 0) -> Arrival:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Arrival("recorder/v1/R1/event", raw, NINE + received_s * SECOND)


async def test_a_boot_id_drawn_again_is_another_generation_in_every_table(store: Store) -> None:
    first = [DEVICE.birth(0, NINE), *(DEVICE.battery(seq, NINE + seq * MINUTE, 80) for seq in range(1, 20))]
    again = NINE + 60 * MINUTE
    birth = DEVICE.send(
        *("presence", 0, again),
        state="online",
        model="X",
        firmware="1",
        session="s2",
        uptime_s=5,
        imei=None,
    )
    second = [birth, *(DEVICE.battery(seq, again + seq * MINUTE, 70) for seq in range(1, 20))]
    recording = DEVICE.recording(20, again + 20 * MINUTE, "recording", again + 19 * MINUTE)
    await store.write(*first)
    await store.write(*second, recording)
    late = DEVICE.backlog(
        21,
        again + 21 * MINUTE,
        {"kind": "battery", **DEVICE.payload(20, NINE + 20 * MINUTE, level_pct=1, charging=False)},
    )
    await store.write(late)
    assert Outcome(0, 40) == await store.write(*second, *first)
    boots = await store.rows("SELECT boot, reused, seen FROM recorder_boot ORDER BY boot")
    assert [("b1", True, [0, 20]), ("b1~2", True, [0, 21])] == boots
    assert [("b1", 20), ("b1~2", 19)] == await store.rows("SELECT boot, count(*) FROM battery GROUP BY 1 ORDER BY 1")
    assert ["b1", "b1~2"] == [boot for (boot,) in await store.rows("SELECT boot FROM presence_span ORDER BY 1")]
    assert [("b1~2",)] == await store.rows("SELECT boot FROM recording_state")
    assert 0 == await store.value("SELECT count(*) FROM rejection")


async def test_a_birth_delivered_again_moves_nothing(store: Store) -> None:
    birth = DEVICE.birth(0, NINE)
    await store.write(birth, *(DEVICE.battery(seq, NINE + seq * MINUTE, 80) for seq in range(1, 10)))
    state = "SELECT s::text, b::text FROM recorder_state s, recorder_boot b"
    before = await store.rows(state)
    for late, retained in ((30 * MINUTE, False), (600 * MINUTE, True)):
        await store.write(Arrival(birth.topic, birth.payload, NINE + late, retained=retained))
    await store.write(DEVICE.battery(10, NINE + 10 * MINUTE, 79))
    assert before != await store.rows(state)
    assert [(None, NINE + 10 * MINUTE)] == await store.rows("SELECT clock_offset_s, last_at FROM recorder_boot")
    assert NINE + 10 * MINUTE + SECOND == await store.value("SELECT last_received_at FROM recorder_state")
    assert 1 == await store.value("SELECT count(*) FROM presence")


async def test_what_is_no_fix_and_a_card_that_is_not_mounted_are_kept_and_move_nothing(store: Store) -> None:
    def storage(seq: int, total_mb: int, free_mb: int, files: int) -> Arrival:
        return DEVICE.send("storage", seq, NINE + seq * MINUTE, total_mb=total_mb, free_mb=free_mb, files=files)

    def location(seq: int, lat: float, lon: float) -> Arrival:
        return DEVICE.send("location", seq, NINE + seq * MINUTE, lat=lat, lon=lon, fix="gnss")

    await store.write(storage(0, 64000, 61000, 3), storage(1, 64000, 61000, 3), location(2, 30.27, 120.15))
    await store.write(storage(3, 0, 0, 0), storage(4, 8192, 8000, 0), location(5, 0.004, -0.01))
    assert [(64000, 61000, 3, 30.27)] == await store.rows("SELECT total_mb, free_mb, files, lat FROM recorder_state")
    kept = await store.rows("SELECT total_mb, free_mb, files FROM storage ORDER BY seq")
    assert [(64000, 61000, 3), (64000, 61000, 3), (0, None, None), (8192, 8000, 0)] == kept
    assert [(0.004, "none"), (30.27, "gnss")] == await store.rows("SELECT lat, fix FROM location ORDER BY lat")
    assert 64000 == await store.value("SELECT usual_total_mb('R1', $1)", NINE + 6 * MINUTE)
    later = DEVICE.send("storage", 6, NINE + 1500 * MINUTE, total_mb=128000, free_mb=127000, files=0)
    await store.write(later)
    assert 128000 == await store.value("SELECT total_mb FROM recorder_state"), "another card, in a day"


async def test_a_position_that_no_bureau_can_have_leaves_the_last_one(store: Store) -> None:
    places = [(30.27, 120.15), (0.0, 0.0), (0.000001, -0.000001), (30.2, -120.1), (0.0, 120.15), (30.27, 0.0)]
    for seq, (lat, lon) in enumerate(places):
        await store.write(DEVICE.send("location", seq, NINE + seq * MINUTE, lat=lat, lon=lon, fix="gnss"))
    assert [(30.27, 120.15)] == await store.rows("SELECT lat, lon FROM recorder_state")
    assert [("gnss", 1), ("none", 5)] == await store.rows("SELECT fix, count(*) FROM location GROUP BY 1 ORDER BY 1")


async def test_an_alarm_without_a_name_is_stored_once_and_is_no_power_on(store: Store) -> None:
    await store.write(DEVICE.birth(0, NINE), DEVICE.battery(1, NINE + MINUTE, 80))
    bare, dated = event({"type": "sos"}, 100), event({"type": "sos", "ts": NINE.isoformat()}, 101)
    await store.write(bare, dated)
    await store.write(event({"type": "sos"}, 160), dated, event({"type": "sos"}, 100))
    assert 2 == await store.value("SELECT count(*) FROM event")
    await store.write(event({"type": "sos"}, 4000))
    assert [NINE, NINE + 100 * SECOND, NINE + 4000 * SECOND] == [
        at for (at,) in await store.rows("SELECT at FROM event ORDER BY at")
    ]
    assert [("b1",)] == await store.rows("SELECT boot FROM recorder_boot WHERE first_at IS NOT NULL")
    assert {"b1"} == {boot for (boot,) in await store.rows("SELECT boot FROM live_reading")}


async def test_what_is_left_out_is_noted_once_and_a_duplicate_says_nothing_new(store: Store) -> None:
    odd = DEVICE.send("battery", 1, NINE, level_pct=50, charging=False, temperature_c=-127, voltage_mv="x")
    await store.write(odd)
    await store.write(Arrival(odd.topic, odd.payload, NINE + 60 * MINUTE))
    noted = await store.rows("SELECT code, fields, boot, seq, count, last_received_at, live FROM rejection")
    assert [("partial", ["voltage_mv", "temperature_c"], "b1", 1, 1, NINE + SECOND, True)] == noted
    bad = DEVICE.send("battery", 2, NINE, level_pct=500, charging=False)
    await store.write(bad)
    await store.write(Arrival(bad.topic, bad.payload, NINE + 60 * MINUTE, retained=True))
    assert [(1, NINE + SECOND)] == await store.rows(
        "SELECT count, last_received_at FROM rejection WHERE code = 'schema'"
    )
    rows = await count_rejections(store.database, NINE, None)
    counted = {(row["recorder_id"], row["kind"], row["code"], row["field"], row["count"]) for row in rows}
    fields = {("partial", "voltage_mv"), ("partial", "temperature_c"), ("schema", "level_pct")}
    assert {("R1", "battery", code, field, 1) for code, field in fields} == counted


async def test_what_was_rejected_is_taken_in_when_it_can_be_read(store: Store) -> None:
    def kept(arrival: Arrival, reason: str) -> Counted:
        return Counted(reject(arrival.topic, "R1", arrival.payload, "schema", reason), arrival.received_at)

    odd = DEVICE.send("battery", 1, NINE, level_pct=50, charging=False, temperature_c=-127)
    inner = {"kind": "battery", **DEVICE.payload(2, NINE - MINUTE, level_pct=51.0, charging=False)}
    rows = Rows()
    rows.reject(kept(odd, "temperature_c: too low"))
    rows.reject(kept(Arrival("recorder/v1/R1/backlog", json.dumps(inner).encode(), NINE), "messages.4.seq: odd"))
    rows.reject(kept(DEVICE.send("battery", 3, NINE, level_pct=500, charging=False), "level_pct: too high"))
    rows.reject(kept(Arrival("recorder/v1/R1/battery", b"x" * 70_000, NINE), "payload: too long"))
    async with store.database.transaction() as connection:
        await write_rows(connection, rows, datetime.now(UTC))
    retried = await retry_rejections(store.database, store.writer)
    assert (Outcome(2, 0, 1), 1, 1) == (retried.outcome, retried.unreadable, retried.incomplete)
    readings = await store.rows("SELECT seq, received_at, backlog FROM battery ORDER BY seq")
    assert [(1, NINE + SECOND, False), (2, NINE, True)] == readings
    codes = await store.rows("SELECT code, count FROM rejection ORDER BY code")
    assert [("partial", 1), ("schema", 1), ("schema", 1)] == codes
    again = await retry_rejections(store.database, store.writer)
    assert (Outcome(), 1, 1) == (again.outcome, again.unreadable, again.incomplete)


async def test_what_the_database_refused_is_taken_in_once_it_takes_it(store: Store) -> None:
    async with store.database.connection() as connection:
        await connection.execute("ALTER TABLE battery ADD CONSTRAINT picky CHECK (level_pct <> 13)")
    said = [DEVICE.battery(seq, NINE + seq * MINUTE, 13 if seq == 1 else 80) for seq in range(3)]
    assert Outcome(2, 0, 1) == await store.write(*said)
    refused = await retry_rejections(store.database, store.writer)
    assert (Outcome(0, 0, 1), [("refused",)]) == (refused.outcome, await store.rows("SELECT code FROM rejection"))
    async with store.database.connection() as connection:
        await connection.execute("ALTER TABLE battery DROP CONSTRAINT picky")
    taken = await retry_rejections(store.database, store.writer)
    assert (Outcome(1), []) == (taken.outcome, await store.rows("SELECT code FROM rejection"))
    readings = await store.rows("SELECT seq, level_pct, received_at FROM battery WHERE level_pct = 13")
    assert [(1, 13, NINE + MINUTE + SECOND)] == readings
