"""The HTTP server: what is served, and where."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from telemetry.settings import HttpSettings
from telemetry.store.pool import Database
from telemetry.web.facts import add_facts
from telemetry.web.health import add_health

MAX_BODY_BYTES = 32 * 1024 * 1024


@asynccontextmanager
async def serving_http(settings: HttpSettings, database: Database) -> AsyncIterator[tuple[str, int]]:
    """Answer HTTP while the block runs; the address and port that it answers on."""
    application = web.Application(client_max_size=MAX_BODY_BYTES)
    add_health(application, database)
    add_facts(application, database, settings.facts_token.get_secret_value())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        yield str(host), int(port)
    finally:
        await runner.cleanup()
