"""Signing in and out: sessions that can't be planted, guessed or kept, and failures that slow down whoever guesses."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from standins.web_people import PASSWORD, House, house

from telemetry.settings import AccountsSettings
from telemetry.web.http.account_provisioning import issue_once

SESSION = "/api/v1/session"
COOKIE = "recorder-fleet"


@pytest_asyncio.fixture
async def home(database: str) -> AsyncIterator[House]:
    async with house(database) as running:
        await running.person("wang", "command_centre")
        yield running


async def test_whoever_has_the_password_is_told_who_he_is(home: House) -> None:
    browser = home.browser()
    answer = await browser.log_in("Wang")
    assert (200, "wang", ["command_centre"]) == (
        answer.status,
        answer.body["account"]["username"],
        answer.body["account"]["roles"],
    )
    again = await browser.ask("GET", SESSION)
    assert {**answer.body, "left_s": 0} == {**again.body, "left_s": 0}
    assert answer.body["left_s"] >= again.body["left_s"] > answer.body["left_s"] - 60


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(home: House) -> None:
    cookie = (await home.browser().log_in("wang")).headers["Set-Cookie"]
    for attribute in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert attribute in cookie
    assert "Secure" not in cookie


async def test_behind_https_the_cookie_is_bound_to_host_and_scheme(database: str) -> None:
    async with house(database, public_url="https://fleet.example") as running:
        await running.person("wang", "command_centre")
        answer = await running.browser().log_in("wang")
        assert answer.headers["Set-Cookie"].startswith("__Host-recorder-fleet=")
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "Strict-Transport-Security" in answer.headers


async def test_a_session_id_planted_before_the_login_is_not_the_one_after_it(home: House) -> None:
    browser = home.browser()
    browser.cookies[COOKIE] = "planted-by-somebody-else"
    await browser.log_in("wang")
    assert "planted-by-somebody-else" != browser.cookies[COOKIE]
    first = dict(browser.cookies)
    await browser.log_in("wang")
    stale = home.browser()
    stale.cookies = first
    assert 401 == (await stale.ask("GET", SESSION)).status


async def test_the_database_holds_no_session_id_that_works(home: House) -> None:
    browser = await home.signed_in("wang")
    stored = await home.rows("SELECT encode(session_hash, 'hex') AS hash FROM account_session")
    thief = home.browser()
    thief.cookies[COOKIE] = stored[0]["hash"]
    assert browser.cookies[COOKIE] != stored[0]["hash"]
    assert 401 == (await thief.ask("GET", SESSION)).status


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
async def test_an_unsafe_request_without_its_token_is_refused(home: House, token: str) -> None:
    browser = await home.signed_in("wang")
    browser.csrf = token
    answer = await browser.ask("DELETE", SESSION)
    assert (403, "csrf") == (answer.status, answer.code)
    assert 200 == (await browser.ask("GET", SESSION)).status


async def test_a_token_of_another_session_is_none(home: House) -> None:
    browser, other = await home.signed_in("wang"), await home.signed_in("wang")
    browser.csrf = other.csrf
    assert 403 == (await browser.ask("DELETE", SESSION)).status


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {"Origin": "http://["}],
)
async def test_a_login_from_another_site_is_refused(home: House, headers: dict[str, str]) -> None:
    body = {"username": "wang", "password": PASSWORD}
    answer = await home.browser().ask("POST", SESSION, body, headers=headers)
    assert (403, "csrf") == (answer.status, answer.code)


async def test_a_form_of_another_site_can_not_log_in(home: House) -> None:
    browser = home.browser()
    answer = await browser.ask("POST", SESSION, headers={"Content-Type": "text/plain"}, data='{"username": "wang"}')
    assert 415 == answer.status


async def test_who_logs_out_is_out(home: House) -> None:
    browser = await home.signed_in("wang")
    kept = dict(browser.cookies)
    assert 204 == (await browser.ask("DELETE", SESSION)).status
    browser.cookies = kept
    assert 401 == (await browser.ask("GET", SESSION)).status


async def test_a_session_ends_by_idling_and_in_any_case(home: House) -> None:
    browser = await home.signed_in("wang")
    await home.run("UPDATE account_session SET seen_at = now() - interval '31 minutes'")
    assert 401 == (await browser.ask("GET", SESSION)).status
    browser = await home.signed_in("wang")
    await home.run("UPDATE account_session SET expires_at = now()")
    assert 401 == (await browser.ask("GET", SESSION)).status


async def test_a_disabled_account_is_out_at_once_and_stays_out(home: House) -> None:
    browser = await home.signed_in("wang")
    await home.run("UPDATE account SET disabled = true")
    assert 401 == (await browser.ask("GET", SESSION)).status
    assert 401 == (await home.browser().log_in("wang")).status


async def test_nobody_learns_whether_a_name_exists(home: House) -> None:
    known = await home.browser().log_in("wang", "wrong password")
    unknown = await home.browser().log_in("nobody", "wrong password")
    assert (401, known.body) == (unknown.status, unknown.body)
    for _ in range(6):
        last = await home.browser().log_in("nobody", "wrong password")
    assert (429, "locked") == (last.status, last.code)


async def test_too_many_failures_lock_the_account_and_a_restart_forgives_nothing(database: str) -> None:
    settings = AccountsSettings(attempts=3)
    async with house(database, settings) as running:
        await running.person("wang", "command_centre")
        assert [401, 401, 401, 429] == [(await running.browser().log_in("wang", "wrong")).status for _ in range(4)]
    async with house(database, settings) as running:
        answer = await running.browser().log_in("wang")
        assert (429, "locked") == (answer.status, answer.code)
        assert 0 < int(answer.headers["Retry-After"]) <= 900
        await running.run("UPDATE login_throttle SET locked_until = now() - interval '1 second'")
        assert 200 == (await running.browser().log_in("wang")).status


async def test_many_guesses_at_once_are_no_way_round_the_lock(database: str) -> None:
    async with house(database, AccountsSettings(attempts=3)) as running:
        await running.person("wang", "command_centre")
        answers = await asyncio.gather(*(running.browser().log_in("wang", f"guess {n}") for n in range(12)))
        assert 3 == sum(answer.status == 401 for answer in answers)


async def test_an_address_is_slowed_down_whatever_names_it_tries(database: str) -> None:
    async with house(database, AccountsSettings(address_attempts=4)) as running:
        statuses = [(await running.browser().log_in(f"name{n}", "wrong")).status for n in range(5)]
        assert [401, 401, 401, 401, 429] == statuses


async def test_only_a_proxy_that_is_known_may_say_where_somebody_comes_from(database: str) -> None:
    async with house(database, AccountsSettings(address_attempts=1)) as running:
        for n in range(2):
            answer = await running.browser().ask(
                "POST",
                SESSION,
                {"username": f"n{n}", "password": "wrong"},
                headers={"X-Forwarded-For": f"10.0.0.{n}"},
            )
        assert 429 == answer.status
    async with house(database, AccountsSettings(address_attempts=1), proxies=("127.0.0.1",)) as running:
        await running.run("DELETE FROM login_throttle")
        for n in range(2):
            answer = await running.browser().ask(
                "POST",
                SESSION,
                {"username": f"n{n}", "password": "wrong"},
                headers={"X-Forwarded-For": f"203.0.113.9, 10.0.0.{n}"},
            )
            assert 401 == answer.status
        addresses = await running.rows("SELECT key FROM login_throttle WHERE kind = 'address' ORDER BY key")
        assert ["10.0.0.0", "10.0.0.1"] == [row["key"] for row in addresses]


async def test_a_login_that_works_once_works_once(home: House) -> None:
    token = await issue_once(home.database, "wang", datetime.now(UTC), by="test")
    browser = home.browser()
    first = await browser.ask("POST", f"{SESSION}/once", {"token": token})
    assert (200, "wang") == (first.status, first.body["account"]["username"])
    assert 401 == (await home.browser().ask("POST", f"{SESSION}/once", {"token": token})).status
    late = await issue_once(home.database, "wang", datetime.now(UTC), by="test", valid_s=0)
    assert 401 == (await home.browser().ask("POST", f"{SESSION}/once", {"token": late})).status


async def test_a_password_that_somebody_else_chose_is_changed_first(home: House) -> None:
    await home.run("UPDATE account SET must_change = true")
    browser = await home.signed_in("wang")
    refused = await browser.ask("GET", "/api/v1/me/views")
    assert (403, "must_change") == (refused.status, refused.code)
    change = {"old": PASSWORD, "new": "another long phrase"}
    assert 204 == (await browser.ask("POST", f"{SESSION}/password", change)).status
    assert 200 == (await browser.ask("GET", "/api/v1/me/views")).status


async def test_who_changes_his_password_ends_his_other_sessions(home: House) -> None:
    browser, other = await home.signed_in("wang"), await home.signed_in("wang")
    change = {"old": PASSWORD, "new": "another long phrase"}
    assert 204 == (await browser.ask("POST", f"{SESSION}/password", change)).status
    assert (200, 401) == ((await browser.ask("GET", SESSION)).status, (await other.ask("GET", SESSION)).status)
    assert 401 == (await home.browser().log_in("wang")).status
    assert 200 == (await home.browser().log_in("wang", "another long phrase")).status


@pytest.mark.parametrize("new", ["short", "aaaaaaaaaaaaaaaa", "wang-wang-wang", "password123456", PASSWORD])
async def test_a_weak_password_is_refused_with_the_reason(home: House, new: str) -> None:
    browser = await home.signed_in("wang")
    answer = await browser.ask("POST", f"{SESSION}/password", {"old": PASSWORD, "new": new})
    assert (422, "new") == (answer.status, answer.body["errors"][0]["field"])


async def test_logins_and_failures_are_in_the_audit_log(home: House) -> None:
    await home.browser().log_in("wang", "wrong password")
    await home.signed_in("wang")
    rows = await home.rows("SELECT action, account FROM audit_entry ORDER BY entry_id")
    assert [("session.refused", "wang"), ("session.begin", "wang")] == [(r["action"], r["account"]) for r in rows]
