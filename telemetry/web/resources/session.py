"""`/session`: signing in, by password or once, signing out, and changing one's password."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from alerts.incidents.actors import Role
from telemetry.records.accounts import AccountRow
from telemetry.records.audit import AuditEntry
from telemetry.store.accounts import find_account, set_password
from telemetry.store.audit import add_entry
from telemetry.store.logins import (
    NewSession,
    add_session,
    drop_session,
    end_sessions,
    has_factor,
    session_times,
    take_once,
)
from telemetry.store.pool import Connection
from telemetry.web.http.admission import admit, forgive, remember_device
from telemetry.web.http.authentication import account_of, cookie_name, is_https
from telemetry.web.http.dispatch import spelled
from telemetry.web.http.problems import Refused, faulty
from telemetry.web.http.route import ANYBODY, Account, Call, Route
from telemetry.web.http.second_factor import needs_factor
from telemetry.web.http.secrets_and_passwords import MOST_PASSWORD, Passwords, csrf_token, digest, draw, weakness

PASSWORDS: Final[web.AppKey[Passwords]] = web.AppKey("passwords", Passwords)
Password = Annotated[SecretStr, Field(max_length=MOST_PASSWORD)]


Factor = Literal["given", "code", "enrol"]


class Body(BaseModel):
    """What all bodies have in common: an unknown field is a mistake that is told."""

    model_config = ConfigDict(extra="forbid")


class Login(Body):
    """A user name and its password."""

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Password


class LoginOnce(Body):
    """A login that works once, as the command printed it."""

    token: Annotated[SecretStr, Field(max_length=100)]


class PasswordChange(Body):
    """The password so far, and the one from now on."""

    old: Password
    new: Password


class Myself(BaseModel):
    """Who is signed in."""

    username: str
    name: str
    roles: list[Role]
    unit_id: str | None
    unit_name: str | None
    officer_id: str | None
    must_change: bool


class SignedIn(BaseModel):
    """The account, and the token that its unsafe requests carry as `X-CSRF-Token`.

    The session ends in `left_s` seconds, and before that after `idle_s` seconds in which nobody does anything. Unless
    `factor` is `given` it may do nothing before a code of the second factor, which is still to be enrolled with `enrol`.
    """

    account: Myself
    csrf: str
    left_s: int
    idle_s: int
    factor: Factor


async def _log_in(call: Call) -> web.StreamResponse:
    username = call.body.username.strip().lower()
    is_known = await admit(call, username)
    async with call.database.connection() as connection:
        row = await find_account(connection, username)
    password = call.body.password.get_secret_value()
    right = await call.request.app[PASSWORDS].is_right(password, None if row is None else row.password_hash)
    if row is None or not right or row.disabled:
        await note_failure(call, username)
        raise Refused(401, "账号或密码不正确", code="credentials")
    async with call.database.transaction() as connection:
        if not is_known:
            await forgive(call, connection, username, is_known=False)
        settings = call.site.accounts
        session_s, idle_s = settings.session_hours * 3600, settings.idle_minutes * 60
        return await open_session(call, connection, row, session_s=session_s, idle_s=idle_s, way="password")


async def _log_in_once(call: Call) -> web.StreamResponse:
    await admit(call, None)
    refused = Refused(401, "一次性登录无效或者已使用", code="credentials")
    async with call.database.transaction() as connection:
        taken = await take_once(connection, digest(call.body.token.get_secret_value()), call.wall)
        row = None if taken is None else await find_account(connection, taken[0])
        if taken is None or row is None or row.disabled:
            raise refused
        await forgive(call, connection, None, is_known=False)
        idle_s = max(call.site.accounts.idle_minutes * 60, taken[1] if taken[1] > 24 * 3600 else 0)
        return await open_session(call, connection, row, session_s=taken[1], idle_s=idle_s, way="once")


async def open_session(
    call: Call, connection: Connection, row: AccountRow, *, session_s: int, idle_s: int, way: str
) -> web.StreamResponse:
    """Begin a session under a new id, whatever cookie came along, end the one that it came with, and say who it is.

    One that was begun *once*, by who runs the server, needs no second factor.
    """
    http = call.site.http
    came_with = call.request.cookies.get(cookie_name(http))
    if came_with:
        await drop_session(connection, digest(came_with))
    session_id = draw()
    agent = "".join(
        sign for sign in call.request.headers.get("User-Agent", "") if sign.isprintable() and sign < "\ud800"
    )
    await add_session(
        connection,
        NewSession(
            digest(session_id),
            row.username,
            call.wall,
            idle_s,
            call.wall + timedelta(seconds=session_s),
            call.address,
            agent[:200],
            has_factor=way == "once",
        ),
    )
    await add_entry(connection, AuditEntry(row.username, call.address, "session.begin", "account", row.username, way))
    account = await account_of(connection, row, call.now, session_id)
    lacks = way != "once" and needs_factor(row.roles, call.site.accounts, is_https=is_https(http))
    factor = await _factor_of(connection, row.username) if lacks else "given"
    response = spelled(signed_in(account, csrf_token(session_id), session_s, idle_s, factor))
    response.set_cookie(
        cookie_name(http), session_id, httponly=True, secure=is_https(http), samesite="Strict", path="/"
    )
    if not lacks:
        await remember_device(call, connection, row.username, response)
    return response


async def _myself(call: Call) -> SignedIn:
    left_s, idle_s = 0, 0
    factor: Factor = "given"
    if call.account.session_hash is not None:
        async with call.database.connection() as connection:
            left_s, idle_s = await session_times(connection, call.account.session_hash, call.wall)
            if call.account.lacks_factor:
                factor = await _factor_of(connection, call.account.username)
    return signed_in(call.account, call.account.csrf, left_s, idle_s, factor)


async def _factor_of(connection: Connection, username: str) -> Factor:
    """What is still to be done about an account's second factor."""
    return "code" if await has_factor(connection, username) else "enrol"


async def _log_out(call: Call) -> web.StreamResponse:
    async with call.database.transaction() as connection:
        if call.account.session_hash is not None:
            await drop_session(connection, call.account.session_hash)
        await add_entry(connection, call.entry("session.end", "account", call.account.username))
    response = spelled(None)
    http = call.site.http
    response.del_cookie(cookie_name(http), path="/", secure=is_https(http), httponly=True, samesite="Strict")
    return response


async def _change_password(call: Call) -> None:
    username, new = call.account.username, call.body.new.get_secret_value()
    is_known = await admit(call, username)
    passwords = call.request.app[PASSWORDS]
    async with call.database.connection() as connection:
        row = await find_account(connection, username)
    if row is None or not await passwords.is_right(call.body.old.get_secret_value(), row.password_hash):
        await note_failure(call, username)
        raise faulty("old", "not the password", "原密码不正确")
    weak = weakness(new, username)
    if weak is None and new == call.body.old.get_secret_value():
        weak = "新密码不得与原密码相同"
    if weak is not None:
        raise faulty("new", "too weak", weak)
    hashed = await passwords.hash(new)
    async with call.database.transaction() as connection:
        await forgive(call, connection, username, is_known=is_known)
        await set_password(connection, username, hashed, call.wall, must_change=False)
        await end_sessions(connection, username, but=call.account.session_hash)
        await add_entry(connection, call.entry("account.password", "account", username))


async def note_failure(call: Call, username: str, why: str = "") -> None:
    """Record an attempt that was refused."""
    async with call.database.transaction() as connection:
        entry = AuditEntry(username, call.address, "session.refused", "account", username, why)
        await add_entry(connection, entry)


def signed_in(account: Account, csrf: str, left_s: int, idle_s: int, factor: Factor) -> SignedIn:
    """Who is signed in, for how long, and what is to be done about his second factor."""
    return SignedIn(
        account=Myself(
            username=account.username,
            name=account.name,
            roles=sorted(account.roles),
            unit_id=account.unit_id,
            unit_name=account.unit_name,
            officer_id=account.officer_id,
            must_change=account.must_change,
        ),
        csrf=csrf,
        left_s=left_s,
        idle_s=idle_s,
        factor=factor,
    )


ROUTES: Final = (
    Route("POST", "/session", _log_in, summary="登录", roles=ANYBODY, is_open=True, body=Login, answer=SignedIn),
    Route(
        "POST",
        "/session/once",
        _log_in_once,
        summary="以一次性令牌登录",
        roles=ANYBODY,
        is_open=True,
        body=LoginOnce,
        answer=SignedIn,
    ),
    Route("GET", "/session", _myself, summary="当前账号", roles=ANYBODY, answer=SignedIn),
    Route("DELETE", "/session", _log_out, summary="退出", roles=ANYBODY, status=204),
    Route(
        "POST",
        "/session/password",
        _change_password,
        summary="修改密码",
        roles=ANYBODY,
        body=PasswordChange,
        status=204,
    ),
)
