"""`/session/oidc`: signing in by the bureau's single sign-on (OpenID Connect, code flow with PKCE); it makes no accounts."""

import base64
import hashlib
from datetime import timedelta
from typing import Annotated, Any, Final

import aiohttp
import structlog
from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field
from yarl import URL

from telemetry.settings import AccountsSettings
from telemetry.store.accounts import find_oidc_account
from telemetry.store.logins import OidcLogin, begin_oidc, take_oidc
from telemetry.web.http.authentication import cookie_name, is_https
from telemetry.web.http.problems import Refused
from telemetry.web.http.rate_limit import DOCUMENT, charge
from telemetry.web.http.route import ANYBODY, PREFIX, Call, Route
from telemetry.web.http.secrets_and_passwords import digest, draw, is_same
from telemetry.web.resources.session import open_session

_log = structlog.get_logger(__name__)
_WITHIN: Final = timedelta(minutes=10)
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_LEEWAY_S: Final = 60


class Return(BaseModel):
    """What the provider sends back; `error` where it didn't let him in. Anything else that it adds is its own."""

    state: Annotated[str, Field(max_length=200)]
    code: Annotated[str | None, Field(max_length=4000)] = None
    error: Annotated[str | None, Field(max_length=200)] = None


class Going(BaseModel):
    """Which page of the console he came for: an address within this site, and nothing else."""

    model_config = ConfigDict(extra="forbid")
    place: Annotated[str, Field(max_length=500, pattern=r"^(#/[!-~]*)?$")] = ""


async def _go(call: Call) -> web.StreamResponse:
    settings = _settings(call)
    charge(call, DOCUMENT)
    state, nonce, verifier = draw(), draw(), draw()
    await begin_oidc(call.database, digest(state), OidcLogin(nonce, verifier, call.query.place), call.wall)
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
        provider = await _discover(client, settings.oidc_issuer)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": _return_address(call),
        "scope": "openid",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    response = _redirect(str(URL(provider["authorization_endpoint"]).update_query(asked)))
    # It has to come back with a navigation from the provider's site, which Strict would keep it from.
    secure = is_https(call.site.http)
    response.set_cookie(
        _cookie(call),
        state,
        max_age=int(_WITHIN.total_seconds()),
        httponly=True,
        secure=secure,
        samesite="Lax",
        path="/",
    )
    return response


async def _come_back(call: Call) -> web.StreamResponse:
    settings, given = _settings(call), call.query
    # The browser that comes back is the one that went: nobody is signed in by somebody else's link.
    if not is_same(given.state, call.request.cookies.get(_cookie(call), "")) or not given.state.isascii():
        raise _refused("state")
    begun = await take_oidc(call.database, digest(given.state), call.wall - _WITHIN)
    if begun is None or given.code is None:
        raise _refused("expired" if begun is None else "provider")
    claims = await _claims(call, settings, given.code, begun.verifier)
    if not is_same(str(claims.get("nonce", "")), begun.nonce):
        raise _refused("nonce")
    subject = claims.get(settings.oidc_claim)
    async with call.database.transaction() as connection:
        row = await find_oidc_account(connection, subject) if isinstance(subject, str) else None
        if row is None or row.disabled:
            raise _refused("account")
        session_s, idle_s = settings.session_hours * 3600, settings.idle_minutes * 60
        session = await open_session(call, connection, row, session_s=session_s, idle_s=idle_s, way="oidc")
    response = _redirect(f"/{begun.place}")
    response.cookies.update(session.cookies)
    response.del_cookie(_cookie(call), path="/", secure=is_https(call.site.http), httponly=True, samesite="Lax")
    return response


async def _claims(call: Call, settings: AccountsSettings, code: str, verifier: str) -> dict[str, Any]:
    """The verified claims of the id token that *code* is worth."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _return_address(call),
        "client_id": settings.oidc_client_id,
        "code_verifier": verifier,
    }
    secret = settings.oidc_client_secret.get_secret_value()
    login = {"Authorization": aiohttp.encode_basic_auth(settings.oidc_client_id, secret)} if secret else {}
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
        provider = await _discover(client, settings.oidc_issuer)
        answer = await _fetch(client, "POST", provider["token_endpoint"], data=form, headers=login)
        keys = await _fetch(client, "GET", provider["jwks_uri"])
    wanted = jwt.JWTClaimsRegistry(
        now=int(call.wall.timestamp()),
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        exp={"essential": True},
    )
    try:
        token = jwt.decode(str(answer.get("id_token", "")), KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
        wanted.validate(token.claims)
    except (JoseError, ValueError, KeyError, TypeError) as fault:
        _log.warning("id token refused", fault=type(fault).__name__)
        raise _refused("token") from None
    return dict(token.claims)


async def _discover(client: aiohttp.ClientSession, issuer: str) -> dict[str, Any]:
    provider = await _fetch(client, "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if provider.get("issuer") != issuer or not all(isinstance(provider.get(name), str) for name in wanted):
        raise _away()
    return provider


async def _fetch(client: aiohttp.ClientSession, method: str, url: str, **more: Any) -> dict[str, Any]:
    try:
        async with client.request(method, url, allow_redirects=False, **more) as response:
            answer = await response.json(content_type=None) if response.status == 200 else None
    except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
        raise _away() from fault
    if not isinstance(answer, dict):
        raise _away()
    return answer


def _settings(call: Call) -> AccountsSettings:
    settings = call.site.accounts
    if not settings.oidc_issuer:
        raise Refused(404, "未设单点登录", code="unknown")
    return settings


def _cookie(call: Call) -> str:
    """Bound to the host like the session's: no neighbour below the same domain plants a state of his own."""
    return f"{cookie_name(call.site.http)}-oidc"


def _return_address(call: Call) -> str:
    base = call.site.http.public_url or f"{call.request.scheme}://{call.request.host}"
    return f"{base}{PREFIX}/session/oidc/return"


def _redirect(address: str) -> web.Response:
    return web.Response(status=302, headers={"Location": address})


def _refused(why: str) -> Refused:
    _log.warning("single sign-on refused", why=why)
    return Refused(401, "单点登录未成功", "请重新登录，或联系管理员登记账号", code="sign_on")


def _away() -> Refused:
    return Refused(503, "单点登录服务不可用", "请稍后重试，或用本地账号登录", code="sign_on_away")


ROUTES: Final = (
    Route(
        "GET",
        "/session/oidc",
        _go,
        summary="前往单点登录",
        roles=ANYBODY,
        is_open=True,
        query=Going,
        status=302,
        media="text/html",
    ),
    Route(
        "GET",
        "/session/oidc/return",
        _come_back,
        summary="从单点登录返回",
        roles=ANYBODY,
        is_open=True,
        query=Return,
        status=302,
        media="text/html",
    ),
)
