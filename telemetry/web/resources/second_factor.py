"""`/session/factor`: the second factor of who has signed in by password or single sign-on: enrolling it, and giving a code."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import BaseModel, Field

from telemetry.store.audit import add_entry
from telemetry.store.logins import enrol_factor, forget_attempts, lock_factor, session_times, use_factor
from telemetry.web.http.admission import admit_code, remember_device
from telemetry.web.http.dispatch import spelled
from telemetry.web.http.problems import Refused, faulty
from telemetry.web.http.route import ANYBODY, Call, Route
from telemetry.web.http.second_factor import address_of_factor, draw_factor, picture_of, step_of
from telemetry.web.resources.session import Body, SignedIn, note_failure, signed_in

_NEEDED: Final = Refused(409, "本次登录无需动态验证码", code="not_needed")


class Code(Body):
    """What the authenticator shows now."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class Enrolment(BaseModel):
    """A new secret: seen here until a first code has confirmed it, and never again. `picture` is a QR code, a `data:` address."""

    secret: str
    address: str
    picture: str


async def _enrol(call: Call) -> Enrolment:
    username, secret = call.account.username, draw_factor()
    if not call.account.lacks_factor:
        raise _NEEDED
    async with call.database.transaction() as connection:
        row = await lock_factor(connection, username)
        if row is not None and row.confirmed_at is not None:
            raise Refused(409, "已绑定动态验证码", "更换设备请联系安全管理员", code="enrolled")
        await enrol_factor(connection, username, secret, call.wall)
    address = address_of_factor(secret, username)
    return Enrolment(secret=secret, address=address, picture=picture_of(address))


async def _give(call: Call) -> web.StreamResponse:
    account = call.account
    if not account.lacks_factor or account.session_hash is None:
        raise _NEEDED
    await admit_code(call, account.username)
    async with call.database.transaction() as connection:
        row = await lock_factor(connection, account.username)
        step = None if row is None else step_of(call.body.code, row.secret, call.wall.timestamp(), row.last_step)
        if row is not None and step is not None:
            await use_factor(connection, account.username, account.session_hash, step=step, now=call.wall)
            await forget_attempts(connection, "factor", account.username)
            enrolled = call.entry("account.factor", "account", account.username)
            given = call.entry("session.factor", "account", account.username)
            await add_entry(connection, enrolled if row.confirmed_at is None else given)
            left_s, idle_s = await session_times(connection, account.session_hash, call.wall)
            response = spelled(signed_in(account, account.csrf, left_s, idle_s, "given"))
            await remember_device(call, connection, account.username, response)
            return response
    await note_failure(call, account.username, "second factor")
    raise faulty("code", "not the code", "验证码不正确，或者已经用过")


ROUTES: Final = (
    Route(
        "POST",
        "/session/factor/enrolment",
        _enrol,
        summary="绑定动态验证码（只显示一次）",
        roles=ANYBODY,
        answer=Enrolment,
    ),
    Route("POST", "/session/factor", _give, summary="输入动态验证码", roles=ANYBODY, body=Code, answer=SignedIn),
)
