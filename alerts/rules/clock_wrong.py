"""clock-wrong: a device clock differs by more than 5 minutes from the arrival of live messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, NoParameters, Rule, Source
from alerts.rules.tick import Tick, is_judged
from alerts.shanghai_time import day_and_time

KIND: Final = "clock"
_BACK: Final = timedelta(days=1)
_LOOK_AGAIN: Final = timedelta(minutes=2)
_TOLD_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class WrongClock:
    """One boot with a wrong clock; `offset_s` is server time minus device time (s)."""

    recorder_id: str
    boot: str
    since: datetime
    offset_s: float
    is_right_again: bool
    unit_id: str | None = None


async def gather(tick: Tick) -> Sequence[Case]:
    """Clocks that live messages prove wrong. One message isn't enough, so a boot with only one is looked at again.

    What was measured by a wrong clock of ours is no case; it takes back what was said before that was known.
    """
    booted = {c.recorder_id: c.from_at for c in tick.changes if c.kind == "presence"}
    ours = [change for change in tick.changes if change.kind == "standstill"]
    doubted = [row[0] for c in ours for row in await tick.questions.ask("clock_wrong.told_while", c.from_at, c.to_at)]
    names = sorted({*booted, *doubted, *tick.keys(KIND)})
    if not names:
        return []
    since = min([*booted.values(), *(change.from_at for change in ours), tick.now]) - _BACK
    rows = await tick.questions.ask("clock_wrong.wrong_clocks", names, since)
    for recorder_id, _, first_at, _, _, is_told_twice, is_our_fault in rows:
        if not is_told_twice and not is_our_fault and tick.now < first_at + _TOLD_WITHIN:
            tick.due(KIND, recorder_id, tick.now + _LOOK_AGAIN)
    taken_back = [_case(WrongClock(*row[:5]), None, tick) for row in rows if row[6]]
    wrong = [WrongClock(*row[:5]) for row in rows if row[5] and not row[6]]
    if not wrong:
        return taken_back
    moments = [each.since for each in wrong]
    facts = await tick.facts(Interval(min(moments), max(moments)), [each.recorder_id for each in wrong])
    return taken_back + [
        _case(each, _with_unit(each, facts), tick) for each in wrong if is_judged(each.recorder_id, facts, tick.now)
    ]


def _case(wrong: WrongClock, content: WrongClock | None, tick: Tick) -> Case:
    return Case(f"{wrong.recorder_id}|{wrong.boot}", content, Interval(wrong.since, max(tick.now, wrong.since)))


def _with_unit(wrong: WrongClock, facts: KnownFacts) -> WrongClock:
    register = facts.recorder_at(wrong.recorder_id, wrong.since)
    return WrongClock(
        *(wrong.recorder_id, wrong.boot, wrong.since, wrong.offset_s, wrong.is_right_again),
        register.unit_id if register else None,
    )


def judge(wrong: WrongClock, _: NoParameters) -> list[Finding]:
    """A reminder to set the clock; resolved once the clock is right."""
    evidence = Evidence(
        f"{wrong.recorder_id}自{day_and_time(wrong.since)}起时钟与服务器相差{abs(wrong.offset_s) / 60:.0f}分钟。",
        ("此后时钟已恢复准确。",) if wrong.is_right_again else (),
        facts={"offset_s": round(wrong.offset_s), "boot": wrong.boot},
        keeps_key=True,
    )
    return [
        Finding(
            key=f"{wrong.recorder_id}|{wrong.boot}",
            subject=Subject(wrong.unit_id, wrong.recorder_id),
            starts_at=wrong.since,
            ends_at=None,
            confidence="confirmed",
            weight="reminder",
            standing="resolved" if wrong.is_right_again else "holds",
            evidence=evidence,
        )
    ]


RULE = Rule(
    id="clock-wrong",
    title="时钟不准",
    what="时钟不准",
    clause=None,
    box=None,
    weight="reminder",
    parameters=NoParameters,
    source=Source(KIND, gather),
    judge=judge,
    file=__file__,
    ask_wearer="请校准设备时间。",
    is_of_any_device=True,
)
