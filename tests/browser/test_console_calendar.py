"""The administrator imports a holiday decree on the console: what is wrong is told, what changes is shown first."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, expect
from standins.api_scene import api
from standins.console_desk import Desk, picture
from standins.decree_table import DECREE_2027, table_of


@pytest_asyncio.fixture
async def desk(database: str, chromium: Browser) -> AsyncIterator[Desk]:
    """The bureau's server in November 2026, when the next year's decree comes out."""
    async with api(database, lambda: datetime(2026, 11, 30, tzinfo=UTC)) as bureau:
        made = Desk(bureau, chromium)
        yield made
        for context in chromium.contexts:
            await context.close()
        assert [] == made.faults


async def test_a_decree_is_imported_after_a_look_at_what_it_changes(desk: Desk, tmp_path: Path) -> None:
    page = await desk.signed_in("guanli", "#/calendar")
    place = page.locator(".page-calendar")
    await expect(place).to_contain_text("尚未导入任何日期。")
    await picture(page, "desk-calendar-empty")
    await page.get_by_role("button", name="查看变更").click()
    await expect(place).to_contain_text("请先选择文件或粘贴内容。")
    await page.get_by_label("或粘贴表格内容").fill(
        "日期,上班,名称\n2027-13-01,否,元旦\n2027-10-01,是,国庆节\n2027-02-06,也许,春节\n"
    )
    await page.get_by_role("button", name="查看变更").click()
    await expect(place.get_by_role("alert")).to_contain_text(
        "第2行 A2：“2027-13-01”不是日期，请写成 2027-01-01 这样的年月日"
    )
    await expect(place.get_by_role("alert")).to_contain_text("第3行 B3：2027-10-01是法定节假日（国庆节），却填为上班")
    await picture(page, "desk-calendar-faults")
    table = tmp_path / "2027年放假安排.csv"
    table.write_bytes(table_of(DECREE_2027).encode("gb18030"))
    await page.get_by_label("文件（XLSX 或 CSV）").set_input_files(table)
    await expect(place.get_by_role("alert")).to_have_count(0)
    await expect(page.get_by_label("或粘贴表格内容")).to_have_value("")
    await page.get_by_role("button", name="查看变更").click()
    await expect(place).to_contain_text("2027-02-14 星期日（调休）：休息 → 上班")
    await expect(place).to_contain_text("2027年安排完整，工作日共 248 天。")
    await picture(page, "desk-calendar-changes")
    await page.get_by_role("button", name="确认导入").click()
    await expect(place.locator("tbody").last).to_contain_text("2027-10-07")
    await expect(place.get_by_role("button", name="确认导入")).to_have_count(0)
    await picture(page, "desk-calendar-imported")
    assert len(DECREE_2027) == await desk.bureau.value("SELECT count(*) FROM calendar_day")


async def test_who_is_no_administrator_sees_the_calendar_and_no_import(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/calendar")
    await expect(page.locator(".page-calendar")).to_contain_text("年度")
    await expect(page.get_by_role("button", name="查看变更")).to_have_count(0)
    await page.goto(f"{desk.base}/#/system")
    await expect(page.locator(".page-system")).to_contain_text("工作日历")
    await picture(page, "desk-system-calendar")
