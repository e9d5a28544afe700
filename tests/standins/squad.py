"""Test helper: a database with a squad's facts, for tests of incidents and notices."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from standins.incident_scene import MONDAY

from alerts.facts.load import Loaded, put_facts
from telemetry.store.pool import Database

LONG_BEFORE = MONDAY.replace(year=2026, month=1)
UNITS = [
    {"id": "U01", "name": "执法局", "kind": "bureau"},
    {"id": "U04", "name": "第3中队", "kind": "squad", "parent_id": "U01"},
]
OFFICERS: list[dict[str, Any]] = [
    {"id": "P0031", "name": "张三", "unit_id": "U04", "role": "officer", "contact": {"wecom": "zhangsan"}},
    {
        "id": "P0001",
        "name": "李队长",
        "unit_id": "U04",
        "role": "leader",
        "contact": {"wecom": "lidui", "email": "li@bureau.test"},
    },
    {"id": "P0002", "name": "王管", "unit_id": "U04", "role": "custodian", "contact": {"email": "wang@bureau.test"}},
    {"id": "P0004", "name": "钱副", "unit_id": "U04", "role": "deputy", "contact": {"email": "qian@bureau.test"}},
    {"id": "P0003", "name": "赵大队", "unit_id": "U04", "role": "head", "contact": {"email": "zhao@bureau.test"}},
]


@asynccontextmanager
async def squad(dsn: str) -> AsyncIterator[Database]:
    """A database with the squad's people."""
    database = await Database.open(dsn)
    try:
        await enter(database, "units", UNITS)
        await enter(database, "officers", OFFICERS)
        yield database
    finally:
        await database.close()


async def enter(
    database: Database, collection: Any, elements: list[dict[str, Any]], now: datetime = LONG_BEFORE
) -> None:
    loaded = await put_facts(database, collection, elements, "test", now)
    assert isinstance(loaded, Loaded), loaded
