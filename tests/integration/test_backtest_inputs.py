"""The back-test's inputs and its promises: one clear line, no looking ahead, the same end in any order, on any edition."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from large_sets import same
from trace_builder import Bureau, Device, TraceBuilder, at
from workbook_scene import DATE, sheet, xlsx

from alerts.backtest.batches import read_batches
from alerts.backtest.run import run_backtest
from alerts.facts.elements import FactSet
from alerts.facts.tables import read_workbook
from alerts.rules.settings import RuleSettings, override
from telemetry.domain.errors import InputError
from telemetry.settings_tree import read_rules

GOOD = (-84.0, -86.0, -83.0)
END = at("11:00")


def scene() -> tuple[TraceBuilder, Bureau]:
    """Four on duty: one pulls its card, one is in a dead zone, one leaves an activity unrecorded, one is as it should be."""
    trace, bureau = TraceBuilder(), Bureau()
    for number, name in enumerate(("PULLED", "GARAGE", "IDLE", "FINE")):
        bureau.recorder(name)
        bureau.on_duty(f"P-{name}", name, end=at("11:00"))
        device = Device(trace, name)
        device.boot(at("08:50"))
        device.online(at("08:50:04"))
        away = at("09:40") + timedelta(minutes=5 * number)
        device.live(at("08:51"), at("09:05"))
        device.record(at("09:05"))
        device.live(at("09:05:10"), at("09:10"))
        device.stop(at("09:10"))
        if name in {"PULLED", "GARAGE"}:
            device.live(at("09:10:10"), away)
            device.will(away)
            sim, rsrp = ("absent", GOOD) if name == "PULLED" else ("ready", (None,))
            device.cut_off(away + timedelta(seconds=5), away + timedelta(minutes=14), sim=sim, rsrp=rsrp)
            device.online(away + timedelta(minutes=14, seconds=10))
            device.live(away + timedelta(minutes=14, seconds=20), END)
        else:
            device.live(at("09:10:10"), END)
    for name in ("IDLE", "FINE"):
        bureau.add(
            "activities",
            id=f"A-{name}",
            officer_id=f"P-{name}",
            kind="inspection",
            starts_at=at("09:20") if name == "IDLE" else at("09:05"),
            ends_at=at("09:40") if name == "IDLE" else at("09:10"),
            times_from="device",
        )
    return trace, bureau


async def run(
    folder: Path, trace: TraceBuilder, bureau: Bureau, *, dsn: str | None = None, **more: Any
) -> list[dict[str, Any]]:
    trace.write(folder / "trace.jsonl")
    bureau.write(folder / "facts.json")
    out = folder / "incidents.json"
    await run_backtest(folder / "facts.json", folder / "trace.jsonl", END + timedelta(hours=1), out, dsn=dsn, **more)
    found: list[dict[str, Any]] = json.loads(out.read_text("utf-8"))
    return found


def essence(incidents: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What must be the same however the messages came: rule, subject, period, confidence, weight, status."""
    names = ("rule", "recorder_id", "officer_id", "unit_id", "activity_id", "starts_at", "ends_at")
    return sorted(
        (*(str(i[name]) for name in names), i["confidence"], str(i["weight"]), i["status"])
        for i in incidents
        if i["status"] != "withdrawn"
    )


async def test_incidents_are_found_on_timescaledb_too(tmp_path: Path, database: str) -> None:
    found = await run(tmp_path, *scene(), dsn=database)
    told = {(i["rule"], i["recorder_id"], i["confidence"]) for i in found if i["status"] != "withdrawn"}
    assert {("sim-removed", "PULLED", "confirmed"), ("activity-unrecorded", "IDLE", "confirmed")} <= told


async def test_arrivals_shuffled_within_their_lateness_end_in_the_same_incidents(
    tmp_path: Path, plain_database: str
) -> None:
    chance = random.Random(7)
    trace, bureau = scene()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    straight = await run(tmp_path / "a", trace, bureau)
    late = TraceBuilder(
        [(moment + timedelta(seconds=chance.uniform(0, 20)), topic, payload) for moment, topic, payload in trace.lines]
    )
    late.lines += [line for line in late.lines if chance.random() < 0.05]
    shuffled = await run(tmp_path / "b", late, bureau, dsn=plain_database)
    assert essence(straight) == essence(shuffled)


async def test_no_rule_reads_a_fact_before_it_could_be_known(tmp_path: Path, plain_database: str) -> None:
    trace, bureau = scene()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    without = await run(tmp_path / "a", trace, bureau)
    later = END + timedelta(hours=2)
    bureau.add(
        "exemptions",
        officer_id="P-IDLE",
        starts_at=at("09:00"),
        ends_at=at("11:00"),
        reason="meeting",
        approved_by="某",
        entered_at=later,
    )
    bureau.add(
        "sim_bindings", recorder_id="PULLED", iccid="89860099999999999999", valid_from=at("09:45"), entered_at=later
    )
    bureau.add(
        "dock_imports",
        recorder_id="IDLE",
        station_id="S1",
        docked_at=at("10:55"),
        imported_at=later,
        files=1,
        megabytes=100.0,
        recorded_from=at("09:20"),
        recorded_to=at("09:40"),
        segments=[{"from": at("09:20").isoformat(), "to": at("09:40").isoformat()}],
    )
    known_later = await run(tmp_path / "b", trace, bureau, dsn=plain_database)
    assert without == known_later


async def test_a_fact_entered_after_the_fact_revises_what_was_said(tmp_path: Path, plain_database: str) -> None:
    trace, bureau = scene()
    bureau.add(
        "exemptions",
        officer_id="P-IDLE",
        starts_at=at("09:00"),
        ends_at=at("11:00"),
        reason="meeting",
        approved_by="某",
        entered_at=at("10:45"),
    )
    found = await run(tmp_path, trace, bureau, dsn=plain_database)
    (incident,) = [i for i in found if i["rule"] == "activity-unrecorded"]
    assert "excused" == incident["status"]


async def test_a_threshold_can_be_overridden(tmp_path: Path, plain_database: str) -> None:
    settings = override(RuleSettings(), ["activity-unrecorded.wait_min=200"])
    found = await run(tmp_path, *scene(), dsn=plain_database, settings=settings)
    assert [] == [i for i in found if i["rule"] == "activity-unrecorded"]


@pytest.mark.parametrize(
    ("facts", "trace", "says"),
    [
        ("{", "", "facts.json"),
        ('{"shifts": [{"id": "W1"}]}', "", "facts.json:1: shifts[0]: officer_id"),
        ("{}", '{"received_at": "yesterday", "topic": "x", "payload": {}}\n', "trace.jsonl:1: received_at"),
        ("{}", '{"received_at": "2026-03-02T09:00:00+08:00", "payload": {}}\n', "trace.jsonl:1"),
    ],
)
async def test_an_input_that_is_not_of_the_contract_is_one_clear_line(
    tmp_path: Path, plain_database: str, facts: str, trace: str, says: str
) -> None:
    (tmp_path / "facts.json").write_text(facts)
    (tmp_path / "trace.jsonl").write_text(trace)
    with pytest.raises(InputError) as fault:
        await run_backtest(
            tmp_path / "facts.json", tmp_path / "trace.jsonl", END, tmp_path / "out.json", dsn=plain_database
        )
    assert says in str(fault.value)
    assert "\n" not in str(fault.value)
    assert not (tmp_path / "out.json").exists()


def test_settings_of_no_rule_are_refused_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("[activity-unrecorded]\nwait_minutes = 3\n")
    with pytest.raises(InputError, match=r"activity-unrecorded\.wait_minutes: there is no such setting"):
        read_rules(file, RuleSettings())
    file.write_text("[activity-recorded]\nwait_min = 3\n")
    with pytest.raises(InputError, match="activity-recorded: there is no such setting"):
        read_rules(file, RuleSettings())
    file.write_text("[activity-unrecorded]\nwait_min = 'x'\n")
    with pytest.raises(InputError, match=r"activity-unrecorded\.wait_min: .*number"):
        read_rules(file, RuleSettings())


async def test_two_processes_end_in_the_same_incidents_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long trace is written by two processes that share its recorders; each line is in exactly one share."""
    trace, bureau = scene()
    alone = await run(tmp_path, trace, bureau)
    monkeypatch.setattr("alerts.backtest.run._LONG_BYTES", 0)
    assert essence(alone) == essence(await run(tmp_path, trace, bureau))
    whole = [arrival for batch in read_batches(tmp_path / "trace.jsonl", END) for arrival in batch.arrivals]
    shares = [
        arrival
        for n in range(3)
        for batch in read_batches(tmp_path / "trace.jsonl", END, (n, 3))
        for arrival in batch.arrivals
    ]
    same(list(map(repr, whole)), list(map(repr, shares)))


async def test_a_fault_that_another_process_finds_is_one_clear_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, line and reason, as when one process reads the trace."""
    monkeypatch.setattr("alerts.backtest.run._LONG_BYTES", 0)
    trace, bureau = scene()
    trace.write(tmp_path / "trace.jsonl")
    bureau.write(tmp_path / "facts.json")
    trace = tmp_path / "trace.jsonl"
    lines = trace.read_text("utf-8").splitlines()
    lines[40] = lines[40].replace('"received_at"', '"arrived_at"')
    trace.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(InputError, match=r"trace\.jsonl:41: .*received_at"):
        await run_backtest(tmp_path / "facts.json", trace, END, tmp_path / "out.json")


def test_a_back_test_that_is_told_to_stop_leaves_no_database_behind(tmp_path: Path) -> None:
    scene()[1].write(tmp_path / "facts.json")
    trace, out, temporary = tmp_path / "trace.jsonl", tmp_path / "out.json", tmp_path / "tmp"
    os.mkfifo(trace)
    temporary.mkdir()
    told = ["--facts", tmp_path / "facts.json", "--trace", trace, "--until", END.isoformat(), "--out", out]
    program = [sys.executable, "-m", "telemetry.cli", "backtest", *told]
    process = subprocess.Popen(program, env=os.environ | {"TMPDIR": str(temporary)}, stderr=subprocess.PIPE)
    threading.Thread(target=_unblock, args=(process, trace), daemon=True).start()
    # Opens once the back-test reads it: its database runs by then.
    with trace.open("w"):
        (pid,) = [int(path.read_text().split()[0]) for path in temporary.glob("*/pg/postmaster.pid")]
        process.send_signal(signal.SIGTERM)
    assert 128 + signal.SIGTERM == process.wait(60)
    assert [] == list(temporary.glob("recorder-fleet-*"))
    assert not _runs(pid)


def _unblock(process: subprocess.Popen[bytes], fifo: Path) -> None:
    """Read *fifo* once the process has ended, so that nobody waits for one that never read it."""
    process.wait()
    os.close(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK))


def _runs(pid: int) -> bool:
    """Whether a process does anything still; one that has ended may wait to be reaped."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_leave_by_date_excuses_its_last_day(tmp_path: Path, plain_database: str) -> None:
    trace, bureau = scene()
    header = ["编号", "人员编号", "开始时间", "结束时间", "事由", "批准人"]
    first, last = (46082, DATE), (46083, DATE)
    leave = read_workbook(xlsx({"免录情形": sheet([header, ["E1", "P-IDLE", first, last, "休假", "某"]])}), "休假.xlsx")
    assert isinstance(leave, FactSet)
    bureau.facts["exemptions"] = [
        element.fact.model_dump(mode="json", exclude_none=True) for element in leave.elements["exemptions"]
    ]
    found = await run(tmp_path, trace, bureau, dsn=plain_database)
    (incident,) = [i for i in found if i["rule"] == "activity-unrecorded"]
    assert "excused" == incident["status"]


async def test_a_shift_of_36_years_is_one_clear_line(tmp_path: Path, plain_database: str) -> None:
    trace, bureau = scene()
    bureau.facts["shifts"][0]["ends_at"] = bureau.facts["shifts"][0]["ends_at"].replace("2026", "2062")
    with pytest.raises(InputError, match=r"facts\.json:\d+: shifts\[0\]: ends_at: over 3 years from 2026-03-02"):
        await run(tmp_path, trace, bureau, dsn=plain_database)


async def test_one_conduct_under_two_ids_is_one_incident(tmp_path: Path, database: str, plain_database: str) -> None:
    trace, bureau = scene()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    once = await run(tmp_path / "a", trace, bureau, dsn=plain_database)
    for collection in ("shifts", "activities"):
        again = [
            fact | {"id": f"N{n}", "entered_at": at("10:30").isoformat()}
            for n, fact in enumerate(bureau.facts[collection])
        ]
        bureau.facts[collection] += again
    bureau.facts["activities"][-1]["officer_ids"] = ["P-FINE"]
    assert essence(once) == essence(await run(tmp_path / "b", trace, bureau, dsn=database))
