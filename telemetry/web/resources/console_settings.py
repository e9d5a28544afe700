"""`/console`: what the settings tell the console, and `/openapi.json`, what the API tells whoever calls it."""

from functools import cache
from typing import Final, Literal

from aiohttp import web
from pydantic import BaseModel, JsonValue

from telemetry.web.http.openapi import render
from telemetry.web.http.route import ANYBODY, Call, Route


class ConsoleSettings(BaseModel):
    """What the console can't know by itself."""

    tile_url: str
    tile_crs: Literal["wgs84", "gcj02"]
    tile_attribution: str
    single_sign_on: bool


async def _console(call: Call) -> ConsoleSettings:
    http = call.site.http
    return ConsoleSettings(
        tile_url=http.tile_url,
        tile_crs=http.tile_crs,
        tile_attribution=http.tile_attribution,
        single_sign_on=bool(call.site.accounts.oidc_issuer),
    )


async def _openapi(call: Call) -> web.StreamResponse:
    return web.Response(text=_document(call.site.routes), content_type="application/json")


_document = cache(render)


ROUTES: Final = (
    Route(
        "GET",
        "/console",
        _console,
        summary="界面所需的设置",
        roles=ANYBODY,
        is_open=True,
        answer=ConsoleSettings,
    ),
    Route(
        "GET",
        "/openapi.json",
        _openapi,
        summary="本接口的 OpenAPI 文档",
        roles=ANYBODY,
        is_open=True,
        answer=dict[str, JsonValue],
    ),
)
