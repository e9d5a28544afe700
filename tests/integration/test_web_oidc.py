"""Single sign-on against a stand-in provider that checks what it gets: who is let in, and every way of not being."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr
from standins.web_people import Answer, Browser, House, house

from telemetry.settings import AccountsSettings

BEGIN = "/api/v1/session/oidc"


class Provider:
    """It gives one code, and for it an id token, to whoever shows the verifier that fits the challenge."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1"})
        self.signed_by = self.key
        self.issuer = ""
        self.challenge = ""
        self.changes: dict[str, Any] = {}
        self.nonce = ""

    async def configuration(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        fits = challenge.decode().rstrip("=") == self.challenge and form["code"] == "the-code"
        if not fits or not request.headers["Authorization"].startswith("Basic "):
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims = {
            "iss": self.issuer,
            "aud": "fleet",
            "sub": "s-wang",
            "exp": int(time.time()) + 300,
            "nonce": self.nonce,
        } | self.changes
        return web.json_response({"id_token": jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.signed_by)})

    async def keys(self, _: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict(private=False))


@asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    provider, application = Provider(), web.Application()
    application.router.add_get("/.well-known/openid-configuration", provider.configuration)
    application.router.add_post("/token", provider.token)
    application.router.add_get("/keys", provider.keys)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield provider
    await runner.cleanup()


@pytest_asyncio.fixture
async def met(database: str) -> AsyncIterator[tuple[House, Provider]]:
    async with providing() as provider:
        settings = AccountsSettings(
            oidc_issuer=provider.issuer, oidc_client_id="fleet", oidc_client_secret=SecretStr("hush")
        )
        async with house(database, settings) as running:
            await running.person("wang", "verifier")
            await running.run("UPDATE account SET oidc_subject = 's-wang'")
            yield running, provider


async def gone(browser: Browser, provider: Provider, place: str = "") -> str:
    """Go to the provider; the state that it is given."""
    answer = await browser.ask("GET", BEGIN, params={"place": place} if place else {})
    assert 302 == answer.status, answer.text
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    provider.challenge, provider.nonce = asked["code_challenge"][0], asked["nonce"][0]
    return asked["state"][0]


async def back(browser: Browser, state: str, code: str = "the-code") -> Answer:
    return await browser.ask("GET", f"{BEGIN}/return", params={"state": state, "code": code, "session_state": "x"})


async def test_whoever_the_provider_knows_gets_his_own_account_and_roles(met: tuple[House, Provider]) -> None:
    running, provider = met
    browser = running.browser()
    answer = await back(browser, await gone(browser, provider))
    assert (302, "/") == (answer.status, answer.headers["Location"])
    me = (await browser.ask("GET", "/api/v1/session")).body["account"]
    assert ("wang", ["verifier"]) == (me["username"], me["roles"])


@pytest.mark.parametrize("place", ["#/incidents/I-17?status=open", "#/audit", "#//evil.example", "#/%E4%BA%8B"])
async def test_he_comes_to_the_page_that_he_came_for(met: tuple[House, Provider], place: str) -> None:
    running, provider = met
    browser = running.browser()
    answer = await back(browser, await gone(browser, provider, place))
    assert (302, f"/{place}") == (answer.status, answer.headers["Location"])


@pytest.mark.parametrize(
    "place",
    [
        "//evil.example",
        "https://evil.example",
        "/audit",
        "\\evil.example",
        "#",
        "x#/",
        "#/a\r\nSet-Cookie: x=1",
        "#/ a",
        "#/" + "a" * 500,
    ],
)
async def test_no_link_leads_from_the_sign_on_to_another_site(met: tuple[House, Provider], place: str) -> None:
    running, _ = met
    answer = await running.browser().ask("GET", BEGIN, params={"place": place})
    assert (422, "place") == (answer.status, answer.body["errors"][0]["field"])


@pytest.mark.parametrize(
    "changes",
    [{"sub": "stranger"}, {"nonce": "other"}, {"aud": "another"}, {"iss": "http://evil"}, {"exp": 1}, {"sub": 5}],
)
async def test_a_token_that_is_not_for_him_lets_nobody_in(met: tuple[House, Provider], changes: dict[str, Any]) -> None:
    running, provider = met
    browser = running.browser()
    state = await gone(browser, provider)
    provider.changes = changes
    answer = await back(browser, state)
    assert (401, "sign_on") == (answer.status, answer.code)
    assert [{"username": "wang"}] == await running.rows("SELECT username FROM account")


async def test_a_token_that_somebody_else_signed_is_none(met: tuple[House, Provider]) -> None:
    running, provider = met
    browser = running.browser()
    state = await gone(browser, provider)
    provider.signed_by = RSAKey.generate_key(2048, {"kid": "k1"})
    assert 401 == (await back(browser, state)).status


async def test_another_browser_can_not_come_back_and_nobody_twice(met: tuple[House, Provider]) -> None:
    running, provider = met
    browser = running.browser()
    state = await gone(browser, provider)
    assert 401 == (await back(running.browser(), state)).status
    kept = dict(browser.cookies)
    assert 302 == (await back(browser, state)).status
    browser.cookies = kept
    assert 401 == (await back(browser, state)).status


async def test_a_wrong_code_is_a_provider_that_says_no(met: tuple[House, Provider]) -> None:
    running, provider = met
    browser = running.browser()
    assert 503 == (await back(browser, await gone(browser, provider), code="guessed")).status


async def test_without_the_setting_there_is_none(database: str) -> None:
    async with house(database) as running:
        assert 404 == (await running.browser().ask("GET", BEGIN)).status


async def test_behind_https_its_cookie_is_bound_to_the_host_and_its_way_back_is_the_settings(database: str) -> None:
    async with providing() as provider:
        settings = AccountsSettings(oidc_issuer=provider.issuer, oidc_client_id="fleet")
        async with house(database, settings, public_url="https://fleet.example") as running:
            answer = await running.browser().ask("GET", BEGIN, headers={"Host": "evil.example"})
            assert answer.headers["Set-Cookie"].startswith("__Host-recorder-fleet-oidc=")
            asked = parse_qs(urlsplit(answer.headers["Location"]).query)
            assert [f"https://fleet.example{BEGIN}/return"] == asked["redirect_uri"]
            statuses = [(await running.browser().ask("GET", BEGIN)).status for _ in range(25)]
            assert (302, 429) == (statuses[0], statuses[-1])
