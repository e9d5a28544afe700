"""All thresholds: the table `[rules]` of the settings, one table a rule, `causes` for the cause decision."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from pydantic import Field, ValidationError, create_model

from alerts.rules.registry import RULES
from alerts.silences.cause_parameters import CauseParameters
from telemetry.domain.errors import InputError
from telemetry.domain.settings_table import Table, faults_of

T = TypeVar("T")


class _RuleSettings(Table):
    """Thresholds of the rules; those used are stored with each finding."""

    causes: CauseParameters = Field(CauseParameters(), title="静默原因的判定")

    def parameters(self, rule_id: str) -> Table:
        """Those of one rule."""
        return cast("Table", getattr(self, rule_id))

    def of(self, kind: type[T]) -> T:
        """The parameters of type *kind*."""
        return next(values for values in vars(self).values() if isinstance(values, kind))

    def value(self, rule_id: str, name: str) -> Any:
        """One threshold of one rule; for thresholds that several rules share."""
        return getattr(self.parameters(rule_id), name)

    def changed(self, tables: Mapping[str, Any]) -> Self:
        """A copy with the values of *tables* over its own. Raises InputError that names the rule and the threshold."""
        values = self.model_dump(exclude_unset=True)
        for rule, table in tables.items():
            values[rule] = {**values.get(rule, {}), **table} if isinstance(table, Mapping) else table
        try:
            return self.model_validate(values)
        except ValidationError as error:
            raise InputError("; ".join(f"{'.'.join(path)}: {reason}" for path, reason in faults_of(error))) from None


if TYPE_CHECKING:
    RuleSettings = _RuleSettings
else:
    RuleSettings = create_model(
        "RuleSettings",
        __base__=_RuleSettings,
        __doc__=_RuleSettings.__doc__,
        **{rule.id: (rule.parameters, Field(rule.parameters(), title=rule.title)) for rule in RULES},
    )


def override(settings: RuleSettings, assignments: Iterable[str]) -> RuleSettings:
    """*settings* with `rule.name=value` assignments from a command line applied. Raises InputError."""
    for text in assignments:
        place, _, value = text.partition("=")
        rule, _, name = place.partition(".")
        settings = settings.changed({rule.strip(): {name.strip(): value.strip()}})
    return settings
