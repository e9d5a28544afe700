"""The live snapshot: what every recorder does, who wears it, and what is shown to whom."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from standins.api_scene import HOUR, Api, api, shift
from store_scene import Device

SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def scene(database: str) -> AsyncIterator[Api]:
    async with api(database) as running:
        yield running


def alive(device: Device, at: datetime) -> list[Any]:
    beat = {"uptime_s": 60, "network": "4g", "rsrp_dbm": -90, "cell": "460-00-1-2", "sim": "ready"}
    return [
        device.birth(0, at - 60 * SECOND),
        device.send("heartbeat", 1, at, **beat),
        device.battery(2, at, 76),
        device.send("location", 3, at, lat=30.25, lon=120.15, fix="gnss"),
        device.recording(4, at, "recording", at - 30 * SECOND),
    ]


def by_id(answer: Any) -> dict[str, Any]:
    return {row["recorder_id"]: row for row in answer["recorders"]}


async def test_a_recorder_on_duty_is_shown_with_wearer_state_and_position(scene: Api) -> None:
    await scene.hear(*alive(Device("R0017"), datetime.now(UTC) - 5 * SECOND))
    row = by_id(await scene.get("zhihui", "/live"))["R0017"]
    assert ("recording", True, "P0031", "张三", "第3中队") == tuple(
        row[name] for name in ("state", "on_duty", "officer_id", "officer_name", "unit_name")
    )
    assert (30.25, 120.15, 76, False) == (row["lat"], row["lon"], row["battery_pct"], row["charging"])


async def test_counts_are_of_those_on_duty_only(scene: Api) -> None:
    at = datetime.now(UTC) - 5 * SECOND
    await scene.hear(*alive(Device("R0017"), at), *alive(Device("R0051"), at))
    counts = (await scene.get("zhihui", "/live"))["counts"]
    assert {"on_duty": 1, "online": 1, "recording": 1, "silent": 0, "outage": 0} == counts


async def test_where_somebody_is_off_duty_nobody_sees(scene: Api) -> None:
    await scene.hear(*alive(Device("R0051"), datetime.now(UTC) - 5 * SECOND))
    row = by_id(await scene.get("zhihui", "/live"))["R0051"]
    assert (False, None, None, None) == (row["on_duty"], row["lat"], row["lon"], row["fix_at"])


async def test_where_somebody_was_before_his_duty_is_not_shown_on_duty(scene: Api) -> None:
    await scene.put("shifts", shift("S5", "P0051", scene.now - 60 * SECOND, scene.now + HOUR))
    await scene.hear(*alive(Device("R0051"), scene.now - 300 * SECOND))
    row = by_id(await scene.get("zhihui", "/live"))["R0051"]
    assert (True, None) == (row["on_duty"], row["lat"])


async def test_on_duty_and_unheard_for_three_beats_is_silent(scene: Api) -> None:
    await scene.hear(*alive(Device("R0017"), datetime.now(UTC) - 95 * SECOND))
    answer = await scene.get("zhihui", "/live")
    assert ("silent", 1) == (by_id(answer)["R0017"]["state"], answer["counts"]["silent"])


async def test_an_exemption_ends_the_duty_for_its_time(scene: Api) -> None:
    times = {"starts_at": (scene.now - HOUR).isoformat(), "ends_at": (scene.now + HOUR).isoformat()}
    await scene.put(
        "exemptions", {"id": "E1", "unit_id": "U04", "reason": "training", "approved_by": "李队长", **times}
    )
    assert by_id(await scene.get("zhihui", "/live"))["R0017"]["on_duty"] is False


async def test_test_devices_are_on_no_wall(scene: Api) -> None:
    await scene.hear(*alive(Device("R9999"), datetime.now(UTC)))
    assert {"R0017", "R0018", "R0051"} == set(by_id(await scene.get("zhihui", "/live")))


async def test_each_sees_his_own_subtree_and_an_officer_himself(scene: Api) -> None:
    assert {"R0017", "R0018"} == set(by_id(await scene.get("lidui", "/live")))
    assert {"R0017"} == set(by_id(await scene.get("zhangsan", "/live")))
    assert {"R0051"} == set(by_id(await scene.get("zhihui", "/live", unit_id="U05")))


async def test_a_foreign_unit_and_a_foreign_role_are_refused(scene: Api) -> None:
    status, answer = await scene.call("lidui", "GET", "/live", unit_id="U05")
    assert (403, "unit_id") == (status, answer["errors"][0]["field"])
    assert 403 == (await scene.call("yunwei", "GET", "/live"))[0]
    status, answer = await scene.call("zhihui", "GET", "/live", colour="red")
    assert (422, "colour") == (status, answer["errors"][0]["field"])


async def test_a_spare_that_was_handed_out_has_the_new_wearer(scene: Api) -> None:
    handout = {"id": "A1", "recorder_id": "R0018", "officer_id": "P0031", "reason": "spare"}
    at = (scene.now - HOUR).isoformat()
    await scene.put("assignments", {**handout, "starts_at": at, "entered_at": at}, at=scene.now - HOUR)
    # He is on patrol with his own: until he says which of them he has, nobody is named.
    rows = by_id(await scene.get("zhihui", "/live"))
    assert [(None, True)] * 2 == [(rows[r]["officer_id"], rows[r]["on_duty"]) for r in ("R0017", "R0018")]
    assert (200, []) == await scene.call("zhangsan", "POST", "/me/handouts/A1/confirm", {})
    rows = by_id(await scene.get("zhihui", "/live"))
    assert ("P0031", True) == (rows["R0018"]["officer_id"], rows["R0018"]["on_duty"])
    assert (None, False) == (rows["R0017"]["officer_id"], rows["R0017"]["on_duty"])
