"""The stream's source: cursors, what counts as a change, the strip's counts, and who sees what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standins.incident_scene import LEADER, OFFICER, VERIFIER, actor, incident

from telemetry.records.live import LiveRow
from telemetry.web.http.visibility import Sight, sight_of
from telemetry.web.resources.feed import Cursor, counts_of, is_change, tally

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
BUREAU = Sight(None, None, sees_suspected=True)
ROW = LiveRow(
    recorder_id="R0017",
    unit_id="U04",
    status="service",
    model="X",
    heartbeat_s=30,
    officer_id="P0031",
    officer_unit_id="U04",
    officer_name="张三",
    candidates=("P0031",),
    on_duty=True,
    duty_since=NOW,
    is_lost=False,
    state="recording",
    since=NOW,
    last_at=NOW,
    lat=30.0,
    lon=120.0,
    fix_at=NOW,
    battery_pct=76,
    charging=False,
    free_mb=9000,
    total_mb=64000,
    rsrp_dbm=-90,
    network="4g",
    cell="c",
    sim="ready",
    iccid="1",
    incidents=0,
    suspected=0,
)


def row(**changes: Any) -> LiveRow:
    return replace(ROW, **changes)


def test_a_cursor_is_read_back_as_it_was_written() -> None:
    cursor = Cursor("a1b2c3d4", 17, 4711)
    assert cursor == Cursor.parse(str(cursor))


@pytest.mark.parametrize("text", ["", "a", "a.1", "a.1.2.3", "a.x.2", "é.1.2", ".1.2", "a.1.²", "a.1." + "9" * 30])
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert Cursor.parse(text) is None


def test_being_heard_again_is_no_change_and_all_else_is() -> None:
    later = NOW + timedelta(seconds=30)
    assert not is_change(ROW, row(last_at=later, fix_at=later, rsrp_dbm=-95, free_mb=8990))
    assert is_change(ROW, row(lat=30.1, fix_at=later))
    assert is_change(ROW, row(state="silent"))
    assert is_change(ROW, row(incidents=1))
    assert is_change(ROW, row(officer_id=None))


def test_the_strip_counts_who_is_on_duty_and_nobody_twice() -> None:
    rows = [
        ROW,
        row(recorder_id="R2", state="standby", officer_unit_id="U05"),
        row(recorder_id="R3", state="silent"),
        row(recorder_id="R4", state="outage", unit_id="U05", officer_unit_id="U05"),
        row(recorder_id="R5", on_duty=False),
    ]
    tallies = tally(rows)
    wanted = {"on_duty": 4, "online": 2, "recording": 1, "silent": 1, "outage": 1}
    assert wanted == counts_of(tallies, BUREAU)
    squad = Sight(frozenset({"U05"}), None, sees_suspected=False)
    assert {"on_duty": 2, "online": 1, "recording": 0, "silent": 0, "outage": 1} == counts_of(tallies, squad)


def test_each_role_sees_what_is_its_own() -> None:
    suspicion, foreign = incident(confidence="suspected"), incident(unit_id="U05", officer_id="P0051")
    desk = actor("command_centre")
    assert [True, True, True] == [sight_of(desk).of_incident(one) for one in (incident(), suspicion, foreign)]
    assert [True, False, False] == [sight_of(LEADER).of_incident(one) for one in (incident(), suspicion, foreign)]
    assert [True, False, False] == [sight_of(OFFICER).of_incident(one) for one in (incident(), suspicion, foreign)]
    assert [True, False, True] == [sight_of(VERIFIER).of_incident(one) for one in (incident(), suspicion, foreign)]


@pytest.mark.parametrize("role", ["engineer", "auditor", "administrator"])
def test_who_keeps_the_house_sees_no_incident_by_that(role: Any) -> None:
    assert not sight_of(actor(role)).of_incident(incident())


def test_an_officer_sees_the_recorder_that_he_wears() -> None:
    assert sight_of(OFFICER).of_recorder(ROW)
    assert not sight_of(OFFICER).of_recorder(row(officer_id="P0032"))
