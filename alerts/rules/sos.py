"""sos: the device calls for help; shown at once, with sound, closed by hand.

The calls of a recorder are one alarm until somebody answers it (acknowledges or closes its incident). A call that
isn't counted by then is a new alarm, and so is one that comes half a day later: somebody else may wear the recorder then.
What counts is what people could know when they answered, not when the call was made: a call out of a backlog, made
before the answer and received after it, rings too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.facts.known import KnownFacts
from alerts.finding import CALLED_AT, Evidence, Finding
from alerts.intervals import Interval
from alerts.rules.device_events import DeviceEvent, finding_of
from alerts.rules.rule import Case, NoParameters, Rule, Source
from alerts.rules.tick import Tick, is_judged
from alerts.shanghai_time import day_and_time


@dataclass(frozen=True, slots=True)
class Alarm:
    """The calls of one recorder that are one alarm; `late` of them came from a backlog, or late for other reasons."""

    key: str
    recorder_id: str
    calls: int
    first_at: datetime
    last_at: datetime
    late: int
    late_received_at: datetime | None
    is_clock_ok: bool
    counted_at: datetime
    facts: KnownFacts


async def gather(tick: Tick) -> Sequence[Case]:
    """The alarms with new calls. The calls are counted within the tick's transaction."""
    told = [change for change in tick.changes if change.kind == "event"]
    stretches = [(n, c.recorder_id, c.from_at, c.to_at) for n, c in enumerate(told)]
    heard = {row[1]: row[2] for row in await tick.questions.over("sos.uncounted", stretches)}
    if not heard:
        return []
    names = sorted(heard)
    unanswered = await tick.questions.ask("sos.unanswered", names, [heard[name] for name in names])
    firsts = [*heard.values(), *(row[2] for row in unanswered)]
    facts = await tick.facts(Interval(min(firsts), max(firsts)), names)
    judged = [one for one in stretches if one[1] in heard and is_judged(one[1], facts, tick.now)]
    open_keys = {row[0]: row[1] for row in unanswered}
    counted = await tick.questions.over("sos.count_calls", judged, tick.now, list(open_keys), list(open_keys.values()))
    alarms = await tick.questions.ask("sos.alarms", [row[0] for row in counted])
    return [Case(row[0], Alarm(**row, facts=facts)) for row in alarms]


def judge(alarm: Alarm, _: NoParameters) -> list[Finding]:
    """The finding about one alarm; it runs until somebody closes it."""
    limits = () if alarm.is_clock_ok else ("设备时钟不准或者未报时刻，求助时刻按收到情况推算。",)
    facts = {
        "calls": alarm.calls,
        "first_at": alarm.first_at.isoformat(),
        "last_at": alarm.last_at.isoformat(),
        "from_backlog": alarm.late,
        CALLED_AT: alarm.counted_at.isoformat(),
    }
    evidence = Evidence(_told(alarm), limits=limits, facts=facts)
    first = DeviceEvent(alarm.key, alarm.recorder_id, alarm.first_at, alarm.facts)
    return [finding_of(first, evidence, "operational", None)]


def _told(alarm: Alarm) -> str:
    times = f"，共{alarm.calls}次，最近一次{day_and_time(alarm.last_at)}" if alarm.calls > 1 else ""
    late = ""
    if alarm.late_received_at is not None:
        is_all = alarm.late == alarm.calls
        source = "来自补传" if is_all else f"其中{alarm.late}次来自补传"
        late = f"（{source}，{day_and_time(alarm.late_received_at)}收到）"
    return f"{alarm.recorder_id}于{day_and_time(alarm.first_at)}发出SOS求助{times}{late}。"


RULE = Rule(
    id="sos",
    title="SOS求助",
    what="发出SOS求助",
    clause=None,
    box=None,
    weight="operational",
    parameters=NoParameters,
    source=Source("sos", gather, rank=0),
    judge=judge,
    file=__file__,
    ask_leader="请立即联系本人并派员查看，处置后在系统中确认结束。",
    is_urgent=True,
    is_of_any_device=True,
)
