"""What people write isn't lost: drafts, a session that ends meanwhile, signing in again over the page, Esc."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, Page, expect
from standins.console_desk import PHONE, Desk, picture
from standins.web_people import PASSWORD

from alerts.finding import Evidence

SAID = Evidence("其间无SIM卡。", ("离线前：电量76%。",), ("电量正常。",), facts={"beats": 28})
TEXT = "当日卡槽松动，已报修，请调看采集站记录。"
STATEMENTS = "SELECT string_agg(actor || '：' || reason, ';') FROM incident_transition WHERE action = 'state'"


async def writing(desk: Desk, text: str = TEXT) -> tuple[Page, Locator]:
    """The officer's page on his phone, and the dialog in which he has written his statement."""
    incident_id = await desk.incident(evidence=SAID)
    page = await desk.signed_in("zhangsan", f"#/mine/{incident_id}", PHONE)
    return page, await written(page, text)


async def written(page: Page, text: str | None = TEXT) -> Locator:
    await page.get_by_role("button", name="情况说明").click()
    dialog = page.locator("dialog.dialog:not(.sign-in)")
    if text is not None:
        await dialog.locator("textarea").fill(text)
    return dialog


async def session_ends(desk: Desk) -> None:
    await desk.bureau.value("DELETE FROM account_session")


async def signs_in(page: Page, who: str) -> None:
    dialog = page.locator("dialog.sign-in")
    await expect(dialog).to_contain_text("登录已失效")
    await dialog.get_by_label("账号").fill(who)
    await dialog.get_by_label("密码").fill(PASSWORD)
    await dialog.get_by_role("button", name="登录", exact=True).click()


async def drafts(page: Page) -> list[str]:
    return list(await page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('draft:'))"))


async def test_a_statement_that_is_sent_after_the_session_has_ended_is_sent_once_its_author_signs_in_again(
    desk: Desk,
) -> None:
    page, dialog = await writing(desk)
    await session_ends(desk)
    await dialog.get_by_role("button", name="情况说明").click()
    await expect(page.locator("dialog.sign-in")).to_be_visible()
    await picture(page, "phone-sign-in-again")
    await expect(dialog).to_be_hidden()
    await expect(page.locator(".incident-head")).to_be_hidden()
    await signs_in(page, "zhangsan")
    await expect(page.locator(".history").first).to_contain_text(TEXT)
    assert f"zhangsan：{TEXT}" == await desk.bureau.value(STATEMENTS)
    assert [] == await drafts(page)


async def test_another_account_that_signs_in_gets_neither_the_draft_nor_the_page_and_sends_nothing(desk: Desk) -> None:
    page, dialog = await writing(desk)
    await desk.person("zhaowu")
    await session_ends(desk)
    await dialog.get_by_role("button", name="情况说明").click()
    await signs_in(page, "zhaowu")
    await page.locator("main .page-mine").wait_for()
    await expect(page.locator("dialog")).to_have_count(0)
    await expect(page.locator(".who summary")).to_contain_text("zhaowu")
    assert TEXT not in await page.locator("body").inner_text()
    assert await desk.bureau.value(STATEMENTS) is None


async def test_its_author_finds_his_draft_again_after_another_has_used_the_computer(desk: Desk) -> None:
    page, dialog = await writing(desk)
    own = page.url
    await desk.person("zhaowu")
    await session_ends(desk)
    await dialog.get_by_role("button", name="情况说明").click()
    await signs_in(page, "zhaowu")
    await page.locator("main .page-mine").wait_for()
    await page.locator(".who summary").click()
    await page.get_by_role("button", name="退出登录").click()
    await page.wait_for_url("**/login*")
    await page.get_by_label("账号").fill("zhangsan")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.locator("main .page-mine").wait_for()
    await page.goto(own)
    dialog = await written(page, None)
    await expect(dialog.locator("textarea")).to_have_value(TEXT)
    await expect(dialog).to_contain_text("已恢复")
    await picture(page, "phone-draft-restored")


async def test_an_account_that_signs_in_in_another_tab_takes_over_every_tab(desk: Desk) -> None:
    page, dialog = await writing(desk)
    await desk.person("zhaowu")
    other = await page.context.new_page()
    await other.goto(f"{desk.base}/login")
    await other.get_by_label("账号").fill("zhaowu")
    await other.get_by_label("密码").fill(PASSWORD)
    async with page.expect_navigation():
        await other.get_by_role("button", name="登录").click()
    await expect(page.locator(".who summary")).to_contain_text("zhaowu")
    await expect(dialog).to_have_count(0)
    assert await desk.bureau.value(STATEMENTS) is None


async def test_who_signed_in_again_in_another_tab_goes_on_in_this_one(desk: Desk) -> None:
    page, dialog = await writing(desk)
    await session_ends(desk)
    other = await page.context.new_page()
    await other.goto(f"{desk.base}/login")
    await other.get_by_label("账号").fill("zhangsan")
    await other.get_by_label("密码").fill(PASSWORD)
    await other.get_by_role("button", name="登录").click()
    await other.locator("main .page-mine").wait_for()
    await dialog.get_by_role("button", name="情况说明").click()
    await expect(page.locator(".history").first).to_contain_text(TEXT)
    await expect(page.locator("dialog")).to_have_count(0)


async def test_a_draft_outlives_the_page_and_goes_with_what_is_sent(desk: Desk) -> None:
    page, _ = await writing(desk)
    await page.reload()
    dialog = await written(page, None)
    await expect(dialog.locator("textarea")).to_have_value(TEXT)
    await dialog.get_by_role("button", name="情况说明").click()
    await expect(page.locator(".history").first).to_contain_text(TEXT)
    assert [] == await drafts(page)


async def test_esc_and_a_click_outside_drop_nothing_without_asking(desk: Desk) -> None:
    page, dialog = await writing(desk)
    await page.mouse.click(5, 5)
    await expect(dialog).to_be_visible()
    for _ in range(3):
        await page.keyboard.press("Escape")
        await expect(dialog.locator(".leaving")).to_contain_text("尚未提交")
    await picture(page, "phone-leaving")
    await dialog.get_by_role("button", name="继续填写").click()
    await expect(dialog.locator("textarea")).to_have_value(TEXT)
    await page.keyboard.press("Escape")
    await dialog.get_by_role("button", name="保留草稿并关闭").click()
    await expect(dialog).to_have_count(0)
    dialog = await written(page, None)
    await expect(dialog.locator("textarea")).to_have_value(TEXT)
    await dialog.get_by_role("button", name="取消").click()
    await dialog.get_by_role("button", name="放弃内容").click()
    await expect(dialog).to_have_count(0)
    assert [] == await drafts(page)
    dialog = await written(page, None)
    await expect(dialog.locator("textarea")).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_signing_out_asks_before_it_drops_the_drafts(desk: Desk) -> None:
    page, dialog = await writing(desk)
    await page.keyboard.press("Escape")
    await dialog.get_by_role("button", name="保留草稿并关闭").click()
    await page.locator(".who summary").click()
    await page.get_by_role("button", name="退出登录").click()
    await expect(page.get_by_role("dialog")).to_contain_text("1 份未提交的草稿")
    await page.get_by_role("dialog").get_by_role("button", name="退出登录").click()
    await page.wait_for_url("**/login*")
    assert [] == await drafts(page)


async def test_a_verifiers_opinion_survives_going_back_and_a_dialog_does_not_stay_over_another_page(desk: Desk) -> None:
    incident_id = await desk.incident(evidence=SAID)
    await desk.becomes(incident_id, "verifying")
    page = await desk.signed_in("ducha2", "#/rules")
    await page.evaluate("hash => { location.hash = hash; }", f"#/incidents/{incident_id}")
    await page.get_by_role("button", name="不予认定").click()
    await page.get_by_role("dialog").locator("textarea").fill("采集站记录与本人所述一致。")
    await page.go_back()
    await page.locator("main .page-rules").wait_for()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.go_forward()
    await page.get_by_role("button", name="不予认定").click()
    await expect(page.get_by_role("dialog").locator("textarea")).to_have_value("采集站记录与本人所述一致。")


async def test_the_end_of_a_session_is_told_beforehand_in_what_is_open_and_put_off_on_request(desk: Desk) -> None:
    incident_id = await desk.incident(evidence=SAID)
    page = await desk.signed_in("zhangsan", "#/rules", PHONE)
    await page.clock.install()
    await page.goto(f"{desk.base}/#/mine/{incident_id}")
    await page.reload()
    dialog = await written(page)
    await page.wait_for_load_state("networkidle")
    await page.clock.run_for(26 * 60_000)
    await expect(dialog.locator(".expiry")).to_contain_text("将退出登录")
    await picture(page, "phone-expiry")
    async with page.expect_response("**/api/v1/session"):
        await dialog.get_by_role("button", name="继续使用").click()
    await expect(dialog.locator(".expiry")).to_have_count(0)
    await expect(dialog.locator("textarea")).to_have_value(TEXT)


async def test_what_a_page_asks_by_itself_keeps_no_session_from_ending(desk: Desk) -> None:
    await desk.bureau.get("zhangsan", "/session")
    seen_at = datetime.now(UTC) - timedelta(minutes=20)
    await desk.bureau.value("UPDATE account_session SET seen_at = $1", seen_at)
    headers = await desk.bureau.headers("zhangsan") | {"X-Background": "1"}
    async with desk.bureau.client.get(f"{desk.bureau.address}/session", headers=headers) as answer:
        assert 200 == answer.status
    assert seen_at == await desk.bureau.value("SELECT seen_at FROM account_session")
    session = await desk.bureau.get("zhangsan", "/session")
    assert seen_at < await desk.bureau.value("SELECT seen_at FROM account_session")
    assert (3600, True) == (session["idle_s"], 7 * 3600 < session["left_s"] <= 8 * 3600)
