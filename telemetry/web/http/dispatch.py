"""HTTP, step 2 of 3: a route's terms are held against the request, its handler is called, what it returns is spelled."""

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NoReturn

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from telemetry.domain.clock import wall_now
from telemetry.domain.errors import DatabaseUnavailableError, RowsRefusedError
from telemetry.store.logins import find_session
from telemetry.store.pool import Database
from telemetry.web.http.authentication import address_of, cookie_name, identify, let_in
from telemetry.web.http.problems import Refused, faulty, invalid, problem
from telemetry.web.http.route import NO_ACCOUNT, PREFIX, Account, Call, Route, Site
from telemetry.web.http.secrets_and_passwords import digest

_log = structlog.get_logger(__name__)
_UNSAFE_INT: Final = 2**53
_DEEPEST: Final = 64
_BODY_WITHIN_S: Final = 30.0
_SLOWEST_BODY: Final = 64 * 1024
"""Bytes a second that a large body comes at, at least."""


def add_routes(application: web.Application, routes: Sequence[Route], database: Database, site: Site) -> None:
    """Serve *routes* below `/api/v1`."""
    for route in routes:
        handle = partial(_handle, route, database, site)
        application.router.add_route(route.method, PREFIX + route.path, handle)


async def _handle(route: Route, database: Database, site: Site, request: web.Request) -> web.StreamResponse:
    try:
        call = await _call(route, database, site, request)
        answer = await route.handler(call)
        if route.audited and route.method == "GET" and not call.was_audited:
            await _record_look(route, call)
    except Refused as refused:
        return refused.answer()
    except DatabaseUnavailableError as fault:
        _log.warning("database away", route=route.path, fault=str(fault))
        return problem(503, "数据库暂时不可用", detail="请稍后重试", code="database_away")
    except RowsRefusedError as fault:
        _log.warning("rows refused", route=route.path, fault=str(fault))
        return problem(409, "数据库拒绝该项内容", code="refused")
    return answer if isinstance(answer, web.StreamResponse) else spelled(answer, route.status)


async def _call(route: Route, database: Database, site: Site, request: web.Request) -> Call:
    account = None if route.is_open else await identify(request, site, database)
    let_in(route, request, account, site.http)
    _check_text(dict(request.match_info), "path")
    query = _read_query(route, request)
    body = await _read_body(route, request)
    return Call(
        request=request,
        account=account or NO_ACCOUNT,
        database=database,
        body=body,
        query=query,
        now=site.now(),
        wall=wall_now(),
        site=site,
        address=address_of(request, site.http),
        is_still_let_in=partial(_is_still_let_in, request, database, site, account),
    )


async def _is_still_let_in(request: web.Request, database: Database, site: Site, account: Account | None) -> bool:
    session_id = request.cookies.get(cookie_name(site.http))
    if account is None or account.session_hash is None or not session_id:
        try:
            return await identify(request, site, database) is not None
        except Refused:
            return False
    async with database.connection() as connection:
        found = await find_session(connection, digest(session_id), wall_now(), touch=False)
    # Other rights are another view: who streams starts again with them.
    return found is not None and found[0].roles == account.roles and found[0].unit_id == account.unit_id


def _read_query(route: Route, request: web.Request) -> BaseModel | None:
    given: dict[str, str | list[str]] = {}
    for name in request.query:
        values = request.query.getall(name)
        given[name] = values[0] if len(values) == 1 else values
    _check_text(given, "query")
    if route.query is None:
        if given:
            raise faulty(next(iter(given)), "unknown parameter", "参数不在约定之内")
        return None
    try:
        return route.query.model_validate(given)
    except ValidationError as fault:
        raise invalid(fault) from None


async def _read_body(route: Route, request: web.Request) -> Any:
    if route.body is None:
        return None
    if request.content_type != "application/json":
        raise Refused(415, "须为JSON格式", "Content-Type: application/json", code="media_type")
    given = parse_json(await read_limited(request, route.max_body_bytes))
    _check_text(given, "body")
    try:
        return route.body.model_validate(given)
    except ValidationError as fault:
        raise invalid(fault) from None


async def read_limited(request: web.Request, most_bytes: int) -> bytes:
    """The body, or Refused once it is longer than *most_bytes* or comes too slowly."""
    too_long = Refused(413, "内容过大", f"至多 {most_bytes} 字节", code="too_large")
    if (request.content_length or 0) > most_bytes:
        raise too_long
    parts, size = [], 0
    try:
        async with asyncio.timeout(_BODY_WITHIN_S + most_bytes / _SLOWEST_BODY):
            async for part in request.content.iter_any():
                size += len(part)
                if size > most_bytes:
                    raise too_long
                parts.append(part)
    except TimeoutError:
        raise Refused(408, "上传超时", "网络过慢，请重试", code="too_slow") from None
    return b"".join(parts)


def parse_json(body: bytes) -> Any:
    """The JSON in *body*; Refused where there is none, or numbers that are none."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as fault:
        raise Refused(400, "不是有效的JSON", str(fault)[:200], code="no_json") from fault


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _check_text(value: Any, where: str, depth: int = 0) -> None:
    """Refuse what no column takes: NUL and lone surrogates in texts, integers beyond what JSON keeps exact."""
    if depth > _DEEPEST:
        raise faulty(where, "nested too deeply", "嵌套过深")
    match value:
        case str():
            if "\0" in value or (not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value)):
                raise faulty(where, "control character or no Unicode", "含有不允许的字符")
        case int() if abs(value) > _UNSAFE_INT:
            raise faulty(where, "number too large", "数字过大")
        case dict():
            for name, inner in value.items():
                _check_text(name, where, depth + 1)
                _check_text(inner, name if where in {"body", "query", "path"} else f"{where}.{name}", depth + 1)
        case list():
            for inner in value:
                _check_text(inner, where, depth + 1)
        case _:
            pass


async def _record_look(route: Route, call: Call) -> None:
    target = ",".join(call.path.values())
    why = getattr(call.query, "why", None) or ""
    await call.audit(f"{route.method} {route.path}", "route", target, why=why)


def spelled(answer: Any, status: int = 200) -> web.Response:
    """An answer as JSON; None is an answer without content."""
    if answer is None:
        return web.Response(status=204)
    return web.Response(status=status, body=to_json(answer), content_type="application/json", charset="utf-8")
