"""Stand-in: a server that does nothing but evaluate, as a process that a test can stop. Its argument is a DSN.

It prints a line whenever it begins or ceases to lead.
"""

import asyncio
import sys

from alerts.evaluation.engine import Evaluator
from telemetry.store.pool import Database

NAME = "the-first"


async def _work(dsn: str) -> None:
    evaluator = Evaluator(await Database.open(dsn), name=NAME, every_s=0.2)
    running = asyncio.create_task(evaluator.run())
    was_leading = False
    while not running.done():
        if evaluator.is_leading != was_leading:
            was_leading = evaluator.is_leading
            print("leads" if was_leading else "leads no more", flush=True)  # noqa: T201
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1]))
