"""Evaluation, the live map: keep up who has each recorder and whether it is on duty (table `wearer_period`).

The answers are those of the rules (`alerts.duty.wearer`, `alerts.duty.on_duty`). They are worked out again where facts or
logins changed, and before the hours that they reach ahead are over.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from alerts.duty.wearer import login_at, people_of
from alerts.duty.wearer_periods import AHEAD, KIND, renewal_at, wearer_periods
from alerts.evaluation.conclusions import Conclusions
from alerts.facts.known_query import known_facts
from alerts.intervals import Interval
from alerts.questions import AskFacts, Questions
from alerts.rules.tick import PAD, Tick, is_judged
from telemetry.store import evaluation as store
from telemetry.store.pool import Connection

_MOST: Final = 500
"""Recorders in one tick; the others follow in the next ones, so that no alarm waits for them."""
_TELLING: Final = frozenset({"presence", "event", "recording"})
"""Kinds of readings that may change a login, or say what one is worth."""
_LOGIN_LASTS: Final = timedelta(days=7)


async def keep_wearers(tick: Tick, _: Conclusions) -> None:
    """A step of the tick: renew what changed or came due."""
    records = [(collection, fact_id) for collection, ids in tick.changed.items() for fact_id in ids]
    touched = await tick.questions.of("touched_by_facts", records, tick.now)
    changed = {row[1] for row in touched if row[0] == "recorder"} | {*tick.changed.get("recorders", ())}
    wanted = set(tick.keys(KIND))
    telling = sorted({change.recorder_id for change in tick.changes if change.kind in _TELLING})
    logged_in = []
    for recorder_id, login, is_new in await tick.questions.ask("logins_told", telling, tick.now) if telling else ():
        (changed if is_new else wanted).add(recorder_id)
        logged_in += [login] if login else []
    wanted |= await _concerned(tick.questions, changed, logged_in)
    if "units" in tick.changed:
        # Which unit is above which decides whose hand-outs need a confirmation.
        wanted |= {row[0] for row in await tick.questions.ask("recorders_shown")}
    recorder_ids = sorted(wanted)
    tick.dues += [(KIND, recorder_id, tick.now) for recorder_id in recorder_ids[_MOST:]]
    await _renew(tick.questions, tick.ask_facts, tick.now, recorder_ids[:_MOST])


async def renew_wearers(
    connection: Connection, now: datetime, recorder_ids: Sequence[str], officer_ids: Sequence[str] = ()
) -> None:
    """Renew these recorders, and those of the same people, at once; within a transaction, between two ticks."""
    await store.lock_tick(connection)
    questions = store.Questions(connection)
    wanted = await _concerned(questions, set(recorder_ids), officer_ids)
    await _renew(questions, partial(known_facts, connection), now, sorted(wanted))


async def _concerned(questions: Questions, changed: set[str], officer_ids: Sequence[str] = ()) -> set[str]:
    """The changed recorders, and those whose wearer rests on the same people, or on these officers."""
    if not changed:
        return set()
    return changed | {row[0] for row in await questions.ask("recorders_of_people", sorted(changed), officer_ids)}


async def _renew(questions: Questions, ask_facts: AskFacts, now: datetime, recorder_ids: Sequence[str]) -> None:
    if not recorder_ids:
        return
    facts = await ask_facts(now, Interval(now - PAD, now + AHEAD + PAD), recorder_ids, ())
    rows, watches, dues = [], [], []
    for recorder_id in recorder_ids:
        if not is_judged(recorder_id, facts, now):
            continue
        periods, login = wearer_periods(recorder_id, now, facts), login_at(recorder_id, now, facts)
        rows += [
            (recorder_id, p.during.start, p.during.end, p.officer_id, json.dumps(p.candidates), p.duty_since, login)
            for p in periods
        ]
        watches += [
            (KIND, recorder_id, "officer", officer_id, now - _LOGIN_LASTS, now + AHEAD)
            for officer_id in people_of(recorder_id, facts)
        ]
        dues.append((KIND, recorder_id, renewal_at(recorder_id, periods, now, facts)))
    await questions.ask("drop_wearers", recorder_ids)
    await questions.of("put_wearer_periods", rows)
    await questions.of("put_watches", watches)
    await questions.of("put_due", dues)
