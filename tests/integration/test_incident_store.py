"""Incidents on a database: reconciled set-based, exported by the contract, acted on under a version."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from standins.incident_scene import (
    LEADER,
    MONDAY,
    OFFICER,
    OTHER_VERIFIER,
    VERIFIER,
    Weekdays,
    actor,
    committed,
    finding,
)
from standins.squad import squad

from alerts.finding import Evidence, Subject
from alerts.incidents.actions import Action
from alerts.incidents.actors import Actor
from alerts.incidents.export import export_incidents
from alerts.incidents.human_actions import ByHand, act, open_by_hand
from alerts.incidents.reconcile import ReconcileResult, reconcile
from alerts.incidents.revise import incident_id
from alerts.workflow import Refusal
from telemetry.records.incidents import IncidentRow
from telemetry.store.incidents import history, revisions
from telemetry.store.pool import Database

NOW = MONDAY + timedelta(minutes=31)
ID = incident_id("sim-removed", finding().key)


async def tick(database: Database, *findings: object, minutes: int = 0) -> ReconcileResult:
    async with database.transaction() as connection:
        return await reconcile(connection, findings, NOW + timedelta(minutes=minutes))  # type: ignore[arg-type]


async def do(
    database: Database, action: Action, who: Actor, *, version: int | None = None, minutes: int = 60, name: str = ID
) -> IncidentRow | Refusal:
    return await committed(
        database,
        act,
        name,
        action,
        who,
        "理由",
        expected_version=version,
        now=NOW + timedelta(minutes=minutes),
        calendar=Weekdays(),
    )


async def test_a_tick_opens_revises_and_says_nothing_where_nothing_changed(plain_database: str) -> None:
    async with squad(plain_database) as database:
        opened = await tick(database, finding(confidence="suspected", weight="check", ends_at=None))
        assert {"opened": 1} == opened.actions
        again = await tick(database, finding(confidence="suspected", weight="check", ends_at=None), minutes=1)
        assert (1, {}) == (again.unchanged, again.actions)
        assert {"revised": 1} == (await tick(database, finding(), minutes=2)).actions
        async with database.connection() as connection:
            [row] = await export_incidents(connection)
            told = [(one.action, one.from_status, one.to_status) for one in await history(connection, ID)]
            assert [("opened", None, "open"), ("revised", "open", "open")] == told
            assert ["suspected", "confirmed"] == [one.content["confidence"] for one in await revisions(connection, ID)]
    assert row == {
        "id": ID,
        "rule": "sim-removed",
        "cause": "sim_removed",
        "confidence": "confirmed",
        "status": "open",
        "weight": "transfer",
        "recorder_id": "R0017",
        "officer_id": "P0031",
        "unit_id": "U04",
        "shift_id": "S1",
        "activity_id": None,
        "starts_at": "2026-03-02T02:02:00+00:00",
        "ends_at": "2026-03-02T02:29:00+00:00",
        "detected_at": "2026-03-02T02:31:00+00:00",
        "confirmed_at": "2026-03-02T02:33:00+00:00",
        "evidence": {
            "key": "R0017于3月2日10:02至10:29检测不到SIM卡（连续27分钟，28条报告）。",
            "reasons": ["同小区11台在线。"],
            "pleas": [],
            "limits": ["是否人为、是否故意，系统不能判断。"],
            "facts": {},
            "parameters": {},
            "excuse": None,
            "flaps": 0,
            "outage_id": None,
            "members": [],
        },
    }


async def test_the_same_conclusions_write_no_row(plain_database: str) -> None:
    async with squad(plain_database) as database:
        many = [finding(key=f"k{n}", subject=Subject("U04", f"R{n:04}")) for n in range(200)]
        await tick(database, *many)
        async with database.connection() as connection:
            before = await connection.fetch("SELECT incident_id, xmin::text FROM incident ORDER BY 1")
            result = await tick(database, *many, minutes=1)
            after = await connection.fetch("SELECT incident_id, xmin::text FROM incident ORDER BY 1")
            assert 200 == await connection.fetchval("SELECT count(*) FROM incident_transition")
    assert before == after
    assert (200, ()) == (result.unchanged, result.incident_ids)


async def test_a_withdrawn_one_stays_in_the_file_and_one_never_seen_does_not_appear(plain_database: str) -> None:
    async with squad(plain_database) as database:
        await tick(database, finding())
        await tick(database, finding(standing="withdrawn"), finding(key="other", standing="withdrawn"), minutes=1)
        async with database.connection() as connection:
            assert ["withdrawn"] == [row["status"] for row in await export_incidents(connection)]


async def test_an_outage_lists_the_members_that_it_swallowed(plain_database: str) -> None:
    async with squad(plain_database) as database:
        outage = finding(
            rule="outage", key="U04|t", subject=Subject("U04"), weight="operational", cause="platform_outage"
        )
        member = finding(
            rule="recorder-offline",
            key="R1|t",
            weight="operational",
            evidence=Evidence("", facts={"swallowed_by": "U04|t"}),
        )
        await tick(database, outage, member)
        async with database.connection() as connection:
            rows = {row["rule"]: row for row in await export_incidents(connection)}
    assert [rows["recorder-offline"]["id"]] == rows["outage"]["evidence"]["members"]
    assert rows["outage"]["weight"] is None


async def test_rows_of_the_history_are_never_edited(plain_database: str) -> None:
    async with squad(plain_database) as database:
        await tick(database, finding())
    connection = await asyncpg.connect(plain_database)
    try:
        for table in ("incident_transition", "incident_revision"):
            for statement in (f"UPDATE {table} SET at = now()", f"DELETE FROM {table}"):
                with pytest.raises(asyncpg.PostgresError, match="never edited"):
                    await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_decision_on_what_has_changed_meanwhile_is_refused(plain_database: str) -> None:
    async with squad(plain_database) as database:
        await tick(database, finding())
        await tick(database, finding(confidence="probable", weight="check"), minutes=1)
        refusal = await do(database, "acknowledge", LEADER, version=1)
        assert isinstance(refusal, Refusal)
        assert refusal.code == "changed"
        done = await do(database, "acknowledge", LEADER, version=2)
        assert isinstance(done, IncidentRow)


async def test_of_two_who_decide_at_once_one_is_too_late(plain_database: str) -> None:
    async with squad(plain_database) as database:
        await tick(database, finding())
        answers = await asyncio.gather(*(do(database, "acknowledge", LEADER, version=1) for _ in range(8)))
    assert 1 == sum(isinstance(answer, IncidentRow) for answer in answers)
    assert {"changed"} == {answer.code for answer in answers if isinstance(answer, Refusal)}


async def test_the_whole_life_from_the_finding_to_the_revocation(plain_database: str) -> None:
    days = 24 * 60
    async with squad(plain_database) as database:
        await tick(database, finding())
        steps: tuple[tuple[Action, Actor, int], ...] = (
            ("acknowledge", LEADER, 60),
            ("propose", LEADER, 61),
            ("state", OFFICER, 62),
            ("verify", VERIFIER, 63),
            ("uphold", VERIFIER, 64),
        )
        for action, who, minutes in steps:
            done = await do(database, action, who, minutes=minutes)
            assert isinstance(done, IncidentRow), done
        flagged = await tick(
            database, finding(standing="withdrawn", confidence="probable", weight="check"), minutes=days
        )
        assert {"flagged": 1} == flagged.actions
        reopened = await do(database, "reopen", OTHER_VERIFIER, minutes=days + 1)
        assert isinstance(reopened, IncidentRow)
        assert ("probable", "withdrawn") == (reopened.confidence, reopened.review)
        revoked = await do(database, "revoke", OTHER_VERIFIER, minutes=days + 2)
        assert isinstance(revoked, IncidentRow)
        async with database.connection() as connection:
            path = [row.to_status for row in await history(connection, ID)]
    assert path == [
        "open",
        "acknowledged",
        "acknowledged",
        "statement",
        "verifying",
        "upheld",
        "upheld",
        "reopened",
        "revoked",
    ]


async def test_verifying_waits_three_working_days_from_the_units_acknowledgement(plain_database: str) -> None:
    async with squad(plain_database) as database:
        await tick(database, finding())
        await do(database, "acknowledge", LEADER)
        early = await do(database, "verify", VERIFIER, minutes=2 * 24 * 60)
        assert isinstance(early, Refusal)
        assert ("being_heard", "2026-03-06T00:00:00+08:00") == (early.code, early.until and early.until.isoformat())
        assert isinstance(await do(database, "verify", VERIFIER, minutes=5 * 24 * 60), IncidentRow)


async def test_what_is_opened_by_hand_lives_the_same_life_and_opens_once(plain_database: str) -> None:
    asked = ByHand("footage-leaked", "q1", Subject("U04", None, "P0031"), MONDAY, None, "视频见于外部群")
    supervision = actor("supervision")
    async with squad(plain_database) as database:
        opened = await committed(database, open_by_hand, asked, supervision, NOW)
        again = await committed(database, open_by_hand, replace(asked), supervision, NOW + timedelta(minutes=1))
        assert isinstance(opened, IncidentRow)
        assert isinstance(again, IncidentRow)
        assert opened.incident_id == again.incident_id
        done = await do(database, "acknowledge", LEADER, name=opened.incident_id)
        assert isinstance(done, IncidentRow)
        assert isinstance(await do(database, "acknowledge", LEADER, name="I-none"), Refusal)
