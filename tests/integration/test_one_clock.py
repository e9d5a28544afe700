"""What the database is asked to decide, it decides by the clock that it is told: the same at whatever date it is played."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest
import pytest_asyncio
from store_scene import MINUTE, NINE, Device, Store, open_store

from telemetry.ingest.writer import Writer
from telemetry.store.platform import drop_old, list_unheard, roll_up

FAR: Final = timedelta(days=3650)
HOUR: Final = timedelta(hours=1)
STALE: Final = "SELECT DISTINCT hour FROM rollup_dirty ORDER BY hour"
NEWS: Final = "SELECT from_at, to_at FROM reading_change WHERE kind = 'standstill' ORDER BY change_id"


@pytest_asyncio.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with open_store(database) as opened:
        yield opened


@pytest.mark.parametrize("shift", [timedelta(0), FAR], ids=["in the past", "in ten years"])
async def test_a_batch_has_waited_by_the_clock_that_stamps_arrivals(store: Store, shift: timedelta) -> None:
    now = NINE + shift
    writer = Writer(store.database, now=lambda: now)
    await writer.write([Device().battery(1, NINE + shift, 80)])
    assert [] == await store.rows(STALE)
    now += 2 * MINUTE
    await writer.write([Device().battery(2, NINE + shift + timedelta(seconds=20), 80)])
    assert [(NINE + shift - HOUR,), (NINE + shift,)] == await store.rows(STALE)


async def test_rollups_go_as_far_as_the_clock_that_stamps_arrivals(store: Store) -> None:
    await store.write(Device().battery(1, NINE, 80))
    await store.run("DELETE FROM rollup_dirty")
    assert 0 < await roll_up(store.database, NINE + MINUTE)
    assert NINE + MINUTE == await store.value("SELECT rolled_to FROM rollup_progress")
    assert [(NINE, 1)] == await store.rows("SELECT bucket, batteries FROM battery_hourly")


@pytest.mark.parametrize("shift", [timedelta(0), FAR], ids=["in the past", "in ten years"])
async def test_a_standstill_that_lasts_reaches_to_the_last_tick(store: Store, shift: timedelta) -> None:
    since, ticked_at = NINE + shift, NINE + shift + 5 * MINUTE
    await store.rows("UPDATE evaluation_clock SET ticked_at = $1", ticked_at)
    await store.rows("INSERT INTO standstill (part, starts_at, reason) VALUES ('ingest/w', $1, 'x')", since)
    await store.rows("UPDATE standstill SET ends_at = $1", since + HOUR)
    assert [(since, ticked_at), (since, since + HOUR)] == await store.rows(NEWS)


async def test_what_is_kept_and_who_is_unheard_is_asked_of_the_same_clock(store: Store) -> None:
    await store.rows(
        "INSERT INTO rejection (topic, sha256, code, reason, recorder_id, payload, length, first_received_at,"
        " last_received_at, count, live) VALUES ('t', sha256(''), 'unheard', 'x', 'R1', '', 0, $1, $1, 1, true)",
        NINE,
    )
    assert ["R1"] == [row["recorder_id"] for row in await list_unheard(store.database, NINE + HOUR)]
    assert [] == await list_unheard(store.database, NINE + timedelta(days=2))
    keep = {"readings_days": 180, "location_days": 90, "rejections_days": 30}
    await drop_old(store.database, NINE + timedelta(days=29), **keep)
    assert 1 == await store.value("SELECT count(*) FROM rejection")
    await drop_old(store.database, NINE + timedelta(days=31), **keep)
    assert 0 == await store.value("SELECT count(*) FROM rejection")
