"""The eleven collections of the wire contract (version 1.1, section 2), one strict model each.

A field's `title` is its column in CSV and XLSX. Bounds that the contract leaves open are wide enough for any real
bureau and fit the database column.
"""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from alerts.facts.fields import (
    MAX_SEGMENTS,
    MAX_TEAM,
    Amount,
    Fact,
    Heartbeat,
    Moment,
    Name,
    Part,
    Whole,
    check_order,
    check_polygon,
)
from telemetry.domain.messages import Iccid, Id, Imei, normalise_iccid

Collection = Literal[
    "units",
    "officers",
    "recorders",
    "assignments",
    "sim_bindings",
    "shifts",
    "activities",
    "exemptions",
    "fault_reports",
    "dock_imports",
    "phone_footage",
]
Role = Literal["officer", "auxiliary", "custodian", "leader", "deputy", "head", "verifier"]

_Card = Annotated[Iccid, AfterValidator(normalise_iccid)]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _each_once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


class Unit(Fact):
    """单位: a node of the bureau's tree."""

    name: Name = Field(title="名称")
    parent_id: Id | None = Field(default=None, title="上级单位编号", description="missing for the bureau itself")
    kind: Literal["bureau", "office", "detachment", "squad"] = Field(title="类别")
    area: Annotated[dict[str, Any], AfterValidator(check_polygon)] | None = Field(
        default=None, title="辖区", description="GeoJSON Polygon, degrees, WGS-84"
    )


class Contact(Part):
    """How to reach a person: his name on each channel."""

    wecom: Name | None = Field(default=None, title="企业微信")
    dingtalk: Name | None = Field(default=None, title="钉钉")
    feishu: Name | None = Field(
        default=None, title="飞书", description="beside the contract's: domain.md has the channel"
    )
    mobile: Annotated[str, Field(pattern=r"^[0-9+()* -]{3,32}$")] | None = Field(default=None, title="手机")
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = Field(
        default=None, title="邮箱"
    )


class Officer(Fact):
    """人员: wears, keeps or answers for recorders, or checks findings."""

    name: Name = Field(title="姓名")
    unit_id: Id = Field(title="单位编号")
    role: Annotated[
        list[Role], Field(min_length=1, max_length=7), BeforeValidator(_as_list), AfterValidator(_each_once)
    ] = Field(title="角色", description="one or a list")
    contact: Contact | None = Field(default=None, title="联系方式")


class Recorder(Fact):
    """执法记录仪: one device as registered."""

    unit_id: Id = Field(title="单位编号")
    model: Name = Field(title="型号")
    holder_id: Id | None = Field(default=None, title="保管人编号")
    imei: Imei | None = Field(default=None, title="IMEI")
    iccid: _Card | None = Field(default=None, title="ICCID", description="without the filler F")
    heartbeat_s: Heartbeat = Field(default=30, title="心跳间隔(秒)", description="seconds between heartbeats")
    senses_sim: bool = Field(default=False, title="可感知SIM卡", description="whether the model tells `sim`")
    status: Literal["service", "spare", "repair", "retired", "test"] = Field(default="service", title="状态")


class Assignment(Fact):
    """领用/归还: who holds which recorder from when to when."""

    recorder_id: Id = Field(title="记录仪编号")
    officer_id: Id = Field(title="人员编号")
    starts_at: Moment = Field(title="领用时间")
    ends_at: Moment | None = Field(default=None, title="归还时间", description="missing while it is handed out")
    reason: Literal["daily", "spare", "swap", "joint"] = Field(default="daily", title="事由")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order("starts_at", self.starts_at, "ends_at", self.ends_at, may_be_equal=True)
        return self


class SimBinding(Fact):
    """SIM卡绑定: from `valid_from` on this SIM is the right one, in place of the register's."""

    recorder_id: Id = Field(title="记录仪编号")
    iccid: _Card = Field(title="ICCID", description="without the filler F")
    valid_from: Moment = Field(title="生效时间")


class Shift(Fact):
    """班次: when an officer is on duty, and for what; may cross midnight."""

    officer_id: Id = Field(title="人员编号")
    recorder_id: Id | None = Field(default=None, title="记录仪编号", description="missing: whatever he wears then")
    starts_at: Moment = Field(title="开始时间")
    ends_at: Moment = Field(title="结束时间")
    kind: Literal["patrol", "campaign", "office"] = Field(title="类别")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order("starts_at", self.starts_at, "ends_at", self.ends_at, may_be_equal=False)
        return self


class Activity(Fact):
    """执法活动: the duty to record, from arrival to end."""

    officer_id: Id = Field(title="人员编号")
    officer_ids: Annotated[list[Id], Field(max_length=MAX_TEAM)] = Field(
        default=[], title="参加人员编号", description="all who took part"
    )
    recorder_id: Id | None = Field(default=None, title="记录仪编号", description="missing: whatever they wear then")
    kind: Literal["inspection", "penalty", "coercion", "campaign", "petition"] = Field(title="类别")
    starts_at: Moment = Field(title="开始时间")
    ends_at: Moment | None = Field(default=None, title="结束时间", description="missing while it runs")
    case_no: Name | None = Field(default=None, title="案号")
    times_from: Literal["device", "checkin", "manual"] = Field(default="manual", title="时间来源")
    rounded_to_min: Annotated[float, Field(ge=0, le=1440)] | None = Field(
        default=None, title="取整(分钟)", description="minutes to which typed times were rounded"
    )

    @property
    def team(self) -> tuple[str, ...]:
        """All officers whose recordings count together, `officer_id` first."""
        return tuple(dict.fromkeys((self.officer_id, *self.officer_ids)))

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        # Typed times are rounded, so a short activity may start and end in the same minute.
        check_order("starts_at", self.starts_at, "ends_at", self.ends_at, may_be_equal=True)
        return self


class Exemption(Fact):
    """免录情形: excuses its time, for one officer or a unit with all units below it."""

    officer_id: Id | None = Field(default=None, title="人员编号", description="he alone, also where unit_id is given")
    unit_id: Id | None = Field(default=None, title="单位编号")
    starts_at: Moment = Field(title="开始时间")
    ends_at: Moment = Field(title="结束时间")
    reason: Literal["leave", "meeting", "training", "court", "plain_clothes", "swap", "other"] = Field(title="事由")
    approved_by: Name = Field(title="批准人")

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        if self.officer_id is None and self.unit_id is None:
            raise PydanticCustomError("nobody", "missing, and unit_id too", {"field": "officer_id"})
        check_order("starts_at", self.starts_at, "ends_at", self.ends_at, may_be_equal=False)
        return self


class FaultReport(Fact):
    """报备: an officer's report in the APP that the recorder failed."""

    officer_id: Id = Field(title="人员编号")
    recorder_id: Id = Field(title="记录仪编号")
    kind: Literal["fault", "battery", "storage", "lost"] = Field(title="类别")
    reported_at: Moment = Field(title="报备时间")
    repair_at: Moment | None = Field(default=None, title="送修时间", description="handed in for repair")
    resolved_at: Moment | None = Field(default=None, title="解决时间")


class Segment(Part):
    """One recording within an import."""

    from_at: Moment = Field(alias="from", title="开始时间")
    to_at: Moment = Field(alias="to", title="结束时间")
    sha256: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{64}$")] | None = Field(default=None, title="SHA-256")
    label: Name | None = Field(default=None, title="标注")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order("from", self.from_at, "to", self.to_at, may_be_equal=True)
        return self


class DockImport(Fact):
    """导入: footage left the recorder at a docking station."""

    recorder_id: Id = Field(title="记录仪编号")
    station_id: Id = Field(title="采集工作站编号")
    docked_at: Moment = Field(title="接入时间")
    imported_at: Moment = Field(title="导入时间")
    files: Whole = Field(title="文件数")
    megabytes: Amount = Field(title="大小(MB)", description="megabytes")
    recorded_from: Moment = Field(title="录制起", description="outer bound, never proof of a recording")
    recorded_to: Moment = Field(title="录制止", description="outer bound, never proof of a recording")
    segments: Annotated[list[Segment], Field(max_length=MAX_SEGMENTS)] | None = Field(
        default=None, title="录像段", description="what was recorded; missing where the station can't tell"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order("docked_at", self.docked_at, "imported_at", self.imported_at, may_be_equal=True)
        check_order("recorded_from", self.recorded_from, "recorded_to", self.recorded_to, may_be_equal=True)
        return self


class PhoneFootage(Fact):
    """手机摄录: emergency footage, uploaded by the squad and delivered to the command centre."""

    officer_id: Id = Field(title="人员编号")
    fault_report_id: Id | None = Field(default=None, title="报备编号")
    recorded_at: Moment = Field(title="摄录时间")
    uploaded_at: Moment | None = Field(default=None, title="上传时间")
    delivered_at: Moment | None = Field(default=None, title="送达时间")
    received_by: Name | None = Field(default=None, title="接收人")


MODELS: Final[dict[Collection, type[Fact]]] = {
    "units": Unit,
    "officers": Officer,
    "recorders": Recorder,
    "assignments": Assignment,
    "sim_bindings": SimBinding,
    "shifts": Shift,
    "activities": Activity,
    "exemptions": Exemption,
    "fault_reports": FaultReport,
    "dock_imports": DockImport,
    "phone_footage": PhoneFootage,
}
"""Every collection; those that others refer to come first."""
