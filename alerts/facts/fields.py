"""Field types of facts, and the fields that every fact has."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from telemetry.domain.messages import Id, Time

MAX_SEGMENTS: Final = 10_000
MAX_TEAM: Final = 50
MAX_AREA_POINTS: Final = 10_000
_MAX_INT: Final = 2**31 - 1


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[Time, AfterValidator(_in_utc)]
"""RFC 3339 with an offset, stored in UTC: one moment written with two offsets is the same fact."""
_SOME_WORDS: Final = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _integral(value: Any) -> Any:
    # JSON has only one number type, so 30.0 is a whole number.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Amount = Annotated[float, Field(ge=0, le=1e12)]
Whole = Annotated[int, Field(ge=0, le=_MAX_INT), BeforeValidator(_integral)]
Heartbeat = Annotated[int, Field(ge=1, le=3600), BeforeValidator(_integral)]
"""Seconds between two heartbeats."""


class Part(BaseModel):
    """Strictness of every part of a fact: strings aren't numbers, unknown fields are ignored, null means missing."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_missing(cls, value: Any) -> Any:
        if isinstance(value, dict) and None in value.values():
            return {name: inner for name, inner in value.items() if inner is not None}
        return value


class Fact(Part):
    """The fields of every fact."""

    id: Id = Field(title="编号", description="names the fact within its collection; the same id again replaces it")
    entered_at: Moment | None = Field(
        default=None, title="录入时间", description="when it was entered; it counts from then on"
    )
    cancelled_at: Moment | None = Field(
        default=None, title="撤销时间", description="when it was cancelled; it ends from that moment on"
    )
    override: Annotated[str, Field(max_length=200, pattern=_SOME_WORDS)] | None = Field(
        default=None, title="放行理由", description="why it is right though it is hardly plausible, or like another"
    )


def check_order(first: str, first_at: datetime, second: str, second_at: datetime | None, *, may_be_equal: bool) -> None:
    """Reject two times in the wrong order; the error's context names the second as the faulty field."""
    if second_at is None or second_at > first_at or (may_be_equal and second_at == first_at):
        return
    word = "before" if may_be_equal else "not after"
    raise PydanticCustomError("disorder", "is {word} {first}", {"field": second, "word": word, "first": first})


def check_polygon(area: dict[str, Any]) -> dict[str, Any]:
    """Check that *area* is a GeoJSON Polygon in WGS-84 (RFC 7946, 3.1.6): closed rings of [longitude, latitude]."""
    rings = area.get("coordinates")
    if area.get("type") != "Polygon" or not isinstance(rings, list) or not rings:
        raise PydanticCustomError("polygon", "no GeoJSON Polygon with coordinates")
    if sum(len(ring) for ring in rings if isinstance(ring, list)) > MAX_AREA_POINTS:
        raise PydanticCustomError("polygon", "over 10000 points")
    for ring in rings:
        if not isinstance(ring, list) or len(ring) < 4 or ring[0] != ring[-1]:
            raise PydanticCustomError("polygon", "a ring is not closed or has fewer than 4 positions")
        if not all(_is_position(position) for position in ring):
            raise PydanticCustomError("polygon", "a position is not [longitude, latitude] in degrees")
    return {"type": "Polygon", "coordinates": rings}


def _is_position(position: Any) -> bool:
    if not isinstance(position, list) or not 2 <= len(position) <= 3:
        return False
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in position):
        return False
    return bool(-180 <= position[0] <= 180 and -90 <= position[1] <= 90)
