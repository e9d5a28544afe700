"""Every resource module of the API, in one place; a module has `ROUTES`. Facts come last: their path takes any name."""

from typing import Final

from telemetry.web import facts, incidents, live, session, settled, stream
from telemetry.web.route import Route

_MODULES: Final = (
    session,
    settled,
    live,
    stream,
    incidents,
    facts,
)

ROUTES: Final[tuple[Route, ...]] = tuple(route for module in _MODULES for route in module.ROUTES)
