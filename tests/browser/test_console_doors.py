"""Ways into the console, and what is behind them: single sign-on, the one-time link, one's own unit only, what people open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
from playwright.async_api import expect
from standins.api_scene import OFFICERS, shift
from standins.console_desk import Desk, picture
from standins.duty_fleet import DutyFleet
from standins.web_people import PASSWORD

from alerts.finding import Subject
from telemetry.settings import AccountsSettings, HttpSettings
from telemetry.web.http.account_provisioning import issue_once
from telemetry.web.server import serving_http

HOUR = timedelta(hours=1)


async def test_single_sign_on_is_offered_where_the_bureau_has_one_and_nowhere_else(desk: Desk) -> None:
    page = await desk.page()
    await page.goto(f"{desk.base}/login")
    await page.wait_for_load_state("networkidle")
    await expect(page.get_by_role("link", name="单点登录")).to_have_count(0)
    accounts = AccountsSettings(oidc_issuer="https://sso.example.cn", oidc_client_id="fleet")
    async with serving_http(HttpSettings(port=0), desk.bureau.database, accounts=accounts) as (host, port):
        await page.goto(f"http://{host}:{port}/login")
        link = page.get_by_role("link", name="单点登录")
        await expect(link).to_have_attribute("href", "/api/v1/session/oidc")
        await picture(page, "desk-login-sign-on")


async def test_a_second_factor_is_enrolled_by_a_picture_and_leads_on_to_the_page_one_came_for(desk: Desk) -> None:
    await desk.person("ducha")
    accounts = AccountsSettings(second_factor="always", oidc_issuer="https://sso.example.cn", oidc_client_id="fleet")
    async with serving_http(HttpSettings(port=0), desk.bureau.database, accounts=accounts) as (host, port):
        page = await desk.page()
        await page.goto(f"http://{host}:{port}/login?next=%23/approvals")
        place = "/api/v1/session/oidc?place=%23%2Fapprovals"
        await expect(page.get_by_role("link", name="单点登录")).to_have_attribute("href", place)
        await page.get_by_label("账号").fill("ducha")
        await page.get_by_label("密码").fill(PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_alt_text("绑定用二维码")).to_be_visible()
        # Who loads the page anew goes on where he was, with another picture.
        await page.reload()
        await expect(page.get_by_alt_text("绑定用二维码")).to_be_visible()
        secret = await page.locator(".secret").text_content()
        await page.get_by_label("六位验证码").fill("000000")
        await page.get_by_role("button", name="验证").click()
        await expect(page.locator(".problem")).to_be_visible()
        await page.get_by_label("六位验证码").fill(pyotp.TOTP(secret or "").now())
        await page.get_by_role("button", name="验证").click()
        await page.locator("main .page-approvals").wait_for()
    assert [] == desk.faults


async def test_a_one_time_link_signs_in_once_and_does_not_stay_in_the_address(desk: Desk) -> None:
    await desk.person("zhihui")
    token = await issue_once(desk.bureau.database, "zhihui", datetime.now(UTC), by="test", session_s=3600)
    page = await desk.page()
    await page.goto(f"{desk.base}/login#once={token}")
    await page.locator("main .page-map").wait_for()
    assert str(token) not in page.url
    second = await desk.page()
    await second.goto(f"{desk.base}/login#once={token}")
    await expect(second.locator(".problem")).to_be_visible()
    assert str(token) not in second.url


async def test_a_leader_finds_his_own_unit_and_no_other(desk: Desk) -> None:
    now = desk.bureau.now
    await desk.bureau.put("shifts", shift("S5", OFFICERS[4]["id"], now - HOUR, now + HOUR))
    own = await desk.incident()
    foreign = await desk.incident(key="f", subject=Subject("U05", "R0051", "P0051"))
    page = await desk.signed_in("lidui", "#/incidents")
    await expect(page.locator(".queue-row")).to_have_count(1)
    assert own == await page.locator(".queue-row").get_attribute("data-id")
    await page.goto(f"{desk.base}/#/incidents/{foreign}")
    await expect(page.locator(".incident-pane .problem")).to_be_visible()
    await page.goto(f"{desk.base}/#/recorders")
    await expect(page.locator(".page-recorders tbody tr").first).to_be_visible()
    assert 0 == await page.locator(".page-recorders").get_by_text("R0051").count()
    await page.goto(f"{desk.base}/#/map")
    await expect(page.locator(".strip-on_duty .figure")).to_have_text("1")
    await page.goto(f"{desk.base}/#/recorders/R0051")
    await expect(page.locator(".page-recorders .problem")).to_be_visible()


async def test_what_no_rule_can_find_is_opened_by_hand_by_those_who_may(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/incidents")
    await page.get_by_role("button", name="人工登记").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("规则").select_option("footage-leaked")
    await dialog.get_by_label("单位").select_option("U04")
    await dialog.get_by_label("执法人员").fill("张三")
    await expect(dialog.locator("datalist option[value=P0031]")).to_have_count(1)
    await dialog.get_by_label("执法人员").fill("P0031")
    await expect(dialog.get_by_role("status").filter(has_text="张三")).to_be_visible()
    begins = (datetime.now(UTC) + 8 * HOUR - HOUR).strftime("%Y-%m-%dT%H:%M")
    await dialog.get_by_label("发生时间").fill(begins)
    await dialog.get_by_label("情况").fill("群众举报网上有执法录像片段")
    await dialog.get_by_role("button", name="提交").click()
    await expect(page.locator(".queue-row")).to_contain_text("视音频外传")
    await expect(page.locator(".incident-pane")).to_contain_text("群众举报网上有执法录像片段")
    await expect(page.locator(".incident-pane")).to_contain_text("人工登记")
    await picture(page, "desk-incident-by-hand")
    custodian = await desk.signed_in("wangguan", "#/incidents")
    await expect(custodian.locator(".queue-row")).to_have_count(1)
    await expect(custodian.get_by_role("button", name="人工登记")).to_have_count(0)


async def test_the_faults_of_the_platform_are_told_in_chinese(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/system")
    await expect(page.locator(".page-system")).to_contain_text("没有运行中的接入进程")
    await picture(page, "desk-system-fault")


async def test_what_a_recorder_said_is_read_a_kind_and_a_page_at_a_time(desk: Desk) -> None:
    begins = desk.bureau.now - 0.03 * HOUR
    fleet = DutyFleet(18, begins)
    beats = [each for n in range(60) for each in fleet.minute(17, begins + n * timedelta(seconds=1))]
    said = [replace(each, topic=each.topic.replace("R17", "R0017")) for each in beats]
    await desk.bureau.hear(*said)
    page = await desk.signed_in("zhihui", "#/recorders/R0017")
    rows = page.locator(".page-recorders .list tbody tr")
    await expect(rows).to_have_count(50)
    await expect(rows.first).to_contain_text("4G")
    await page.get_by_role("button", name="加载更多").click()
    await expect(rows).to_have_count(100)
    await page.get_by_label("类别").select_option("battery")
    await expect(rows.first).to_contain_text("76")
    assert "kind=battery" in page.url
    await picture(page, "desk-recorder-history")
