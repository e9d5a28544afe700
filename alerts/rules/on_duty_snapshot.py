"""Who was on duty and online in the whole fleet; asked only when many recorders fall silent at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.duty.on_duty import recorder_on_duty
from alerts.intervals import Interval
from alerts.questions import AskFacts, Questions
from alerts.silences.outage import OnAir

_KEEP = timedelta(minutes=2)
_HEARD_WITHIN = timedelta(minutes=3)
_MOMENT = timedelta(seconds=1)


@dataclass(slots=True)
class OnDutySnapshot:
    """The latest snapshot, kept for two minutes because an outage shows over several ticks."""

    taken_at: datetime | None = None
    on_air: dict[str, OnAir] = field(default_factory=dict)

    async def at(
        self,
        questions: Questions,
        ask_facts: AskFacts,
        moment: datetime,
        now: datetime,
        *,
        lost: Iterable[tuple[str, str | None]],
    ) -> dict[str, OnAir]:
        """By id, the recorders on duty and heard shortly before *moment*, including *lost* (recorder id, last cell)."""
        if self.taken_at is None or not timedelta(0) <= moment - self.taken_at <= _KEEP:
            self.on_air = await _count(questions, ask_facts, moment, now)
            self.taken_at = moment
        known = dict(self.on_air)
        for recorder_id, cell in lost:
            recorder = known.get(recorder_id)
            if recorder is not None and cell is not None and recorder.cell != cell:
                known[recorder_id] = replace(recorder, cell=cell)
        return known


async def _count(questions: Questions, ask_facts: AskFacts, moment: datetime, now: datetime) -> dict[str, OnAir]:
    heard = {row[0]: row[1] for row in await questions.ask("outage.on_air", moment - _HEARD_WITHIN)}
    within = Interval(moment, moment + _MOMENT)
    facts = await ask_facts(now, within, None, ())
    found = {}
    for recorder_id, cell in heard.items():
        register = facts.recorder_at(recorder_id, moment)
        if register is not None and recorder_on_duty(recorder_id, within, facts):
            found[recorder_id] = OnAir(recorder_id, facts.ancestors(register.unit_id), cell, register.heartbeat_s)
    return found
