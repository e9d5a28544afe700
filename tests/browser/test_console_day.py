"""A duty day from recorders that speak MQTT to people at desks and on phones: seen, answered, signed, revoked.

Chromium stands before the running system: mosquitto, a database, the server, a simulated fleet. The tests are one day's hours, in their order: each lets time fly to the minute that it needs.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, async_playwright, expect
from services.browser import install_browser
from services.databases import cloned_database
from standins.console_actions import answer, ask, download, press, sign
from standins.console_desk import DESK, FLAGS, PHONE
from standins.console_pictures import show
from standins.day_plan import PULLED, PULLED_LATER, SPARE, UNFILMED
from standins.day_system import DaySystem, running_day
from standins.flaky_line import flaky_line

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

DESK_PLACES = {
    "desk-map": f"map?select={PULLED_LATER}",
    "desk-incidents": "incidents?active=",
    "desk-duty": "duty",
    "desk-recorder": f"recorders/{PULLED}",
    "desk-system": "system",
}
READY = {
    "desk-map": ".card-incidents",
    "desk-incident": ".picture svg",
    "desk-recorder": "svg",
    "desk-incidents": ".queue-row",
    "wall": ".wall-incidents strong",
    "wall-4k": ".wall-incidents strong",
}
"""What a page has when all of it is there."""
OPINIONS = {
    "department": "核查程序合规，同意移送。",
    "supervision": "同意，转所在单位处理。",
    "political": "同意，按规定处理。",
}
PATIENCE_MS = 20_000
"""For what takes a second or two on a machine that does nothing else."""
HEAR = """async () => {
  const live = await import("/wire/live.js");
  window.heard = {};
  live.watch({ incidents: (changed) => {
    for (const each of changed) window.heard[each.incident_id] = Math.max(each.version, window.heard[each.incident_id] ?? 0);
  } });
}"""
PICTURE = """async () => {
  const live = await import("/wire/live.js");
  return Object.fromEntries([...live.recorders.values()].map((each) => [each.recorder_id, each.state]));
}"""


@pytest.fixture(scope="module")
def day_database(timescale_server: str, timescale_template: str) -> Iterator[str]:
    with cloned_database(timescale_server, timescale_template) as dsn:
        yield dsn


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(day_database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DaySystem]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=install_browser(), args=list(FLAGS))
        async with running_day(day_database, tmp_path_factory.mktemp("broker"), browser) as made:
            yield made
        await browser.close()


async def leave(*pages: Page) -> None:
    for page in pages:
        await page.context.close()


def sim_row(page: Page, recorder_id: str) -> Locator:
    """The queue's row of a SIM that was out, told by its title: other incidents speak of the card, too."""
    return page.locator(".queue-row", has=page.locator("strong", has_text="SIM卡脱离")).filter(has_text=recorder_id)


async def incident_of(stage: DaySystem, rule: str, recorder_id: str) -> str:
    return str(
        await stage.value("SELECT incident_id FROM incident WHERE rule = $1 AND recorder_id = $2", rule, recorder_id)
    )


async def test_a_pulled_card_is_suspected_and_then_confirmed_on_the_map_and_in_the_queue(stage: DaySystem) -> None:
    watching = await stage.page("zhihui", f"#/map?select={PULLED}")
    card, strip = watching.locator(".card"), watching.locator(".strip-silent .figure")
    queue = await watching.context.new_page()
    await queue.goto(f"{stage.base}/#/incidents")
    row = sim_row(queue, PULLED)
    await stage.clock.fly_to(8)
    await expect(card).to_contain_text("待机")
    await expect(strip).to_have_text("0")

    await stage.clock.fly_to(14)
    await expect(card).to_contain_text("静默")
    await expect(strip).to_have_text("1")
    await expect(row).to_have_count(0)

    await stage.clock.fly_to(22)
    await expect(row).to_contain_text("疑似")
    await expect(card.locator(".card-incidents")).to_contain_text("SIM卡脱离")
    await expect(card.locator(".card-incidents")).to_contain_text("疑似")
    assert 0 == await stage.value("SELECT count(*) FROM notice WHERE person = $1", stage.wearer(PULLED).officer_id)

    await stage.clock.fly_to(27)
    await expect(row).to_contain_text("数据确证")
    await expect(row).to_contain_text("可移送")
    await expect(card.locator(".card-incidents")).to_contain_text("数据确证")
    await expect(card).to_contain_text("待机")
    await expect(strip).to_have_text("0")
    await row.click()
    evidence = queue.locator(".evidence")
    await expect(evidence.locator(".side-key")).to_contain_text("检测不到SIM卡")
    await expect(evidence.locator(".side-limit")).to_contain_text("系统不能判断")
    await expect(queue.locator(".picture svg").first).to_be_visible()
    await leave(watching)


async def test_it_is_answered_verified_upheld_written_signed_fetched_reviewed_and_revoked(stage: DaySystem) -> None:
    """Annex 2: nobody decides before the officer was heard, nobody signs twice, and what is revoked is void."""
    await stage.clock.fly_to(28)
    officer, place = stage.wearer(PULLED), f"#/incidents/{await incident_of(stage, 'sim-removed', PULLED)}"

    watching = await stage.page("zhihui", "#/incidents")
    row = sim_row(watching, PULLED)
    await expect(row).to_contain_text("待签收")
    leader = await stage.page("lidui", place)
    await press(leader, "签收")
    await expect(leader.locator(".incident-head")).to_contain_text("已签收")
    await expect(row).to_contain_text("已签收")

    verifier = await stage.page("ducha", place)
    await expect(verifier.locator(".incident-head")).to_contain_text("已签收")
    for decision in ("开始核查", "认定"):
        await expect(verifier.get_by_role("button", name=decision, exact=True)).to_have_count(0)

    wearer = await stage.page("zhangsan", size=PHONE)
    await wearer.locator(".mine-card", has_text="SIM卡脱离").click()
    await expect(wearer.locator(".side-limit")).to_contain_text("系统不能判断")
    await answer(wearer, "情况说明", "卡槽松动，当时在修理摊位旁。")
    await expect(wearer.locator(".history").first).to_contain_text("卡槽松动")
    assert PHONE["width"] >= await wearer.evaluate("document.documentElement.scrollWidth")

    await verifier.locator(".news").get_by_role("button", name="刷新").click()
    await press(verifier, "开始核查")
    await expect(verifier.locator(".incident-head")).to_contain_text("核查中")
    await answer(verifier, "认定", "现场核查，卡槽完好。")
    await expect(verifier.locator(".incident-head")).to_contain_text("已认定")
    await answer(verifier, "填写移送单", fields={"主观故意的认定": "本人承认拔卡。"})
    await verifier.locator(".actions a[href^='#/slips/']").click()
    slip = await _signed(stage, verifier, ("duchazhang", "department"), ("jiandu", "supervision"))

    paper = await download(verifier)
    assert paper.name.endswith(".docx")
    for words in (
        "执法记录仪使用管理不规范情形移送单",
        officer.name,
        "☑故意拔除",
        "本人承认拔卡。",
        "卡槽松动",
        "同意移送",
    ):
        assert words in paper.text, paper.text
    (sha256,) = set(re.findall(r"\b[0-9a-f]{64}\b", paper.text))
    await answer(verifier, "核验证据", fields={"副本上的校验值": sha256})
    await expect(verifier.locator(".slip .note.good")).to_contain_text("副本与制单时一致")
    _, checked = await ask(verifier, "GET", f"/slips/{slip}/verify?sha256={sha256}")
    assert (True, True, True) == (checked["is_intact"], checked["is_current"], checked["copy_matches"])
    _, checked = await ask(verifier, "GET", f"/slips/{slip}/verify?sha256={'0' * 64}")
    assert False is checked["copy_matches"]

    await verifier.goto(f"{stage.base}/{place}")
    await answer(verifier, "启动复核", "当事人提交维修单。")
    await expect(verifier.get_by_role("button", name="撤销认定", exact=True)).to_have_count(0)
    chief = await stage.page("duchazhang", place)
    await answer(chief, "撤销认定", "维修单证实卡槽松动。")
    await expect(chief.locator(".incident-head")).to_contain_text("已撤销")
    await chief.goto(f"{stage.base}/#/slips/{slip}")
    await expect(chief.locator(".slip h2")).to_contain_text("作废")
    assert "（作废）" in (await download(chief)).text
    await leave(watching, leader, verifier, wearer, chief)


async def _signed(stage: DaySystem, verifier: Page, *further: tuple[str, str]) -> str:
    """All opinions on the slip that *verifier* has before him, each by whom it belongs to and not before; its id."""
    await verifier.locator(".slip").wait_for()
    place = "#" + verifier.url.partition("#")[2]
    last = await stage.page(further[-1][0], place)
    await last.locator(".slip").wait_for()
    await expect(last.locator(".slip [data-action]")).to_have_count(0)
    await leave(last)
    await sign(verifier, "verifier", "属实，建议移送。")
    await expect(verifier.locator(".slip [data-action=department]")).to_have_count(0)
    for who, step in further:
        page = await stage.page(who, place)
        await sign(page, step, OPINIONS[step])
        await leave(page)
    await verifier.reload()
    await expect(verifier.locator(".slip .history li")).to_have_count(1 + len(further))
    await expect(verifier.locator(".slip h2")).to_contain_text("办结")
    return place.rpartition("/")[2]


async def test_a_line_that_is_cut_and_a_server_that_restarts_lose_no_change(stage: DaySystem) -> None:
    await stage.clock.fly_to(29)
    async with flaky_line(stage.port) as line:
        page = await stage.page("zhihui", "#/incidents?active=", port=line.own_port)
        await page.locator(".queue-row", has_text=PULLED).first.wait_for()
        await expect(page.locator(".banner")).to_be_hidden()
        await page.evaluate(HEAR)
        known = {each["incident_id"]: each["version"] for each in await stage.rows("SELECT * FROM incident")}
        line.cut()
        await expect(page.locator(".banner")).to_contain_text("数据已中断")

        await stage.clock.fly_to(44)
        await stage.restart()
        await stage.clock.fly_to(48)
        other = await stage.page("lidui2", f"#/incidents/{await incident_of(stage, 'sim-removed', PULLED_LATER)}")
        await press(other, "签收")
        await expect(other.locator(".incident-head")).to_contain_text("已签收")

        line.mend()
        row = sim_row(page, PULLED_LATER)
        await expect(row).to_contain_text("数据确证")
        await expect(row).to_contain_text("已签收")
        await expect(page.locator(".queue-row", has_text=UNFILMED)).to_contain_text("数据确证")
        await expect(page.locator(".banner")).to_be_hidden()
        now = {each["incident_id"]: each["version"] for each in await stage.rows("SELECT * FROM incident")}
        changed = {name: version for name, version in now.items() if known.get(name) != version}
        assert 3 <= len(changed)
        await page.wait_for_function(
            "changed => Object.entries(changed).every(([id, version]) => window.heard[id] === version)", arg=changed
        )
        await row.click()
        steps = "SELECT count(*) FROM incident_transition WHERE incident_id = $1"
        made = await stage.value(steps, await incident_of(stage, "sim-removed", PULLED_LATER))
        await expect(page.locator(".incident .history").first.locator("li")).to_have_count(made)
        _, picture = await ask(page, "GET", "/live")
        states = {each["recorder_id"]: each["state"] for each in picture["recorders"]}
        assert states == await page.evaluate(PICTURE)
        await leave(page, other)


async def test_an_inspection_without_a_second_recorded_goes_through_all_four_hands_of_annex_1(stage: DaySystem) -> None:
    await stage.clock.fly_to(49)
    place = f"#/incidents/{await incident_of(stage, 'activity-unrecorded', UNFILMED)}"
    wearer = await stage.page("qianqi", place, PHONE)
    await answer(wearer, "情况说明", "出门匆忙，忘记按下录制键。")
    verifier = await stage.page("ducha", place)
    await press(verifier, "开始核查")
    await answer(verifier, "认定", "当事人认可。")
    await answer(verifier, "填写移送单")
    await verifier.locator(".actions a[href^='#/slips/']").click()
    hands = (("duchazhang", "department"), ("jiandu", "supervision"), ("zhengzhi", "political"))
    await _signed(stage, verifier, *hands)
    paper = await download(verifier)
    assert "执法记录仪未开启认定移送单" in paper.text
    assert stage.wearer(UNFILMED).name in paper.text
    for step in ("department", "supervision", "political"):
        assert OPINIONS[step] in paper.text
    await leave(wearer, verifier)


async def test_a_leader_sees_his_own_unit_only_and_dismisses_nothing(stage: DaySystem) -> None:
    await stage.clock.fly_to(49.5)
    foreign = await incident_of(stage, "sim-removed", PULLED)
    own = await incident_of(stage, "sim-removed", PULLED_LATER)
    unit = stage.wearer(PULLED_LATER).unit_id
    page = await stage.page("lidui2", "#/incidents?active=")
    await expect(page.locator(".queue-row", has_text=PULLED_LATER).first).to_be_visible()
    await expect(page.locator(".queue-row", has_text=PULLED)).to_have_count(0)
    _, found = await ask(page, "GET", "/incidents?limit=200")
    assert {unit} == {each["unit_id"] for each in found["items"]}
    _, found = await ask(page, "GET", "/live")
    assert {unit} == {each["unit_id"] for each in found["recorders"]}
    await page.goto(f"{stage.base}/#/incidents/{foreign}")
    await expect(page.locator(".incident-pane .problem")).to_contain_text("不存在")

    await page.goto(f"{stage.base}/#/incidents/{own}")
    await page.locator(".incident-head").wait_for()
    for decision in ("不予认定", "认定", "认定免责", "开始核查"):
        await expect(page.get_by_role("button", name=decision, exact=True)).to_have_count(0)
    _, detail = await ask(page, "GET", f"/incidents/{own}")
    body = {"action": "dismiss", "reason": "我看没事", "version": detail["incident"]["version"]}
    status, problem = await ask(page, "POST", f"/incidents/{own}/actions", body)
    assert (403, "role") == (status, problem["code"])
    status, _ = await ask(page, "POST", f"/incidents/{foreign}/actions", body)
    assert 404 == status
    await leave(page)


async def test_a_custodian_hands_out_a_spare_on_the_phone_and_the_wearer_changes(stage: DaySystem) -> None:
    await stage.clock.fly_to(50)
    officer = stage.wearer(PULLED)
    watching = await stage.page("zhihui", f"#/map?select={SPARE}")
    card = watching.locator(".card")
    await expect(card).to_contain_text("未确定")
    page = await stage.page("wangguan", "#/custody", PHONE)
    await page.get_by_label("记录仪编号").fill(SPARE.lower())
    await page.get_by_role("button", name="办理").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("执法人员").select_option(officer.officer_id)
    await dialog.get_by_label("领用事由").select_option("spare")
    await dialog.get_by_label("SIM卡正常").check()
    await dialog.get_by_role("button", name="领用", exact=True).click()
    row = page.locator(".custody-row", has_text=SPARE)
    await expect(row).to_contain_text(officer.name)
    # On patrol with his own: it is his once he says so on his own phone.
    await expect(row).to_contain_text("待领用人确认")
    await expect(card).to_contain_text("未确定")
    own = await stage.page("zhangsan", "#/mine", PHONE)
    confirm = own.get_by_role("button", name="确认已领用")
    await confirm.click()
    await expect(confirm).to_have_count(0)
    await expect(card).to_contain_text(officer.name)
    _, recorder = await ask(watching, "GET", f"/recorders/{SPARE}")
    assert officer.officer_id in json.dumps(recorder)
    await row.get_by_role("button", name="归还").click()
    await dialog.get_by_role("button", name="归还", exact=True).click()
    await expect(card).to_contain_text("未确定")
    await leave(page, watching, own)


async def test_its_pages_are_shown_as_they_are_in_the_documentation(stage: DaySystem) -> None:
    """`RECORDER_FLEET_SCREENSHOTS=write` keeps the pictures; at any time nothing on them is cut off."""
    await stage.clock.fly_to(52)
    pull = await incident_of(stage, "sim-removed", PULLED_LATER)
    slip = await stage.value("SELECT slip_id FROM slip ORDER BY issued_at DESC LIMIT 1")
    for who, size, places in (
        ("zhihui", DESK, DESK_PLACES),
        ("lidui2", DESK, {"desk-incident": f"incidents/{pull}"}),
        ("jiandu", DESK, {"desk-slip": f"slips/{slip}"}),
        ("zhaowu", PHONE, {"phone-mine": "mine", "phone-incident": f"mine/{pull}"}),
        ("wangguan", PHONE, {"phone-custody": "custody"}),
        ("zhihui", DESK, {"wall": "wall"}),
        ("zhihui", {"width": 3840, "height": 2160}, {"wall-4k": "wall"}),
    ):
        page = await stage.page(who, "#/password", size)
        for name, place in places.items():
            await page.evaluate("hash => { location.hash = hash; }", f"#/{place}")
            await page.locator(f".page-{re.split('[/?]', place)[0]} {READY.get(name, '')}").first.wait_for()
            await show(page, name)
        await leave(page)
