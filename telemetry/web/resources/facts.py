"""`POST /api/v1/{collection}`: facts from the bureau's other systems, an array at a time, all of it or nothing."""

from typing import Annotated, Any, Final, cast, get_args

from pydantic import BaseModel, Field, RootModel

from alerts.facts.faults import MAX_FAULTS
from alerts.facts.load import put_facts
from alerts.facts.models import Collection
from telemetry.web.http.dispatch import parse_json, read_limited
from telemetry.web.http.problems import FieldError, Refused
from telemetry.web.http.route import NOBODY, Call, Route

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
_COLLECTIONS: Final = frozenset(get_args(Collection))


class Warned(BaseModel):
    """An element that was taken otherwise than it was written."""

    element: int
    field: str
    reason: str
    reason_zh: str


class Stored(BaseModel):
    """What became of the elements of the array; of the warnings the first 200."""

    new: int
    unchanged: int
    awaiting_approval: int
    warnings: list[Warned]


class Elements(
    RootModel[
        list[
            Annotated[
                dict[str, Any],
                Field(description="as the wire contract says; what is hardly plausible needs `override`: the reason"),
            ]
        ]
    ]
):
    """The array; its elements are read and refused one by one by the facts' own models."""


async def _post(call: Call) -> Stored:
    collection = call.path["collection"]
    if collection not in _COLLECTIONS:
        there_are = ", ".join(sorted(_COLLECTIONS))
        raise Refused(404, "unknown collection", f"{collection}: there are {there_are}", code="unknown")
    if call.units is not None and call.account.unit_id is not None:
        raise Refused(403, "a token of one unit writes no facts", code="foreign_unit")
    elements = parse_json(await read_limited(call.request, MAX_BODY_BYTES))
    if not isinstance(elements, list):
        raise Refused(400, "no array", f"the body is an array of {collection}", code="no_array")
    loaded = await put_facts(call.database, cast("Collection", collection), elements, _source(call), call.now)
    if isinstance(loaded, list):
        errors = [FieldError.model_validate(fault, from_attributes=True) for fault in loaded]
        raise Refused(422, "faulty facts, nothing was stored", code="invalid", errors=errors)
    return Stored(
        new=sum(loaded.new.values()),
        unchanged=sum(loaded.unchanged.values()),
        awaiting_approval=sum(loaded.awaiting.values()),
        warnings=[Warned.model_validate(warning, from_attributes=True) for warning in loaded.warnings[:MAX_FAULTS]],
    )


def _source(call: Call) -> str:
    """Who wrote it: the configured token is `api`, any other is named."""
    return "api" if call.account.username == "token:http.facts_token" else call.account.username


ROUTES: Final = (
    Route(
        "POST",
        "/{collection}",
        _post,
        summary="写入登记：数组，全部写入或者全部不写入",
        roles=NOBODY,
        scope="facts:write",
        raw_body=Elements,
        answer=Stored,
        max_body_bytes=MAX_BODY_BYTES,
    ),
)
