"""`/notices`, `/maintenance`, `/rules` and `/system`: what was told to whom, planned silence, thresholds, the platform."""

from dataclasses import MISSING, fields
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts import texts
from alerts.incidents.actions import BY_HAND
from alerts.incidents.actors import Role
from alerts.rules.registry import RULE_OF, RULES
from telemetry.store.desk import (
    NoticeSearch,
    evaluation_state,
    last_rejections,
    maintenance_list,
    notice_page,
    one_maintenance,
    people_of_units,
)
from telemetry.store.incident_list import names_of
from telemetry.store.notice_queue import list_gates
from telemetry.store.notices import add_maintenance, cancel_maintenance, count_notices, revive
from telemetry.store.platform import list_jobs, list_workers
from telemetry.store.registers import recorder_unit
from telemetry.web.health import find_faults
from telemetry.web.pages import Moment, Page, PageQuery, cut, place_of
from telemetry.web.problems import Refused, faulty, not_found
from telemetry.web.route import ANYBODY, WATCHERS, Call, Route
from telemetry.web.rule_values import rule_values, set_values
from telemetry.web.sight import ENGINEERS, READERS, sight_of_call
from telemetry.web.unit_names import subtree_of, unit_names

_PLANNERS: Final[frozenset[Role]] = frozenset({"command_centre", "engineer", "leader", "head"})
_MOST: Final = 200


class NoticeQuery(PageQuery):
    """What to look for; `mine`: what was sent to me."""

    state: Literal["queued", "sent", "dead", "cancelled"] | None = None
    incident_id: str | None = None
    person: str | None = None
    mine: bool = False


class MaintenanceBody(BaseModel):
    """While it lasts, what it covers is told to nobody; an SOS always is. No unit and no recorder: the whole bureau."""

    model_config = ConfigDict(extra="forbid")
    unit_id: str | None = Field(default=None, max_length=64)
    recorder_id: str | None = Field(default=None, max_length=64)
    rules: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=40)
    starts_at: Moment
    ends_at: Moment
    reason: str = Field(min_length=1, max_length=2000)


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


async def _notices(call: Call) -> Page[dict[str, Any]]:
    asked: NoticeQuery = call.query
    place = place_of(asked.cursor, int)
    sight = sight_of_call(call)
    own = call.account.officer_id
    async with call.database.connection() as connection:
        people: list[str] | None = None
        if asked.mine or not (sight.units is None or sight.units):
            people = [own] if own is not None else []
        elif sight.units is not None:
            people = [*await people_of_units(connection, sorted(sight.units), call.now), *([own] if own else [])]
        search = NoticeSearch(people, asked.state, asked.incident_id, asked.person)
        rows = await notice_page(connection, search, None if place is None else place[0], asked.limit + 1)
        names = await names_of(connection, officers=[row["person"] for row in rows])
    shown, following = cut(rows, asked.limit, lambda row: (row["notice_id"],))
    items = [{**row, "person_name": names.officers.get(row["person"], row["person"])} for row in shown]
    return Page(items=items, next=following)


async def _revive(call: Call) -> None:
    async with call.database.transaction() as connection:
        if not await revive(connection, _number(call, "notice_id"), call.now):
            raise not_found("这条失败的通知")


def _number(call: Call, name: str) -> int:
    text = call.path[name]
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise faulty(name, "no number", "不是编号")
    return int(text)


async def _maintenance(call: Call) -> list[dict[str, Any]]:
    units = None if call.units is None else sorted(call.units)
    async with call.database.connection() as connection:
        rows = await maintenance_list(connection, units, _MOST)
        names = await names_of(connection, accounts=tuple(row["created_by"] for row in rows))
    tree = await unit_names(call.database, call.now)
    return [
        {
            **row,
            "unit_name": tree.get(row["unit_id"] or ""),
            "created_by_name": names.accounts.get(row["created_by"], row["created_by"]),
            "state": _state(row, call.now),
        }
        for row in rows
    ]


def _state(row: dict[str, Any], now: datetime) -> str:
    if row["cancelled_at"] is not None:
        return "cancelled"
    if now < row["starts_at"]:
        return "planned"
    return "running" if now < row["ends_at"] else "ended"


async def _plan(call: Call) -> dict[str, Any]:
    asked: MaintenanceBody = call.body
    if asked.ends_at <= asked.starts_at:
        raise faulty("ends_at", "not after starts_at", "应晚于开始时间")
    if asked.ends_at <= call.now:
        raise faulty("ends_at", "in the past", "已经过去")
    for rule in asked.rules:
        if rule == "sos" or (rule not in RULE_OF and rule not in BY_HAND):
            raise faulty("rules", f"{rule}: no rule that can be silenced", f"{rule}：不能静默此规则")
    async with call.database.transaction() as connection:
        covered = {asked.unit_id}
        if asked.recorder_id is not None:
            is_known, home = await recorder_unit(connection, asked.recorder_id)
            if not is_known:
                raise faulty("recorder_id", "no such recorder", "没有这台记录仪")
            covered = {home} if asked.unit_id is None else {home, asked.unit_id}
        if asked.unit_id is not None and await subtree_of(call.database, asked.unit_id, call.now) is None:
            raise faulty("unit_id", "no such unit", "没有这个单位")
        if call.units is not None and not covered <= call.units:
            raise Refused(403, "不在您的权限范围内", code="foreign_unit")
        number = await add_maintenance(
            connection,
            unit_id=asked.unit_id,
            recorder_id=asked.recorder_id,
            rules=asked.rules,
            starts_at=asked.starts_at,
            ends_at=asked.ends_at,
            reason=asked.reason,
            account=call.account.username,
            now=call.now,
        )
    return {"maintenance_id": number, **asked.model_dump()}


async def _cancel(call: Call) -> None:
    number = _number(call, "maintenance_id")
    async with call.database.transaction() as connection:
        row = await one_maintenance(connection, number)
        if row is None or (call.units is not None and row["unit_id"] not in call.units):
            raise not_found("这条计划静默")
        if not await cancel_maintenance(connection, number, call.account.username, call.now):
            raise Refused(409, "已经结束或取消", code="over")


async def _rules(call: Call) -> list[RuleInForce]:
    settings = rule_values(call.site)
    found = []
    for rule in RULES:
        values = settings.rules[rule.id]
        given = set_values(call.site, rule.id)
        found.append(
            RuleInForce(
                rule=rule.id,
                name_zh=texts.TITLES.get(rule.id, rule.name),
                clause=rule.clause or "",
                annex=rule.box or "",
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


_UNITS: Final = {"min": "分钟", "h": "小时", "s": "秒", "mb": "MB", "pct": "%", "days": "天", "dbm": "dBm"}


def _unit(name: str) -> str:
    return _UNITS.get(name.rpartition("_")[2], "")


async def _system(call: Call) -> dict[str, Any]:
    async with call.database.connection() as connection:
        state = await evaluation_state(connection)
        rejections = await last_rejections(connection, 50)
        gates = await list_gates(connection)
        notices = await count_notices(connection, call.now)
    ticked_at = state.pop("ticked_at", None)
    return {
        "as_of": call.now,
        "faults": await find_faults(call.database),
        "workers": await list_workers(call.database),
        "jobs": await list_jobs(call.database),
        "ticks": {
            "ticked_at": ticked_at,
            "first_reading_at": state.pop("first_reading_at", None),
            "age_s": None if ticked_at is None else (call.now - ticked_at).total_seconds(),
        },
        **state,
        "rejections": rejections,
        "channels": [
            {**gate, "is_open": gate["shut_until"] is not None and gate["shut_until"] > call.now} for gate in gates
        ],
        "notices": notices,
    }


ROUTES: Final = (
    Route(
        "GET",
        "/notices",
        _notices,
        summary="通知",
        roles=READERS,
        query=NoticeQuery,
        answer=Page[dict[str, Any]],
        audited=True,
    ),
    Route(
        "POST",
        "/notices/{notice_id}/retry",
        _revive,
        summary="重新发送失败的通知",
        roles=ENGINEERS | {"command_centre"},
        audited=True,
        status=204,
    ),
    Route(
        "GET",
        "/maintenance",
        _maintenance,
        summary="计划静默",
        roles=WATCHERS | {"engineer"},
        answer=list[dict[str, Any]],
    ),
    Route(
        "POST",
        "/maintenance",
        _plan,
        summary="登记计划静默",
        roles=_PLANNERS,
        body=MaintenanceBody,
        answer=dict[str, Any],
        audited=True,
        status=201,
    ),
    Route(
        "DELETE",
        "/maintenance/{maintenance_id}",
        _cancel,
        summary="取消计划静默",
        roles=_PLANNERS,
        audited=True,
        status=204,
    ),
    Route("GET", "/rules", _rules, summary="规则与参数", roles=ANYBODY, scope="read", answer=list[RuleInForce]),
    Route(
        "GET",
        "/system",
        _system,
        summary="平台运行",
        roles=ENGINEERS | {"command_centre"},
        scope="read",
        answer=dict[str, Any],
    ),
)
