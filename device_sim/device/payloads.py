"""Builds the payloads of the wire contract, by hand and not by `json`, because a fleet sends millions."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, NamedTuple

from telemetry.domain.messages import MAX_BACKLOG_MESSAGES, MAX_PAYLOAD_BYTES
from telemetry.domain.topics import topic_of

ZONE: Final = timezone(timedelta(hours=8))
"""The bureau's zone, Asia/Shanghai: no daylight saving since 1991, so an offset is enough."""
_ENVELOPE_ROOM: Final = MAX_PAYLOAD_BYTES - 512


class Name(NamedTuple):
    """Identifies a message of one recorder; a will has no `seq`."""

    boot: str
    seq: int | None
    kind: str


class Message(NamedTuple):
    """One payload ready to be published; `inner` names the messages in a backlog envelope."""

    recorder_id: str
    at_ms: int
    name: Name
    text: str
    inner: tuple[Name, ...] = ()

    @property
    def topic(self) -> str:
        """The topic that it is published on."""
        return topic_of(self.recorder_id, self.name.kind)

    @property
    def payload(self) -> bytes:
        """The bytes that are published."""
        return self.text.encode()

    @property
    def is_retained(self) -> bool:
        """Whether the broker keeps it for later subscribers (presence only)."""
        return self.name.kind == "presence"


@lru_cache(maxsize=8192)
def _minute(epoch_min: int) -> str:
    return datetime.fromtimestamp(epoch_min * 60, ZONE).strftime("%Y-%m-%dT%H:%M:")


def stamp(at_ms: int) -> str:
    """Format *at_ms* (milliseconds since 1970, UTC) as RFC 3339 with the bureau's offset."""
    minute, millisecond = divmod(at_ms, 60_000)
    return f"{_minute(minute)}{millisecond / 1000:06.3f}+08:00"


def stamp_us(at_us: int) -> str:
    """Format *at_us* (microseconds since 1970, UTC) as RFC 3339; precise enough to measure latencies."""
    minute, microsecond = divmod(at_us, 60_000_000)
    return f"{_minute(minute)}{microsecond / 1e6:09.6f}+08:00"


def head(ts: str, boot: str, seq: int, extra: str = "") -> str:
    """The beginning of every uplink payload; *extra* comes from `clock_fields`."""
    return f'{{"ts":"{ts}","boot":"{boot}","seq":{seq}{extra}'


def clock_fields(up_s: int, clock: str) -> str:
    """The optional fields that any message may have: uptime in seconds, and the clock's source."""
    return f',"up_s":{up_s},"clock":"{clock}"'


def presence_online(
    opening: str, session: str | None, about: Mapping[str, str], uptime_s: int, optional: Mapping[str, str | int | None]
) -> str:
    """The birth message of a connection. *about* has model, firmware and imei; *optional* leaves out what is None."""
    fields: dict[str, str | int] = {"state": "online"}
    if session is not None:
        fields["session"] = session
    fields |= about
    fields["uptime_s"] = uptime_s
    fields |= {name: value for name, value in optional.items() if value is not None}
    return f"{opening},{_members(fields)}}}"


def presence_offline(opening: str, session: str | None, reason: str) -> str:
    """The goodbye: the last message before the recorder disconnects."""
    return f'{opening},"state":"offline"{_session(session)},"reason":"{reason}"}}'


def will(ts: str, boot: str, session: str | None) -> str:
    """The will that a connection leaves with the broker, published if it breaks; it has no `seq`."""
    return f'{{"ts":"{ts}","boot":"{boot}","state":"offline"{_session(session)},"reason":"connection_lost"}}'


def heartbeat(
    opening: str,
    *,
    uptime_s: int,
    network: str,
    rsrp_dbm: int | None,
    cell: str | None,
    sim: str | None,
    iccid: str | None,
) -> str:
    """Uptime in seconds, network and RSRP in dBm; *sim* is None for models that don't sense the card."""
    rsrp = "null" if rsrp_dbm is None else rsrp_dbm
    where = "null" if cell is None else f'"{cell}"'
    card = "" if sim is None else f',"sim":"{sim}"'
    number = "" if iccid is None else f',"iccid":"{iccid}"'
    return f'{opening},"uptime_s":{uptime_s},"network":"{network}","rsrp_dbm":{rsrp},"cell":{where}{card}{number}}}'


def battery(opening: str, level_pct: int, *, charging: bool, voltage_mv: int, temperature_c: float) -> str:
    """Charge in percent, voltage in millivolts, temperature in degrees Celsius."""
    power = "true" if charging else "false"
    return (
        f'{opening},"level_pct":{level_pct},"charging":{power},'
        f'"voltage_mv":{voltage_mv},"temperature_c":{temperature_c:.1f}}}'
    )


def storage(opening: str, total_mb: int, free_mb: int, files: int) -> str:
    """Space in megabytes and the number of recordings on the device."""
    return f'{opening},"total_mb":{total_mb},"free_mb":{free_mb},"files":{files}}}'


def recording(opening: str, state: str, since: str, file_id: str | None, trigger: str | None) -> str:
    """The camera's state ("recording" or "standby"), and since when by the device's clock."""
    file = "" if file_id is None else f',"file_id":"{file_id}"'
    why = "" if trigger is None else f',"trigger":"{trigger}"'
    return f'{opening},"state":"{state}","since":"{since}"{file}{why}}}'


def location(
    opening: str, *, lat: float, lon: float, accuracy_m: float, speed_mps: float, heading_deg: int, fix: str
) -> str:
    """A position in degrees WGS-84, accuracy in metres, speed in m/s, heading in degrees."""
    return (
        f'{opening},"lat":{lat:.6f},"lon":{lon:.6f},"accuracy_m":{accuracy_m:.1f},'
        f'"speed_mps":{speed_mps:.1f},"heading_deg":{heading_deg},"fix":"{fix}"}}'
    )


def event(opening: str, kind: str, detail: Mapping[str, str | int] | None = None) -> str:
    """An event of type *kind* with its optional *detail*."""
    more = f',"detail":{json.dumps(detail, ensure_ascii=False)}' if detail else ""
    return f'{opening},"type":"{kind}"{more}}}'


def backlog(opening: str, inner: Sequence[Message]) -> str:
    """An envelope around messages that were measured while offline."""
    return f'{opening},"messages":[{",".join(as_inner(message) for message in inner)}]}}'


def as_inner(message: Message) -> str:
    """A message as it stands in an envelope: its payload with its kind."""
    return f'{{"kind":"{message.name.kind}",{message.text[1:]}'


def envelope_size(stored: Sequence[Message]) -> int:
    """How many of *stored*, from the first, fit into one envelope: at most 100 messages and 64 KiB."""
    room = _ENVELOPE_ROOM
    count = 0
    for message in stored[:MAX_BACKLOG_MESSAGES]:
        room -= len(as_inner(message).encode()) + 1
        if room < 0:
            break
        count += 1
    return count


def _session(session: str | None) -> str:
    return "" if session is None else f',"session":"{session}"'


def _members(fields: Mapping[str, str | int]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))[1:-1]
