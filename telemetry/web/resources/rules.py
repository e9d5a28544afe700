"""`/rules`: the rules as they judge now, each threshold with where it was set."""

from typing import Final, Literal

from pydantic import BaseModel

from alerts.incidents.actions import BY_HAND
from alerts.notices import texts
from alerts.rules.registry import RULES
from telemetry.domain.settings_table import unit_of
from telemetry.web.http.route import ANYBODY, Call, Route

_UNITS: Final = {"min": "分钟", "h": "小时", "o'clock": "时", "s": "秒", "MB": "MB", "%": "%", "d": "天", "dBm": "dBm"}


class Threshold(BaseModel):
    """One parameter of a rule: the value in force, its default, its unit and where it was set."""

    name: str
    name_zh: str
    value: float | int | bool | str
    default: float | int | bool | str | None
    unit: str
    set_in: Literal["default", "settings"]


class RuleInForce(BaseModel):
    """A rule as it judges now."""

    rule: str
    name_zh: str
    clause: str
    annex: str
    weight: str
    by_hand: bool
    parameters: list[Threshold]


async def _rules(call: Call) -> list[RuleInForce]:
    found = []
    for rule in RULES:
        values = call.site.rules.parameters(rule.id)
        found.append(
            RuleInForce(
                rule=rule.id,
                name_zh=rule.title,
                clause=rule.clause or "",
                annex=rule.box_zh,
                weight=rule.weight,
                by_hand=False,
                parameters=[
                    Threshold(
                        name=name,
                        name_zh=field.title or name,
                        value=getattr(values, name),
                        default=field.default,
                        unit=_UNITS.get(unit_of(name, field), ""),
                        set_in="settings" if name in values.model_fields_set else "default",
                    )
                    for name, field in rule.parameters.model_fields.items()
                ],
            )
        )
    by_hand = [
        RuleInForce(
            rule=rule,
            name_zh=texts.TITLES[rule],
            clause=clause.partition(" → ")[0],
            annex=f"附件{clause.partition(' → ')[2]}",
            weight="check",
            by_hand=True,
            parameters=[],
        )
        for rule, clause in BY_HAND.items()
    ]
    return [*found, *by_hand]


ROUTES: Final = (
    Route("GET", "/rules", _rules, summary="规则与参数", roles=ANYBODY, scope="read", answer=list[RuleInForce]),
)
