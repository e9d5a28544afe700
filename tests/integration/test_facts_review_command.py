"""`facts awaiting`, `facts approve` and `facts calendar`, as somebody at the machine runs them."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standins.api_scene import OFFICERS, UNITS

from alerts.facts.load import Loaded, put_facts
from telemetry.cli import main
from telemetry.store.calendar import calendar_days
from telemetry.store.pool import Database


async def prepared(dsn: str) -> None:
    database = await Database.open(dsn)
    now = datetime.now(UTC)
    leave = {
        "id": "E9",
        "officer_id": "P0031",
        "reason": "leave",
        "approved_by": "李队长",
        "starts_at": (now - timedelta(hours=6)).isoformat(),
        "ends_at": (now - timedelta(hours=5)).isoformat(),
        "entered_at": now.isoformat(),
    }
    given: list[tuple[Any, list[Any]]] = [("units", UNITS), ("officers", OFFICERS), ("exemptions", [leave])]
    for collection, elements in given:
        assert isinstance(await put_facts(database, collection, elements, "test", now), Loaded)
    await database.close()


async def days_of(dsn: str) -> int:
    database = await Database.open(dsn)
    async with database.connection() as connection:
        count = len(await calendar_days(connection))
    await database.close()
    return count


@pytest.fixture
def settled(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    asyncio.run(prepared(database))
    monkeypatch.setenv("RECORDER_FLEET_DATABASE__URL", database)
    return database


def test_a_late_entry_is_listed_and_approved_by_somebody_else(settled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert settled
    assert 0 == main(["facts", "awaiting"])
    assert "E9" in capsys.readouterr().out
    own = ["facts", "approve", "exemptions", "E9", "1", "--actor", "zhangsan", "--officer", "P0031"]
    assert 1 == main(own)
    assert "is_subject" in capsys.readouterr().err
    assert 0 == main(["facts", "approve", "exemptions", "E9", "1", "--actor", "root"])
    assert 1 == main(["facts", "approve", "exemptions", "E9", "1", "--actor", "root", "--reject", "x"])


def test_a_calendar_is_imported_after_a_look_and_a_faulty_line_named(
    settled: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "calendar.csv"
    table.write_bytes("日期,上班,名称\n2027年2月6日,否,春节\n2027/2/14,是,补班\n".encode("gb18030"))
    assert 0 == main(["facts", "calendar", str(table), "--dry-run"])
    told = capsys.readouterr().out
    assert "2027-02-14 星期日（补班）：休息 → 上班" in told
    assert "2027年放假调休安排导入不全" in told
    assert "2 days would be imported (2027), 1 changed" in told
    assert 0 == asyncio.run(days_of(settled))
    assert 0 == main(["facts", "calendar", str(table)])
    assert "2 days imported (2027), 1 changed" in capsys.readouterr().out
    assert 2 == asyncio.run(days_of(settled))
    table.write_text("日期,上班,名称\n2027-02-06,也许,春节\n2027-02-07,否,春节\n", "utf-8")
    assert 2 == main(["facts", "calendar", str(table)])
    assert "第2行 B2：“也许”无法判断是否上班" in capsys.readouterr().err
    assert 2 == asyncio.run(days_of(settled))
