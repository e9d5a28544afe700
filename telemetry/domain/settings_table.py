"""What all tables of settings are: typed, bounded and frozen; a name that they don't know is refused."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

# Bounds of the rules' parameters: far beyond what makes sense, near enough for dates to be computed with them.
Seconds = Annotated[float, Field(ge=0, le=604_800)]
Minutes = Annotated[float, Field(ge=0, le=10_080)]
Hours = Annotated[float, Field(ge=0, le=720)]
HourOfDay = Annotated[float, Field(ge=0, lt=24)]
Days = Annotated[int, Field(ge=0, le=365)]
Megabytes = Annotated[float, Field(ge=0, le=100_000_000)]
Percent = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Rsrp = Annotated[float, Field(ge=-160, le=0)]
Count = Annotated[int, Field(ge=0, le=100_000)]

_UNITS: Final = {
    "s": "s",
    "min": "min",
    "minutes": "min",
    "h": "h",
    "hours": "h",
    "days": "d",
    "mb": "MB",
    "pct": "%",
    "dbm": "dBm",
}


class Table(BaseModel):
    """A table of settings. Each field has its Chinese meaning as `title` and its English one as `description`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        types = {name: field.annotation for name, field in cls.model_fields.items()}
        return {name: _plain(value, types.get(name)) for name, value in values.items()}


def _plain(value: Any, wanted: Any) -> Any:
    """*value*, so that true is no number 1, and with JSON read: a variable has no other way to give a list."""
    if get_origin(wanted) is Annotated:
        wanted = get_args(wanted)[0]
    if isinstance(value, bool) and wanted in {int, float}:
        return str(value)
    if isinstance(value, str) and get_origin(wanted) in {tuple, dict, Mapping}:
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, Mapping) and get_origin(wanted) in {dict, Mapping}:
        return {key: _plain(each, get_args(wanted)[1]) for key, each in value.items()}
    return value


def unit_of(name: str, field: FieldInfo) -> str:
    """The unit of a setting by the end of its name; empty if it has none. A whole number `_min` is a least one."""
    end = name.rpartition("_")[2]
    if any(getattr(bound, "lt", None) == 24 for bound in field.metadata):
        return "o'clock"
    return "" if end == "min" and field.annotation is int else _UNITS.get(end, "")


def faults_of(error: ValidationError) -> list[tuple[tuple[str, ...], str]]:
    """The path and the reason of each fault, without what was given: it may be a secret."""
    return [
        (
            tuple(str(part) for part in each["loc"] if part != "[key]"),
            "there is no such setting"
            if each["type"] == "extra_forbidden"
            else each["msg"].removeprefix("Value error, "),
        )
        for each in error.errors(include_url=False, include_input=False)
    ]
