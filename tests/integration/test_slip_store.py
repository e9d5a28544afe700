"""Slips on a database: numbered without holes, taken through their steps, void with the incident's revocation."""

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

from alerts.finding import Evidence
from alerts.incidents.actions import Action
from alerts.incidents.actors import Actor
from alerts.incidents.human_actions import act
from alerts.incidents.reconcile import reconcile
from alerts.incidents.revise import incident_id
from alerts.paperwork.slips.opinions import state_of
from alerts.paperwork.slips.slip_actions import Asked, check_copy, issue, take_step
from alerts.workflow import Refusal
from telemetry.records.incidents import IncidentRow
from telemetry.records.slips import SlipRow, SlipSearch
from telemetry.store.pool import Database
from telemetry.store.slips import search_slips, steps_of

ASKED = Asked("督察大队", None, {"intent": "监控显示其自行取卡"})
SUPERVISION = actor("supervision", own_units=frozenset({"U80"}))
THIRD = actor("verifier", account="third", own_units=frozenset({"U90"}))


async def upheld(database: Database, key: str = "R0017|2026-03-02T02:02:00Z") -> str:
    one = finding(key=key, evidence=Evidence("其间无SIM卡", pleas=("电量正常",), facts={"rsrp": -84.5, "big": 1e16}))
    async with database.transaction() as connection:
        await reconcile(connection, [one], MONDAY + timedelta(minutes=31))
    name = incident_id("sim-removed", key)
    steps: tuple[tuple[Action, Actor], ...] = (
        ("acknowledge", LEADER),
        ("state", OFFICER),
        ("verify", VERIFIER),
        ("uphold", VERIFIER),
    )
    for minutes, (action, who) in enumerate(steps, 60):
        await decide(database, name, action, who, minutes)
    return name


async def decide(database: Database, name: str, action: Action, who: Actor, minutes: int) -> None:
    now = MONDAY + timedelta(minutes=minutes)
    done = await committed(
        database, act, name, action, who, "理由", expected_version=None, now=now, calendar=Weekdays()
    )
    assert isinstance(done, IncidentRow), done


async def test_a_slip_is_issued_taken_through_its_steps_and_checked(database: str) -> None:
    later = MONDAY + timedelta(days=1)
    async with squad(database) as base:
        name = await upheld(base)
        made = await committed(base, issue, name, ASKED, VERIFIER, now=later)
        assert isinstance(made, SlipRow)
        assert ("A2-2026-0001", "执记移〔2026〕1号") == (made.slip_id, made.number)
        assert ("第3中队", "张三", "督察大队") == tuple(made.content[k] for k in ("unit", "officer", "department"))
        again = await committed(base, issue, name, ASKED, VERIFIER, now=later)
        assert isinstance(again, Refusal)
        assert "has_slip" == again.code
        for version, (move, who) in enumerate(
            (("verifier", VERIFIER), ("department", THIRD), ("supervision", SUPERVISION))
        ):
            done = await committed(
                base,
                take_step,
                made.slip_id,
                move,
                who,
                "同意",
                expected_version=version,
                now=later,  # type: ignore[arg-type]
            )
            assert isinstance(done, SlipRow), done
        async with base.connection() as connection:
            steps = (await steps_of(connection, [made.slip_id]))[made.slip_id]
        assert "complete" == state_of(2, steps)
        checked = await check_copy(base, made.slip_id, made.evidence_sha256.upper())
        assert checked is not None
        assert (True, True, False, True) == (
            checked.is_intact,
            checked.is_current,
            checked.is_void,
            checked.copy_matches,
        )


async def test_a_step_on_what_has_changed_meanwhile_is_refused(database: str) -> None:
    later = MONDAY + timedelta(days=1)
    async with squad(database) as base:
        made = await committed(base, issue, await upheld(base), ASKED, VERIFIER, now=later)
        assert isinstance(made, SlipRow)
        tries = [
            committed(base, take_step, made.slip_id, "verifier", VERIFIER, "属实", expected_version=0, now=later)
            for _ in range(6)
        ]
        answers = await asyncio.gather(*tries)
    assert 1 == sum(isinstance(answer, SlipRow) for answer in answers)
    assert {"changed"} == {answer.code for answer in answers if isinstance(answer, Refusal)}


async def test_numbers_have_no_holes_though_some_are_refused(database: str) -> None:
    later = MONDAY + timedelta(days=1)
    async with squad(database) as base:
        names = [await upheld(base, f"R00{n}|t") for n in range(20, 24)]
        await committed(base, issue, names[0], replace(ASKED, texts={}), VERIFIER, now=later)
        made = await asyncio.gather(*(committed(base, issue, name, ASKED, VERIFIER, now=later) for name in names * 2))
        async with base.connection() as connection:
            listed = await search_slips(connection, SlipSearch(units=["U04"], words="张三"))
            none = await search_slips(connection, SlipSearch(units=["U05"]))
    assert 4 == sum(isinstance(one, SlipRow) for one in made)
    assert [1, 2, 3, 4] == sorted(row.serial for row in listed)
    assert [] == none


async def test_a_revoked_incidents_slip_is_void_and_keeps_its_number(database: str) -> None:
    later = MONDAY + timedelta(days=1)
    async with squad(database) as base:
        name = await upheld(base)
        made = await committed(base, issue, name, ASKED, VERIFIER, now=later)
        assert isinstance(made, SlipRow)
        await decide(base, name, "reopen", OTHER_VERIFIER, 2000)
        waits = await committed(
            base, take_step, made.slip_id, "verifier", VERIFIER, "属实", expected_version=None, now=later
        )
        assert isinstance(waits, Refusal)
        assert "under_review" == waits.code
        await decide(base, name, "revoke", OTHER_VERIFIER, 2001)
        refused = await committed(
            base, take_step, made.slip_id, "verifier", VERIFIER, "属实", expected_version=None, now=later
        )
        assert isinstance(refused, Refusal)
        assert "void" == refused.code
        async with base.connection() as connection:
            [row] = await search_slips(connection, SlipSearch(is_void=True))
            steps = (await steps_of(connection, [made.slip_id]))[made.slip_id]
    assert (made.number, True) == (row.number, row.is_void)
    assert [("void", OTHER_VERIFIER.account)] == [(step.step, step.account) for step in steps]


async def test_an_incident_upheld_anew_wants_a_new_slip(database: str) -> None:
    later = MONDAY + timedelta(days=1)
    async with squad(database) as base:
        name = await upheld(base)
        made = await committed(base, issue, name, ASKED, VERIFIER, now=later)
        assert isinstance(made, SlipRow)
        await decide(base, name, "reopen", OTHER_VERIFIER, 2000)
        await decide(base, name, "uphold", OTHER_VERIFIER, 2001)
        stale = await committed(
            base, take_step, made.slip_id, "verifier", VERIFIER, "属实", expected_version=None, now=later
        )
        assert isinstance(stale, Refusal)
        assert "evidence_changed" == stale.code
        voided = await committed(
            base, take_step, made.slip_id, "void", VERIFIER, "重新认定", expected_version=None, now=later
        )
        assert isinstance(voided, SlipRow)
        anew = await committed(base, issue, name, ASKED, OTHER_VERIFIER, now=later)
        assert isinstance(anew, SlipRow)
        assert 2 == anew.serial


async def test_what_a_slip_states_and_its_steps_are_never_edited(database: str) -> None:
    async with squad(database) as base:
        made = await committed(base, issue, await upheld(base), ASKED, VERIFIER, now=MONDAY)
        assert isinstance(made, SlipRow)
        await committed(base, take_step, made.slip_id, "void", VERIFIER, "错", expected_version=0, now=MONDAY)
    connection = await asyncpg.connect(database)
    try:
        for statement in (
            "UPDATE slip SET content = '{}'",
            "UPDATE slip SET is_void = false",
            "DELETE FROM slip",
            "UPDATE slip_step SET opinion = 'x'",
            "DELETE FROM slip_step",
        ):
            with pytest.raises(asyncpg.PostgresError, match="never edited"):
                await connection.execute(statement)
    finally:
        await connection.close()
