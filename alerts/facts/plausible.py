"""Facts, step 2 of 4: reject implausible values unless the row gives a reason (`override`); pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final, Literal, NamedTuple

from alerts.facts.elements import Element, FactSet
from alerts.facts.faults import MAX_FAULTS, FactFault
from alerts.facts.fields import Fact
from alerts.facts.models import Collection, DockImport, Recorder

_LONGEST: Final[dict[Collection, tuple[timedelta, str, str]]] = {
    "shifts": (timedelta(hours=36), "36 h", "36小时"),
    "activities": (timedelta(hours=48), "48 h", "48小时"),
    "assignments": (timedelta(days=400), "400 days", "400天"),
    "exemptions": (timedelta(days=400), "400 days", "400天"),
}
_FARTHEST: Final = timedelta(days=3 * 365 + 1)
_UNLESS: Final = "请核对；确实如此的，请在“放行理由”（override）中写明原因"

Number = Literal["imei", "iccid"]
NUMBERS: Final[tuple[Number, ...]] = ("imei", "iccid")
_NUMBER_ZH: Final[dict[Number, str]] = {"imei": "IMEI", "iccid": "ICCID"}


class Numbered(NamedTuple):
    """A registered recorder as last written, with its IMEI and ICCID."""

    recorder_id: str
    imei: str | None
    iccid: str | None
    override: str | None


class Clock(NamedTuple):
    """The period of loading: the moment itself, or a back-test from its first arrival to its end."""

    start: datetime
    end: datetime


def implausible(facts: FactSet, clock: Clock | None) -> list[FactFault]:
    """A fault for each time too far from *clock* and each fact that lasts too long; None accepts any time."""
    faults: list[FactFault] = []
    for element in (element for elements in facts.elements.values() for element in elements):
        if element.fact.override is None:
            faults += _too_far(element, clock) or _too_long(element)
            if len(faults) > MAX_FAULTS:
                break
    return faults


def _too_far(element: Element, clock: Clock | None) -> list[FactFault]:
    if clock is None:
        return []
    first, last = clock.start - _FARTHEST, clock.end + _FARTHEST
    return [
        element.source.fault(
            element.position, field, f"over 3 years from {clock.end:%Y-%m-%d}", f"距今超过三年，{_UNLESS}"
        )
        for field, moment in _times(element.fact)
        if not first <= moment <= last
    ]


def _times(fact: Fact) -> Iterator[tuple[str, datetime]]:
    for name in _time_fields(type(fact)):
        moment = getattr(fact, name)
        if moment is not None:
            yield name, moment
    if isinstance(fact, DockImport):
        for index, segment in enumerate(fact.segments or ()):
            yield f"segments.{index}.from", segment.from_at
            yield f"segments.{index}.to", segment.to_at


@cache
def _time_fields(model: type[Fact]) -> tuple[str, ...]:
    return tuple(name for name in model.model_fields if name.endswith("_at") or name in _OTHER_TIMES)


_OTHER_TIMES: Final = frozenset({"valid_from", "recorded_from", "recorded_to"})


def _too_long(element: Element) -> list[FactFault]:
    longest = _LONGEST.get(element.source.collection)
    ends_at: datetime | None = getattr(element.fact, "ends_at", None)
    if longest is None or ends_at is None:
        return []
    length, words, words_zh = longest
    starts_at: datetime = getattr(element.fact, "starts_at")  # noqa: B009 - only four kinds have one
    if ends_at - starts_at <= length:
        return []
    return [
        element.source.fault(
            element.position, "ends_at", f"over {words} after starts_at", f"比开始时间晚{words_zh}以上，{_UNLESS}"
        )
    ]


def numbers_of(facts: FactSet) -> dict[Number, list[str]]:
    """The IMEIs and ICCIDs in *facts*."""
    recorders = [element.fact for element in facts.elements["recorders"]]
    return {
        number: sorted({at for fact in recorders if (at := getattr(fact, number)) is not None}) for number in NUMBERS
    }


def shared_numbers(facts: FactSet, stored: Iterable[Numbered]) -> list[FactFault]:
    """A fault for each recorder that shares a number with another after the load; *stored*: the register before."""
    last = {element.fact.id: element for element in facts.elements["recorders"]}
    register = [one for one in stored if one.recorder_id not in last]
    register += [_numbered(element.fact) for element in last.values() if element.fact.cancelled_at is None]
    holders: dict[tuple[Number, str], list[Numbered]] = {}
    for one in register:
        for number in NUMBERS:
            value = getattr(one, number)
            if value is not None:
                holders.setdefault((number, value), []).append(one)
    return [fault for (number, _), sharing in holders.items() for fault in _told(number, sharing, last)]


def _numbered(fact: Fact) -> Numbered:
    assert isinstance(fact, Recorder)
    return Numbered(fact.id, fact.imei, fact.iccid, fact.override)


def _told(number: Number, sharing: Sequence[Numbered], loaded: Mapping[str, Element]) -> Iterator[FactFault]:
    """Of recorders that share a number, those in the load; one override suffices for all of them."""
    if len(sharing) < 2 or any(one.override for one in sharing):
        return
    for at, one in enumerate(sharing):
        element = loaded.get(one.recorder_id)
        if element is not None:
            other = sharing[at - 1].recorder_id
            text = f"与记录仪{other}的{_NUMBER_ZH[number]}相同，{_UNLESS}"
            yield element.source.fault(element.position, number, f"the same as of recorder {other}", text)
