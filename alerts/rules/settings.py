"""All thresholds, as a bureau's settings file (TOML) changes them: one table per rule, `[causes]` for causes.

    [activity-unrecorded]
    wait_min = 20

Unknown tables and names, and values of the wrong type, are rejected with their position.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar, cast

from alerts.rules.registry import RULES
from alerts.rules.rule import Parameters
from alerts.silences.cause_parameters import CauseParameters
from telemetry.domain.errors import InputError

T = TypeVar("T")
CAUSES = "causes"


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """Thresholds by rule id, and those of the cause decision."""

    rules: Mapping[str, Parameters] = field(default_factory=lambda: {rule.id: rule.parameters() for rule in RULES})
    causes: CauseParameters = field(default_factory=CauseParameters)

    def of(self, kind: type[T]) -> T:
        """The parameters of type *kind*."""
        return cast("T", next(values for values in self.rules.values() if isinstance(values, kind)))

    def value(self, rule_id: str, name: str) -> Any:
        """One threshold of one rule; for thresholds that several rules share."""
        return getattr(self.rules[rule_id], name)

    def with_value(self, table: str, name: str, value: Any) -> "RuleSettings":
        """A copy with one threshold changed. Raises InputError if the name is unknown or the type is wrong."""
        current: Any = self.causes if table == CAUSES else self.rules.get(table)
        if current is None:
            raise InputError(f"[{table}]: no such rule; there are {', '.join(sorted((*self.rules, CAUSES)))}")
        known = {f.name: getattr(current, f.name) for f in fields(current)}
        if name not in known:
            raise InputError(f"[{table}] {name}: no such parameter; there are {', '.join(sorted(known)) or 'none'}")
        wanted = type(known[name])
        if isinstance(value, bool) != (wanted is bool) or not isinstance(value, wanted | int):
            raise InputError(f"[{table}] {name}: {value!r} is no {wanted.__name__}")
        changed = replace(current, **{name: wanted(value)})
        if table == CAUSES:
            return replace(self, causes=changed)
        return replace(self, rules={**self.rules, table: changed})


def parse_settings(data: bytes, path: str, base: RuleSettings | None = None) -> RuleSettings:
    """The settings in a file's bytes, applied to *base*. Raises InputError with *path* and the position."""
    try:
        tables = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise InputError(f"{path}: {fault}") from None
    settings = base or RuleSettings()
    for table, values in tables.items():
        if not isinstance(values, dict):
            raise InputError(f"{path}: {table}: no table")
        for name, value in values.items():
            try:
                settings = settings.with_value(table, name, value)
            except InputError as fault:
                raise InputError(f"{path}: {fault}") from None
    return settings


def override(settings: RuleSettings, assignments: Iterable[str]) -> RuleSettings:
    """*settings* with `rule.name=value` assignments from a command line applied. Raises InputError."""
    for text in assignments:
        place, _, value = text.partition("=")
        table, _, name = place.partition(".")
        try:
            number = float(value)
        except ValueError:
            raise InputError(f"{text}: not rule.name=number") from None
        settings = settings.with_value(table.strip(), name.strip(), int(number) if number.is_integer() else number)
    return settings
