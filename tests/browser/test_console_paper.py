"""From a finding to its paper, each by whom it belongs to; and a spare that changes hands at the custodian's phone."""

from playwright.async_api import Page, expect
from standins.console_desk import PHONE, Desk

from alerts.finding import Evidence

SAID = Evidence("其间无SIM卡。", pleas=("电量正常。",), facts={"beats": 28})


async def act(page: Page, label: str, text: str | None = None) -> None:
    """Press an action's button and answer its dialog."""
    await page.get_by_role("button", name=label, exact=True).click()
    dialog = page.get_by_role("dialog")
    if text is not None:
        await dialog.locator("textarea").fill(text)
    if await dialog.count():
        await dialog.get_by_role("button", name=label, exact=True).click()
    await expect(dialog).to_have_count(0)


async def sign(page: Page, opinion: str) -> None:
    """Write the opinion that the slip waits for."""
    await page.locator(".slip [data-action].primary").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("textarea").fill(opinion)
    await dialog.locator("[type=submit]").click()
    await expect(dialog).to_have_count(0)


async def test_a_custodian_hands_out_a_spare_and_takes_it_back(desk: Desk) -> None:
    page = await desk.signed_in("wangguan", size=PHONE)
    await page.get_by_label("记录仪编号").fill("r0018")
    await page.get_by_role("button", name="办理").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("执法人员").select_option("P0031")
    await dialog.get_by_label("领用事由").select_option("spare")
    await dialog.get_by_label("SIM卡正常").check()
    await dialog.get_by_role("button", name="领用", exact=True).click()
    row = page.locator(".custody-row", has_text="R0018")
    await expect(row).to_contain_text("张三")
    await expect(row.get_by_role("button", name="归还")).to_be_visible()
    await row.get_by_role("button", name="归还").click()
    await page.get_by_role("dialog").get_by_role("button", name="归还", exact=True).click()
    await expect(row.get_by_role("button", name="领用", exact=True)).to_be_visible()


async def test_an_incident_is_stated_on_verified_upheld_and_becomes_a_slip_until_it_is_revoked(desk: Desk) -> None:
    incident_id = await desk.incident(evidence=SAID)
    place = f"#/incidents/{incident_id}"
    officer = await desk.signed_in("zhangsan", place, PHONE)
    await act(officer, "情况说明", "卡槽松动。")
    verifier = await desk.signed_in("ducha2", place)
    await act(verifier, "开始核查")
    await expect(verifier.locator(".incident-head")).to_contain_text("核查中")
    await act(verifier, "认定", "现场核查属实。")
    await expect(verifier.locator(".incident-head")).to_contain_text("已认定")
    await verifier.get_by_role("button", name="填写移送单").click()
    dialog = verifier.get_by_role("dialog")
    await dialog.get_by_label("主观故意的认定").fill("本人承认拔卡。")
    await dialog.get_by_role("button", name="填写移送单").click()
    await verifier.locator(".actions a[href^='#/slips/']").click()
    await expect(verifier.locator(".slip")).to_contain_text("本人承认拔卡")
    slip = verifier.url.partition("#")[2]
    await sign(verifier, "属实，建议移送。")
    await expect(verifier.locator(".slip .history")).to_contain_text("属实，建议移送")
    for who in ("duchazhang", "jiandu"):
        page = await desk.signed_in(who, f"#{slip}")
        await sign(page, "同意。")
        await page.context.close()
    await verifier.reload()
    await expect(verifier.locator(".slip .history li")).to_have_count(3)
    async with verifier.expect_download() as coming:
        await verifier.get_by_role("link", name="DOCX").click()
    assert (await coming.value).suggested_filename.endswith(".docx")
    await verifier.goto(f"{desk.base}/{place}")
    await act(verifier, "启动复核", "当事人申请复核。")
    chief = await desk.signed_in("duchazhang", place)
    await act(chief, "撤销认定", "卡槽确有松动。")
    await expect(chief.locator(".incident-head")).to_contain_text("已撤销")
    await chief.goto(f"{desk.base}/#{slip}")
    await expect(chief.locator(".slip h2")).to_contain_text("作废")
