"""Slips, circulars and registers over the API: rights, order, files whose free text stays text."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest_asyncio
from standins import api_scene
from standins.api_scene import Api, api
from standins.incident_scene import finding

from alerts.finding import Evidence
from alerts.incidents.reconcile import save
from alerts.incidents.revise import settle
from alerts.shanghai_time import SHANGHAI

MINUTE = timedelta(minutes=1)
HOSTILE = '<script>alert(1)</script>&<w:br/>=cmd|"/c calc"!A1\x07'
PEOPLE: dict[str, tuple[list[str], str | None, str | None]] = {
    "heyan": (["verifier"], "U01", None),
    "sanhao": (["verifier"], "U01", None),
    "qinwu": (["supervision"], "U01", None),
    "zhuguan": (["head"], "U04", None),
}


@pytest_asyncio.fixture
async def scene(database: str, monkeypatch: Any) -> AsyncIterator[Api]:
    for name, account in PEOPLE.items():
        monkeypatch.setitem(api_scene.ACCOUNTS, name, account)
    async with api(database) as running:
        yield running


async def upheld(scene: Api, key: str = "k") -> str:
    now = datetime.now(UTC)
    said = Evidence(f"恢复后自报无SIM卡{HOSTILE}", pleas=("电量正常",), facts={"beats": 28})
    one = finding(key=key, starts_at=now - 30 * MINUTE, ends_at=now - 3 * MINUTE, evidence=said)
    change = settle(None, one, now)
    assert change is not None
    async with scene.database.transaction() as connection:
        await save(connection, [change])
    name = change.incident.incident_id
    for who, action in (("lidui", "acknowledge"), ("zhangsan", "state"), ("heyan", "verify"), ("heyan", "uphold")):
        detail = await scene.get(who, f"/incidents/{name}")
        body = {
            "action": action,
            "reason": f"{action}{HOSTILE}".replace("\x07", ""),
            "version": detail["incident"]["version"],
        }
        status, answer = await scene.call(who, "POST", f"/incidents/{name}/actions", body)
        assert 200 == status, answer
    return name


async def issued(scene: Api, key: str = "k") -> dict[str, Any]:
    name = await upheld(scene, key)
    status, slip = await scene.call(
        "heyan", "POST", f"/incidents/{name}/slip", {"department": "督察大队", "intent": "监控显示其自行取卡"}
    )
    assert 200 == status, slip
    return dict(slip)


async def file_of(scene: Api, who: str, path: str) -> tuple[int, bytes]:
    async with scene.client.get(scene.address + path, headers=await scene.headers(who)) as answer:
        return answer.status, await answer.read()


async def test_a_slip_is_made_only_with_what_telemetry_cannot_know_and_only_by_a_verifier(scene: Api) -> None:
    name = await upheld(scene)
    status, problem = await scene.call("heyan", "POST", f"/incidents/{name}/slip", {})
    assert (422, "text_missing") == (status, problem["code"])
    status, _ = await scene.call("lidui", "POST", f"/incidents/{name}/slip", {"intent": "故意"})
    assert 403 == status
    status, _ = await scene.call("heyan", "POST", "/incidents/I-none/slip", {"intent": "故意"})
    assert 404 == status


async def test_the_steps_go_in_order_by_different_people(scene: Api) -> None:
    slip = await issued(scene)
    path = f"/slips/{slip['slip']['slip_id']}"
    tries = (
        ("qinwu", "supervision", 0, 409, "order"),
        ("heyan", "verifier", 0, 200, None),
        ("heyan", "department", 1, 403, "same_person"),
        ("sanhao", "department", 0, 409, "changed"),
        ("sanhao", "department", 1, 200, None),
        ("qinwu", "supervision", 2, 200, None),
        ("qinwu", "supervision", 3, 409, "complete"),
    )
    for who, step, version, wanted, code in tries:
        status, answer = await scene.call(
            who, "POST", f"{path}/steps", {"step": step, "opinion": "同意", "version": version}
        )
        assert (wanted, code) == (status, answer.get("code")), (who, step, answer)
    detail = await scene.get("lidui", path)
    assert ("complete", "已办结") == (detail["slip"]["state"], detail["slip"]["state_zh"])
    assert [] == (await scene.get("zhaowu", "/slips"))["items"]
    assert 404 == (await scene.call("zhaowu", "GET", path))[0]
    assert [detail["slip"]["number"]] == [row["number"] for row in (await scene.get("zhangsan", "/slips"))["items"]]


async def test_a_copy_is_checked_by_its_hash_and_the_export_is_on_record(scene: Api) -> None:
    slip = await issued(scene)
    path = f"/slips/{slip['slip']['slip_id']}"
    checked = await scene.get("heyan", f"{path}/verify", sha256=slip["evidence_sha256"])
    assert (True, True, True) == (checked["is_intact"], checked["is_current"], checked["copy_matches"])
    assert (await scene.get("heyan", f"{path}/verify", sha256="0" * 64))["copy_matches"] is False
    status, body = await file_of(scene, "heyan", f"{path}/document.docx")
    text = zipfile.ZipFile(io.BytesIO(body)).read("word/document.xml").decode()
    assert 200 == status
    assert slip["evidence_sha256"] in text
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&lt;w:br/&gt;" in text
    assert 1 == await scene.value("SELECT count(*) FROM audit_entry WHERE action = 'export.slip' AND account = 'heyan'")


async def test_a_circular_is_counted_closed_once_and_opened_down_to_its_incidents(scene: Api) -> None:
    slip = await issued(scene)
    now = datetime.now(SHANGHAI)
    period = f"{now:%Y-%m}"
    figures = await scene.get("qinwu", f"/circulars/{period}/figures")
    assert (1, False) == (figures["total"]["count"], figures["is_closed"])
    assert [slip["slip"]["incident_id"]] == figures["by_unit"][0]["incident_ids"]
    assert "张三" not in str(figures)
    assert (409, "not_over") == _told(await scene.call("qinwu", "POST", "/circulars", {"period": period}))
    assert 403 == (await scene.call("lidui", "POST", "/circulars", {"period": period}))[0]
    assert (200, None) == _told(await scene.call("qinwu", "POST", "/circulars", {"period": "2026-01"}))
    assert (409, "closed") == _told(await scene.call("qinwu", "POST", "/circulars", {"period": "2026-01"}))
    assert 404 == (await scene.call("lidui", "GET", f"/circulars/{period}/figures", unit_id="U05"))[0]
    assert 1 == (await scene.get("lidui", f"/circulars/{period}/figures"))["total"]["count"]
    for kind in ("docx", "xlsx"):
        status, body = await file_of(scene, "qinwu", f"/circulars/{period}.{kind}")
        assert (200, True) == (status, zipfile.is_zipfile(io.BytesIO(body)))
    scores = await scene.get("qinwu", "/scores/2026")
    assert ["2026-01"] == scores["months"]


def _told(answer: tuple[int, Any]) -> tuple[int, str | None]:
    return answer[0], answer[1].get("code")


async def test_a_request_for_footage_goes_from_applicant_to_head_to_retrieval_to_return(scene: Api) -> None:
    asked = {
        "unit_id": "U04",
        "from_at": "2026-03-02T02:00:00+00:00",
        "to_at": "2026-03-02T03:00:00+00:00",
        "applicant": '=HYPERLINK("http://x")',
        "purpose": "@核查投诉",
        "request_id": "r1",
    }
    status, entry = await scene.call("heyan", "POST", "/footage-requests", asked)
    assert (200, "requested") == (status, entry["state"])
    again = (await scene.call("heyan", "POST", "/footage-requests", asked))[1]
    assert entry["entry_id"] == again["entry_id"]
    path = f"/footage-requests/{entry['entry_id']}"
    for who, step, version, wanted in (
        ("wangguan", "retrieve", 1, 409),
        ("lidui", "approve", 1, 403),
        ("zhuguan", "approve", 1, 200),
        ("wangguan", "retrieve", 1, 409),
        ("wangguan", "retrieve", 2, 200),
        ("wangguan", "return", 3, 200),
    ):
        status, answer = await scene.call(who, "PATCH", path, {"step": step, "version": version})
        assert wanted == status, (who, step, answer)
    _, body = await file_of(scene, "zhuguan", "/footage-requests?format=csv")
    text = body.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert "'@核查投诉" in text
    _, body = await file_of(scene, "zhuguan", "/footage-requests?format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    assert sheet is not None
    assert {"s", "n"} >= {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert [] == (await scene.get("zhaowu", "/footage-requests"))["items"]


async def test_a_repair_is_registered_by_the_custodian_of_the_unit(scene: Api) -> None:
    body = {"recorder_id": "R0017", "unit_id": "U04", "fault": "镜头损坏"}
    status, entry = await scene.call("wangguan", "POST", "/repairs", body)
    assert (200, ["send", "scrap", "cancel"]) == (status, [offer["step"] for offer in entry["offers"]])
    assert 403 == (await scene.call("wangguan", "POST", "/repairs", {**body, "unit_id": "U05"}))[0]
    path = f"/repairs/{entry['entry_id']}"
    assert 409 == (await scene.call("wangguan", "PATCH", path, {"step": "return", "version": 1}))[0]
    assert 200 == (await scene.call("wangguan", "PATCH", path, {"step": "send", "version": 1}))[0]
    assert "sent" == (await scene.get("lidui", path))["state"]
    assert 404 == (await scene.call("zhaowu", "GET", path))[0]
