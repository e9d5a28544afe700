"""People at the console: they sign in, see what is theirs, act on it, and learn when somebody else was faster."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect
from standins.console_desk import PHONE, Desk

from alerts.finding import Evidence, Subject

SAID = Evidence("其间无SIM卡。", ("离线前：电量76%。",), ("电量正常。",), facts={"beats": 28})
MARKUP = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


async def test_a_wrong_password_is_told_in_chinese_and_nothing_is_let_in(desk: Desk) -> None:
    await desk.person("zhihui")
    page = await desk.page()
    await page.goto(f"{desk.base}/")
    await page.wait_for_url("**/login*")
    await page.get_by_label("账号").fill("zhihui")
    await page.get_by_label("密码").fill("something else")
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("alert").first).to_contain_text("不正确")
    assert "/login" in page.url


async def test_after_signing_in_one_is_where_one_wanted_to_go(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/rules")
    await expect(page.get_by_role("heading", level=1)).to_have_text("规则设置")


async def test_a_leader_acknowledges_by_keyboard_and_is_offered_no_dismissal(desk: Desk) -> None:
    await desk.incident(evidence=SAID)
    page = await desk.signed_in("lidui", "#/incidents")
    await page.locator(".queue-row").first.wait_for()
    await page.keyboard.press("j")
    await page.locator(".side-key").wait_for()
    await expect(page.locator(".side-key")).to_contain_text("其间无SIM卡")
    await expect(page.locator(".side-for")).to_contain_text("电量正常")
    await expect(page.get_by_role("button", name="不予认定")).to_have_count(0)
    await page.keyboard.press("a")
    await expect(page.locator(".incident-head")).to_contain_text("已签收")
    await expect(page.locator(".queue-row").first).to_contain_text("已签收")
    status = await desk.bureau.value("SELECT status FROM incident")
    assert "acknowledged" == status


async def test_an_officer_reads_both_sides_on_a_phone_and_states_his_own(desk: Desk) -> None:
    await desk.incident(evidence=SAID)
    page = await desk.signed_in("zhangsan", size=PHONE)
    await expect(page.get_by_role("heading", level=1)).to_have_text("我的记录")
    await page.locator(".mine-card").click()
    await expect(page.locator(".side-for")).to_contain_text("电量正常")
    await page.get_by_role("button", name="情况说明").click()
    await page.get_by_role("dialog").locator("textarea").fill("卡槽松动，已报修。")
    await page.get_by_role("dialog").get_by_role("button", name="情况说明").click()
    await expect(page.locator(".history").first).to_contain_text("卡槽松动")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert PHONE["width"] >= width


async def test_whoever_comes_second_is_told_so_and_loses_nothing(desk: Desk) -> None:
    incident_id = await desk.incident(evidence=SAID)
    page = await desk.signed_in("lidui", f"#/incidents/{incident_id}")
    await page.get_by_role("button", name="备注").click()
    await page.get_by_role("dialog").locator("textarea").fill("查看卡槽")
    await desk.person("zhihui")
    status, _ = await desk.bureau.call(
        "wangguan", "POST", f"/incidents/{incident_id}/actions", {"action": "acknowledge", "version": 1}
    )
    assert 200 == status
    await page.get_by_role("dialog").get_by_role("button", name="备注").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("已有变化")
    await expect(page.get_by_role("dialog").locator("textarea")).to_have_value("查看卡槽")


async def test_markup_in_free_text_is_shown_as_text(desk: Desk) -> None:
    incident_id = await desk.incident(evidence=Evidence(MARKUP))
    path = f"/incidents/{incident_id}/actions"
    status, _ = await desk.bureau.call("lidui", "POST", path, {"action": "comment", "reason": MARKUP, "version": 1})
    assert 200 == status
    page = await desk.signed_in("zhihui", f"#/incidents/{incident_id}")
    await expect(page.locator(".evidence")).to_contain_text("<img src=x")
    await expect(page.locator(".history").first).to_contain_text("<script>")
    assert "taken" != await page.title()
    assert 0 == await page.locator("main img, main script").count()


async def test_an_incident_that_opens_meanwhile_is_in_the_queue_within_seconds(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/incidents")
    await expect(page.locator(".list-below")).to_contain_text("没有符合条件的事件")
    await desk.incident(evidence=SAID)
    await expect(page.locator(".queue-row")).to_have_count(1, timeout=5000)


async def test_an_sos_is_called_out_above_every_page(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/rules")
    now = datetime.now(UTC)
    await desk.incident(
        rule="sos", weight="operational", cause=None, key="sos", starts_at=now - timedelta(minutes=1), ends_at=None
    )
    await expect(page.locator(".alarm-sos")).to_be_visible(timeout=5000)
    await expect(page.locator(".alarm-sos")).to_contain_text("R0017")


async def test_an_sos_out_of_a_backlog_is_called_out_before_alarms_that_were_heard_earlier(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/rules")
    now = datetime.now(UTC)
    for name, ago in (("R0001", 1), ("R0002", 2), ("R0003", 300)):
        about = {"subject": Subject("U04", name), "evidence": Evidence(f"{name}发出SOS求助。")}
        begin = now - timedelta(minutes=ago)
        await desk.incident(
            rule="sos", weight="operational", cause=None, key=name, starts_at=begin, ends_at=None, **about
        )
    await expect(page.locator(".alarm-sos").first).to_contain_text("R0003", timeout=5000)


async def test_signing_out_ends_the_session(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/rules")
    await page.locator(".who summary").click()
    await page.get_by_role("button", name="退出登录").click()
    await page.wait_for_url("**/login*")
    await page.goto(f"{desk.base}/#/incidents")
    await page.wait_for_url("**/login*")
