"""Every resource module of the API, in one place; a module has `ROUTES`. Facts come last: their path takes any name."""

from typing import Final

from telemetry.web import (
    accounts,
    approvals,
    audit,
    circulars,
    custody,
    desk,
    duty,
    facts,
    handovers,
    incidents,
    ledgers,
    live,
    recorders,
    session,
    settled,
    sign_on,
    slips,
    stream,
    timeline,
    tokens,
    units,
)
from telemetry.web.route import Route

_MODULES: Final = (
    session,
    sign_on,
    settled,
    accounts,
    tokens,
    audit,
    live,
    stream,
    incidents,
    timeline,
    recorders,
    units,
    duty,
    custody,
    handovers,
    approvals,
    desk,
    slips,
    circulars,
    ledgers,
    facts,
)

ROUTES: Final[tuple[Route, ...]] = tuple(route for module in _MODULES for route in module.ROUTES)
