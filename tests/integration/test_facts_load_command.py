"""`facts load`, as somebody at the machine runs it: what is refused says so in Chinese with its cell, all or nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from workbook_scene import sheet, xlsx

from alerts.shanghai_time import SHANGHAI
from telemetry.cli import main
from telemetry.store.pool import Database

UNITS = "编号,名称,类别\nU1,示例中队,中队\n"
OFFICERS = "id,name,unit_id,role\nP1,谢,U1,officer\n"
TODAY = datetime.now(UTC).astimezone(SHANGHAI).date()
SHIFTS = ["编号", "人员编号", "开始时间", "结束时间", "类别"]


@pytest.fixture
def bureau(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the files of a small bureau, and a database for them."""
    monkeypatch.setenv("RECORDER_FLEET_DATABASE__URL", database)
    (tmp_path / "单位.csv").write_text(UNITS, "utf-8")
    (tmp_path / "officers.csv").write_bytes(OFFICERS.encode("gbk"))
    return tmp_path


def load(*paths: Path, encoding: str | None = None) -> int:
    return main(["facts", "load", *map(str, paths), *([] if encoding is None else ["--encoding", encoding])])


def count_of_shifts(dsn: str) -> int:
    async def count() -> int:
        database = await Database.open(dsn)
        async with database.connection() as connection:
            found = await connection.fetchval("SELECT count(*) FROM shift_fact")
        await database.close()
        return int(found)

    return asyncio.run(count())


def shifts(*rows: list[object]) -> bytes:
    return xlsx({"班次": sheet([["三月排班"], SHIFTS, *rows])})


def test_a_short_file_is_asked_about_and_read_once_its_encoding_is_told(
    bureau: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == load(bureau / "单位.csv", bureau / "officers.csv")
    assert "编码不能确定" in capsys.readouterr().err
    assert 0 == load(bureau / "单位.csv", bureau / "officers.csv", encoding="gbk") or pytest.fail(
        capsys.readouterr().err
    )
    assert "officers: 1 new" in capsys.readouterr().out


def test_refusals_name_cell_and_cure_and_nothing_is_stored(
    bureau: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (bureau / "officers.csv").write_text(OFFICERS, "utf-8-sig")
    assert 0 == load(bureau / "单位.csv", bureau / "officers.csv")
    good = ["S1", "P1", f"{TODAY} 上午9:00", f"{TODAY} 下午5时30分", "巡查"]
    (bureau / "a.xlsx").write_bytes(shifts(good, ["S2", "P1", f"{TODAY} 9:00", "3/2/2026", "巡查"]))
    capsys.readouterr()
    assert 2 == load(bureau / "a.xlsx")
    assert "a.xlsx：班次 第4行（D4）：结束时间：年月日的次序不明，请按四位年份、月、日填写" in capsys.readouterr().err
    far = TODAY.replace(day=1) + timedelta(days=36 * 365)
    (bureau / "a.xlsx").write_bytes(shifts(good, ["S2", "P1", f"{TODAY} 9:00", f"{far} 17:00", "巡查"]))
    assert 2 == load(bureau / "a.xlsx")
    assert (
        "（D4）：结束时间：距今超过三年，请核对；确实如此的，请在“放行理由”（override）中写明原因"
        in capsys.readouterr().err
    )
    assert 0 == count_of_shifts(database)


def test_a_second_import_under_new_ids_is_told_of(
    bureau: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (bureau / "officers.csv").write_text(OFFICERS, "utf-8-sig")
    times = ["P1", f"{TODAY} 9:00", f"{TODAY} 24:00", "巡查"]
    (bureau / "a.xlsx").write_bytes(shifts(["S1", *times]))
    (bureau / "b.xlsx").write_bytes(shifts(["N1", *times]))
    assert 0 == load(bureau / "单位.csv", bureau / "officers.csv", bureau / "a.xlsx")
    capsys.readouterr()
    assert 0 == load(bureau / "b.xlsx")
    told = capsys.readouterr()
    assert "shifts: 0 new, 1 unchanged" in told.out
    assert "b.xlsx：班次 第3行（A3）：编号：与S1的人员、时间、类别相同，已作为同一条处理" in told.err
    assert "ignored: b.xlsx: 班次 第1行" in told.err
    assert 1 == count_of_shifts(database)
