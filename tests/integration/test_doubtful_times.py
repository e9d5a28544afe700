"""What is missing for a reason of ours, or of a device's, is nobody's absence; whose readings are in doubt are nobody's."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hard_case_fleet import END, GOOD, HardCaseFleet
from trace_builder import Device, at

from alerts.evaluation.engine import tick
from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.versions import START_OF_FILE
from alerts.incidents.export import export_incidents
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Writer
from telemetry.store.backtest import filling
from telemetry.store.pool import Database

Incidents = list[dict[str, Any]]
Then = tuple[datetime, str, Sequence[Any]]
"""A statement that somebody else runs on the database at a moment."""
FOREIGN = "350000000000006"


class Small(HardCaseFleet):
    """A stage with as many others as an outage needs."""

    def __init__(self, others: int = 8) -> None:
        self.others = others
        super().__init__()

    def normal(self, name: str) -> None:
        if int(name[1:]) < self.others:
            super().normal(name)


def play(
    dsn: str, stage: HardCaseFleet, *then: Then, until: datetime = END, registered: dict[str, str] | None = None
) -> Incidents:
    """Live: minute by minute what arrived, what happened beside it, and a tick."""
    for fact in stage.bureau.facts["recorders"]:
        fact["imei"] = (registered or {}).get(fact["id"])

    async def run() -> Incidents:
        async with filling(dsn) as database:
            facts = read_json(json.dumps(stage.bureau.facts).encode(), "facts.json")
            assert isinstance(facts, FactSet)
            await load_facts(database, facts, "test", START_OF_FILE)
            return await _play(database, stage, then, until)

    return asyncio.run(run())


async def _play(database: Database, stage: HardCaseFleet, then: Sequence[Then], until: datetime) -> Incidents:
    writer = Writer(database)
    lines = sorted(stage.trace.lines, key=lambda line: line[0])
    waiting = sorted(then, key=lambda each: each[0])
    now, n = lines[0][0].replace(second=0, microsecond=0), 0
    while now < until:
        now += timedelta(minutes=1)
        first = n
        while n < len(lines) and lines[n][0] < now:
            n += 1
        arrivals = [Arrival(topic, _bytes(body), moment) for moment, topic, body in lines[first:n]]
        if arrivals:
            await writer.write(arrivals)
        while waiting and waiting[0][0] < now:
            _, statement, values = waiting.pop(0)
            async with database.connection() as connection:
                await connection.execute(statement, *values)
        assert 0 == (await tick(database, now)).aside
    async with database.connection() as connection:
        return await export_incidents(connection)


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def standstill(start: datetime, end: datetime | None, known_at: datetime) -> Then:
    statement = (
        "INSERT INTO standstill (part, starts_at, ends_at, reason) VALUES ('ingest/w1', $1, $2, 'nothing stored') "
        "ON CONFLICT (part, starts_at) DO UPDATE SET ends_at = EXCLUDED.ends_at"
    )
    return known_at, statement, (start, end)


def of(incidents: Incidents, rule: str, recorder_id: str | None = None) -> Incidents:
    return [
        i
        for i in incidents
        if i["rule"] == rule and i["status"] != "withdrawn" and recorder_id in {None, i["recorder_id"]}
    ]


def told(incidents: Incidents) -> Incidents:
    """What anybody would hear of."""
    return [i for i in incidents if i["confidence"] != "suspected" and i["status"] not in {"withdrawn", "excused"}]


def hushed(stage: HardCaseFleet, start: str, end: str, back: str) -> None:
    """Everything said in [start, end) arrives together at *back*: it waited at the broker while we stood still."""
    stage.trace.lines = [
        (at(back) if at(start) <= moment < at(end) else moment, topic, body)
        for moment, topic, body in stage.trace.lines
    ]


@pytest.mark.parametrize("is_known_late", [False, True])
def test_our_own_standstill_is_no_outage_of_a_cell_and_nobodys_absence(
    plain_database: str, *, is_known_late: bool
) -> None:
    stage = Small()
    hushed(stage, "10:00", "10:20", "10:20")
    noted = [standstill(at("10:00"), at("10:20"), at("10:50" if is_known_late else "10:20"))]
    if not is_known_late:
        noted.insert(0, standstill(at("10:00"), None, at("10:00:30")))
    incidents = play(plain_database, stage, *noted, until=at("11:10"))
    assert set() == {i["cause"] for i in of(incidents, "outage")} - {"platform_outage"}
    assert [] == told(of(incidents, "recorder-offline"))


def test_without_a_note_of_it_the_same_looks_like_the_cells_outage(plain_database: str) -> None:
    stage = Small()
    hushed(stage, "10:00", "10:20", "10:20")
    assert of(play(plain_database, stage, until=at("10:19")), "outage")


def test_a_fleet_that_speaks_seldom_is_not_silent_for_our_standstill(plain_database: str) -> None:
    stage = Small(others=0)
    for number in range(4):
        device = stage.device(f"SELDOM{number}", heartbeat_s=300)
        moment = at("08:31")
        while moment < END:
            device.say(moment, "heartbeat", **device.heartbeat(moment, network="4g", rsrp=-84.0, sim="ready"))
            moment += timedelta(seconds=300)
    hushed(stage, "10:00", "10:40", "10:40")
    notes = standstill(at("10:00"), None, at("10:01")), standstill(at("10:00"), at("10:40"), at("10:40"))
    incidents = play(plain_database, stage, *notes, until=at("11:30"))
    assert [] == of(incidents, "outage") + told(of(incidents, "recorder-offline"))


def _lost_for_ever(stage: HardCaseFleet) -> None:
    """An activity falls into a time whose messages are lost; the recorder says that it can't deliver them any more."""
    device = stage.start("LOST", until="10:00")
    stage.activity("LOST", at("10:05"), at("10:25"))
    device.seq += 200
    device.online(at("10:30"))
    stage.trace.lines[-1][2]["dropped"] = 200
    device.live(at("10:30:10"), END)


def test_what_we_lost_in_a_standstill_is_suspected_and_told_to_nobody(plain_database: str) -> None:
    stage = Small()
    _lost_for_ever(stage)
    note = standstill(at("10:00"), at("10:30"), at("11:30"))
    incidents = play(plain_database, stage, note, until=at("12:10"))
    (incident,) = of(incidents, "activity-unrecorded")
    assert ("suspected", "check") == (incident["confidence"], incident["weight"])
    assert ["standstill"] == list(incident["evidence"]["facts"]["doubts"])


def test_the_same_hole_of_the_devices_own_making_is_probable(plain_database: str) -> None:
    stage = Small()
    _lost_for_ever(stage)
    (incident,) = of(play(plain_database, stage, until=at("12:10")), "activity-unrecorded")
    assert "probable" == incident["confidence"]


def _spoil(stage: HardCaseFleet, name: str, start: str, end: str, spoil: Callable[[dict[str, Any]], Any]) -> None:
    stage.trace.lines = [
        (moment, topic, spoil(body) if f"/{name}/" in topic and at(start) <= moment < at(end) else body)
        for moment, topic, body in stage.trace.lines
    ]


def test_a_recorder_whose_messages_we_reject_is_neither_silent_nor_absent_and_the_engineers_hear_of_it(
    plain_database: str,
) -> None:
    stage = Small()
    device = stage.start("ODD", until="10:00")
    stage.activity("ODD", at("10:05"), at("10:55"))
    device.live(at("10:00:10"), END)
    _spoil(
        stage,
        "ODD",
        "10:00",
        "12:00",
        lambda body: {**body, "uptime_s": "soon", "level_pct": -5, "total_mb": -1, "state": "odd"},
    )
    incidents = play(plain_database, stage, until=at("12:30"))
    assert [] == told(of(incidents, "recorder-offline")) + told(of(incidents, "activity-unrecorded"))
    (incident,) = of(incidents, "not-understood")
    assert ("ODD", "reminder", "2026-03-02T02:00:00+00:00") == (
        incident["recorder_id"],
        incident["weight"],
        incident["starts_at"],
    )


def test_a_few_rejected_messages_are_no_news(plain_database: str) -> None:
    stage = Small()
    device = stage.start("FEW", until="10:00")
    device.live(at("10:00:10"), END)
    _spoil(stage, "FEW", "10:10", "10:20", lambda body: {**body, "uptime_s": "soon"})
    assert [] == of(play(plain_database, stage, until=at("12:00")), "not-understood")


def _pulled(stage: HardCaseFleet, name: str) -> Device:
    device = stage.start(name)
    stage.cut_off_until(device, "10:20", sim="absent", rsrp=GOOD)
    return device


def test_a_stranger_under_a_recorders_id_is_held_against_nobody(plain_database: str) -> None:
    stage = Small()
    _pulled(stage, "TWIN")
    _pulled(stage, "SAME")
    registered = {"TWIN": FOREIGN, "SAME": "861234567890129"}
    incidents = play(plain_database, stage, until=at("11:00"), registered=registered)
    assert ["confirmed"] == [i["confidence"] for i in of(incidents, "sim-removed", "SAME")]
    assert [] == told(of(incidents, "sim-removed", "TWIN"))
    assert [("TWIN", "imei")] == [
        (i["recorder_id"], i["evidence"]["facts"]["kind"]) for i in of(incidents, "identity-conflict")
    ]


def test_what_a_stranger_recorded_is_neither_recorded_nor_unrecorded(plain_database: str) -> None:
    stage = Small()
    for name in ("TWIN", "SAME"):
        device = stage.start(name)
        stage.activity(name, at("10:05"), at("10:25"))
        device.record(at("10:04"))
        device.live(at("10:04:30"), at("10:26"))
        device.stop(at("10:26"))
        device.live(at("10:26:30"), END)
    incidents = play(plain_database, stage, until=at("12:00"), registered={"TWIN": FOREIGN, "SAME": "861234567890129"})
    assert [] == of(incidents, "activity-unrecorded", "SAME")
    (twin,) = of(incidents, "activity-unrecorded", "TWIN")
    assert "suspected" == twin["confidence"]
    assert [] == told([i for i in incidents if i["recorder_id"] == "TWIN" and i["rule"] != "identity-conflict"])


def test_two_devices_with_one_id_are_a_conflict_and_a_reboot_is_none(plain_database: str) -> None:
    stage = Small()
    device = stage.start("CLONED", until="11:00")
    clone = Device(stage.trace, "CLONED", boots=7)
    clone.boot(at("10:00"))
    clone.online(at("10:00:05"))
    clone.live(at("10:00:30"), at("10:20"))
    stage.activity("CLONED", at("10:02"), at("10:18"))
    device.live(at("11:00"), END)
    again = stage.start("REBOOT", until="10:00")
    again.boot(at("10:01"))
    again.online(at("10:01:10"))
    again.live(at("10:01:30"), END)
    incidents = play(plain_database, stage, until=at("12:30"))
    assert [("CLONED", "two_boots")] == [
        (i["recorder_id"], i["evidence"]["facts"]["kind"]) for i in of(incidents, "identity-conflict")
    ]
    assert [] == told(of(incidents, "activity-unrecorded", "CLONED"))


def test_a_boot_id_that_is_used_again_proves_nothing_by_its_gaps(plain_database: str) -> None:
    stage = Small()
    device = stage.start("AGAIN", until="10:00")
    stage.activity("AGAIN", at("10:05"), at("10:25"))
    device.live(at("10:00:10"), END)
    again = (
        "WITH first AS (UPDATE recorder_boot SET reused = true WHERE recorder_id = 'AGAIN' RETURNING *) "
        "INSERT INTO recorder_boot (recorder_id, boot, seen, first_received_at, last_received_at, reused) "
        "SELECT recorder_id, boot || '~2', '{1,2}', last_received_at, last_received_at, true FROM first"
    )
    reused = (at("10:01"), again, ())
    incidents = play(plain_database, stage, reused, until=at("12:00"))
    assert ["suspected"] == [i["confidence"] for i in of(incidents, "activity-unrecorded", "AGAIN")]
    assert [("AGAIN", "reused")] == [
        (i["recorder_id"], i["evidence"]["facts"]["kind"]) for i in of(incidents, "identity-conflict")
    ]


def test_a_card_that_is_entered_for_two_recorders_is_held_against_neither(plain_database: str) -> None:
    stage = Small(others=0)
    for name, card in (("MIXED", "89860000000000000017"), ("ALONE", "89860000000000000025")):
        device = stage.device(name)
        device.live(at("08:31"), at("09:30"))
        device.iccid = "89860000000000000033"
        device.online(at("09:31"))
        device.live(at("09:31:30"), at("10:00"))
        stage.bureau.facts["recorders"][-1]["iccid"] = card
        device.iccid = card
    incidents = play(plain_database, stage, _second_entry(), until=at("10:30"))
    assert ["ALONE"] == [i["recorder_id"] for i in of(incidents, "sim-removed")]


def _second_entry() -> Then:
    """Old data may hold what is refused today."""
    statement = (
        "INSERT INTO recorder (recorder_id, unit_id, model, iccid, heartbeat_s, senses_sim, status) "
        "VALUES ('TWICE', 'U01', 'HX-4G', '8986000000000000001', 30, true, 'service')"
    )
    return at("08:32"), statement, ()


def _doubts(dsn: str, start: str, end: str, *rows: str) -> set[tuple[str, datetime, datetime]]:
    async def run() -> set[tuple[str, datetime, datetime]]:
        async with filling(dsn) as database, database.connection() as connection:
            for row in rows:
                await connection.execute(row)
            found = await connection.fetch("SELECT * FROM doubts_between('R1', $1, $2)", at(start), at(end))
            return {tuple(row) for row in found}

    return asyncio.run(run())


def _boot(name: str, start: str, end: str, birth: str | None) -> list[str]:
    first, last = at(start).isoformat(), at(end).isoformat()
    rows = [
        (
            "INSERT INTO recorder_boot (recorder_id, boot, first_received_at, last_received_at, first_at, last_at) "
            f"VALUES ('R1', '{name}', '{first}', '{last}', '{first}', '{last}')"
        )
    ]
    if birth is not None:
        moment = at(birth).isoformat()
        rows.append(
            "INSERT INTO presence (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, state) "
            f"VALUES ('R1', '{moment}', '{moment}', '{moment}', '{name}', 0, false, true, 'online')"
        )
    return rows


def test_before_a_boot_s_first_birth_is_stored_nobody_knows_who_is_logged_in(plain_database: str) -> None:
    rows = [
        *_boot("b1", "9:00", "9:50", "9:00"),
        *_boot("b2", "10:00", "10:50", "10:20"),
        *_boot("b3", "11:00", "11:50", None),
    ]
    expected = {("no_birth", at("10:00"), at("10:20")), ("no_birth", at("11:00"), at("11:30"))}
    assert expected == _doubts(plain_database, "9:00", "11:30", *rows)


def test_between_two_generations_of_a_reused_boot_nothing_is_proven(plain_database: str) -> None:
    rows = [
        "INSERT INTO identity_conflict (recorder_id, kind, boot, from_at, to_at) "
        f"VALUES ('R1', 'reused', '{boot}', '{at(start).isoformat()}', '{at(end).isoformat()}')"
        for boot, start, end in (
            ("b1", "9:00", "10:00"),
            ("b1~2", "10:30", "11:00"),
            ("b1~3", "13:00", "13:30"),
            ("b2", "16:00", "17:00"),
        )
    ]
    assert {("reused", at("10:05"), at("10:25"))} == _doubts(plain_database, "10:05", "10:25", *rows)
    assert set() == _doubts(plain_database, "14:00", "15:00")


@pytest.mark.parametrize("misread", [0, 65535])
def test_a_misread_uptime_is_no_boot_id_that_was_used_again(plain_database: str, misread: int) -> None:
    stage = Small(others=0)
    device = stage.start("ODD", until="10:00")
    device.online(at("10:00"))
    stage.trace.lines[-1][2]["uptime_s"] = misread
    device.live(at("10:00:10"), at("10:10"))
    device.online(at("10:10"))
    device.live(at("10:10:10"), at("10:20"))
    assert [] == of(play(plain_database, stage, until=at("10:25")), "identity-conflict")


def test_a_boot_id_that_was_used_again_is_told(plain_database: str) -> None:
    stage = Small(others=0)
    device = stage.start("AGAIN", until="10:00")
    device.boot(at("10:00"))
    device.boots -= 1
    device.online(at("10:00:10"))
    device.live(at("10:00:40"), at("10:10"))
    [found] = of(play(plain_database, stage, until=at("10:15")), "identity-conflict")
    assert "reused" == found["evidence"]["facts"]["kind"]


def test_messages_of_an_earlier_boot_that_come_again_hours_later_are_no_second_device(plain_database: str) -> None:
    stage = Small(others=0)
    device = stage.start("LATE", until="10:00")
    lost = [line for line in stage.trace.lines if "/LATE/" in line[1]]
    stage.trace.lines = [line for line in stage.trace.lines if line not in lost]
    device.boot(at("10:00"))
    device.online(at("10:00:10"))
    device.live(at("10:00:40"), at("11:30"))
    by_kind = {kind: [(t, body) for _, t, body in lost if t.endswith(kind)] for kind in ("heartbeat", "presence")}
    for number, (topic, body) in enumerate(by_kind["heartbeat"][-3:] + by_kind["presence"][:1]):
        stage.trace.lines.append((at("10:40") + number * timedelta(minutes=11), topic, body))
    assert [] == of(play(plain_database, stage, until=at("11:30")), "identity-conflict")


def test_a_recording_that_began_before_its_boot_has_a_misread_time_and_is_nobodys_to_import(
    plain_database: str,
) -> None:
    stage = Small(others=0)
    device = stage.device("EARLY")
    device.boot(at("9:30"))
    device.online(at("9:30:05"))
    device.live(at("9:30:30"), at("10:00"))
    misread = at("8:40").isoformat()
    device.say(at("10:00"), "recording", state="recording", since=misread)
    stage.trace.lines[-1][2]["ts"] = misread
    device.record(at("10:00:30"))
    device.live(at("10:01"), at("10:10"))
    device.stop(at("10:10"))
    device.live(at("10:10:30"), at("10:20"))
    device.goodbye(at("10:20"), "docked")
    times = {"docked_at": at("10:20"), "imported_at": at("10:40")}
    bounds = {"recorded_from": at("10:00"), "recorded_to": at("10:10:10")}
    stage.bureau.add("dock_imports", recorder_id="EARLY", station_id="ST1", files=1, megabytes=300, **times, **bounds)
    incidents = play(plain_database, stage, until=at("12:00", day=3))
    assert [] == of(incidents, "import-overdue", "EARLY")
