"""A radio cell is a position, only coarser: off duty nobody sees it, each look at it is logged, and it isn't kept for longer."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from standins.api_scene import HOUR, Api, api, shift
from standins.incident_scene import finding
from store_scene import Device

from alerts.finding import Subject
from alerts.incidents.reconcile import save
from alerts.incidents.revise import settle
from alerts.paperwork.retention.retention_jobs import drop_off_duty, forget_old_cells

CELL = "460-00-1-2"
MINUTE, DAY = timedelta(minutes=1), 24 * HOUR
BEAT = {"uptime_s": 60, "network": "4g", "rsrp_dbm": -90, "cell": CELL, "sim": "ready"}
HISTORY = "/recorders/R0017/history"


@pytest_asyncio.fixture
async def scene(database: str) -> AsyncIterator[Api]:
    async with api(database) as running:
        yield running


async def heard(scene: Api, recorder_id: str, *ago: timedelta) -> None:
    """A birth long ago, and heartbeats in a cell."""
    device = Device(recorder_id)
    beats = [device.send("heartbeat", n, scene.now - each, **BEAT) for n, each in enumerate(ago, 1)]
    await scene.hear(device.birth(0, scene.now - max(ago) - MINUTE), *beats)


async def cell_of(scene: Api, who: str, recorder_id: str) -> list[Any]:
    """What the live picture, the register and the card say of a recorder's cell, to who sees them."""
    live, _ = await scene.call(who, "GET", "/live")
    rows = (await scene.get(who, "/live"))["recorders"] if live == 200 else []
    listed = (await scene.get(who, "/recorders"))["items"]
    card = (await scene.get(who, f"/recorders/{recorder_id}"))["recorder"]
    return [row["cell"] for row in [*rows, *listed] if row["recorder_id"] == recorder_id] + [card["cell"]]


async def test_the_cell_of_who_is_off_duty_is_nobodys_to_see(scene: Api) -> None:
    await heard(scene, "R0051", MINUTE)
    for who in ("zhihui", "yunwei"):
        assert {None} == set(await cell_of(scene, who, "R0051"))
    await heard(scene, "R7777", MINUTE)
    assert {None} == set(await cell_of(scene, "zhihui", "R7777"))


async def test_on_duty_it_is_shown_where_the_position_is(scene: Api) -> None:
    await heard(scene, "R0017", MINUTE)
    assert {CELL} == set(await cell_of(scene, "zhihui", "R0017"))
    assert {None} == set(await cell_of(scene, "yunwei", "R0017"))


async def test_the_cell_of_before_the_duty_is_not_shown_on_duty(scene: Api) -> None:
    await scene.put("shifts", shift("S5", "P0051", scene.now - MINUTE, scene.now + HOUR))
    await heard(scene, "R0051", 5 * MINUTE)
    assert {None} == set(await cell_of(scene, "zhihui", "R0051"))


async def test_a_lost_recorder_shows_its_cell_as_its_position(scene: Api) -> None:
    await heard(scene, "R0051", MINUTE)
    report = {"id": "F1", "officer_id": "P0051", "recorder_id": "R0051", "kind": "lost"}
    await scene.put("fault_reports", {**report, "reported_at": (scene.now - HOUR).isoformat()}, at=scene.now - HOUR)
    assert {CELL} == set(await cell_of(scene, "zhihui", "R0051"))


async def cells(scene: Api, who: str, **more: str) -> list[str | None]:
    return [row["cell"] for row in (await scene.get(who, HISTORY, kind="heartbeat", **more))["items"]]


async def looks(scene: Api) -> list[tuple[str, str, list[str]]]:
    async with scene.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT account, why, officer_ids FROM audit_entry WHERE action = 'view.track' ORDER BY entry_id"
        )
    return [tuple(row) for row in rows]


async def test_past_cells_are_a_track_shown_on_duty_only_to_who_says_why(scene: Api) -> None:
    # The patrol began two hours ago.
    await heard(scene, "R0017", 3 * HOUR, HOUR)
    assert [None, None] == await cells(scene, "lidui")
    assert [] == await looks(scene)
    for who in ("lidui", "yunwei"):
        assert [None, CELL] == await cells(scene, who, why="核对信号故障")
    assert [("lidui", "核对信号故障", ["P0031"]), ("yunwei", "核对信号故障", ["P0031"])] == await looks(scene)
    views = (await scene.get("zhangsan", "/me/views"))["items"]
    assert {"lidui", "yunwei"} == {view["account"] for view in views}


async def test_an_engineer_learns_from_no_reading_who_had_the_recorder(scene: Api) -> None:
    device, at = Device("R0017"), scene.now - HOUR
    birth = device.send(
        "presence", 0, at, state="online", model="HX-4G", firmware="1", imei="861234567890123", session="s1",
        uptime_s=10, officer_id="P0031",
    )  # fmt: skip
    await scene.hear(birth, device.send("event", 1, at + MINUTE, type="login", detail={"officer_id": "P0031"}))
    for kind in ("presence", "event"):
        told = str(await scene.get("yunwei", HISTORY, kind=kind, why="核对故障"))
        assert ("P0031" in told, "P0031" in str(await scene.get("lidui", HISTORY, kind=kind))) == (False, True)


async def test_an_engineer_finds_no_recorder_by_its_holders_name(scene: Api) -> None:
    found = {who: (await scene.get(who, "/recorders", q="张三"))["items"] for who in ("lidui", "yunwei")}
    assert {"lidui": 1, "yunwei": 0} == {who: len(items) for who, items in found.items()}
    assert 1 == len((await scene.get("yunwei", "/recorders", q="R0017"))["items"])


async def test_what_an_event_says_beside_its_type_places_nobody_off_duty(scene: Api) -> None:
    device = Device("R0017")
    detail = {"code": "E17", "bssid": "aa:bb", "dock": "D3", "lat": 30.25}
    events = [
        device.send("event", n, scene.now - ago, type="fault", detail=detail)
        for n, ago in enumerate((3 * HOUR, HOUR), 1)
    ]
    await scene.hear(device.birth(0, scene.now - 4 * HOUR), *events)
    code = {"code": "E17"}
    for who in ("lidui", "yunwei"):
        assert [code, code] == [row["detail"] for row in (await scene.get(who, HISTORY, kind="event"))["items"]]
        shown = await scene.get(who, HISTORY, kind="event", why="核对故障")
        assert [code, detail] == [row["detail"] for row in shown["items"]]
    drawn = await scene.get("lidui", "/recorders/R0017/timeline")
    assert [code, detail] == [event["detail"] for event in drawn["events"]]


async def kept(scene: Api) -> tuple[int, int, int, int]:
    """Heartbeats, those with a cell, latest cells, cells of silences."""
    async with scene.database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM heartbeat), (SELECT count(cell) FROM heartbeat),"
            " (SELECT count(cell) FROM recorder_state), (SELECT count(cell) FROM silence)"
        )
    assert row is not None
    return tuple(row)


async def test_off_duty_no_cell_remains_after_72_hours_and_the_heartbeats_do(scene: Api) -> None:
    begins = scene.now - 5 * DAY
    await scene.put(
        "recorders", {"id": "R0051", "unit_id": "U05", "model": "HX-4G", "holder_id": "P0051"}, at=begins - DAY
    )
    await scene.put("officers", {"id": "P0051", "name": "赵五", "unit_id": "U05", "role": "officer"}, at=begins - DAY)
    await scene.put("shifts", shift("S9", "P0051", begins, begins + HOUR), at=begins - DAY)
    device = Device("R0051")
    beats = [
        device.send("heartbeat", n, at, at, **BEAT)
        for n, at in enumerate((begins - HOUR, begins + MINUTE, begins + 2 * HOUR), 1)
    ]
    await scene.hear(device.birth(0, begins - 2 * HOUR, begins - 2 * HOUR), *beats)
    await scene.value(
        "INSERT INTO silence (recorder_id, since, until, cell, noted_at, touched_at) "
        "SELECT 'R0051', at, at + interval '30 min', cell, at, at FROM heartbeat"
    )
    assert (3, 3, 1, 3) == await kept(scene)
    assert 2 == await drop_off_duty(scene.database, scene.now)
    assert (3, 1, 0, 1) == await kept(scene)
    assert 0 == await drop_off_duty(scene.database, scene.now)


async def test_on_duty_cells_are_kept_as_long_as_tracks_and_longer_under_an_open_incident(scene: Api) -> None:
    for ago in (100, 95, 80):
        await scene.value(
            "INSERT INTO heartbeat (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, uptime_s, network, cell)"
            " VALUES ('R0017', $1, $1, $1, 'b1', $2, false, true, 1, '4g', 'c')",
            scene.now - ago * DAY,
            ago,
        )
    at = scene.now - 95 * DAY
    change = settle(None, finding(subject=Subject("U04", "R0017", "P0031"), starts_at=at, ends_at=at), scene.now)
    assert change is not None
    async with scene.database.transaction() as connection:
        await save(connection, [change])
    forgotten = 0
    for _ in range(60):
        forgotten += await forget_old_cells(scene.database, scene.now, 90, 180)
    left = await scene.value("SELECT array_agg(seq ORDER BY seq) FROM heartbeat WHERE cell IS NOT NULL")
    assert (1, [80, 95]) == (forgotten, left)
