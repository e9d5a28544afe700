"""`POST /api/v1/{collection}`: facts from the bureau's other systems, an array at a time, all of it or nothing."""

import hmac
import json
from datetime import UTC, datetime
from typing import Final, cast, get_args

from aiohttp import web

from alerts.facts.faults import FactFault
from alerts.facts.load import put_facts
from alerts.facts.models import Collection
from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.store.pool import Database
from telemetry.web.problems import problem

_DATABASE: Final[web.AppKey[Database]] = web.AppKey("facts_database", Database)
_TOKEN: Final[web.AppKey[str]] = web.AppKey("facts_token", str)
_COLLECTIONS: Final = frozenset(get_args(Collection))


def add_facts(application: web.Application, database: Database, token: str) -> None:
    """Take facts in for whoever has *token*; with an empty token nobody has."""
    application[_DATABASE] = database
    application[_TOKEN] = token
    application.router.add_post("/api/v1/{collection}", _post)


async def _post(request: web.Request) -> web.Response:
    collection = request.match_info["collection"]
    if collection not in _COLLECTIONS:
        return problem(404, "unknown collection", detail=f"{collection}: there are {', '.join(sorted(_COLLECTIONS))}")
    if not _is_allowed(request):
        response = problem(401, "no valid token", detail="Authorization: Bearer TOKEN, as http.facts_token says")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    try:
        elements = json.loads(await request.read())
    except (ValueError, RecursionError) as fault:
        return problem(400, "no JSON", detail=str(fault))
    if not isinstance(elements, list):
        return problem(400, "no array", detail=f"the body is an array of {collection}")
    return await _store(request.app[_DATABASE], cast("Collection", collection), elements)


async def _store(database: Database, collection: Collection, elements: list[object]) -> web.Response:
    try:
        loaded = await put_facts(database, collection, elements, "api", datetime.now(UTC))
    except DatabaseUnavailableError as fault:
        return problem(503, "database away", detail=str(fault))
    if isinstance(loaded, list):
        return problem(422, "faulty facts, nothing was stored", errors=[_spelled(fault) for fault in loaded])
    counts = {
        "new": sum(loaded.new.values()),
        "unchanged": sum(loaded.unchanged.values()),
        "awaiting_approval": sum(loaded.awaiting.values()),
    }
    return web.json_response(counts)


def _is_allowed(request: web.Request) -> bool:
    token = request.app[_TOKEN]
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
    return bool(token) and scheme.lower() == "bearer" and same


def _spelled(fault: FactFault) -> dict[str, object]:
    return {"element": fault.element, "field": fault.field, "reason": fault.reason, "reason_zh": fault.reason_zh}
