"""Accounts, tokens and the log of both: what is held apart stays apart, in the API and in the database."""

import csv
import io
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from standins.squad import enter
from standins.web_people import PASSWORD, Browser, House, house

from telemetry.domain.errors import RowsRefusedError
from telemetry.records.audit import AuditEntry
from telemetry.store.audit import drop_old_entries, write_entry

ACCOUNTS = "/api/v1/accounts"
AUDIT = "/api/v1/audit"
NEW = {"username": "liu", "name": "刘（虚构）", "roles": ["engineer"], "password": PASSWORD, "reason": "新到岗"}
UNIT = {"id": "U01", "name": "第一中队（虚构）", "kind": "squad"}


@pytest_asyncio.fixture
async def home(database: str) -> AsyncIterator[House]:
    async with house(database) as running:
        await running.person("guanli", "administrator")
        await running.person("anquan", "security")
        await running.person("shenji", "auditor")
        yield running


async def changed(browser: Browser, username: str, **change: object) -> tuple[int, str | None]:
    now = (await browser.ask("GET", f"{ACCOUNTS}/{username}")).body["account"]
    body = {"version": now["version"], "reason": "测试", **change}
    answer = await browser.ask("PATCH", f"{ACCOUNTS}/{username}", body)
    return answer.status, answer.code


async def test_an_account_that_an_administrator_makes_changes_its_password_first(home: House) -> None:
    guanli = await home.signed_in("guanli")
    made = await guanli.ask("POST", ACCOUNTS, NEW)
    assert (201, [], True) == (made.status, made.body["roles"], made.body["must_change"])
    assert "password" not in made.text
    assert 204 == await home.countersigned(await home.signed_in("anquan"), made)
    assert ["engineer"] == (await guanli.ask("GET", f"{ACCOUNTS}/liu")).body["account"]["roles"]
    liu = await home.signed_in("liu")
    assert "must_change" == (await liu.ask("GET", "/api/v1/me/views")).code
    assert 409 == (await guanli.ask("POST", ACCOUNTS, NEW)).status


@pytest.mark.parametrize("role", ["administrator", "auditor", "security"])
async def test_no_administrator_gives_what_is_held_apart(home: House, role: str) -> None:
    guanli = await home.signed_in("guanli")
    answer = await guanli.ask("POST", ACCOUNTS, {**NEW, "roles": [role]})
    assert (403, "apart") == (answer.status, answer.code)
    await guanli.ask("POST", ACCOUNTS, NEW)
    assert (403, "apart") == await changed(guanli, "liu", roles=["engineer", role])


async def test_security_gives_what_is_held_apart_and_never_two_of_it(home: House) -> None:
    await (await home.signed_in("guanli")).ask("POST", ACCOUNTS, {**NEW, "roles": []})
    anquan = await home.signed_in("anquan")
    assert (200, None) == await changed(anquan, "liu", roles=["auditor"])
    assert (422, "invalid") == await changed(anquan, "liu", roles=["auditor", "administrator"])
    assert (403, "role") == await changed(anquan, "liu", roles=["auditor", "verifier"])


async def test_the_database_holds_them_apart_by_itself(home: House) -> None:
    for roles in ("{administrator,auditor}", "{security,administrator}", "{auditor,security}"):
        with pytest.raises(RowsRefusedError, match="account_separation"):
            await home.run(f"UPDATE account SET roles = '{roles}' WHERE username = 'guanli'")
    await home.run("UPDATE account SET officer_id = 'P1' WHERE username = 'guanli'")
    with pytest.raises(RowsRefusedError, match="account_of_officer"):
        await home.run("UPDATE account SET officer_id = 'P1' WHERE username = 'shenji'")


async def test_nobody_changes_his_own_rights(home: House) -> None:
    assert (403, "about_yourself") == await changed(await home.signed_in("anquan"), "anquan", roles=["administrator"])
    assert (403, "about_yourself") == await changed(await home.signed_in("guanli"), "guanli", disabled=True)


async def test_no_administrator_can_sign_in_as_the_auditor(home: House) -> None:
    guanli = await home.signed_in("guanli")
    body = {"password": "a phrase that he knows", "reason": "忘记密码"}
    answer = await guanli.ask("POST", f"{ACCOUNTS}/shenji/password", body)
    assert (403, "apart") == (answer.status, answer.code)
    assert 200 == (await home.browser().log_in("shenji")).status


async def test_other_roles_end_the_sessions_that_had_the_old_ones(home: House) -> None:
    await home.person("liu", "engineer", "auditor")
    liu = await home.signed_in("liu")
    assert (200, None) == await changed(await home.signed_in("anquan"), "liu", roles=["engineer"])
    assert 401 == (await liu.ask("GET", "/api/v1/session")).status


@pytest.mark.parametrize("tie", [{"unit_id": "U01"}, {"officer_id": "P1"}, {"oidc_subject": "another"}])
async def test_another_person_unit_or_subject_ends_the_sessions_of_before(home: House, tie: dict[str, str]) -> None:
    await enter(home.database, "units", [UNIT])
    await enter(home.database, "officers", [{"id": "P1", "name": "刘（虚构）", "unit_id": "U01", "role": "officer"}])
    guanli = await home.signed_in("guanli")
    await home.person("liu", "engineer")
    liu = await home.signed_in("liu")
    assert (200, None) == await changed(guanli, "liu", name="新名")
    assert 200 == (await liu.ask("GET", "/api/v1/session")).status
    body = {"version": 2, "reason": "测试", **tie}
    asked = await guanli.ask("PATCH", f"{ACCOUNTS}/liu", body)
    assert 200 == (await liu.ask("GET", "/api/v1/session")).status
    assert 204 == await home.countersigned(await home.signed_in("anquan"), asked)
    assert 401 == (await liu.ask("GET", "/api/v1/session")).status


async def test_an_administrator_can_not_reset_his_own_password_without_the_old_one(home: House) -> None:
    guanli = await home.signed_in("guanli")
    body = {"password": "a phrase that he knows", "reason": "忘记密码"}
    answer = await guanli.ask("POST", f"{ACCOUNTS}/guanli/password", body)
    assert (403, "about_yourself") == (answer.status, answer.code)
    assert 200 == (await home.browser().log_in("guanli")).status


async def test_two_who_change_one_account_at_once_are_told(home: House) -> None:
    guanli = await home.signed_in("guanli")
    await home.person("liu", "engineer")
    body = {"version": 1, "reason": "测试", "name": "新名"}
    assert 200 == (await guanli.ask("PATCH", f"{ACCOUNTS}/liu", body)).status
    answer = await guanli.ask("PATCH", f"{ACCOUNTS}/liu", body)
    assert (409, "changed") == (answer.status, answer.code)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"roles": ["leader"]}, "unit_id"),
        ({"roles": ["officer"]}, "officer_id"),
        ({"unit_id": "U99"}, "unit_id"),
        ({"officer_id": "P99"}, "officer_id"),
        ({"username": "刘"}, "username"),
        ({"username": "a'; --"}, "username"),
    ],
)
async def test_terms_that_can_not_be_are_refused_by_field(home: House, change: dict[str, object], field: str) -> None:
    answer = await (await home.signed_in("guanli")).ask("POST", ACCOUNTS, {**NEW, **change})
    assert (422, field) == (answer.status, answer.body["errors"][0]["field"])


async def test_a_locked_account_is_let_in_again_by_security(home: House) -> None:
    for _ in range(6):
        await home.browser().log_in("guanli", "wrong")
    assert 429 == (await home.browser().log_in("guanli")).status
    anquan = await home.signed_in("anquan")
    assert (await anquan.ask("GET", f"{ACCOUNTS}/guanli")).body["locked_until"] is not None
    assert 204 == (await anquan.ask("POST", f"{ACCOUNTS}/guanli/unlock", {"reason": "本人来电"})).status
    assert 200 == (await home.browser().log_in("guanli")).status


async def test_accounts_come_a_page_at_a_time(home: House) -> None:
    guanli = await home.signed_in("guanli")
    first = (await guanli.ask("GET", f"{ACCOUNTS}?limit=2")).body
    assert ["anquan", "guanli"] == [item["username"] for item in first["items"]]
    second = (await guanli.ask("GET", f"{ACCOUNTS}?limit=2&cursor={first['next']}")).body
    assert (["shenji"], None) == ([item["username"] for item in second["items"]], second["next"])


async def test_every_change_is_in_the_log_with_its_reason(home: House) -> None:
    guanli = await home.signed_in("guanli")
    await guanli.ask("POST", ACCOUNTS, NEW)
    await changed(guanli, "liu", name="刘副（虚构）")
    shenji = await home.signed_in("shenji")
    found = (await shenji.ask("GET", f"{AUDIT}?action=account.&target_id=liu")).body["items"]
    assert [("account.change", "测试"), ("account.create", "新到岗")] == [(e["action"], e["why"]) for e in found]
    assert {"name": ["刘（虚构）", "刘副（虚构）"]} == found[0]["detail"]


async def test_the_log_comes_page_by_page_and_can_be_searched(home: House) -> None:
    for number in range(5):
        await write_entry(home.database, AuditEntry("x", "local", "view.track", "recorder", f"R{number}", why="找人"))
    shenji = await home.signed_in("shenji")
    first = (await shenji.ask("GET", f"{AUDIT}?limit=3&action=view.")).body
    second = (await shenji.ask("GET", f"{AUDIT}?limit=3&action=view.&cursor={first['next']}")).body
    assert ["R4", "R3", "R2", "R1", "R0"] == [e["target_id"] for e in (*first["items"], *second["items"])]
    assert 1 == len((await shenji.ask("GET", AUDIT, params={"q": "R3"})).body["items"])
    assert 5 == len((await shenji.ask("GET", AUDIT, params={"q": "找人"})).body["items"])


async def test_an_export_needs_its_reason_is_logged_and_holds_no_formula(home: House) -> None:
    await write_entry(home.database, AuditEntry("x", "local", "view.track", "recorder", "=HYPERLINK(1)", why="@evil"))
    shenji = await home.signed_in("shenji")
    assert 422 == (await shenji.ask("GET", f"{AUDIT}?format=csv")).status
    answer = await shenji.ask("GET", AUDIT, params={"format": "csv", "why": "季度检查"})
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [] == [cell for row in rows for cell in row if cell.startswith(("=", "@", "+", "-"))]
    exported = await home.rows("SELECT account, why FROM audit_entry WHERE action = 'export.audit'")
    assert [{"account": "shenji", "why": "季度检查"}] == exported


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET why = ''",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "SELECT drop_old_audit(interval '5 months', now())",
    ],
)
async def test_the_log_is_never_edited(home: House, statement: str) -> None:
    await write_entry(home.database, AuditEntry("x", "local", "view.track", "recorder", "R1"))
    with pytest.raises(RowsRefusedError):
        await home.run(statement)
    with pytest.raises(RowsRefusedError):
        await home.run(f"BEGIN; SET LOCAL recorder_fleet.audit_retention = 'on'; {statement}; COMMIT")


async def test_retention_drops_what_is_older_than_six_months_and_nothing_else(home: House, database: str) -> None:
    await write_entry(home.database, AuditEntry("x", "local", "view.track", "recorder", "new"))
    connection = await asyncpg.connect(database)
    await connection.execute(
        "INSERT INTO audit_entry (at, account, address, action, target_kind, target_id) "
        "VALUES (now() - interval '200 days', 'x', 'local', 'view.track', 'recorder', 'old')"
    )
    await connection.close()
    async with home.database.connection() as connection:
        assert 1 == await drop_old_entries(connection, 184)
    assert ["new"] == [row["target_id"] for row in await home.rows("SELECT target_id FROM audit_entry")]


async def test_an_officer_sees_who_looked_at_him_and_not_that_he_did(home: House) -> None:
    await home.person("zhang", "officer", officer_id="P1")
    for account in ("guanli", "zhang"):
        entry = AuditEntry(account, "local", "view.track", "recorder", "R1", "核对轨迹", officer_ids=("P1",))
        await write_entry(home.database, entry)
    await write_entry(home.database, AuditEntry("guanli", "local", "view.track", "recorder", "R2", officer_ids=("P2",)))
    views = (await (await home.signed_in("zhang")).ask("GET", "/api/v1/me/views")).body["items"]
    assert [("guanli", "guanli（虚构）", "R1", "核对轨迹")] == [
        (v["account"], v["account_name"], v["target_id"], v["why"]) for v in views
    ]
