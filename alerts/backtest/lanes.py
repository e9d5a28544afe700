"""Back-test, step 2: write batches minute by minute, in this process or in several that share the recorders.

A lane writes its share of a minute when told to and returns its next minute. Meanwhile it decodes ahead. A lane in its
own process speaks JSON lines and ends when its standard input does.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from alerts.backtest.batches import Batch, Share, read_batches
from telemetry.domain.errors import InputError
from telemetry.ingest.garbage_collection import tune_collector
from telemetry.ingest.writer import Outcome, Writer
from telemetry.store.backtest import filling
from telemetry.store.pool import Database


@dataclass(frozen=True, slots=True)
class Written:
    """What a lane wrote for one minute: messages read, stored, rejected; and its next minute (None at its end)."""

    messages: int = 0
    stored: int = 0
    rejected: int = 0
    next_minute: datetime | None = None


_DECODED_AHEAD: Final = 2
"""The next batch must be decoded when a minute is written; a tick leaves one core idle for more."""


class Lane(Protocol):
    """Writes a share of a trace's recorders."""

    async def first_minute(self) -> datetime | None:
        """The first minute with an arrival; None if there is none. Raises InputError."""

    async def write(self, minute: datetime) -> Written:
        """Write the arrivals of *minute*. Raises InputError."""


class OwnLane:
    """A lane in this process. It decodes during ticks, and while writing only if the next batch isn't ready."""

    def __init__(self, database: Database, batches: Iterator[Batch], until: datetime) -> None:
        # Each recorder is in exactly one lane (read_batches). Rollups, if any, are computed after *until*; by then
        # every batch lies in the past.
        self._writer = Writer(database, now=lambda: until, is_alone=True)
        self._batches = batches
        self._ahead: asyncio.Queue[Batch | Exception | None] = asyncio.Queue(_DECODED_AHEAD)
        self._upcoming: Batch | None = None
        self._is_closing = False
        self._may_decode = asyncio.Event()
        self._may_decode.set()
        self._decoding = asyncio.create_task(self._decode())

    async def first_minute(self) -> datetime | None:
        """See `Lane`."""
        await self._advance()
        return self._next_minute()

    async def write(self, minute: datetime) -> Written:
        """See `Lane`."""
        messages, outcome = 0, Outcome()
        self._may_decode.clear()
        while (batch := self._upcoming) is not None and batch.minute <= minute:
            outcome.add(await self._writer.write(batch.arrivals, batch.decoded))
            messages += len(batch.arrivals)
            await self._advance()
        self._may_decode.set()
        return Written(messages, outcome.stored, outcome.rejected, self._next_minute())

    async def close(self) -> None:
        """Stop decoding and wait for the current batch, because a thread can't be stopped."""
        self._is_closing = True
        self._may_decode.set()
        while not self._ahead.empty():
            self._ahead.get_nowait()
        await self._decoding

    def _next_minute(self) -> datetime | None:
        return None if self._upcoming is None else self._upcoming.minute

    async def _advance(self) -> None:
        if self._ahead.empty():
            self._may_decode.set()
        found = await self._ahead.get()
        if isinstance(found, Exception):
            raise found
        self._upcoming = found

    async def _decode(self) -> None:
        try:
            while (batch := await self._decode_next()) is not None:
                await self._ahead.put(batch)
        except Exception as fault:  # noqa: BLE001 - whoever asks for the next batch is told
            await self._ahead.put(fault)
        else:
            await self._ahead.put(None)

    async def _decode_next(self) -> Batch | None:
        await self._may_decode.wait()
        return None if self._is_closing else await asyncio.to_thread(next, self._batches, None)


class _ProcessLane:
    """A lane in its own process."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    async def first_minute(self) -> datetime | None:
        return (await self._answer()).next_minute

    async def write(self, minute: datetime) -> Written:
        assert self._child.stdin is not None
        self._child.stdin.write(minute.isoformat().encode() + b"\n")
        return await self._answer()

    async def _answer(self) -> Written:
        assert self._child.stdout is not None
        line = await self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"a process of the back-test ended with code {await self._child.wait()}")
        told = json.loads(line)
        if "fault" in told:
            raise InputError(told["fault"])
        return Written(told["messages"], told["stored"], told["rejected"], _moment(told["next"]))


@asynccontextmanager
async def lanes(database: Database, dsn: str, path: Path, until: datetime, count: int) -> AsyncIterator[Sequence[Lane]]:
    """Open *count* lanes that write into *database*; those in other processes connect by *dsn*."""
    async with AsyncExitStack() as stack:
        if count == 1:
            lane = OwnLane(database, read_batches(path, until), until)
            stack.push_async_callback(lane.close)
            yield [lane]
            return
        yield [await stack.enter_async_context(_process(dsn, path, until, (n, count))) for n in range(count)]


@asynccontextmanager
async def _process(dsn: str, path: Path, until: datetime, share: Share) -> AsyncIterator[_ProcessLane]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alerts.backtest.lanes", str(path), until.isoformat(), *map(str, share)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdin is not None
    try:
        # Through the pipe, not as an argument: every user of the machine can read a process's arguments.
        child.stdin.write(dsn.encode() + b"\n")
        yield _ProcessLane(child)
    finally:
        child.stdin.close()
        await child.wait()


async def serve(path: Path, until: datetime, share: Share) -> None:
    """Serve as a lane for the process on standard input and output."""
    dsn = (await _read_line()).strip()
    async with filling(dsn) as database:
        lane = OwnLane(database, read_batches(path, until, share), until)
        try:
            _say(Written(next_minute=await lane.first_minute()))
            while line := await _read_line():
                _say(await lane.write(datetime.fromisoformat(line.strip())))
        except InputError as fault:
            _send({"fault": str(fault)})
        finally:
            await lane.close()


async def _read_line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def _say(written: Written) -> None:
    _send(
        {
            "messages": written.messages,
            "stored": written.stored,
            "rejected": written.rejected,
            "next": None if written.next_minute is None else written.next_minute.isoformat(),
        }
    )


def _send(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


if __name__ == "__main__":
    import uvloop

    tune_collector()
    uvloop.run(serve(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), (int(sys.argv[3]), int(sys.argv[4]))))
