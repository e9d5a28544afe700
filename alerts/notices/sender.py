"""Carries out step 5: sends queued notices and stores each attempt before and after.

A sender claims a notice by a conditional UPDATE with a lease, so several senders may run. The attempt is stored as
`sending` before the request; if the sender dies, the next one that claims the notice marks the attempt `unknown`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, assert_never, cast

import structlog

from alerts.notices.channels.channel import Answer, Channel, Message, Refused, Sent, Unknown
from alerts.notices.circuit_breaker import Gate, Held, admit, after_answer
from alerts.notices.delivery_plan import Attempt, AttemptState, Dead, Queued, Try, Wait, next_step
from alerts.notices.settings import NoticeSettings
from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.store import notice_queue as queue
from telemetry.store.pool import Database

_log = structlog.get_logger()
Clock = Callable[[], datetime]


class Sender:
    """Sends due notices. *name* must be unique to this sender. *works* is called whenever it has looked for some."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        settings: NoticeSettings,
        clock: Clock,
        name: str,
        *,
        works: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._name = name
        self._works = works
        self._traits = {name: settings.channels[name].traits for name in channels}

    async def deliver_due(self) -> list[str]:
        """Take one step with each due notice, at most `parallel` of them; the outcome of each (see `_step`)."""
        return await asyncio.gather(*await self._claim(self._settings.parallel))

    async def run(self, stop: asyncio.Event, *, idle_s: float = 1.0) -> None:
        """Send until *stop* is set, then finish what has begun. *idle_s*: seconds between checks of an idle queue.

        A notice that hangs doesn't delay others. If the database is unavailable, the sender waits for it.
        """
        stopping = asyncio.create_task(stop.wait())
        working: set[asyncio.Task[str]] = set()
        while not stop.is_set():
            free = self._settings.parallel - len(working)
            try:
                steps = []
                if free:
                    steps = await self._claim(free)
                    self._works()
            except DatabaseUnavailableError as fault:
                _log.warning("notices wait for the database", fault=str(fault))
                steps = []
            working |= {asyncio.create_task(self._survive_outage(step)) for step in steps}
            pause_s = 0.0 if steps and len(steps) == free else idle_s
            await asyncio.wait({stopping, *working}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in working if task.done()]:
                working.discard(task)
                task.result()
        await asyncio.gather(*working)

    async def _claim(self, limit: int) -> list[Coroutine[Any, Any, str]]:
        """Claim up to *limit* due notices; return a step to take for each."""
        now = self._clock()
        until = now + timedelta(seconds=self._settings.lease_s)
        async with self._database.connection() as connection:
            claimed = await queue.claim(connection, self._name, now, until, limit)
            if not claimed:
                return []
            attempts = await queue.attempts_of(connection, [notice.notice_id for notice in claimed])
            shut = await queue.shut_gates(connection, now)
        return [self._step(notice, attempts.get(notice.notice_id, []), shut) for notice in claimed]

    async def _survive_outage(self, step: Coroutine[Any, Any, str]) -> str:
        """Run *step*; if the database fails meanwhile, the claim lapses and the notice is claimed again."""
        try:
            return await step
        except DatabaseUnavailableError as fault:
            _log.warning("notice waits for the database", fault=str(fault))
            return "lost"

    async def _step(
        self, notice: queue.ClaimedNotice, attempts: Sequence[queue.AttemptRow], shut: Mapping[str, datetime]
    ) -> str:
        now = self._clock()
        if any(attempt.state == "sending" for attempt in attempts):
            async with self._database.connection() as connection:
                await queue.disown_attempts(connection, notice.notice_id, now)
        queued = _queued(notice, attempts, now)
        match next_step(queued, self._traits, shut, self._settings, now):
            case Try() as step:
                return await self._try(notice, step)
            case Wait(until):
                await self._run(queue.release, notice.notice_id, until, self._name)
                return "waiting"
            case Dead(reason):
                await self._run(queue.mark_dead, notice.notice_id, reason, self._name)
                _log.warning("notice is dead", notice_id=notice.notice_id, person=notice.person, reason=reason)
                return "dead"
            case unreachable:
                assert_never(unreachable)

    async def _try(self, notice: queue.ClaimedNotice, step: Try) -> str:
        n = await self._begin(notice, step)
        if isinstance(n, str):
            return n
        answer = await self._send(notice, step)
        now = self._clock()
        state = _state(answer)
        async with self._database.transaction() as connection:
            code, detail = _code_and_text(answer)
            await queue.end_attempt(connection, notice.notice_id, n, state, now=now, code=code, detail=detail)
            gate = after_answer(
                _gate(await queue.lock_gate(connection, step.channel)), answer, now, self._settings.breaker
            )
            await queue.save_gate(connection, step.channel, _row(gate), now)
            if state == "sent":
                await queue.mark_sent(connection, notice.notice_id, step.channel, now)
            else:
                # Due at once, so that the next step decides between another try and another channel.
                await queue.release(connection, notice.notice_id, now, self._name)
        return state

    async def _begin(self, notice: queue.ClaimedNotice, step: Try) -> int | str:
        """Pass the gate and write the attempt down, in one transaction; a word where it isn't to be."""
        now = self._clock()
        async with self._database.transaction() as connection:
            gate = _gate(await queue.lock_gate(connection, step.channel))
            passed = admit(gate, self._traits[step.channel].limits, now, self._settings.breaker)
            if isinstance(passed, Held):
                # Held by the rate: later. By the breaker: at once, so that the next look takes another channel.
                next_at = now if passed.is_broken else passed.until
                await queue.release(connection, notice.notice_id, next_at, self._name)
                return "waiting"
            n = await queue.begin_attempt(connection, notice.notice_id, step.channel, self._name, now)
            if n is None:
                return "lost"
            await queue.save_gate(connection, step.channel, _row(passed), now)
            return n

    async def _send(self, notice: queue.ClaimedNotice, step: Try) -> Answer:
        message = Message(
            key=f"notice-{notice.notice_id}",
            title=notice.message["title"],
            text=notice.message["text"],
            public_text=notice.message["public_text"],
            link=notice.message.get("link"),
            is_urgent=notice.urgent,
        )
        try:
            # End before the lease does, or another sender would take this one for dead and claim the notice.
            async with asyncio.timeout(self._settings.lease_s * 0.8):
                return await self._channels[step.channel].send(message, step.address)
        except TimeoutError:
            return Unknown("no end within the lease")
        except Exception:  # noqa: BLE001
            # A bug in one channel must not stop the others; the outcome is unknown.
            _log.exception("channel fault", channel=step.channel, notice_id=notice.notice_id)
            return Unknown("fault in the channel")

    async def _run(self, work: Callable[..., Awaitable[None]], *arguments: object) -> None:
        async with self._database.connection() as connection:
            await work(connection, *arguments)


def _queued(notice: queue.ClaimedNotice, attempts: Sequence[queue.AttemptRow], now: datetime) -> Queued:
    """The notice as `next_step` needs it; attempts before it was revived by hand don't count."""
    tries = [
        Attempt(
            row.channel,
            "unknown" if row.state == "sending" else cast("AttemptState", row.state),
            row.started_at,
            row.ended_at or now,
        )
        for row in attempts
        if row.started_at >= notice.created_at
    ]
    return Queued(notice.created_at, notice.urgent, notice.routes, tries)


def _state(answer: Answer) -> AttemptState:
    match answer:
        case Sent():
            return "sent"
        case Unknown():
            return "unknown"
        case Refused(is_final=True):
            return "refused"
        case Refused(blame=blame):
            return "failed" if blame == "channel" else "limited"
        case unreachable:
            assert_never(unreachable)


def _code_and_text(answer: Answer) -> tuple[str | None, str | None]:
    if isinstance(answer, Refused):
        return answer.code[:100], answer.text[:500]
    return None, (answer.text if isinstance(answer, Unknown) else answer.detail)[:500]


def _gate(row: queue.GateRow) -> Gate:
    return Gate(tuple(row.earliest_at), row.failures, row.opened, row.shut_until, row.fault)


def _row(gate: Gate) -> queue.GateRow:
    fault = None if gate.fault is None else gate.fault[:500]
    return queue.GateRow(list(gate.earliest_at), gate.failures, gate.opened, gate.shut_until, fault)
