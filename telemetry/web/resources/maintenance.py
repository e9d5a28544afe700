"""`/maintenance`: planned silence (计划维护); while it lasts, only the person concerned is told of what it covers."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.incidents.actions import BY_HAND
from alerts.incidents.actors import Role
from alerts.rules.registry import RULE_OF
from telemetry.store.audit import add_entry
from telemetry.store.desk import maintenance_list, one_maintenance
from telemetry.store.incident_list import names_of
from telemetry.store.notices import add_maintenance, cancel_maintenance
from telemetry.store.registers import recorder_unit
from telemetry.web.http.pagination import Moment
from telemetry.web.http.path_numbers import number_in_path
from telemetry.web.http.problems import Refused, faulty, not_found
from telemetry.web.http.route import Call, Route
from telemetry.web.http.unit_names import subtree_of, unit_names
from telemetry.web.http.visibility import WATCHERS

_PLANNERS: Final[frozenset[Role]] = frozenset({"command_centre", "engineer", "leader", "head"})
_MOST: Final = 200


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
    """A planned silence."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    maintenance_id: int


class Maintenance(PlannedMaintenance):
    """A planned silence in the list: who planned it, and how it stands."""

    unit_name: str | None
    created_by: str
    created_by_name: str
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    state: Literal["planned", "running", "ended", "cancelled"]


async def _maintenance(call: Call) -> list[Maintenance]:
    units = None if call.units is None else sorted(call.units)
    async with call.database.connection() as connection:
        rows = await maintenance_list(connection, units, _MOST, call.now)
        names = await names_of(connection, accounts=tuple(row["created_by"] for row in rows))
    tree = await unit_names(call.database, call.now)
    return [
        Maintenance(
            **row,
            unit_name=tree.get(row["unit_id"] or ""),
            created_by_name=names.accounts.get(row["created_by"], row["created_by"]),
        )
        for row in rows
    ]


async def _plan(call: Call) -> PlannedMaintenance:
    asked: MaintenanceBody = call.body
    if asked.ends_at <= asked.starts_at:
        raise faulty("ends_at", "not after starts_at", "应晚于开始时间")
    if asked.ends_at <= call.now:
        raise faulty("ends_at", "in the past", "时间早于当前")
    for rule in asked.rules:
        if rule == "sos" or (rule not in RULE_OF and rule not in BY_HAND):
            raise faulty("rules", f"{rule}: no rule that can be silenced", f"{rule}：该规则不能列入计划维护")
    if asked.unit_id is not None and await subtree_of(call.database, asked.unit_id, call.now) is None:
        raise faulty("unit_id", "no such unit", "单位不存在")
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
        )
        await add_entry(connection, call.entry("POST /maintenance", "route", str(number), asked.reason))
    return PlannedMaintenance(maintenance_id=number, **asked.model_dump())


async def _cancel(call: Call) -> None:
    number = number_in_path(call, "maintenance_id")
    async with call.database.transaction() as connection:
        row = await one_maintenance(connection, number)
        if row is None or (call.units is not None and row["unit_id"] not in call.units):
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
        roles=WATCHERS | {"engineer"},
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
        "DELETE",
        "/maintenance/{maintenance_id}",
        _cancel,
        summary="取消计划维护",
        roles=_PLANNERS,
        audited=True,
        status=204,
    ),
)
