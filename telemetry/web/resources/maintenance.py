"""`/maintenance`: planned silence (计划维护); while it lasts, only the person concerned is told of what it covers.

One that covers more than one unit holds nothing until a second person has confirmed it. Everybody sees those that cover
his units.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.incidents.actions import BY_HAND
from alerts.incidents.actors import Role
from alerts.rules.registry import RULE_OF
from telemetry.store.audit import add_entry
from telemetry.store.desk import maintenance_list, one_maintenance
from telemetry.store.incident_list import names_of
from telemetry.store.notices import add_maintenance, cancel_maintenance, confirm_maintenance
from telemetry.store.registers import recorder_unit
from telemetry.web.http.pagination import Moment
from telemetry.web.http.path_numbers import number_in_path
from telemetry.web.http.problems import Refused, faulty, not_found
from telemetry.web.http.route import Call, Route
from telemetry.web.http.unit_names import subtree_of, unit_names
from telemetry.web.http.visibility import DUTY

_PLANNERS: Final[frozenset[Role]] = frozenset({"command_centre", "engineer", "leader", "head"})
_MOST: Final = 200
_AHEAD: Final = timedelta(days=31)
_UNDER_WAY: Final = frozenset({"unconfirmed", "planned", "running"})


class MaintenanceBody(BaseModel):
    """While it lasts, what it covers is told to the person concerned only; an SOS or an outage is told as ever.

    No unit and no recorder: the whole bureau.
    """

    model_config = ConfigDict(extra="forbid")
    unit_id: str | None = Field(default=None, max_length=64)
    recorder_id: str | None = Field(default=None, max_length=64)
    rules: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=40)
    starts_at: Moment
    ends_at: Moment
    reason: str = Field(min_length=1, max_length=2000)


class PlannedMaintenance(MaintenanceBody):
    """A planned silence; `needs_confirmation`: it holds nothing until a second person has confirmed it."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    maintenance_id: int
    needs_confirmation: bool


class Maintenance(MaintenanceBody):
    """A planned silence in the list: who planned and confirmed it, how it stands, and what the caller may do."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    maintenance_id: int
    unit_name: str | None
    created_by: str
    created_by_name: str
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    state: Literal["unconfirmed", "planned", "running", "ended", "cancelled"]
    offers: list[Literal["confirm", "cancel"]]


async def _maintenance(call: Call) -> list[Maintenance]:
    units = None if call.units is None else sorted(call.units or call.account.own_units)
    async with call.database.connection() as connection:
        rows = await maintenance_list(connection, units, _MOST, call.now)
        names = await names_of(connection, accounts=tuple(row["created_by"] for row in rows))
    tree = await unit_names(call.database, call.now)
    homes = [row.pop("home") for row in rows]
    return [
        Maintenance(
            **row,
            unit_name=tree.get(row["unit_id"] or ""),
            created_by_name=names.accounts.get(row["created_by"], row["created_by"]),
            offers=_offers(call, home, row["state"], row["created_by"]),
        )
        for row, home in zip(rows, homes, strict=True)
    ]


def _offers(call: Call, unit_id: str | None, state: str, created_by: str) -> list[Literal["confirm", "cancel"]]:
    if state not in _UNDER_WAY or not _may_decide(call, unit_id):
        return []
    return ["confirm", "cancel"] if state == "unconfirmed" and created_by != call.account.username else ["cancel"]


def _may_decide(call: Call, unit_id: str | None) -> bool:
    return bool(call.account.roles & _PLANNERS) and (call.units is None or unit_id in call.units)


def _check_times(asked: MaintenanceBody, longest_h: float, now: datetime) -> None:
    if asked.ends_at <= asked.starts_at:
        raise faulty("ends_at", "not after starts_at", "应晚于开始时间")
    if asked.ends_at <= now:
        raise faulty("ends_at", "in the past", "时间早于当前")
    if asked.ends_at - asked.starts_at > timedelta(hours=longest_h):
        raise faulty("ends_at", f"longer than {longest_h:g} hours", f"一次最长{longest_h:g}小时")
    if asked.starts_at > now + _AHEAD:
        raise faulty("starts_at", "too far ahead", f"最早提前{_AHEAD.days}天登记")


async def _plan(call: Call) -> PlannedMaintenance:
    asked: MaintenanceBody = call.body
    _check_times(asked, call.site.notices.maintenance_longest_h, call.now)
    for rule in asked.rules:
        if rule == "sos" or (rule not in RULE_OF and rule not in BY_HAND):
            raise faulty("rules", f"{rule}: no rule that can be silenced", f"{rule}：该规则不能列入计划维护")
    below = None if asked.unit_id is None else await subtree_of(call.database, asked.unit_id, call.now)
    if asked.unit_id is not None and below is None:
        raise faulty("unit_id", "no such unit", "单位不存在")
    is_wide = asked.recorder_id is None and (below is None or len(below) > 1)
    async with call.database.transaction() as connection:
        covered = {asked.unit_id}
        if asked.recorder_id is not None:
            is_known, home = await recorder_unit(connection, asked.recorder_id)
            if not is_known:
                raise faulty("recorder_id", "no such recorder", "记录仪不存在")
            covered = {home} if asked.unit_id is None else {home, asked.unit_id}
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
            needs_confirmation=is_wide,
        )
        await add_entry(connection, call.entry("POST /maintenance", "route", str(number), asked.reason))
    return PlannedMaintenance(maintenance_id=number, needs_confirmation=is_wide, **asked.model_dump())


async def _confirm(call: Call) -> None:
    number = number_in_path(call, "maintenance_id")
    async with call.database.transaction() as connection:
        row = await one_maintenance(connection, number)
        if row is None or not _may_decide(call, row["unit_id"]):
            raise not_found("该计划维护")
        if row["created_by"] == call.account.username:
            raise Refused(403, "须由登记人以外的人确认", code="own")
        if not await confirm_maintenance(connection, number, call.account.username, call.now):
            raise Refused(409, "无须确认，或者已经确认、结束、取消", code="over")
        entry = call.entry("POST /maintenance/{maintenance_id}/confirm", "route", str(number))
        await add_entry(connection, entry)


async def _cancel(call: Call) -> None:
    number = number_in_path(call, "maintenance_id")
    async with call.database.transaction() as connection:
        row = await one_maintenance(connection, number)
        if row is None or not _may_decide(call, row["unit_id"]):
            raise not_found("该计划维护")
        if not await cancel_maintenance(connection, number, call.account.username, call.now):
            raise Refused(409, "已经结束或取消", code="over")
        await add_entry(connection, call.entry("DELETE /maintenance/{maintenance_id}", "route", str(number)))


ROUTES: Final = (
    Route(
        "GET",
        "/maintenance",
        _maintenance,
        summary="计划维护",
        roles=DUTY | {"engineer"},
        answer=list[Maintenance],
    ),
    Route(
        "POST",
        "/maintenance",
        _plan,
        summary="登记计划维护",
        roles=_PLANNERS,
        body=MaintenanceBody,
        answer=PlannedMaintenance,
        audited=True,
        status=201,
    ),
    Route(
        "POST",
        "/maintenance/{maintenance_id}/confirm",
        _confirm,
        summary="确认计划维护",
        roles=_PLANNERS,
        audited=True,
        status=204,
    ),
    Route(
        "DELETE",
        "/maintenance/{maintenance_id}",
        _cancel,
        summary="取消计划维护",
        roles=_PLANNERS,
        audited=True,
        status=204,
    ),
)
