"""Test helper: a bureau whose notices are planned by a clock that the test sets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from standins.incident_scene import MONDAY, Weekdays, committed, finding
from standins.notice_scene import settings
from standins.squad import squad

from alerts.finding import Finding
from alerts.incidents.actions import Action
from alerts.incidents.actors import Actor
from alerts.incidents.human_actions import act
from alerts.incidents.reconcile import reconcile
from alerts.incidents.revise import incident_id
from alerts.notices.planner import PlanResult, plan_notices
from alerts.notices.settings import NoticeSettings
from telemetry.records.incidents import IncidentRow
from telemetry.store.pool import Database

ID = incident_id("sim-removed", finding().key)


@dataclass
class Bureau:
    """The squad, with a clock that the test sets."""

    database: Database
    settings: NoticeSettings
    now: datetime = MONDAY + timedelta(minutes=31)

    async def tick(self, *findings: Finding) -> None:
        async with self.database.transaction() as connection:
            await reconcile(connection, findings, self.now)

    async def plan(self, **later: float) -> PlanResult:
        self.now += timedelta(**later)
        return await plan_notices(self.database, self.settings, self.now)

    async def do(self, action: Action, who: Actor, *, name: str = ID) -> IncidentRow:
        done = await committed(
            self.database, act, name, action, who, "理由", expected_version=None, now=self.now, calendar=Weekdays()
        )
        assert isinstance(done, IncidentRow), done
        return done

    async def fetch(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql, *arguments)]

    async def notices(self) -> list[tuple[str, str]]:
        rows = await self.fetch("SELECT person, state FROM notice ORDER BY person, notice_id")
        return [(row["person"], row["state"]) for row in rows]

    async def kinds(self) -> list[tuple[str, str]]:
        rows = await self.fetch("SELECT person, kind FROM notice_item WHERE dropped IS NULL ORDER BY item_id")
        return [(row["person"], row["kind"]) for row in rows]

    async def send_all(self, *, pretend: str = "sent") -> None:
        """Mark all queued notices as sent."""
        await self.fetch(
            "UPDATE notice SET state = $1, sent_at = CASE WHEN $1 = 'sent' THEN $2::timestamptz END WHERE state = 'queued'",
            pretend,
            self.now,
        )


@asynccontextmanager
async def bureau(dsn: str, **changes: Any) -> AsyncIterator[Bureau]:
    async with squad(dsn) as database:
        yield Bureau(database, settings(**changes))
