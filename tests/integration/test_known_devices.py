"""Nobody is locked out by strangers: known devices, and counters by address and account."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from standins.web_people import PASSWORD, Answer, Browser, House, house

from telemetry.settings import AccountsSettings

SESSION = "/api/v1/session"
DEVICE = "recorder-fleet-device"
HERE, THERE = "203.0.113.9", "198.51.100.7"


@pytest_asyncio.fixture
async def home(database: str) -> AsyncIterator[House]:
    settings = AccountsSettings(attempts=3, address_attempts=8, account_attempts=10)
    async with house(database, settings, proxies=("127.0.0.1",)) as running:
        await running.person("wang", "command_centre")
        yield running


async def log_in(browser: Browser, address: str, password: str = PASSWORD, username: str = "wang") -> Answer:
    body = {"username": username, "password": password}
    answer = await browser.ask("POST", SESSION, body, headers={"X-Forwarded-For": address})
    if 200 == answer.status:
        browser.csrf = answer.body["csrf"]
    return answer


async def guess(home: House, address: str, times: int) -> int:
    """What the last of some wrong passwords is answered."""
    return [(await log_in(home.browser(), address, "wrong")).status for _ in range(times)][-1]


async def test_a_stranger_elsewhere_locks_nobody_out(home: House) -> None:
    assert 429 == await guess(home, THERE, 4)
    assert 200 == (await log_in(home.browser(), HERE)).status


async def test_the_right_password_from_a_known_device_is_never_refused(home: House) -> None:
    own = home.browser()
    assert 200 == (await log_in(own, HERE)).status
    # From the same address, from many, and until the address itself is slowed down.
    for n in range(12):
        await guess(home, f"198.51.100.{n}", 3)
    assert 429 == await guess(home, HERE, 12)
    assert 429 == (await log_in(home.browser(), HERE)).status
    assert 200 == (await log_in(own, HERE)).status
    assert 200 == (await log_in(own, "192.0.2.1")).status


async def test_guesses_from_everywhere_are_bounded_for_those_who_are_not_known(home: House) -> None:
    for n in range(5):
        await guess(home, f"198.51.100.{n}", 3)
    assert 429 == (await log_in(home.browser(), HERE)).status
    assert 401 == (await log_in(home.browser(), HERE, "wrong", username="another")).status


async def test_a_stolen_device_is_no_place_for_guessing(home: House) -> None:
    own = home.browser()
    await log_in(own, HERE)
    statuses = [(await log_in(own, HERE, f"guess {n}")).status for n in range(25)]
    assert ([401] * 23, 429) == (statuses[:23], statuses[-1])
    assert [] == await home.rows("SELECT username FROM known_device")


async def test_mistakes_on_a_known_device_are_forgotten_with_the_right_password(home: House) -> None:
    own = home.browser()
    for _ in range(3):
        assert 200 == (await log_in(own, HERE)).status
        assert {401} == {(await log_in(own, HERE, "wrong")).status for _ in range(15)}
    assert 200 == (await log_in(own, HERE)).status


async def test_a_device_is_known_for_those_who_signed_in_on_it_and_nobody_else(home: House) -> None:
    await home.person("li", "verifier")
    shared = home.browser()
    await log_in(shared, HERE)
    await guess(home, HERE, 4)
    locked = [await log_in(home.browser(), HERE, "wrong", username="li") for _ in range(4)][-1]
    assert (429, 200) == (locked.status, (await log_in(shared, HERE)).status)
    assert 429 == (await log_in(shared, HERE, username="li")).status
    await home.run("DELETE FROM login_throttle")
    assert 200 == (await log_in(shared, HERE, username="li")).status
    await guess(home, HERE, 12)
    # Both are known on it, whoever was the last.
    assert [200, 200] == [(await log_in(shared, HERE, username=name)).status for name in ("wang", "li")]


async def test_the_cookie_lasts_is_out_of_reach_and_planted_it_is_worth_nothing(home: House) -> None:
    own = home.browser()
    own.cookies[DEVICE] = "planted-by-somebody-else"
    cookies = (await log_in(own, HERE)).headers.getall("Set-Cookie")
    cookie = next(line for line in cookies if line.startswith(DEVICE))
    for attribute in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=34560000"):
        assert attribute in cookie
    await guess(home, HERE, 4)
    thief = home.browser()
    thief.cookies[DEVICE] = "planted-by-somebody-else"
    assert 429 == (await log_in(thief, HERE)).status
    assert own.cookies[DEVICE] not in str(await home.rows("SELECT encode(device_hash, 'escape') FROM known_device"))


async def test_many_guesses_at_once_on_a_known_device_are_counted_each(home: House) -> None:
    own = home.browser()
    await log_in(own, HERE)
    thieves = [Browser(home.address, dict(own.cookies)) for _ in range(30)]
    await asyncio.gather(*(log_in(thief, HERE, f"guess {n}") for n, thief in enumerate(thieves)))
    assert [] == await home.rows("SELECT username FROM known_device")


async def test_security_sees_and_ends_a_pause_wherever_it_came_from(home: House) -> None:
    await home.person("anquan", "security")
    anquan = home.browser()
    await log_in(anquan, HERE, username="anquan")
    await guess(home, THERE, 4)
    path = "/api/v1/accounts/wang"
    assert (await anquan.ask("GET", path)).body["locked_until"] is not None
    assert 204 == (await anquan.ask("POST", f"{path}/unlock", {"reason": "本人来电"})).status
    assert (None, 200) == (
        (await anquan.ask("GET", path)).body["locked_until"],
        (await log_in(home.browser(), THERE)).status,
    )
