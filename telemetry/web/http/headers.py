"""HTTP, around every answer: the headers that keep a browser from doing what the console never asks for."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from yarl import URL

from telemetry.settings import HttpSettings
from telemetry.web.http.authentication import is_https
from telemetry.web.http.problems import problem
from telemetry.web.http.route import PREFIX

_log = structlog.get_logger(__name__)
_TITLES = {404: "页面不存在", 405: "不支持该请求方法", 413: "内容过大", 400: "请求有误"}


def security_headers(http: HttpSettings) -> dict[str, str]:
    """The headers of every answer. MapLibre draws in a worker made of a blob; tiles may come from one other origin."""
    tiles = f" {URL(http.tile_url.split('{')[0]).origin()}" if http.tile_url else ""
    policy = [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' data: blob:{tiles}",
        f"connect-src 'self'{tiles}",
        "worker-src 'self' blob:",
        "child-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Server": "recorder-fleet",
    }
    if is_https(http):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def add_headers(application: web.Application, http: HttpSettings) -> None:
    """Put them on every answer, streams and errors included; what the API says is kept in no cache."""
    headers = security_headers(http)

    async def put(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)
        if request.path.startswith(PREFIX):
            response.headers["Cache-Control"] = "no-store"

    application.on_response_prepare.append(put)


@web.middleware
async def problems_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Errors of the library and our own faults as problems, too: what went wrong is for the log, not for the caller."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = problem(error.status, _TITLES.get(error.status, error.reason), code=f"http_{error.status}")
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception:  # noqa: BLE001 - the caller gets no more than that it was our fault
        _log.exception("request failed", method=request.method, route=_route_of(request))
        return problem(500, "服务器内部错误", code="fault")


def _route_of(request: web.Request) -> str:
    """The route's template: a path may hold what doesn't belong in a log."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical
