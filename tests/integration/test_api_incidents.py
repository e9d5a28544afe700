"""The incidents' queue and what people do to one: rights, refusals by code, evidence for and against, looks recorded."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from standins.api_scene import Api, api
from standins.incident_scene import finding

from alerts.finding import Evidence
from alerts.incidents.reconcile import save
from alerts.incidents.revise import settle

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def scene(database: str) -> AsyncIterator[Api]:
    async with api(database) as running:
        yield running


async def opened(scene: Api, **changes: Any) -> str:
    now = datetime.now(UTC)
    values = {"key": "k", "starts_at": now - 30 * MINUTE, "ends_at": now - 3 * MINUTE, **changes}
    change = settle(None, finding(**values), now)
    assert change is not None
    async with scene.database.transaction() as connection:
        await save(connection, [change])
    return change.incident.incident_id


async def test_the_queue_is_filtered_and_paged(scene: Api) -> None:
    ids = {await opened(scene, key=f"k{n}") for n in range(3)}
    other = await opened(scene, rule="tamper", weight="check", key="t", cause=None)
    first = await scene.get("zhihui", "/incidents", rule="sim-removed", limit=2)
    second = await scene.get("zhihui", "/incidents", rule="sim-removed", limit=2, cursor=first["next"])
    assert ids == {row["incident_id"] for row in [*first["items"], *second["items"]]}
    assert (2, 1, None) == (len(first["items"]), len(second["items"]), second["next"])
    assert [other] == [row["incident_id"] for row in (await scene.get("zhihui", "/incidents", weight="check"))["items"]]
    assert 4 == len((await scene.get("lidui", "/incidents", q="张三", active="true"))["items"])


async def test_a_summary_says_who_when_and_what(scene: Api) -> None:
    await opened(scene)
    row = (await scene.get("zhihui", "/incidents"))["items"][0]
    assert ("SIM卡脱离", "SIM卡脱离", "张三", "第3中队", "三(二)5") == tuple(
        row[name] for name in ("rule_zh", "cause_zh", "officer_name", "unit_name", "clause")
    )
    assert "R0017于3月2日10:02至10:29检测不到SIM卡（连续27分钟，28条报告），第3中队，佩戴人张三" == row["headline"]


async def test_evidence_tells_what_speaks_for_the_person_and_the_look_is_recorded(scene: Api) -> None:
    said = Evidence(
        "其间无SIM卡。", ("离线前：电量76%。",), ("电量正常。",), ("是否故意，系统不能判断。",), {"beats": 28}
    )
    incident_id = await opened(scene, evidence=said)
    detail = await scene.get("lidui", f"/incidents/{incident_id}")
    assert [
        ("key", "其间无SIM卡。"),
        ("neutral", "离线前：电量76%。"),
        ("for", "电量正常。"),
        ("limit", "是否故意，系统不能判断。"),
    ] == [(one["side"], one["text"]) for one in detail["sentences"]]
    assert {"beats": 28} == detail["evidence"]
    looked = await scene.value("SELECT array_agg(account || ' ' || action || ' ' || target_id) FROM audit_entry")
    assert [f"lidui view.incident {incident_id}"] == looked


async def test_each_is_offered_what_he_may_do(scene: Api) -> None:
    incident_id = await opened(scene)

    async def offered(who: str) -> dict[str, bool]:
        found = await scene.get(who, f"/incidents/{incident_id}")
        return {offer["action"]: offer["needs_reason"] for offer in found["actions"]}

    assert {"acknowledge": False, "comment": True, "propose": False} == await offered("lidui")
    assert {"state": True, "comment": True, "propose": False} == await offered("zhangsan")
    assert {"comment": True, "excuse": True} == await offered("ducha")


async def test_a_leader_acknowledges_and_cannot_dismiss(scene: Api) -> None:
    incident_id = await opened(scene)
    path = f"/incidents/{incident_id}/actions"
    status, detail = await scene.call("lidui", "POST", path, {"action": "acknowledge", "version": 1})
    assert (200, "acknowledged") == (status, detail["incident"]["status"])
    assert ["发现", "签收"] == [entry["action_zh"] for entry in detail["history"]]
    assert "账号lidui" == detail["history"][1]["actor_name"]
    status, answer = await scene.call("lidui", "POST", path, {"action": "dismiss", "reason": "不对", "version": 2})
    assert (403, "role") == (status, answer["code"])


async def test_a_stale_version_is_a_conflict_and_a_missing_reason_names_its_field(scene: Api) -> None:
    path = f"/incidents/{await opened(scene)}/actions"
    await scene.call("lidui", "POST", path, {"action": "acknowledge", "version": 1})
    status, answer = await scene.call("ducha", "POST", path, {"action": "excuse", "reason": "训练", "version": 1})
    assert (409, "changed") == (status, answer["code"])
    status, answer = await scene.call("ducha", "POST", path, {"action": "excuse", "reason": " ", "version": 2})
    assert (422, "no_reason", "reason") == (status, answer["code"], answer["errors"][0]["field"])
    status, answer = await scene.call("ducha", "POST", path, {"action": "forget", "version": 2})
    assert (422, "action") == (status, answer["errors"][0]["field"])
    status, answer = await scene.call("ducha", "POST", path, {"action": "verify", "version": 2})
    assert (422, "being_heard") == (status, answer["code"])


async def test_who_is_concerned_states_his_side_and_then_it_is_verified_and_upheld(scene: Api) -> None:
    path = f"/incidents/{await opened(scene)}/actions"
    words = "<script>alert(1)</script> 卡槽松动"
    status, detail = await scene.call("zhangsan", "POST", path, {"action": "state", "reason": words})
    assert (200, "statement", words) == (status, detail["incident"]["status"], detail["statements"][0]["text"])
    for action, version in (("verify", 2), ("uphold", 3)):
        status, detail = await scene.call(
            "ducha", "POST", path, {"action": action, "reason": "属实", "version": version}
        )
        assert 200 == status, detail
    assert "upheld" == detail["incident"]["status"]


async def test_what_is_not_ones_own_does_not_exist(scene: Api) -> None:
    incident_id = await opened(scene)
    for who in ("zhaowu",):
        assert 404 == (await scene.call(who, "GET", f"/incidents/{incident_id}"))[0]
        assert 404 == (await scene.call(who, "POST", f"/incidents/{incident_id}/actions", {"action": "comment"}))[0]
        assert [] == (await scene.get(who, "/incidents"))["items"]
    for who in ("yunwei", "shenji", "guanli"):
        assert 403 == (await scene.call(who, "GET", f"/incidents/{incident_id}"))[0]
    assert 403 == (await scene.call("lidui", "GET", "/incidents", unit_id="U05"))[0]


async def test_a_suspicion_is_for_the_command_centre_only(scene: Api) -> None:
    incident_id = await opened(scene, confidence="suspected")
    assert 200 == (await scene.call("zhihui", "GET", f"/incidents/{incident_id}"))[0]
    for who in ("lidui", "zhangsan", "ducha"):
        assert 404 == (await scene.call(who, "GET", f"/incidents/{incident_id}"))[0]


async def test_a_leak_is_opened_by_hand_once(scene: Api) -> None:
    body = {
        "rule": "footage-leaked",
        "officer_id": "P0031",
        "unit_id": "U04",
        "starts_at": (datetime.now(UTC) - 30 * MINUTE).isoformat(),
        "reason": "视频出现在网上",
    }
    status, detail = await scene.call("lidui", "POST", "/incidents", body)
    assert (200, "check", "open") == (status, detail["incident"]["weight"], detail["incident"]["status"])
    again = await scene.call("lidui", "POST", "/incidents", body)
    assert detail["incident"]["incident_id"] == again[1]["incident"]["incident_id"]
    status, answer = await scene.call("lidui", "POST", "/incidents", {**body, "unit_id": "U05"})
    assert (403, "foreign_unit") == (status, answer["code"])
    status, answer = await scene.call("lidui", "POST", "/incidents", {**body, "officer_id": "P9999"})
    assert (422, "officer_id") == (status, answer["errors"][0]["field"])
    status, answer = await scene.call("lidui", "POST", "/incidents", {**body, "starts_at": "gestern"})
    assert (422, "starts_at") == (status, answer["errors"][0]["field"])
