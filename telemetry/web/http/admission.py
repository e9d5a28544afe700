"""HTTP, logins: how often somebody may try, so that guessing is slow and nobody can keep another out.

Strangers are counted by address, by account at an address, and by account. Where the account is known, because it has
signed in on that device before, only that device's own failures count: the right password is never refused there.
"""

from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from telemetry.store.logins import (
    Throttle,
    ThrottleKind,
    count_attempt,
    forget_attempts,
    forgive_attempt,
    know_device,
    reset_device,
    try_device,
)
from telemetry.store.pool import Connection
from telemetry.web.http.authentication import cookie_name, is_https, net_of
from telemetry.web.http.problems import Refused
from telemetry.web.http.route import Call
from telemetry.web.http.secrets_and_passwords import digest, draw

_DEVICE_FAILURES: Final = 20
"""In a row on a known device; then it is a stranger's, so that a stolen one is no place for guessing."""
_REMEMBERED: Final = timedelta(days=400)


async def admit(call: Call, username: str | None) -> bool:
    """Count an attempt before it is made; whether the account is known on this device. Raises Refused where there were too many.

    Names that no account has are counted, too: nobody learns from a pause who exists.
    """
    if username is not None and await _is_known(call, username):
        return True
    settings, net = call.site.accounts, net_of(call.address)
    await _count(call, "address", net, settings.address_attempts)
    if username is not None:
        await _count(call, "account_at", f"{net} {username}", settings.attempts)
        await _count(call, "account", username, settings.account_attempts)
    return False


async def admit_code(call: Call, username: str) -> bool:
    """The same for a code of the second factor, which only who has the password can try."""
    if await _is_known(call, username):
        return True
    await _count(call, "factor", username, call.site.accounts.attempts)
    return False


async def forgive(call: Call, connection: Connection, username: str | None, *, is_known: bool) -> None:
    """Take back what *admit* has counted: the password was right."""
    device, net = _device_of(call), net_of(call.address)
    if is_known and device is not None and username is not None:
        await reset_device(connection, device, username)
        return
    await forgive_attempt(connection, "address", net)
    if username is not None:
        await forget_attempts(connection, "account_at", f"{net} {username}")
        await forgive_attempt(connection, "account", username)


async def remember_device(call: Call, connection: Connection, username: str, response: web.StreamResponse) -> None:
    """Have *username* known on this device from now on. Its id is another after each login: a planted one is worth nothing."""
    device, http = draw(), call.site.http
    await know_device(connection, digest(device), username, call.wall, before=_device_of(call))
    response.set_cookie(
        _cookie(call),
        device,
        max_age=int(_REMEMBERED.total_seconds()),
        httponly=True,
        secure=is_https(http),
        samesite="Strict",
        path="/",
    )


async def _is_known(call: Call, username: str) -> bool:
    device = _device_of(call)
    return device is not None and await try_device(call.database, device, username, most_failures=_DEVICE_FAILURES)


async def _count(call: Call, kind: ThrottleKind, key: str, attempts: int) -> None:
    settings = call.site.accounts
    throttle = Throttle(attempts, settings.window_minutes * 60, settings.pause_minutes * 60)
    until = await count_attempt(call.database, kind, key, call.wall, throttle)
    if until is not None:
        raise _paused(until, call.wall)


def _paused(until: datetime, now: datetime) -> Refused:
    seconds = max(1, int((until - now).total_seconds()))
    return Refused(
        429,
        "尝试次数过多",
        f"请 {-(-seconds // 60)} 分钟后重试",
        code="locked",
        headers={"Retry-After": str(seconds)},
    )


def _device_of(call: Call) -> bytes | None:
    given = call.request.cookies.get(_cookie(call))
    return digest(given) if given else None


def _cookie(call: Call) -> str:
    return f"{cookie_name(call.site.http)}-device"
