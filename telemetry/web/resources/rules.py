"""`/rules`: the rules as they judge now, each threshold with where it was set."""

from dataclasses import MISSING, fields
from typing import Final, Literal

from pydantic import BaseModel

from alerts.incidents.actions import BY_HAND
from alerts.notices import texts
from alerts.rules.registry import RULES
from telemetry.web.http.route import ANYBODY, Call, Route
from telemetry.web.resources.rule_values import rule_values, set_values

_UNITS: Final = {"min": "分钟", "h": "小时", "s": "秒", "mb": "MB", "pct": "%", "days": "天", "dbm": "dBm"}


class Threshold(BaseModel):
    """One parameter of a rule: the value in force, its default, its unit and where it was set."""

    name: str
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
    settings = rule_values(call.site)
    found = []
    for rule in RULES:
        values = settings.rules[rule.id]
        given = set_values(call.site, rule.id)
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
                        name=one.name,
                        value=getattr(values, one.name),
                        default=None if one.default is MISSING else one.default,
                        unit=_unit(one.name),
                        set_in="settings" if one.name in given else "default",
                    )
                    for one in fields(rule.parameters)
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


def _unit(name: str) -> str:
    return _UNITS.get(name.rpartition("_")[2], "")


ROUTES: Final = (
    Route("GET", "/rules", _rules, summary="规则与参数", roles=ANYBODY, scope="read", answer=list[RuleInForce]),
)
