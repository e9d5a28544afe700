"""The calendar by the API: what is missing, what an import would change, and the import."""

import base64
import io
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import pytest_asyncio
from standins.api_scene import Api, api
from standins.decree_table import DECREE_2027, table_of
from test_calendar_new_year import Clock, imported, moment


@pytest_asyncio.fixture
async def scene(database: str) -> AsyncIterator[Api]:
    async with api(database, Clock(moment("2027-01-05T10:00"))) as running:
        yield running


async def previewed(scene: Api, body: dict[str, Any]) -> tuple[int, Any]:
    return await scene.call("guanli", "POST", "/calendar/preview", body)


async def test_a_missing_decree_is_shown_on_the_pages_of_system_and_calendar(scene: Api) -> None:
    told = "2027年放假调休安排尚未导入，工作日按暂定工作日历计算（只计法定节假日和周末，没有调休）。"
    assert [told] == (await scene.get("yunwei", "/system"))["calendar"]
    calendar = await scene.get("yunwei", "/calendar")
    assert [told] == calendar["told_zh"]
    assert ["library", "provisional", "provisional"] == [year["source"] for year in calendar["years"]]


async def test_what_changes_is_shown_before_it_is_applied_and_the_import_is_recorded(scene: Api) -> None:
    status, preview = await previewed(scene, {"text": table_of(DECREE_2027)})
    assert 200 == status
    assert 0 == await scene.value("SELECT count(*) FROM calendar_day")
    assert "2027-02-14 星期日（调休）：休息 → 上班" in [change["text_zh"] for change in preview["changes"]]
    assert [("table", "")] == [(year["source"], year["told_zh"]) for year in preview["years"]]
    assert 200 == (await imported(scene, table_of(DECREE_2027)))[0]
    assert len(DECREE_2027) == await scene.value("SELECT count(*) FROM calendar_day")
    assert [] == (await scene.get("yunwei", "/system"))["calendar"]
    entry = "SELECT account || ' ' || target_id FROM audit_entry WHERE action = 'calendar.import'"
    assert "guanli 2027" == await scene.value(entry)


async def test_what_somebody_else_imported_meanwhile_is_not_overwritten_unseen(scene: Api) -> None:
    _, preview = await previewed(scene, {"text": "日期,上班\n2027-03-03,否\n"})
    assert 200 == (await imported(scene, "日期,上班\n2027-03-04,否\n"))[0]
    body = {"text": "日期,上班\n2027-03-03,否\n", "seen": preview["seen"]}
    status, refused = await scene.call("guanli", "POST", "/calendar", body)
    assert (409, "changed") == (status, refused["code"])
    assert 1 == await scene.value("SELECT count(*) FROM calendar_day")


async def test_a_workbook_is_read_and_each_faulty_cell_named_with_its_cure(scene: Api) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (
        ["2027年放假安排"],
        ["名称", "日期", "上班"],
        ["元旦", datetime(2027, 1, 1), "否"],  # noqa: DTZ001 - a cell has no time zone
        ["调休", "2027年2月14日", True],
        ["春节", "2月6日", "否"],
        ["春节", date(2027, 2, 7), "可能"],
        ["国庆节", 46661, "是"],
    ):
        sheet.append(row)
    saved = io.BytesIO()
    book.save(saved)
    status, refused = await previewed(scene, {"content": base64.b64encode(saved.getvalue()).decode()})
    assert 422 == status
    assert [
        ("第5行 B5", "“2月6日”不是日期，请写成 2027-01-01 这样的年月日"),
        ("第6行 C6", "“可能”无法判断是否上班，请填“是”或“否”"),
        ("第7行 C7", "2027-10-01是法定节假日（国庆节），却填为上班，请核对“上班”一列是否填反"),
    ] == [(error["field"], error["reason_zh"]) for error in refused["errors"]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "请选择一个文件"),
        ({"text": "x", "content": "eA=="}, "请选择一个文件"),
        ({"content": "*"}, "重新选择文件"),
        ({"text": "日期,上班\n"}, "表中没有一天"),
        ({"text": "一,二\n2027-01-01,否\n"}, "没有找到表头"),
        ({"text": "日期,上班\n2027-03-03,否\n2027-03-03,是\n"}, "第2行已有"),
        ({"text": "日期,上班\n1987-03-03,否\n"}, "年份不在2004至2100之间"),
        ({"text": '日期,上班\n"2027-03-03,否\n'}, "引号"),
        ({"content": "p;\u0097\u00d8"}, "传输有误"),
        ({"content": base64.b64encode(b"PK\x03\x04 broken").decode()}, "不是有效的XLSX工作簿"),
        ({"content": base64.b64encode(b"\xd0\xcf\x11\xe0").decode()}, "旧版XLS"),
        ({"content": base64.b64encode(b"\x00\xff\x80").decode()}, "不是文本"),
    ],
)
async def test_a_table_that_is_none_is_refused_in_chinese(scene: Api, body: dict[str, str], said: str) -> None:
    status, refused = await previewed(scene, body)
    assert 422 == status
    assert said in str(refused)
    assert 0 == await scene.value("SELECT count(*) FROM calendar_day")
