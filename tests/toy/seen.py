"""What people see of the toy rule, once a back-test has judged by it."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.backtest.run import run_backtest
from alerts.notices.planner import plan_notices
from alerts.notices.settings import NoticeSettings
from alerts.rules import registry
from alerts.rules.settings import RuleSettings, override
from telemetry.records.incidents import Names
from telemetry.store.incidents import all_incidents
from telemetry.store.pool import Database
from telemetry.web import vocabulary_file
from telemetry.web.resources.incident_words import summarize
from toy import half_empty


async def seen_of(dsn: str, facts: Path, trace: Path, until: datetime, out: Path) -> dict[str, Any]:
    """Back-test *trace*, then plan notices and word the incidents for the console."""
    settings = override(RuleSettings(), ["half-empty.below_pct=40"])
    await run_backtest(facts, trace, until, out, dsn=dsn, settings=settings)
    database = await Database.open(dsn)
    try:
        # The second look is when the pause before a notice is over.
        for now in (until, until + timedelta(hours=1)):
            await plan_notices(database, NoticeSettings(), now)
        async with database.connection() as connection:
            notices = [row[0] for row in await connection.fetch("SELECT message ->> 'text' FROM notice ORDER BY 1")]
            rows = [row for row in await all_incidents(connection) if row.rule == half_empty.RULE.id]
    finally:
        await database.close()
    console = [summarize(row, Names({}, {}, {}), until) for row in rows]
    made = {path.name: text for path, text in vocabulary_file.files(registry.RULES).items()}
    words = {
        "console": f'"{half_empty.RULE.id}": {json.dumps([half_empty.RULE.title], ensure_ascii=False)[:-1]}'
        in made["vocabulary.js"],
        "boards": json.loads(made["vocabulary.json"])["groups"]["rule"][half_empty.RULE.id],
    }
    return {"words": words, "notices": notices, "console": [[each.rule_zh, each.headline] for each in console]}
