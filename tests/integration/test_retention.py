"""Keeping on a database: off duty nothing remains, on duty, SOS and lost it does; tracks outlive their time under open incidents."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standins.api_scene import HOUR, Api, api, shift
from standins.incident_scene import finding

from alerts.finding import Subject
from alerts.incidents.reconcile import save
from alerts.incidents.revise import settle
from alerts.paperwork.retention.retention_jobs import drop_off_duty, drop_old_audit, keep_open_tracks, label_footage
from telemetry.domain.errors import RowsRefusedError
from telemetry.store.platform import list_jobs
from telemetry.store.retention import footage_labels

DAY = 24 * HOUR
LOCATION = """
INSERT INTO location (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, lat, lon, fix)
SELECT $1, m, m, $4, 'b1', row_number() OVER (ORDER BY m), false, true, 31.2, 121.5, 'gps'
FROM generate_series($2::timestamptz, $3::timestamptz, INTERVAL '10 min') AS m
"""


async def place(scene: Api, recorder_id: str, start: datetime, end: datetime) -> None:
    async with scene.database.connection() as connection:
        await connection.execute(LOCATION, recorder_id, start, end, scene.now)


async def left(scene: Api, recorder_id: str) -> tuple[int, Any, Any]:
    async with scene.database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT count(*), min(at), max(at) FROM location WHERE recorder_id = $1", recorder_id
        )
    assert row is not None
    return tuple(row)  # type: ignore[return-value]


async def incident_of(scene: Api, **changes: Any) -> str:
    change = settle(None, finding(**changes), scene.now)
    assert change is not None
    async with scene.database.transaction() as connection:
        await save(connection, [change])
    return change.incident.incident_id


async def test_off_duty_nothing_remains_after_72_hours_and_on_duty_all_of_it(database: str) -> None:
    async with api(database) as scene:
        begins = scene.now - 5 * DAY
        await scene.put("shifts", shift("S9", "P0031", begins, begins + 4 * HOUR), at=begins - DAY)
        await scene.put(
            "recorders", {"id": "R0017", "unit_id": "U04", "model": "HX-4G", "holder_id": "P0031"}, at=begins - DAY
        )
        await scene.put(
            "officers", {"id": "P0031", "name": "张三", "unit_id": "U04", "role": "officer"}, at=begins - DAY
        )
        await place(scene, "R0017", begins - 2 * HOUR, begins + 6 * HOUR)
        await place(scene, "R0017", scene.now - 60 * HOUR, scene.now - 59 * HOUR)
        gone = await drop_off_duty(scene.database, scene.now)
        count, first, _ = await left(scene, "R0017")
        assert (25, 24 + 7, begins) == (gone, count, first)
        assert 0 == await drop_off_duty(scene.database, scene.now)
        assert 7 == await drop_off_duty(scene.database, scene.now + 12 * HOUR)
        jobs = {job.job: job for job in await list_jobs(scene.database)}
    assert (7, None) == (jobs["drop_off_duty"].result, jobs["drop_off_duty"].fault)


async def test_what_a_backlog_brings_late_is_swept_within_a_day(database: str) -> None:
    async with api(database) as scene:
        await drop_off_duty(scene.database, scene.now)
        await place(scene, "R0051", scene.now - 9 * DAY, scene.now - 9 * DAY + HOUR)
        assert 0 == await drop_off_duty(scene.database, scene.now + HOUR)
        assert 7 == await drop_off_duty(scene.database, scene.now + 24 * HOUR)


async def test_an_open_sos_and_a_lost_recorder_keep_their_positions(database: str) -> None:
    async with api(database) as scene:
        begins = scene.now - 5 * DAY
        for recorder_id in ("R0017", "R0018", "R0051"):
            await place(scene, recorder_id, begins, begins + HOUR)
        await incident_of(
            scene,
            rule="sos",
            key="R0017|s",
            subject=Subject("U04", "R0017"),
            weight="operational",
            cause=None,
            starts_at=begins,
            ends_at=None,
        )
        lost = {"id": "F1", "officer_id": "P0031", "recorder_id": "R0018", "kind": "lost"}
        await scene.put("fault_reports", {**lost, "reported_at": begins.isoformat()}, at=begins)
        await drop_off_duty(scene.database, scene.now)
        assert [7, 7, 0] == [(await left(scene, name))[0] for name in ("R0017", "R0018", "R0051")]


async def test_the_latest_position_goes_too_and_does_not_come_back(database: str) -> None:
    async with api(database) as scene:
        at = scene.now - 4 * DAY
        async with scene.database.connection() as connection:
            await connection.execute(
                "INSERT INTO recorder_state (recorder_id, first_received_at, last_received_at, location_at, location_seq, lat,"
                " lon) VALUES ('R0051', $1, $1, $1, 9, 31.2, 121.5)",
                at,
            )
        await drop_off_duty(scene.database, scene.now)
        assert (None, at) == (
            await scene.value("SELECT lat FROM recorder_state"),
            await scene.value("SELECT location_at FROM recorder_state"),
        )


async def test_a_track_outlives_its_time_only_under_an_open_incident(database: str) -> None:
    async with api(database) as scene:
        begins = scene.now - 88 * DAY
        await place(scene, "R0017", begins, begins + 5 * HOUR)
        name = await incident_of(scene, starts_at=begins + HOUR, ends_at=begins + 2 * HOUR)
        assert 18 == await keep_open_tracks(scene.database, scene.now, 90)
        assert 0 == await keep_open_tracks(scene.database, scene.now, 90)
        async with scene.database.connection() as connection:
            await connection.execute("UPDATE incident SET status = 'dismissed' WHERE incident_id = $1", name)
        assert 18 == await keep_open_tracks(scene.database, scene.now, 90)
        assert 0 == await scene.value("SELECT count(*) FROM location_kept")


async def test_footage_is_kept_by_its_label_and_a_new_version_counts(database: str) -> None:
    def docked(*labels: str | None) -> dict[str, Any]:
        day = "2026-03-02T0{}:00:00+08:00"
        parts = [
            {"from": day.format(n), "to": day.format(n + 1), **({} if label is None else {"label": label})}
            for n, label in enumerate(labels, 1)
        ]
        return {
            "id": "D1", "recorder_id": "R0017", "station_id": "ST1", "docked_at": day.format(8), "imported_at": day.format(9),
            "files": 3, "megabytes": 900, "recorded_from": day.format(1), "recorded_to": day.format(7),
            **({"segments": parts} if parts else {}),
        }  # fmt: skip

    async with api(database) as scene:
        await scene.put("dock_imports", docked("重要资料-群体性事件", "案件办理-浦城罚〔2026〕12号-张某-调查", None))
        assert 3 == await label_footage(scene.database, scene.now)
        assert 0 == await label_footage(scene.database, scene.now)
        async with scene.database.connection() as connection:
            rows = await footage_labels(connection, recorder_id="R0017", now=scene.now)
        told = {row.segment: (row.class_, row.case_no, row.keep_until and row.keep_until.isoformat()) for row in rows}
        assert {
            1: ("important", None, "2031-03-02"),
            2: ("case", "浦城罚〔2026〕12号", None),
            3: ("ordinary", None, None),
        } == told
        assert 3 == len(await scene.get("wangguan", "/footage-retention"))
        assert ["case"] == [row["kind"] for row in await scene.get("lidui", "/footage-retention", kind="case")]
        async with scene.database.connection() as connection:
            assert [] == await footage_labels(connection, units=["U05"], now=scene.now)
        await scene.put("dock_imports", docked("日常执法检查"))
        assert 1 == await label_footage(scene.database, scene.now)
        assert ["ordinary"] == [await scene.value("SELECT class FROM footage_retention")]


async def test_the_audit_log_keeps_six_months_whatever_is_asked(database: str) -> None:
    async with api(database) as scene:
        async with scene.database.connection() as connection:
            for days in (400, 200, 1):
                await connection.execute(
                    "INSERT INTO audit_entry (at, account, address, action, target_kind, target_id)"
                    " VALUES ($1, 'a', '', 'view.track', 'recorder', 'R1')",
                    datetime.now(UTC) - timedelta(days=days),
                )
        assert 1 == await drop_old_audit(scene.database, 366)
        assert 2 == await scene.value("SELECT count(*) FROM audit_entry")
        with pytest.raises(RowsRefusedError):
            await drop_old_audit(scene.database, 10)
        assert 2 == await scene.value("SELECT count(*) FROM audit_entry")
