"""Health, step 3: which faults the engineers are told of, and in which words. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from telemetry.health.faults import PlatformFault
from telemetry.vocabulary import text

STOOD_S: Final = 20.0
"""A fault is told once it has stood for so long: shorter ones mend themselves."""
OVER_S: Final = 60.0
"""A fault is over once it has been away for so long, so that one that comes and goes isn't told each time."""
_MOST_TOLD: Final = 20
_OF_THE_QUEUE: Final = frozenset({"database", "not_sent"})
_SENDER: Final = "send"
Told = tuple[str, str]
"""A fault by its place and code."""


@dataclass(slots=True)
class _Seen:
    since_s: float
    last_s: float
    fault: PlatformFault
    stands: bool = False


class Standing:
    """Remembers since when faults stand. Seconds are of a monotonic clock."""

    def __init__(self) -> None:
        self._seen: dict[Told, _Seen] = {}

    def look(self, found: Iterable[PlatformFault], now_s: float) -> dict[Told, PlatformFault]:
        """Return the faults that stand and are to be told. Missing decrees have reminders of their own."""
        for fault in found:
            if fault.code == "calendar":
                continue
            seen = self._seen.setdefault((fault.place, fault.code), _Seen(now_s, now_s, fault))
            seen.last_s, seen.fault = now_s, fault
            # One that was seen once and is gone never stood.
            seen.stands = seen.stands or now_s - seen.since_s >= STOOD_S
        self._seen = {name: seen for name, seen in self._seen.items() if now_s - seen.last_s < OVER_S}
        return {name: seen.fault for name, seen in self._seen.items() if seen.stands}


def is_queue_trusted(standing: Iterable[Told]) -> bool:
    """Whether a stored notice will be sent: the database and the senders work."""
    return not any(code in _OF_THE_QUEUE or place.partition(".")[0] == _SENDER for place, code in standing)


def message_of(new: Mapping[Told, PlatformFault], over: Iterable[Told]) -> dict[str, str | None]:
    """The notice to the engineers; its public text holds no addresses and reasons."""
    began = [f"{_named(name)}（{fault.text}）" for name, fault in new.items()]
    ended = [_named(name) for name in over]
    title = f"【系统故障】{len(began)}项" if began else f"【系统故障恢复】{len(ended)}项"
    return {
        "title": title,
        "text": "\n".join([f"{title}：", *_listed([*began, *(f"{each}，已恢复" for each in ended)])]),
        "public_text": "\n".join([f"{title}：", *_listed([*map(_named, new), *(f"{each}，已恢复" for each in ended)])]),
        "link": None,
    }


def _named(name: Told) -> str:
    place, code = name
    part, _, server = place.partition(".")
    return f"{text('platform_part', part)}{f'（{server}）' if server else ''}：{text('platform_fault', code)}"


def _listed(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST_TOLD
    return lines[:_MOST_TOLD] + ([f"其余{more}项请在“系统状态”页面查看。"] if more > 0 else [])
