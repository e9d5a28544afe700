"""Recorders over time, registers, a unit's day, custody, approvals and the desks: right answers, rights, named faults."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from standins.api_scene import HOUR, Api, api, shift
from store_scene import Device

from telemetry.store.notices import current_maintenance

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest_asyncio.fixture
async def scene(database: str) -> AsyncIterator[Api]:
    async with api(database) as running:
        yield running


def beat(device: Device, seq: int, at: datetime, **more: Any) -> Any:
    values = {"uptime_s": 60 + seq, "network": "4g", "rsrp_dbm": -90, "cell": "460-00-1-2", "sim": "ready"}
    return device.send("heartbeat", seq, at, **{**values, **more})


async def lived(scene: Api, recorder_id: str = "R0017", *, ago: timedelta = 30 * MINUTE) -> datetime:
    """Half an hour of a recorder: birth, ten minutes of recording, five without SIM, a goodbye to the dock."""
    device, start = Device(recorder_id), datetime.now(UTC) - ago
    await scene.hear(
        device.birth(0, start),
        beat(device, 1, start + 10 * SECOND),
        device.battery(2, start + 20 * SECOND, 76),
        device.send("location", 3, start + 30 * SECOND, lat=30.25, lon=120.15, fix="gnss"),
        device.recording(4, start + MINUTE, "recording", start + MINUTE),
        device.recording(5, start + 11 * MINUTE, "standby", start + 11 * MINUTE),
        beat(device, 6, start + 12 * MINUTE, sim="absent", rsrp_dbm=None, network="none"),
        beat(device, 7, start + 17 * MINUTE),
        device.send("event", 8, start + 18 * MINUTE, type="tamper"),
        device.send("presence", 9, start + 20 * MINUTE, state="offline", reason="docked", session="s1"),
    )
    return start


async def test_the_timeline_shows_duty_recording_connection_and_sim_on_one_axis(scene: Api) -> None:
    start = await lived(scene)
    shown = await scene.get("lidui", "/recorders/R0017/timeline")
    assert [("S1", "张三", "patrol")] == [(s["id"], s["officer_name"], s["kind"]) for s in shown["shifts"]]
    span = shown["recording"][0]
    length = datetime.fromisoformat(span["to"]) - datetime.fromisoformat(span["from"])
    assert (1, 10 * MINUTE) == (len(shown["recording"]), length)
    assert ["offline", "online", "offline"] == [one["state"] for one in shown["connection"]]
    assert ["ready", "absent", "ready"] == [one["state"] for one in shown["sim"]]
    assert [76, False] == shown["battery"][0][1:]
    assert [-90, None, -90] == [one[1] for one in shown["signal"]]
    assert ["tamper"] == [one["type"] for one in shown["events"]]
    assert (1, 1) == (len(shown["boots"]), len(shown["docked"]))
    assert start <= datetime.fromisoformat(shown["docked"][0]["from"])


async def test_a_stretch_that_is_none_names_its_field(scene: Api) -> None:
    now = datetime.now(UTC)
    for query, field in (
        ({"from": now.isoformat(), "to": (now - HOUR).isoformat()}, "to"),
        ({"from": (now - 30 * 24 * HOUR).isoformat(), "to": now.isoformat()}, "to"),
        ({"from": "2026-03-02T10:00:00"}, "from"),
    ):
        status, answer = await scene.call("lidui", "GET", "/recorders/R0017/timeline", **query)
        assert (422, field) == (status, answer["errors"][0]["field"])


async def test_a_track_is_of_duty_only_and_each_look_is_recorded_with_its_reason(scene: Api) -> None:
    await lived(scene)
    await lived(scene, ago=5 * HOUR)
    track = await scene.get("lidui", "/recorders/R0017/track", why="核查轨迹")
    assert (1, 30.25) == (len(track["fixes"]), track["fixes"][0]["lat"])
    entry = await scene.value("SELECT account || action || target_id || why || officer_ids[1] FROM audit_entry")
    assert "liduiview.trackR0017核查轨迹P0031" == entry
    status, answer = await scene.call("zhihui", "GET", "/recorders/R0017/track")
    assert (422, "why") == (status, answer["errors"][0]["field"])
    assert 404 == (await scene.call("zhaowu", "GET", "/recorders/R0017/track", why="x"))[0]
    assert 1 == len((await scene.get("zhangsan", "/recorders/R0017/track"))["fixes"])


async def handed_over(scene: Api, at: datetime, first: str = "P0031", second: str = "P0032") -> None:
    """R0017 goes from *first* to *second* at *at*, P0031 and P0032 being on patrol."""
    await scene.put("shifts", shift("S2", "P0032", scene.now - 2 * HOUR, scene.now + 6 * HOUR))
    for name, who, since, until in (
        ("A1", first, scene.now - 3 * HOUR, at),
        ("A2", second, at, scene.now + HOUR),
    ):
        times = {"starts_at": since.isoformat(), "ends_at": until.isoformat()}
        await scene.put("assignments", {"id": name, "recorder_id": "R0017", "officer_id": who, **times})


async def walked(scene: Api, recorder_id: str = "R0017") -> datetime:
    """Four fixes, five minutes apart, the first 20 minutes ago."""
    device, start = Device(recorder_id), datetime.now(UTC) - 20 * MINUTE
    fixes = [
        device.send("location", n + 1, start + 5 * n * MINUTE, lat=30.25 + n / 100, lon=120.15, fix="gnss")
        for n in range(4)
    ]
    await scene.hear(device.birth(0, start - MINUTE), *fixes)
    return start


def whose(track: dict[str, Any]) -> list[tuple[str | None, list[float]]]:
    """Each wearer's name in a track, and where the recorder was in his time."""
    return [
        (one["officer_name"], [fix["lat"] for fix in track["fixes"] if one["from"] <= fix["at"] < one["to"]])
        for one in track["wearers"]
    ]


async def test_a_track_says_whose_way_each_part_of_it_is(scene: Api) -> None:
    start = await walked(scene)
    await handed_over(scene, start + 7 * MINUTE)
    track = await scene.get("lidui", "/recorders/R0017/track", why="核查轨迹")
    assert [("张三", [30.25, 30.26]), ("李四", [30.27, 30.28])] == whose(track)


async def test_an_officer_is_shown_his_own_part_of_a_track_and_no_colleagues(scene: Api) -> None:
    start = await walked(scene)
    await handed_over(scene, start + 7 * MINUTE, "P0032", "P0031")
    times = {"starts_at": (start - HOUR).isoformat(), "ends_at": (start + HOUR).isoformat()}
    both = {"officer_id": "P0031", "officer_ids": ["P0031", "P0032"], "kind": "inspection"}
    await scene.put("activities", {"id": "C1", **both, **times})
    track = await scene.get("zhangsan", "/recorders/R0017/track")
    assert [("张三", [30.27, 30.28])] == whose(track)


async def test_the_way_of_a_lost_recorder_is_nobodys(scene: Api) -> None:
    start = await walked(scene)
    lost = {"id": "F1", "recorder_id": "R0017", "officer_id": "P0031", "kind": "lost"}
    await scene.put("fault_reports", {**lost, "reported_at": (start + 7 * MINUTE).isoformat()})
    track = await scene.get("lidui", "/recorders/R0017/track", why="寻找")
    assert [("张三", [30.25, 30.26]), (None, [30.27, 30.28])] == whose(track)


async def test_more_looks_at_once_than_the_database_has_connections_are_all_answered(scene: Api) -> None:
    await lived(scene)
    looks = (scene.get("lidui", "/recorders/R0017/track", why=f"核查{n}") for n in range(20))
    async with asyncio.timeout(15):
        tracks = await asyncio.gather(*looks)
    assert [1] * 20 == [len(track["fixes"]) for track in tracks]
    assert 20 == await scene.value("SELECT count(*) FROM audit_entry WHERE action = 'view.track'")


async def test_the_history_of_readings_comes_page_by_page(scene: Api) -> None:
    await lived(scene)
    first = await scene.get("yunwei", "/recorders/R0017/history", kind="heartbeat", limit=2)
    second = await scene.get("yunwei", "/recorders/R0017/history", kind="heartbeat", limit=2, cursor=first["next"])
    assert [1, 6, 7] == [row["seq"] for row in [*first["items"], *second["items"]]]
    assert second["next"] is None
    status, answer = await scene.call("yunwei", "GET", "/recorders/R0017/history", kind="location")
    assert (422, "kind") == (status, answer["errors"][0]["field"])


async def test_the_register_lists_what_one_may_see_the_unregistered_too(scene: Api) -> None:
    await lived(scene)
    await scene.hear(Device("R7777").birth(0, datetime.now(UTC)))
    listed = {row["recorder_id"]: row for row in (await scene.get("zhihui", "/recorders"))["items"]}
    assert {"R0017", "R0018", "R0051", "R7777", "R9999"} == set(listed)
    assert ("unregistered", "张三", "HX-4G") == (
        listed["R7777"]["status"],
        listed["R0017"]["officer_name"],
        listed["R0017"]["model"],
    )
    assert ["R0018"] == [
        row["recorder_id"] for row in (await scene.get("lidui", "/recorders", status="spare"))["items"]
    ]
    assert ["R0017"] == [row["recorder_id"] for row in (await scene.get("lidui", "/recorders", q="张三"))["items"]]
    assert 404 == (await scene.call("lidui", "GET", "/recorders/R0051"))[0]
    card = await scene.get("lidui", "/recorders/R0017")
    assert ("R0017", []) == (card["recorder"]["recorder_id"], card["fault_reports"])


async def test_an_engineer_sees_recorders_and_nobodys_person(scene: Api) -> None:
    await lived(scene)
    row = (await scene.get("yunwei", "/recorders", q="R0017"))["items"][0]
    assert (76, None, None, None) == (row["battery_pct"], row["officer_id"], row["holder_name"], row["lat"])


async def test_units_and_officers(scene: Api) -> None:
    units = await scene.get("zhangsan", "/units")
    assert ["U01", "U04", "U05", "U90"] == [unit["unit_id"] for unit in units]
    found = await scene.get("lidui", "/officers", q="张")
    assert [("P0031", "第3中队")] == [(one["officer_id"], one["unit_name"]) for one in found["items"]]
    assert 403 == (await scene.call("lidui", "GET", "/officers", unit_id="U05"))[0]


async def test_a_days_duty_says_what_was_recorded(scene: Api) -> None:
    await lived(scene)
    day = await scene.get("lidui", "/duty")
    if not day["shifts"]:  # around midnight in Shanghai the shift began yesterday
        return
    row = day["shifts"][0]
    assert ("S1", "R0017", 600.0, "running") == tuple(
        row[n] for n in ("shift_id", "recorder_id", "recorded_s", "state")
    )
    assert [] == (await scene.get("zhaowu", "/duty"))["shifts"]
    status, answer = await scene.call("lidui", "GET", "/duty", date="2026-02-30")
    assert (422, "date") == (status, answer["errors"][0]["field"])


async def test_what_was_recorded_is_due_until_an_import_covers_it(scene: Api) -> None:
    start = await lived(scene)
    due = (await scene.get("wangguan", "/imports"))["deadlines"]
    assert [("R0017", "due", "张三")] == [(one["recorder_id"], one["state"], one["officer_name"]) for one in due]
    done = {"id": "I1", "recorder_id": "R0017", "station_id": "ST1", "files": 1, "megabytes": 10}
    times = {
        "docked_at": (start + 20 * MINUTE).isoformat(),
        "imported_at": (start + 22 * MINUTE).isoformat(),
        "recorded_from": start.isoformat(),
        "recorded_to": (start + 12 * MINUTE).isoformat(),
    }
    await scene.put("dock_imports", {**done, **times}, at=scene.now)
    assert ["imported"] == [one["state"] for one in (await scene.get("wangguan", "/imports"))["deadlines"]]


async def test_a_handed_out_spare_has_another_wearer_until_it_is_back(scene: Api) -> None:
    body = {
        "recorder_id": "R0018",
        "officer_id": "P0031",
        "reason": "spare",
        "checks": {"battery": True, "import": True},
    }
    status, handout = await scene.call("wangguan", "POST", "/handouts", body)
    assert (201, "张三", None) == (status, handout["officer_name"], handout["ends_at"])
    # On patrol with his own: nobody makes him the wearer of another one without his word.
    card = await scene.get("lidui", "/recorders/R0018")
    assert (None, True) == (card["recorder"]["officer_id"], card["recorder"]["on_duty"])
    kept = {row["recorder_id"]: row for row in await scene.get("wangguan", "/custody")}
    assert not kept["R0018"]["is_confirmed"]
    (waiting,) = await scene.get("zhangsan", "/me/handouts")
    assert ("R0018", handout["assignment_id"]) == (waiting["recorder_id"], waiting["assignment_id"])
    confirm = f"/me/handouts/{handout['assignment_id']}/confirm"
    assert 404 == (await scene.call("wangguan", "POST", confirm, {}))[0]
    assert (200, []) == await scene.call("zhangsan", "POST", confirm, {})
    assert 404 == (await scene.call("zhangsan", "POST", confirm, {}))[0]
    card = await scene.get("lidui", "/recorders/R0018")
    assert ("P0031", True) == (card["recorder"]["officer_id"], card["recorder"]["on_duty"])
    assert 409 == (await scene.call("wangguan", "POST", "/handouts", body))[0]
    kept = {row["recorder_id"]: row for row in await scene.get("wangguan", "/custody")}
    assert handout["assignment_id"] == kept["R0018"]["assignment_id"]
    status, back = await scene.call("wangguan", "POST", f"/handouts/{handout['assignment_id']}/return", {})
    assert 200 == status
    assert back["ends_at"] is not None
    assert 409 == (await scene.call("wangguan", "POST", f"/handouts/{handout['assignment_id']}/return", {}))[0]
    assert "P0031" == (await scene.get("lidui", "/recorders/R0017"))["recorder"]["officer_id"]


async def test_one_recorder_handed_out_twice_at_one_moment_has_one_wearer(scene: Api) -> None:
    people = ["P0031", "P0032"] * 3
    bodies = [{"recorder_id": "R0018", "officer_id": officer_id} for officer_id in people]
    answers = await asyncio.gather(*(scene.call("wangguan", "POST", "/handouts", body) for body in bodies))
    assert [201] + [409] * 5 == sorted(status for status, _ in answers)
    given = next(answer for status, answer in answers if status == 201)
    kept = {row["recorder_id"]: row for row in await scene.get("wangguan", "/custody")}
    assert given["officer_id"] == kept["R0018"]["holder"]["officer_id"]


async def test_a_hand_out_that_cannot_be_names_its_field(scene: Api) -> None:
    body = {"recorder_id": "R0018", "officer_id": "P0031"}
    for changes, field in (
        ({"recorder_id": "R0051"}, "recorder_id"),
        ({"recorder_id": "R9999"}, "recorder_id"),
        ({"officer_id": "P9999"}, "officer_id"),
        ({"reason": "gift"}, "reason"),
        ({"checks": {"smell": True}}, "checks.smell"),
    ):
        status, answer = await scene.call("wangguan", "POST", "/handouts", {**body, **changes})
        assert (422, field) == (status, answer["errors"][0]["field"])
    assert 403 == (await scene.call("zhangsan", "POST", "/handouts", body))[0]


async def test_the_custodians_list_says_what_to_do(scene: Api) -> None:
    await lived(scene)
    kept = {row["recorder_id"]: row for row in await scene.get("wangguan", "/custody")}
    assert {"R0017", "R0018"} == set(kept)
    assert (["charge", "import"], "张三", True) == (
        kept["R0017"]["to_do"],
        kept["R0017"]["holder"]["officer_name"],
        kept["R0017"]["clock_ok"],
    )
    assert kept["R0017"]["due_at"] is not None


async def late_exemption(scene: Api) -> None:
    now = scene.now
    times = {"starts_at": (now - 6 * HOUR).isoformat(), "ends_at": (now - 5 * HOUR).isoformat()}
    fact = {
        "id": "E9",
        "officer_id": "P0031",
        "reason": "leave",
        "approved_by": "李队长",
        "entered_at": now.isoformat(),
    }
    await scene.put("exemptions", {**fact, **times}, at=now)


async def test_a_late_entry_waits_for_somebody_who_is_neither_subject_nor_leader(scene: Api) -> None:
    await late_exemption(scene)
    waiting = await scene.get("ducha", "/approvals")
    assert [("exemptions", "E9", 1, "张三")] == [
        tuple(one[name] for name in ("collection", "id", "version", "officer_name")) for one in waiting
    ]
    path = "/approvals/exemptions/E9"
    status, answer = await scene.call("lidui", "POST", path, {"version": 1, "verdict": "approve"})
    assert (403, "leads_subject") == (status, answer["code"])
    status, answer = await scene.call("ducha", "POST", path, {"version": 1, "verdict": "reject"})
    assert (422, "reason") == (status, answer["errors"][0]["field"])
    assert 204 == (await scene.call("ducha", "POST", path, {"version": 1, "verdict": "approve"}))[0]
    assert [] == await scene.get("ducha", "/approvals")
    assert 1 == await scene.value("SELECT count(*) FROM exemptions_known_at(now() + interval '1 min')")


async def test_a_late_entry_that_is_rejected_counts_for_nothing_and_waits_no_longer(scene: Api) -> None:
    await late_exemption(scene)
    verdict = {"version": 1, "verdict": "reject", "reason": "无凭证"}
    assert 204 == (await scene.call("ducha", "POST", "/approvals/exemptions/E9", verdict))[0]
    assert [] == await scene.get("ducha", "/approvals")
    assert 404 == (await scene.call("ducha", "POST", "/approvals/exemptions/E9", {**verdict, "verdict": "approve"}))[0]
    assert 0 == await scene.value("SELECT count(*) FROM exemptions_known_at(now() + interval '1 min')")


async def test_maintenance_is_planned_and_cancelled_within_ones_units(scene: Api) -> None:
    body = {
        "unit_id": "U04",
        "starts_at": scene.now.isoformat(),
        "ends_at": (scene.now + HOUR).isoformat(),
        "reason": "换卡",
    }
    status, planned = await scene.call("lidui", "POST", "/maintenance", body)
    assert 201 == status, planned
    assert ["running"] == [one["state"] for one in await scene.get("lidui", "/maintenance")]
    assert 403 == (await scene.call("lidui", "POST", "/maintenance", {**body, "unit_id": "U05"}))[0]
    assert 403 == (await scene.call("lidui", "POST", "/maintenance", {**body, "unit_id": None}))[0]
    for changes, field in (({"ends_at": body["starts_at"]}, "ends_at"), ({"rules": ["sos"]}, "rules")):
        status, answer = await scene.call("lidui", "POST", "/maintenance", {**body, **changes})
        assert (422, field) == (status, answer["errors"][0]["field"])
    assert 204 == (await scene.call("lidui", "DELETE", f"/maintenance/{planned['maintenance_id']}"))[0]
    assert ["cancelled"] == [one["state"] for one in await scene.get("lidui", "/maintenance")]


async def test_a_planned_silence_has_a_longest_duration(scene: Api) -> None:
    for starts, ends, field in ((0, 24.1, "ends_at"), (32 * 24, 32 * 24 + 1, "starts_at"), (0, 74 * 8760, "ends_at")):
        body = {
            "unit_id": "U04",
            "starts_at": (scene.now + starts * HOUR).isoformat(),
            "ends_at": (scene.now + ends * HOUR).isoformat(),
            "reason": "测试",
        }
        status, answer = await scene.call("zhihui", "POST", "/maintenance", body)
        assert (422, field) == (status, answer["errors"][0]["field"])


async def test_a_wide_planned_silence_holds_nothing_until_a_second_person_confirms_it(scene: Api) -> None:
    whole = {
        "starts_at": scene.now.isoformat(),
        "ends_at": (scene.now + HOUR).isoformat(),
        "reason": "平台升级",
    }
    status, planned = await scene.call("zhihui", "POST", "/maintenance", whole)
    assert (201, True) == (status, planned["needs_confirmation"])
    path = f"/maintenance/{planned['maintenance_id']}"

    async def stands(who: str) -> list[tuple[str, list[str]]]:
        return [(one["state"], one["offers"]) for one in await scene.get(who, "/maintenance")]

    async def held() -> int:
        async with scene.database.connection() as connection:
            return len(await current_maintenance(connection, scene.now))

    assert [("unconfirmed", ["cancel"])] == await stands("zhihui")
    assert [("unconfirmed", ["confirm", "cancel"])] == await stands("yunwei")
    assert [("unconfirmed", [])] == await stands("lidui"), "his unit is affected, and it is not his to confirm"
    assert [("unconfirmed", [])] == await stands("zhangsan")
    assert 0 == await held()
    assert 403 == (await scene.call("zhihui", "POST", f"{path}/confirm"))[0]
    assert 404 == (await scene.call("lidui", "POST", f"{path}/confirm"))[0]
    assert 0 == await held()
    assert 204 == (await scene.call("yunwei", "POST", f"{path}/confirm"))[0]
    assert 1 == await held()
    assert [("running", [])] == await stands("zhangsan")
    assert 409 == (await scene.call("yunwei", "POST", f"{path}/confirm"))[0]


async def test_rules_say_their_values_and_where_these_are_set(scene: Api) -> None:
    rules = {rule["rule"]: rule for rule in await scene.get("zhangsan", "/rules")}
    wait = {one["name"]: one for one in rules["activity-unrecorded"]["parameters"]}["wait_min"]
    assert (30, 30, "分钟", "default") == (wait["value"], wait["default"], wait["unit"], wait["set_in"])
    assert rules["footage-leaked"]["by_hand"]


async def test_the_platform_tells_the_engineer_how_it_is(scene: Api) -> None:
    answer = await scene.get("yunwei", "/system")
    assert {"workers", "jobs", "ticks", "rejections", "channels", "notices"} <= set(answer)
    assert 403 == (await scene.call("lidui", "GET", "/system"))[0]


async def test_the_command_centre_hands_over(scene: Api) -> None:
    body = {"shift": "白班", "text": "一切正常", "open_items": ["R0017 待查"]}
    status, entry = await scene.call("zhihui", "POST", "/handovers", body)
    assert (201, "账号zhihui") == (status, entry["account_name"])
    assert [["R0017 待查"]] == [one["open_items"] for one in (await scene.get("zhihui", "/handovers"))["items"]]
    assert 403 == (await scene.call("lidui", "GET", "/handovers"))[0]
    status, answer = await scene.call("zhihui", "POST", "/handovers", {**body, "text": ""})
    assert (422, "text") == (status, answer["errors"][0]["field"])


async def test_notices_are_ones_units_or_ones_own(scene: Api) -> None:
    await scene.value(
        "INSERT INTO notice (person, urgent, created_at, message, routes, state, next_at) "
        'SELECT p, false, now(), \'{"title": "t", "text": "x"}\', \'[]\', \'queued\', now() FROM unnest($1::text[]) p',
        ["P0031", "P0051"],
    )
    assert ["张三"] == [one["person_name"] for one in (await scene.get("lidui", "/notices"))["items"]]
    assert ["P0051"] == [one["person"] for one in (await scene.get("zhaowu", "/notices"))["items"]]
    assert 2 == len((await scene.get("zhihui", "/notices"))["items"])


async def test_a_shift_of_a_stranger_is_not_mine(scene: Api) -> None:
    await scene.put("shifts", shift("S9", "P0051", scene.now - HOUR, scene.now + HOUR))
    assert {"S1"} >= {one["shift_id"] for one in (await scene.get("lidui", "/duty"))["shifts"]}
