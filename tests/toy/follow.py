"""Run as a program: puts the toy rule into the registry, then asks what people see of it.

python -m toy.follow DSN FACTS TRACE UNTIL OUT
"""

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path

from alerts.rules import registry
from toy import half_empty

# The line in the registry, before anything else reads it.
registry.RULES = (*registry.RULES, half_empty.RULE)  # type: ignore[misc]
registry.RULE_OF[half_empty.RULE.id] = half_empty.RULE

from toy.seen import seen_of  # noqa: E402 - after the registry is complete

if __name__ == "__main__":
    dsn, facts, trace, until, out = sys.argv[1:]
    told = asyncio.run(seen_of(dsn, Path(facts), Path(trace), datetime.fromisoformat(until), Path(out)))
    sys.stdout.write(json.dumps(told, ensure_ascii=False))
