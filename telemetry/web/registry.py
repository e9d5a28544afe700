"""Every resource module of the API, in one place; a module has `ROUTES`. Facts come last: their path takes any name."""

from typing import Final

from telemetry.web import accounts, audit, facts, incidents, live, session, settled, stream, tokens
from telemetry.web.route import Route

_MODULES: Final = (
    session,
    settled,
    accounts,
    tokens,
    audit,
    live,
    stream,
    incidents,
    facts,
)

ROUTES: Final[tuple[Route, ...]] = tuple(route for module in _MODULES for route in module.ROUTES)
