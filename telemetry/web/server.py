"""The HTTP server: what is served, and where."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from alerts.notices.settings import NoticeSettings
from alerts.paperwork.settings import PaperSettings
from alerts.rules.settings import RuleSettings
from telemetry.domain.clock import Now, wall_now
from telemetry.health.look import OwnParts
from telemetry.settings import AccountsSettings, HttpSettings
from telemetry.store.pool import Database
from telemetry.web.http.connections import ConnectionLimits
from telemetry.web.http.console_files import add_console
from telemetry.web.http.dispatch import add_routes
from telemetry.web.http.headers import add_headers, problems_only
from telemetry.web.http.rate_limit import METER, Meter
from telemetry.web.http.route import Site
from telemetry.web.http.secrets_and_passwords import Passwords
from telemetry.web.registry import ROUTES
from telemetry.web.resources.facts import MAX_BODY_BYTES
from telemetry.web.resources.health import add_health
from telemetry.web.resources.live import add_feed
from telemetry.web.resources.session import PASSWORDS

_BACKLOG: Final = 1024
"""Connections that the kernel holds while the server is busy."""


@asynccontextmanager
async def serving_http(
    settings: HttpSettings,
    database: Database,
    *,
    accounts: AccountsSettings | None = None,
    rules: RuleSettings | None = None,
    notices: NoticeSettings | None = None,
    paper: PaperSettings | None = None,
    now: Now = wall_now,
    own: OwnParts | None = None,
) -> AsyncIterator[tuple[str, int]]:
    """Answer HTTP while the block runs; the address and port that it answers on. *own*: for health."""
    site = Site(
        settings,
        accounts or AccountsSettings(),
        rules or RuleSettings(),
        notices or NoticeSettings(),
        paper or PaperSettings(),
        now,
        ROUTES,
        own or OwnParts(),
    )
    application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[problems_only])
    application[PASSWORDS] = Passwords()
    application[METER] = Meter()
    add_headers(application, settings)
    add_health(application, database, site)
    add_console(application)
    add_feed(application, database, now, site.own.heartbeats)
    add_routes(application, ROUTES, database, site)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    assert runner.server is not None
    guarded = ConnectionLimits(settings.proxies).guard(runner.server)
    server = await asyncio.get_running_loop().create_server(guarded, settings.host, settings.port, backlog=_BACKLOG)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield str(host), int(port)
    finally:
        server.close()
        await runner.cleanup()
