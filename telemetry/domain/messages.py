"""The uplink messages of the wire contract (version 1.1), one pydantic model per kind.

Models are strict: strings and booleans are not numbers, and times need an offset. `decode` is lenient where the
contract says so. Unknown *fields* are ignored, as newer firmware may send them. Where the contract sets no bounds, they
fit any real device and the database column.
"""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetPydanticSchema, model_validator
from pydantic_core import PydanticCustomError, core_schema

from telemetry.domain.topics import is_id

MAX_PAYLOAD_BYTES: Final = 64 * 1024
MAX_BACKLOG_MESSAGES: Final = 100
MAX_DETAIL_BYTES: Final = 4096
MAX_DETAIL_DEPTH: Final = 8
KEEP_ALIVE_S: Final = 60
WILL_AFTER_S: Final = 1.5 * KEEP_ALIVE_S
"""Seconds. A broker declares a connection dead after 1.5 keep-alives (MQTT 5, 3.1.2.10)."""

# PostgreSQL stores int8; the multirange of seen `seq` needs one more value as its open upper end.
_MAX_SEQ = 2**63 - 2
_MAX_INT = 2**31 - 1

_RFC3339 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
# Broken clocks say 1970, 1980 or 2099. Outside these years Python and PostgreSQL disagree about valid times.
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)

_TIME_SCHEMA = core_schema.chain_schema(
    [
        core_schema.str_schema(pattern=_RFC3339, max_length=40, strict=True),
        core_schema.datetime_schema(
            strict=False, tz_constraint="aware", ge=_EARLIEST, lt=_LATEST, microseconds_precision="truncate"
        ),
    ]
)

Time = Annotated[
    datetime,
    GetPydanticSchema(
        get_pydantic_core_schema=lambda _source, _handler: _TIME_SCHEMA,
        get_pydantic_json_schema=lambda _schema, _handler: {"type": "string", "format": "date-time"},
    ),
]
"""RFC 3339 with an offset, years 1900-2199. The pattern rejects the epoch numbers that pydantic would accept."""

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Seq = Annotated[int, Field(ge=0, le=_MAX_SEQ)]
Count = Annotated[int, Field(ge=0, le=_MAX_INT)]
Text = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Iccid = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{18,20}$")]
Imei = Annotated[str, Field(pattern=r"^[0-9]{15}$")]
ModemImei = Annotated[str, Field(pattern=r"^[0-9]{15,16}$")]
"""An IMEI, or an IMEISV, which ends with a two-digit software version (3GPP TS 23.003, 6.2.2)."""
Cell = Annotated[str, Field(pattern=r"^[0-9]{3}-[0-9]{2,3}-[0-9A-Fa-f]{1,8}-[0-9A-Fa-f]{1,11}$")]

ReadingKind = Literal["presence", "heartbeat", "battery", "storage", "recording", "location", "event"]
READING_KINDS: Final[tuple[ReadingKind, ...]] = (
    "presence",
    "heartbeat",
    "battery",
    "storage",
    "recording",
    "location",
    "event",
)
EventType = Literal[
    "login",
    "logout",
    "sim_removed",
    "sim_inserted",
    "docked",
    "undocked",
    "storage_full",
    "fault",
    "tamper",
    "sos",
    "recording_deleted",
]


def _keepable(detail: Any) -> Any:
    """Return *detail* if a `jsonb` column can store it."""
    if detail is None:
        return None
    if _depth(detail, 0) > MAX_DETAIL_DEPTH:
        raise PydanticCustomError("detail_depth", "over {most} levels deep", {"most": MAX_DETAIL_DEPTH})
    try:
        encoded = json.dumps(detail, allow_nan=False, ensure_ascii=True)
    except (ValueError, TypeError, RecursionError):
        kind, text = "detail_value", "holds what is no JSON value"
        raise PydanticCustomError(kind, text) from None
    if len(encoded) > MAX_DETAIL_BYTES:
        raise PydanticCustomError("detail_size", "over {most} bytes", {"most": MAX_DETAIL_BYTES})
    if ("\\u0000" in encoded or "\\ud8" in encoded or "\\udc" in encoded) and not _is_text(detail):
        kind, text = "detail_text", "holds a NUL character, a lone surrogate or bytes that are no UTF-8"
        raise PydanticCustomError(kind, text)
    return detail


def _is_text(value: Any) -> bool:
    """Return whether no string in it holds NUL or a lone surrogate: valid in JSON, but not in PostgreSQL."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, dict):
        return all(_is_text(key) and _is_text(inner) for key, inner in value.items())
    return not isinstance(value, list) or all(map(_is_text, value))


def _depth(value: Any, depth: int) -> int:
    if depth > MAX_DETAIL_DEPTH or not isinstance(value, dict | list):
        return depth
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(v, depth + 1) for v in inner), default=depth + 1)


Detail = Annotated[dict[str, Any], AfterValidator(_keepable)]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)


class Uplink(_Model):
    """Fields of every uplink message; `(recorder_id, boot, seq)` identifies it."""

    ts: Time = Field(description="device clock at the moment of measurement")
    boot: Id = Field(description="drawn anew at every power-on")
    seq: Seq = Field(description="rises by one with every message of one boot, across kinds")
    up_s: Annotated[float, Field(ge=0, le=_MAX_INT)] | None = Field(default=None, description="seconds since boot")
    clock: Literal["network", "gnss", "manual", "unset"] | None = Field(
        default=None, description="what last set the device clock"
    )


class PresenceOnline(Uplink):
    """The birth message of a connection (retained)."""

    state: Literal["online"] = Field(description="the connection stands")
    session: Id | None = Field(default=None, description="drawn anew at every connection")
    model: Text = Field(description="make of the recorder")
    firmware: Text = Field(description="version of its firmware")
    imei: ModemImei | None = Field(default=None, description="of its modem; of 16 digits (IMEISV) the first 14 count")
    iccid: Iccid | None = Field(
        default=None,
        description="of its SIM: lower case is read as upper, a trailing `F` dropped; one that doesn't begin with `89`, "
        "or is one character repeated, is as if missing",
    )
    uptime_s: Count = Field(description="seconds since boot")
    officer_id: Id | None = Field(default=None, description="who is logged in")
    last_end: Literal["key", "battery", "watchdog", "battery_out", "unknown"] | None = Field(
        default=None, description="how the boot before ended"
    )
    dropped: Count | None = Field(default=None, description="messages that the flash could not hold")


class PresenceOffline(Uplink):
    """The goodbye of a recorder that still could say it (retained)."""

    state: Literal["offline"] = Field(description="the recorder says goodbye itself")
    session: Id | None = Field(default=None, description="the connection that ends")
    reason: Literal["power_off", "low_battery", "docked", "sleep", "update"] = Field(description="why it leaves")


class PresenceWill(_Model):
    """The will that the broker publishes for a dead connection (retained): the one message without `seq`."""

    ts: Time = Field(description="the time of the CONNECT that left this will")
    boot: Id = Field(description="the boot that left it")
    state: Literal["offline"] = Field(description="said by the broker, not by the recorder")
    session: Id | None = Field(default=None, description="the connection that ends; no other")
    reason: Literal["connection_lost"] = Field(description="what makes it a will")


class Heartbeat(Uplink):
    """Uptime, network, cell and SIM, each 30 s."""

    uptime_s: Count = Field(description="seconds since boot")
    network: Literal["4g", "5g", "3g", "2g", "wifi", "none"] = Field(description="what it is connected by")
    rsrp_dbm: Annotated[float, Field(ge=-156, le=-31)] | None = Field(description="dBm, or null where none is measured")
    cell: Cell | None = Field(description="mcc-mnc-tac-eci, or null without a cell")
    sim: Literal["ready", "absent", "locked", "error"] | None = Field(
        default=None, description="missing on models that can't tell"
    )
    iccid: Iccid | None = Field(default=None, description="of its SIM, read like that of a birth message")


class Battery(Uplink):
    """Charge, each 60 s."""

    level_pct: Annotated[float, Field(ge=0, le=100)] = Field(description="percent")
    charging: bool = Field(description="on a charger")
    voltage_mv: Annotated[float, Field(ge=0, le=100_000)] | None = Field(default=None, description="millivolt")
    temperature_c: Annotated[float, Field(ge=-100, le=200)] | None = Field(default=None, description="degrees Celsius")


class Storage(Uplink):
    """Space and recordings on the device, each 60 s."""

    total_mb: Count = Field(description="megabytes; 0 where the card isn't mounted")
    free_mb: Count = Field(description="megabytes, at most total_mb")
    files: Count = Field(description="recordings on the device")

    @model_validator(mode="after")
    def _free_within_total(self) -> "Storage":
        if self.free_mb > self.total_mb:
            # pydantic reports a model-level error at the model; naming the field in the text helps the reader.
            kind, text = "free_over_total", "free_mb is over total_mb"
            raise PydanticCustomError(kind, text)
        return self


class Recording(Uplink):
    """Recording or standby, on every change and each 60 s."""

    state: Literal["recording", "standby"] = Field(description="what it does")
    since: Time = Field(description="when that state began, device clock")
    file_id: Text | None = Field(default=None, description="the recording's own name")
    trigger: Literal["manual", "auto", "sos"] | None = Field(default=None, description="what began it")


class Location(Uplink):
    """Position, each 60 s, each 10 s while recording; within 0.01 degrees of 0, 0 it is no fix."""

    lat: Annotated[float, Field(ge=-90, le=90)] = Field(description="degrees")
    lon: Annotated[float, Field(ge=-180, le=180)] = Field(description="degrees")
    crs: Literal["wgs84", "gcj02"] = Field(default="wgs84", description="stored as WGS-84")
    accuracy_m: Annotated[float, Field(ge=0, le=1e6)] | None = Field(default=None, description="metres")
    speed_mps: Annotated[float, Field(ge=0, le=1e4)] | None = Field(default=None, description="metres per second")
    heading_deg: Annotated[float, Field(ge=0, le=360)] | None = Field(default=None, description="degrees from north")
    fix: Literal["gnss", "network"] = Field(description="where the position comes from")


class Event(Uplink):
    """Something that happened once."""

    type: EventType = Field(description="what happened")
    detail: Detail | None = Field(default=None, description="free object, at most 4 KiB and 8 levels deep")

    @property
    def officer_id(self) -> str | None:
        """Return the officer of a login or logout; None if the event has no valid officer id."""
        officer_id = None if self.detail is None else self.detail.get("officer_id")
        return officer_id if isinstance(officer_id, str) and is_id(officer_id) else None


AlarmType = Literal["sos", "tamper", "fault"]
ALARM_TYPES: Final = frozenset(get_args(AlarmType))
"""Event types that are stored even if other fields are invalid."""


class Alarm(_Model):
    """An event of ALARM_TYPES that violates the contract; every field but the type may be missing."""

    type: AlarmType
    ts: Time | None = None
    boot: Id | None = None
    seq: Seq | None = None
    up_s: Annotated[float, Field(ge=0, le=_MAX_INT)] | None = None
    clock: Literal["network", "gnss", "manual", "unset"] | None = None
    detail: Detail | None = None

    def named(self, ts: datetime, boot: str, seq: int) -> Event:
        """Return the event with the time and the name under which it is stored."""
        return Event.model_construct(
            ts=ts, boot=boot, seq=seq, up_s=self.up_s, clock=self.clock, type=self.type, detail=self.detail
        )


class Backlog(Uplink):
    """An envelope around messages that were measured while there was no link; each is judged alone."""

    messages: Annotated[list[Any], Field(min_length=1, max_length=MAX_BACKLOG_MESSAGES)]


class Reply(_Model):
    """A recorder's answer to a command; no reading."""

    id: Id = Field(description="of the command")
    ok: bool = Field(description="whether it was done")
    detail: Annotated[Any, AfterValidator(_keepable)] = Field(
        default=None, description="free, at most 4 KiB and 8 levels deep"
    )


Body = PresenceOnline | PresenceOffline | PresenceWill | Heartbeat | Battery | Storage | Recording | Location | Event
"""The messages that can become a stored reading."""


def normalise_iccid(iccid: str | None) -> str | None:
    """Return the ICCID in upper case, without the filler `F` of a 19-digit one (ITU-T E.118; ETSI TS 102 221, 13.2)."""
    return iccid.upper().removesuffix("F") if iccid else None


def iccid_as_read(iccid: str | None) -> str | None:
    """Return a reported ICCID; None if the card was not read, since every real ICCID starts with 89 (ITU-T E.118)."""
    iccid = normalise_iccid(iccid)
    return iccid if iccid is not None and iccid.startswith("89") else None


def imei_as_read(imei: str | None) -> str | None:
    """Return a reported IMEI, or the first 14 digits of an IMEISV; None if these repeat one digit."""
    if imei is None:
        return None
    told = imei[:14] if len(imei) == 16 else imei
    return None if told == told[0] * len(told) else told
