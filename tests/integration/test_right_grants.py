"""What grants a right is asked for by one and countersigned by another; tokens open what their issuer may, for a while."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from standins.squad import enter
from standins.web_people import PASSWORD, Answer, Browser, House, house

from telemetry.settings import AccountsSettings

ACCOUNTS = "/api/v1/accounts"
GRANTS = "/api/v1/grants"
TOKENS = "/api/v1/tokens"
AUDIT = "/api/v1/audit"
NEW = {"username": "liu", "name": "刘（虚构）", "roles": ["command_centre"], "password": PASSWORD, "reason": "新到岗"}
UNITS = [
    {"id": "U00", "name": "局（虚构）", "kind": "bureau"},
    {"id": "U01", "name": "第一中队（虚构）", "kind": "squad", "parent_id": "U00"},
    {"id": "U02", "name": "第二中队（虚构）", "kind": "squad", "parent_id": "U00"},
]
ROSTER = {"name": "排班系统", "purpose": "排班系统每日写入班次", "scopes": ["facts:write"]}
OTHER_PHRASE = "a phrase that he knows"


@pytest_asyncio.fixture
async def home(database: str) -> AsyncIterator[House]:
    async with house(database) as running:
        await running.person("guanli", "administrator")
        await running.person("anquan", "security")
        await running.person("shenji", "auditor")
        yield running


async def ask(browser: Browser, username: str, **change: Any) -> Answer:
    now = (await browser.ask("GET", f"{ACCOUNTS}/{username}")).body["account"]
    return await browser.ask("PATCH", f"{ACCOUNTS}/{username}", {"version": now["version"], "reason": "测试", **change})


async def verdict(browser: Browser, asked: Answer, said: str, reason: str = "") -> tuple[int, str | None]:
    path = f"{GRANTS}/{asked.body['grant_id']}"
    answer = await browser.ask("POST", path, {"verdict": said, "reason": reason})
    return answer.status, answer.code


async def roles_of(home: House, username: str) -> list[str]:
    return (await home.rows("SELECT roles FROM account WHERE username = $1", username))[0]["roles"]


async def test_an_account_has_no_right_until_the_security_role_has_countersigned(home: House) -> None:
    guanli, anquan = await home.signed_in("guanli"), await home.signed_in("anquan")
    made = await guanli.ask("POST", ACCOUNTS, NEW)
    assert (201, []) == (made.status, await roles_of(home, "liu"))
    assert (403, "same_person") == await verdict(guanli, made, "grant")
    assert (204, None) == await verdict(anquan, made, "grant")
    assert ["command_centre"] == await roles_of(home, "liu")
    assert (409, "decided") == await verdict(anquan, made, "grant")


@pytest.mark.parametrize(
    "change",
    [{"roles": ["engineer", "verifier"]}, {"unit_id": "U01"}, {"officer_id": "P1"}, {"oidc_subject": "his own"}],
)
async def test_what_gives_an_account_more_waits_as_a_whole(home: House, change: dict[str, Any]) -> None:
    await enter(home.database, "units", UNITS)
    await enter(home.database, "officers", [{"id": "P1", "name": "刘（虚构）", "unit_id": "U01", "role": "officer"}])
    await home.person("liu", "engineer")
    guanli = await home.signed_in("guanli")
    field = next(iter(change))
    before = (await home.rows(f"SELECT {field}, name FROM account WHERE username = 'liu'"))[0]
    asked = await ask(guanli, "liu", **change, name="新名")
    assert (200, before) == (
        asked.status,
        (await home.rows(f"SELECT {field}, name FROM account WHERE username = 'liu'"))[0],
    )
    assert (409, "waiting") == ((again := await ask(guanli, "liu", **change)).status, again.code)
    assert 204 == await home.countersigned(await home.signed_in("anquan"), asked)
    after = (await home.rows(f"SELECT {field}, name FROM account WHERE username = 'liu'"))[0]
    assert {field: change[field], "name": "新名"} == after


async def test_what_takes_rights_away_is_done_at_once_and_giving_them_back_waits(home: House) -> None:
    await home.person("liu", "engineer", "verifier")
    guanli = await home.signed_in("guanli")
    assert None is (await ask(guanli, "liu", roles=["engineer"])).body["grant_id"]
    assert None is (await ask(guanli, "liu", disabled=True)).body["grant_id"]
    assert 401 == (await home.browser().log_in("liu")).status
    asked = await ask(guanli, "liu", disabled=False)
    assert 401 == (await home.browser().log_in("liu")).status
    assert (204, None) == await verdict(await home.signed_in("anquan"), asked, "grant")
    assert 200 == (await home.browser().log_in("liu")).status


async def test_what_security_gives_an_administrator_countersigns(home: House) -> None:
    await home.person("liu")
    await home.person("anquan2", "security")
    anquan = await home.signed_in("anquan")
    asked = await ask(anquan, "liu", roles=["administrator"])
    assert (403, "same_person") == await verdict(anquan, asked, "grant")
    assert (403, "role") == await verdict(await home.signed_in("anquan2"), asked, "grant")
    assert [] == await roles_of(home, "liu")
    assert (204, None) == await verdict(await home.signed_in("guanli"), asked, "grant")
    assert ["administrator"] == await roles_of(home, "liu")


async def test_nobody_countersigns_what_is_about_his_own_account(home: House) -> None:
    await home.person("anquan2", "security")
    asked = await ask(await home.signed_in("anquan"), "guanli", roles=["auditor"])
    assert (403, "about_yourself") == await verdict(await home.signed_in("guanli"), asked, "grant")


async def test_a_password_of_another_is_reset_by_two(home: House) -> None:
    await home.person("liu", "verifier")
    guanli, anquan = await home.signed_in("guanli"), await home.signed_in("anquan")
    body = {"password": OTHER_PHRASE, "reason": "忘记密码"}
    asked = await guanli.ask("POST", f"{ACCOUNTS}/liu/password", body)
    assert (202, 401) == (asked.status, (await home.browser().log_in("liu", OTHER_PHRASE)).status)
    assert 200 == (await home.browser().log_in("liu")).status
    assert OTHER_PHRASE not in (await anquan.ask("GET", GRANTS)).text
    assert "argon2" not in (await anquan.ask("GET", GRANTS)).text
    assert (204, None) == await verdict(anquan, asked, "grant")
    assert (200, 401) == (
        (await home.browser().log_in("liu", OTHER_PHRASE)).status,
        (await home.browser().log_in("liu")).status,
    )
    assert [{"password_hash": None}] == await home.rows("SELECT password_hash FROM right_grant")


async def test_a_reset_that_waits_is_overtaken_by_who_still_knows_his_password(home: House) -> None:
    await home.person("liu", "verifier")
    guanli = await home.signed_in("guanli")
    body = {"password": OTHER_PHRASE, "reason": "忘记密码"}
    asked = await guanli.ask("POST", f"{ACCOUNTS}/liu/password", body)
    liu = await home.signed_in("liu")
    own = {"old": PASSWORD, "new": "another long phrase"}
    assert 204 == (await liu.ask("POST", "/api/v1/session/password", own)).status
    assert (409, "changed") == await verdict(await home.signed_in("anquan"), asked, "grant")
    assert 200 == (await home.browser().log_in("liu", "another long phrase")).status


async def test_what_was_asked_for_is_overtaken_by_another_change_and_lapses(home: House) -> None:
    await home.person("liu", "engineer")
    guanli, anquan = await home.signed_in("guanli"), await home.signed_in("anquan")
    asked = await ask(guanli, "liu", roles=["engineer", "verifier"])
    assert None is (await ask(guanli, "liu", roles=[])).body["grant_id"]
    assert (409, "changed") == await verdict(anquan, asked, "grant")
    await home.run("UPDATE right_grant SET asked_at = asked_at - interval '7 days'")
    assert (409, "lapsed") == await verdict(anquan, asked, "grant")
    assert 200 == (await ask(guanli, "liu", roles=["verifier"])).status
    assert ["waiting", "lapsed"] == [grant["state"] for grant in (await anquan.ask("GET", GRANTS)).body]


async def test_who_refuses_says_why_and_who_asked_may_take_it_back(home: House) -> None:
    guanli, anquan = await home.signed_in("guanli"), await home.signed_in("anquan")
    made = await guanli.ask("POST", ACCOUNTS, NEW)
    assert (422, "no_reason") == await verdict(anquan, made, "refuse")
    assert (403, "not_yours") == await verdict(anquan, made, "withdraw")
    offers = {
        who: (await browser.ask("GET", GRANTS)).body[0]["offers"] for who, browser in (("a", anquan), ("g", guanli))
    }
    assert {"a": ["grant", "refuse"], "g": ["withdraw"]} == offers
    assert (204, None) == await verdict(anquan, made, "refuse", "不需要")
    assert (409, "decided") == await verdict(guanli, made, "withdraw")
    asked = await ask(guanli, "liu", roles=["engineer"])
    assert (204, None) == await verdict(guanli, asked, "withdraw")
    assert [] == await roles_of(home, "liu")


async def test_both_signatures_are_in_the_log(home: House) -> None:
    guanli, shenji = await home.signed_in("guanli"), await home.signed_in("shenji")
    await home.person("liu", "engineer")
    asked = await ask(guanli, "liu", roles=["verifier"])
    await home.countersigned(await home.signed_in("anquan"), asked)
    found = (await shenji.ask("GET", f"{AUDIT}?target_id=liu")).body["items"]
    said = [(entry["account"], entry["action"], entry["detail"]["roles"]) for entry in found if entry["detail"]]
    roles = [["engineer"], ["verifier"]]
    assert [("anquan", "account.change", roles), ("guanli", "grant.ask", roles)] == said
    assert "guanli" == found[0]["detail"]["asked_by"]


async def test_the_database_takes_no_grant_that_one_has_signed_twice(home: House) -> None:
    guanli = await home.signed_in("guanli")
    await guanli.ask("POST", ACCOUNTS, NEW)
    with pytest.raises(Exception, match="two_signatures"):
        await home.run("UPDATE right_grant SET state = 'granted', decided_by = asked_by")


def bearer(issued: Answer) -> dict[str, str]:
    return {"Authorization": f"Bearer {issued.body['token']}"}


async def test_a_token_opens_nothing_until_it_is_countersigned_and_nothing_once_it_is_revoked(home: House) -> None:
    guanli, program = await home.signed_in("guanli"), home.browser()
    issued = await guanli.ask("POST", TOKENS, ROSTER)
    assert 401 == (await program.ask("POST", "/api/v1/units", UNITS, headers=bearer(issued))).status
    assert 204 == await home.countersigned(await home.signed_in("anquan"), issued)
    assert 200 == (await program.ask("POST", "/api/v1/units", UNITS, headers=bearer(issued))).status
    refused = await program.ask("GET", ACCOUNTS, headers=bearer(issued))
    assert (403, "scope") == (refused.status, refused.code)
    token_id = issued.body["item"]["token_id"]
    loaded_by = await home.rows("SELECT DISTINCT loaded_by FROM fact_version")
    assert [f"token:{token_id}"] == [row["loaded_by"] for row in loaded_by]
    listed = await guanli.ask("GET", TOKENS)
    assert issued.body["token"] not in listed.text + str(await home.rows("SELECT * FROM api_token"))
    assert ("anquan", True) == (
        listed.body["items"][0]["countersigned_by"],
        listed.body["items"][0]["last_used_at"] is not None,
    )
    assert 204 == (await guanli.ask("DELETE", f"{TOKENS}/{token_id}")).status
    assert 401 == (await program.ask("POST", "/api/v1/units", UNITS, headers=bearer(issued))).status


async def test_nobody_issues_a_token_for_what_he_may_not_do_himself(home: House) -> None:
    await home.person("zhihui", "command_centre")
    guanli, zhihui = await home.signed_in("guanli"), await home.signed_in("zhihui")
    for who, scope in ((guanli, "read"), (zhihui, "facts:write"), (zhihui, "metrics")):
        answer = await who.ask("POST", TOKENS, {**ROSTER, "scopes": [scope]})
        assert (403, "scopes") == (answer.status, answer.body["errors"][0]["field"])
    assert 201 == (await zhihui.ask("POST", TOKENS, {**ROSTER, "scopes": ["read"]})).status


async def test_a_token_reads_what_its_issuer_may_and_only_as_long_as_he_may(home: House) -> None:
    await enter(home.database, "units", UNITS)
    people = [{"id": f"P{n}", "name": "刘（虚构）", "unit_id": f"U0{n}", "role": "officer"} for n in (1, 2)]
    await enter(home.database, "officers", people)
    await home.person("lidui", "leader", unit_id="U01")
    lidui, program = await home.signed_in("lidui"), home.browser()
    for unit_id, shown in ((None, ["P1"]), ("U02", list[str]())):
        body = {**ROSTER, "scopes": ["read"], "unit_id": unit_id}
        issued = await lidui.ask("POST", TOKENS, body)
        assert 204 == await home.countersigned(await home.signed_in("anquan"), issued)
        officers = (await program.ask("GET", "/api/v1/officers", headers=bearer(issued))).body
        assert shown == [officer["officer_id"] for officer in officers["items"]]
    await home.run("UPDATE account SET roles = '{custodian}' WHERE username = 'lidui'")
    assert 200 == (await program.ask("GET", "/api/v1/units", headers=bearer(issued))).status
    await home.run("UPDATE account SET roles = '{engineer}' WHERE username = 'lidui'")
    assert 401 == (await program.ask("GET", "/api/v1/units", headers=bearer(issued))).status
    await home.run("UPDATE account SET roles = '{leader}', disabled = true WHERE username = 'lidui'")
    assert 401 == (await program.ask("GET", "/api/v1/units", headers=bearer(issued))).status


async def test_a_token_says_what_it_is_for_and_lives_no_longer_than_the_setting(database: str) -> None:
    async with house(database, AccountsSettings(token_days=30)) as running:
        await running.person("guanli", "administrator")
        guanli = await running.signed_in("guanli")
        for change, field in (({"days": 31}, "days"), ({"days": 730}, "days"), ({"purpose": "    "}, "purpose")):
            answer = await guanli.ask("POST", TOKENS, ROSTER | change)
            assert (422, field) == (answer.status, answer.body["errors"][0]["field"].removeprefix("body."))
        nameless = {name: value for name, value in ROSTER.items() if name != "purpose"}
        assert 422 == (await guanli.ask("POST", TOKENS, nameless)).status
        issued = await guanli.ask("POST", TOKENS, ROSTER)
        lives = await running.rows("SELECT extract(day FROM expires_at - created_at)::integer AS days FROM api_token")
        assert (201, [{"days": 30}]) == (issued.status, lives)


async def test_a_token_ends_by_itself(home: House) -> None:
    guanli = await home.signed_in("guanli")
    issued = await guanli.ask("POST", TOKENS, {**ROSTER, "days": 1})
    assert 204 == await home.countersigned(await home.signed_in("anquan"), issued)
    await home.run("UPDATE api_token SET expires_at = now()")
    assert 401 == (await home.browser().ask("POST", "/api/v1/units", UNITS, headers=bearer(issued))).status


async def test_who_issued_a_token_sees_and_revokes_his_own_only(home: House) -> None:
    await home.person("zhihui", "command_centre")
    guanli, zhihui = await home.signed_in("guanli"), await home.signed_in("zhihui")
    theirs = (await guanli.ask("POST", TOKENS, ROSTER)).body["item"]["token_id"]
    own = (await zhihui.ask("POST", TOKENS, {**ROSTER, "scopes": ["read"]})).body["item"]["token_id"]
    assert [own] == [item["token_id"] for item in (await zhihui.ask("GET", TOKENS)).body["items"]]
    assert [404, 204] == [(await zhihui.ask("DELETE", f"{TOKENS}/{one}")).status for one in (theirs, own)]
