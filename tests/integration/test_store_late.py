"""What comes late or out of a backlog lands in history, corrects what it changes, and never overwrites a newer state."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from store_scene import MINUTE, NINE, Device, Store, open_store

DEVICE = Device()
STATE = "SELECT battery_at, battery_seq, level_pct FROM recorder_state"
HISTORY = "SELECT at, level_pct FROM battery ORDER BY at, seq"
SPANS = "SELECT started_at, ended_at, cut FROM recording_span ORDER BY started_at"
CONNECTIONS = "SELECT online_at, offline_at, reason FROM presence_history ORDER BY online_at"
GAPS = "SELECT first_seq, last_seq, missing, rejected FROM seq_gap ORDER BY first_seq"


@pytest_asyncio.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """A migrated database on TimescaleDB with a writer on it."""
    async with open_store(database) as opened:
        yield opened


@pytest_asyncio.fixture
async def known(store: Store) -> Store:
    """The same, and the recorder's boot has begun with a right clock."""
    await store.write(DEVICE.birth(1, NINE))
    return store


async def test_a_late_reading_is_history_and_leaves_the_newer_state(known: Store) -> None:
    await known.write(DEVICE.battery(5, NINE + 5 * MINUTE, 60))
    await known.write(DEVICE.battery(4, NINE + 4 * MINUTE, 70, received=NINE + 20 * MINUTE))
    assert [(NINE + 4 * MINUTE, 70), (NINE + 5 * MINUTE, 60)] == await known.rows(HISTORY)
    assert [(NINE + 5 * MINUTE, 5, 60)] == await known.rows(STATE)


async def test_a_backlog_is_history_and_leaves_the_newer_state(known: Store) -> None:
    stored = [
        {"kind": "battery", **DEVICE.payload(seq, NINE + seq * MINUTE, level_pct=90 - seq, charging=False)}
        for seq in range(2, 5)
    ]
    await known.write(DEVICE.battery(10, NINE + 30 * MINUTE, 50))
    await known.write(DEVICE.backlog(11, NINE + 31 * MINUTE, *stored))
    assert [88, 87, 86, 50] == [level for _, level in await known.rows(HISTORY)]
    assert [True, True, True, False] == [row[0] for row in await known.rows("SELECT backlog FROM battery ORDER BY at")]
    assert [(NINE + 30 * MINUTE, 10, 50)] == await known.rows(STATE)
    assert NINE + 30 * MINUTE == await known.value("SELECT last_heard_at FROM recorder_state")


async def test_two_readings_of_one_moment_are_ordered_by_their_seq(store: Store) -> None:
    await store.write(DEVICE.battery(8, NINE, 41))
    await store.write(DEVICE.battery(7, NINE, 42))
    assert [(NINE, 8, 41)] == await store.rows(STATE)


async def test_groups_of_the_state_move_forward_each_for_itself(known: Store) -> None:
    await known.write(DEVICE.battery(5, NINE + 5 * MINUTE, 60))
    storage = DEVICE.send("storage", 2, NINE + MINUTE, NINE + 6 * MINUTE, total_mb=100, free_mb=50, files=3)
    await known.write(storage)
    assert [(60, 50)] == await known.rows("SELECT level_pct, free_mb FROM recorder_state")


async def test_a_late_standby_ends_a_recording_that_seemed_to_run_on(store: Store) -> None:
    await store.write(
        DEVICE.recording(1, NINE + 1 * MINUTE, "recording", NINE, file_id="F1", trigger="manual"),
        DEVICE.recording(5, NINE + 21 * MINUTE, "recording", NINE + 20 * MINUTE, file_id="F2"),
    )
    assert [(NINE, NINE + MINUTE, True), (NINE + 20 * MINUTE, NINE + 21 * MINUTE, True)] == await store.rows(SPANS)
    standby = DEVICE.payload(3, NINE + 11 * MINUTE, state="standby", since=(NINE + 10 * MINUTE).isoformat())
    await store.write(DEVICE.backlog(6, NINE + 30 * MINUTE, {"kind": "recording", **standby}))
    assert [(NINE, NINE + 10 * MINUTE, False), (NINE + 20 * MINUTE, NINE + 21 * MINUTE, True)] == await store.rows(
        SPANS
    )


async def test_a_recording_seen_longer_by_late_data_is_widened(store: Store) -> None:
    await store.write(DEVICE.recording(1, NINE + MINUTE, "recording", NINE, file_id="F1"))
    late = DEVICE.payload(2, NINE + 9 * MINUTE, state="recording", since=NINE.isoformat(), file_id="F1")
    await store.write(DEVICE.backlog(3, NINE + 30 * MINUTE, {"kind": "recording", **late}))
    assert [(NINE, NINE + 9 * MINUTE, True)] == await store.rows(SPANS)


async def test_a_goodbye_that_comes_after_the_will_says_how_the_connection_ended(store: Store) -> None:
    await store.write(DEVICE.birth(1, NINE))
    await store.write(DEVICE.will(NINE, received=NINE + 10 * MINUTE))
    assert [(NINE, NINE + 8.5 * MINUTE, "connection_lost")] == await store.rows(CONNECTIONS)
    goodbye = DEVICE.send(
        "presence", 9, NINE + 7 * MINUTE, NINE + 12 * MINUTE, state="offline", reason="power_off", session="s1"
    )
    await store.write(goodbye)
    assert [(NINE, NINE + 7 * MINUTE, "power_off")] == await store.rows(CONNECTIONS)
    assert [(False, NINE + 7 * MINUTE, "power_off")] == await store.rows(
        "SELECT connected, connection_at, connection_reason FROM recorder_state"
    )


async def test_a_will_that_overtakes_the_next_birth_leaves_the_new_connection_standing(store: Store) -> None:
    await store.write(DEVICE.birth(1, NINE))
    await store.write(DEVICE.birth(7, NINE + 9 * MINUTE, session="s2"))
    await store.write(DEVICE.will(NINE, received=NINE + 10 * MINUTE, session="s1"))
    assert [
        (NINE, NINE + 8.5 * MINUTE, "connection_lost"),
        (NINE + 9 * MINUTE, None, None),
    ] == await store.rows(CONNECTIONS)
    assert [(True, "s2")] == await store.rows("SELECT connected, session FROM recorder_state")


async def test_a_birth_that_comes_late_splits_what_looked_like_one_connection(store: Store) -> None:
    await store.write(DEVICE.birth(1, NINE))
    await store.write(DEVICE.birth(9, NINE + 20 * MINUTE, session="s3"))
    await store.write(DEVICE.birth(5, NINE + 10 * MINUTE, NINE + 21 * MINUTE, session="s2"))
    assert [
        (NINE, NINE + 10 * MINUTE, "superseded"),
        (NINE + 10 * MINUTE, NINE + 20 * MINUTE, "superseded"),
        (NINE + 20 * MINUTE, None, None),
    ] == await store.rows(CONNECTIONS)
    assert "s3" == await store.value("SELECT session FROM recorder_state")


async def test_an_older_boot_that_waited_in_the_broker_does_not_become_the_present_one(store: Store) -> None:
    await store.write(Device(boot="b2").birth(1, NINE + 30 * MINUTE))
    older = Device(boot="b1").birth(1, NINE, received=NINE + 31 * MINUTE)
    older.queued = True
    await store.write(older)
    assert "b2" == await store.value("SELECT boot FROM recorder_state")
    assert 2 == await store.value("SELECT count(*) FROM presence_span")


async def test_holes_in_seq_are_listed_until_what_is_missing_comes(known: Store) -> None:
    for seq in (2, 5, 9):
        await known.write(DEVICE.battery(seq, NINE + seq * MINUTE, 50))
    assert [(3, 4, 2, 0), (6, 8, 3, 0)] == await known.rows(GAPS)
    await known.write(DEVICE.battery(7, NINE + 7 * MINUTE, 50, received=NINE + 20 * MINUTE))
    assert [(3, 4, 2, 0), (6, 6, 1, 0), (8, 8, 1, 0)] == await known.rows(GAPS)
    for seq in (3, 4, 6, 8):
        await known.write(DEVICE.battery(seq, NINE + seq * MINUTE, 50, received=NINE + 21 * MINUTE))
    assert [] == await known.rows(GAPS)


async def test_a_rejected_message_is_no_message_lost_on_the_way(store: Store) -> None:
    await store.write(DEVICE.battery(1, NINE, 50), DEVICE.battery(2, NINE, 250), DEVICE.battery(4, NINE + MINUTE, 50))
    assert [(2, 3, 2, 1)] == await store.rows(GAPS)


async def test_the_same_message_is_stored_once_however_often_it_comes(store: Store) -> None:
    message = DEVICE.battery(3, NINE, 50)
    first = await store.write(message, message)
    again = await store.write(message)
    assert (1, 1, 0, 1) == (first.stored, first.duplicates, again.stored, again.duplicates)
    assert [(NINE, 50)] == await store.rows(HISTORY)


async def test_the_same_message_with_a_wrong_clock_is_stored_once_minutes_apart(store: Store) -> None:
    wrong = datetime(1970, 1, 1, 0, 3, tzinfo=UTC)
    await store.write(DEVICE.battery(3, wrong, 50, received=NINE))
    await store.write(DEVICE.battery(3, wrong, 50, received=NINE + 7 * MINUTE))
    assert [(NINE, wrong, False)] == await store.rows("SELECT at, ts, clock_ok FROM battery")


async def test_a_backlog_stamped_1970_is_spread_as_it_was_measured(store: Store) -> None:
    wrong = datetime(1970, 1, 1, tzinfo=UTC)
    await store.write(DEVICE.birth(1, wrong, received=NINE))
    stored = [
        {"kind": "battery", **DEVICE.payload(seq, wrong + seq * MINUTE, level_pct=50, charging=False)}
        for seq in (2, 3, 4)
    ]
    live = DEVICE.backlog(5, wrong + 30 * MINUTE, *stored)
    live.received_at = NINE + 30 * MINUTE
    await store.write(live)
    assert [NINE + 2 * MINUTE, NINE + 3 * MINUTE, NINE + 4 * MINUTE] == [at for at, _ in await store.rows(HISTORY)]


async def test_a_batch_that_waited_for_the_database_makes_its_hours_stale(store: Store) -> None:
    now = datetime.now(UTC)
    await store.write(DEVICE.battery(1, now, 50))
    assert [] == await store.rows("SELECT hour FROM rollup_dirty")
    waited = now - timedelta(minutes=3)
    await store.write(DEVICE.battery(2, waited, 50))
    assert waited.replace(minute=0, second=0, microsecond=0) in {
        hour for (hour,) in await store.rows("SELECT hour FROM rollup_dirty")
    }
