"""The second factor: who needs one, enrolling it, codes that count once, and how it is lost and found."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pyotp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from standins.web_people import PASSWORD, Answer, Browser, House, house

from telemetry.settings import AccountsSettings
from telemetry.web.http.account_provisioning import issue_once
from telemetry.web.http.second_factor import FACTOR_ROLES, draw_factor, needs_factor, step_of

SESSION = "/api/v1/session"
FACTOR = "/api/v1/session/factor"
ENROL = "/api/v1/session/factor/enrolment"
VIEWS = "/api/v1/me/views"
ALWAYS = AccountsSettings(second_factor="always", attempts=3)


@pytest_asyncio.fixture
async def home(database: str) -> AsyncIterator[House]:
    async with house(database, ALWAYS) as running:
        await running.person("wang", "verifier")
        yield running


async def enrolled(home: House, username: str) -> tuple[Browser, str]:
    """Somebody who has signed in and enrolled a factor, and its secret."""
    browser = await home.signed_in(username)
    secret = (await browser.ask("POST", ENROL)).body["secret"]
    assert 200 == (await browser.ask("POST", FACTOR, {"code": pyotp.TOTP(secret).now()})).status
    return browser, secret


async def forget_steps(home: House) -> None:
    """As if the last code had been given long ago: the tests don't wait for the next one."""
    await home.run("UPDATE second_factor SET last_step = 0")


async def code(browser: Browser, text: str) -> Answer:
    return await browser.ask("POST", FACTOR, {"code": text})


@pytest.mark.parametrize(
    ("setting", "is_https", "needed"),
    [("https", True, True), ("https", False, False), ("always", False, True), ("never", True, False)],
)
def test_those_whom_rights_hang_on_need_one_by_the_setting(setting: Any, *, is_https: bool, needed: bool) -> None:
    accounts = AccountsSettings(second_factor=setting)
    for role in FACTOR_ROLES:
        assert needed is needs_factor(frozenset({role, "leader"}), accounts, is_https=is_https)
    assert not needs_factor(frozenset({"officer", "leader", "command_centre"}), accounts, is_https=is_https)


def test_in_production_it_is_needed_unless_somebody_sets_it_otherwise() -> None:
    assert needs_factor(frozenset({"administrator"}), AccountsSettings(), is_https=True)


@given(st.integers(0, 2**33), st.integers(-3, 3))
def test_a_code_counts_one_step_to_either_side_and_once(now_s: int, off: int) -> None:
    secret = draw_factor()
    step = now_s // 30 + off
    if step < 0:
        return
    text = pyotp.TOTP(secret).generate_otp(step)
    found = step_of(text, secret, now_s, 0)
    if abs(off) <= 1 and step > 0:
        assert found is not None
        assert text == pyotp.TOTP(secret).generate_otp(found)
        assert found != step_of(text, secret, now_s, found)
    assert None is step_of(text, secret, now_s, now_s // 30 + 1)


async def test_the_password_alone_opens_nothing(home: House) -> None:
    browser = await home.signed_in("wang")
    assert "enrol" == (await browser.ask("GET", SESSION)).body["factor"]
    refused = await browser.ask("GET", VIEWS)
    assert (403, "second_factor") == (refused.status, refused.code)
    change = {"old": PASSWORD, "new": "another long phrase"}
    assert "second_factor" == (await browser.ask("POST", f"{SESSION}/password", change)).code
    assert "recorder-fleet-device" not in browser.cookies


async def test_who_enrols_shows_a_code_and_from_then_on_one_each_time(home: House) -> None:
    browser, secret = await enrolled(home, "wang")
    assert ("given", 200) == (
        (await browser.ask("GET", SESSION)).body["factor"],
        (await browser.ask("GET", VIEWS)).status,
    )
    again = await home.signed_in("wang")
    assert ("code", 403) == ((await again.ask("GET", SESSION)).body["factor"], (await again.ask("GET", VIEWS)).status)
    await forget_steps(home)
    given_now = await code(again, pyotp.TOTP(secret).now())
    assert (200, "given", 200) == (given_now.status, given_now.body["factor"], (await again.ask("GET", VIEWS)).status)
    actions = await home.rows("SELECT action FROM audit_entry WHERE action LIKE '%.factor' ORDER BY entry_id")
    assert ["account.factor", "session.factor"] == [row["action"] for row in actions]


async def test_the_secret_is_a_picture_once_and_never_shown_again(home: House) -> None:
    browser = await home.signed_in("wang")
    shown = (await browser.ask("POST", ENROL)).body
    assert pyotp.parse_uri(shown["address"]).secret == shown["secret"]  # type: ignore[attr-defined]
    assert shown["picture"].startswith("data:image/svg+xml")
    # Who lost the page before a code was given begins anew.
    secret = (await browser.ask("POST", ENROL)).body["secret"]
    assert 422 == (await code(browser, pyotp.TOTP(shown["secret"]).now())).status
    assert 200 == (await code(browser, pyotp.TOTP(secret).now())).status
    again = await home.signed_in("wang")
    assert (409, "enrolled") == ((answer := await again.ask("POST", ENROL)).status, answer.code)
    assert (409, "not_needed") == ((answer := await browser.ask("POST", ENROL)).status, answer.code)


async def test_a_code_that_somebody_saw_is_worth_nothing(home: House) -> None:
    _, secret = await enrolled(home, "wang")
    text = pyotp.TOTP(secret).generate_otp((await home.rows("SELECT last_step FROM second_factor"))[0]["last_step"])
    again = await home.signed_in("wang")
    assert 422 == (await code(again, text)).status
    assert 403 == (await again.ask("GET", VIEWS)).status


@pytest.mark.parametrize("text", ["12345", "1234567", "12345a", "１２３４５６", ""])
async def test_what_is_no_code_is_refused_before_it_counts(home: House, text: str) -> None:
    browser = await home.signed_in("wang")
    assert 422 == (await code(browser, text)).status
    assert [] == await home.rows("SELECT key FROM login_throttle WHERE kind = 'factor'")


async def test_codes_are_not_guessed_whoever_has_the_password(home: House) -> None:
    _, secret = await enrolled(home, "wang")
    await forget_steps(home)
    wrong = f"{(int(pyotp.TOTP(secret).now()) + 1) % 10**6:06}"
    # Each with a session of his own: the password is right.
    statuses = [(await code(await home.signed_in("wang"), wrong)).status for _ in range(4)]
    assert [422, 422, 422, 429] == statuses
    assert 429 == (await code(await home.signed_in("wang"), pyotp.TOTP(secret).now())).status


async def test_he_himself_is_let_in_on_his_device_meanwhile(home: House) -> None:
    own, secret = await enrolled(home, "wang")
    await forget_steps(home)
    wrong = f"{(int(pyotp.TOTP(secret).now()) + 1) % 10**6:06}"
    for _ in range(4):
        await code(await home.signed_in("wang"), wrong)
    assert 200 == (await own.log_in("wang")).status
    assert 200 == (await code(own, pyotp.TOTP(secret).now())).status


async def test_others_sign_in_as_before(home: House) -> None:
    await home.person("lidui", "command_centre")
    browser = await home.signed_in("lidui")
    assert ("given", 200) == (
        (await browser.ask("GET", SESSION)).body["factor"],
        (await browser.ask("GET", VIEWS)).status,
    )


async def test_a_login_that_the_server_has_printed_needs_none(home: House) -> None:
    now = (await home.rows("SELECT now() AS now"))[0]["now"]
    token = await issue_once(home.database, "wang", now, by="test")
    browser = home.browser()
    assert "given" == (await browser.ask("POST", f"{SESSION}/once", {"token": token})).body["factor"]
    assert 200 == (await browser.ask("GET", VIEWS)).status


async def test_a_lost_factor_is_forgotten_by_security_and_an_administrator(home: House) -> None:
    for username, role in (("anquan", "security"), ("guanli", "administrator")):
        await home.person(username, role)
    wang, _ = await enrolled(home, "wang")
    anquan, _ = await enrolled(home, "anquan")
    guanli, _ = await enrolled(home, "guanli")
    body = {"reason": "手机遗失"}
    assert 403 == (await guanli.ask("POST", "/api/v1/accounts/wang/factor", body)).status
    assert 403 == (await anquan.ask("POST", "/api/v1/accounts/anquan/factor", body)).status
    asked = await anquan.ask("POST", "/api/v1/accounts/wang/factor", body)
    assert (202, 403) == (asked.status, await home.countersigned(anquan, asked))
    assert 200 == (await wang.ask("GET", VIEWS)).status
    assert 204 == await home.countersigned(guanli, asked)
    assert 401 == (await wang.ask("GET", VIEWS)).status
    assert "enrol" == (await (await home.signed_in("wang")).ask("GET", SESSION)).body["factor"]


async def test_the_picture_holds_no_more_than_the_address(home: House) -> None:
    browser = await home.signed_in("wang")
    picture = (await browser.ask("POST", ENROL)).body["picture"]
    text = picture if ";base64," not in picture else base64.b64decode(picture.partition(",")[2]).decode()
    assert "script" not in text.lower()
