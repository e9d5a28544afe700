"""Errors as RFC 9457 problem details: what is wrong, and which field it is."""

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web


def problem(status: int, title: str, *, detail: str = "", errors: Sequence[dict[str, Any]] = ()) -> web.Response:
    """A problem document; *errors* name each faulty element and field."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = list(errors)
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/problem+json")
