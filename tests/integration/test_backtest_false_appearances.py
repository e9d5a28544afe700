"""What looks like somebody's fault and is none, through the back-test: each kind of it by two inputs that differ."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hard_case_fleet import END, HardCaseFleet
from trace_builder import Device, at, card_of

from alerts.backtest.run import run_backtest

Incidents = list[dict[str, Any]]
UNTIL = at("12:30", day=3)
PRIVATE, SWAPPED = "89860099999999999999", "98680021436587090010"


class Small(HardCaseFleet):
    """A stage without others."""

    def normal(self, name: str) -> None:
        pass

    def imported(self, name: str) -> None:
        """All of the day was brought in after the shift."""
        told = {"station_id": "ST", "files": 1, "megabytes": 9, "recorded_from": at("08:00"), "recorded_to": END}
        self.bureau.add("dock_imports", recorder_id=name, docked_at=at("13:10"), imported_at=at("13:30"), **told)


def _docked(device: Device, boot: datetime, end: datetime) -> None:
    """It is switched on for a few minutes and put into the dock."""
    device.boot(boot)
    device.online(boot + timedelta(seconds=4))
    device.live(boot + timedelta(seconds=30), end)
    device.goodbye(end, "docked")


def import_due(stage: Small, name: str, *mornings: str) -> None:
    """Recorded in an activity and never imported; the next morning it is switched on and docked again."""
    device = stage.device(name)
    stage.activity(name, at("10:00"), at("10:30"))
    device.live(at("08:31"), at("10:00:30"))
    device.record(at("10:00:30"))
    device.live(at("10:00:40"), at("10:29:30"))
    device.stop(at("10:29:30"))
    device.live(at("10:29:40"), at("12:00"))
    device.goodbye(at("12:00"), "docked")
    for morning in mornings:
        boot = at(morning, day=3)
        _docked(device, boot, boot + timedelta(minutes=4))


def reported_after_a_spare(stage: Small, name: str, goodbye: str) -> None:
    """An officer wore a spare before; his own died and he reported it. What he was logged in on before counts no more."""
    spare, officer = f"SPARE-{name}", f"P-{name}"
    stage.bureau.recorder(spare, status="spare")
    before = Device(stage.trace, spare, officer=officer)
    before.boot(at("05:30"))
    before.online(at("05:30:04"))
    before.live(at("05:31"), at("07:30"))
    before.goodbye(at("07:30"), goodbye)
    device = stage.device(name, officer=officer)
    stage.activity(name, at("11:00"), at("11:30"))
    device.level = 40.0
    device.live(at("08:31"), at("09:05"))
    device.record(at("09:05"))
    device.live(at("09:05:10"), at("09:10"))
    device.stop(at("09:10"))
    device.live(at("09:10:10"), at("09:50"))
    device.level = 5.0
    device.live(at("09:50"), at("10:00"))
    device.goodbye(at("10:00"), "low_battery")
    stage.imported(name)
    told = {"recorder_id": name, "officer_id": officer, "kind": "battery", "resolved_at": at("17:00")}
    stage.bureau.add("fault_reports", reported_at=at("10:10"), **told)


def lent_by(stage: Small, name: str, arranged: Callable[[Small, str, str], None]) -> None:
    """Somebody of another unit is logged in while it is arranged so; the next look at it comes when that is over."""
    guest = f"Q-{name}"
    stage.bureau.person(f"P-{name}")
    stage.bureau.person(guest, unit_id="U02")
    stage.bureau.recorder(name)
    stage.bureau.facts["recorders"][-1]["holder_id"] = f"P-{name}"
    arranged(stage, name, guest)
    device = Device(stage.trace, name, officer=guest)
    device.boot(at("08:30"))
    device.online(at("08:30:04"))
    device.live(at("08:31"), at("11:35"))
    device.online(at("11:35:10"))
    device.live(at("11:36"), at("11:39"))
    device.goodbye(at("11:39"), "docked")
    device.officer = f"P-{name}"
    _docked(device, at("08:00", day=3), at("08:04", day=3))


def _joint(stage: Small, name: str, guest: str) -> None:
    told = {"recorder_id": name, "officer_id": guest, "reason": "joint"}
    stage.bureau.add("assignments", starts_at=at("08:00"), ends_at=at("11:30"), **told)


def _of_his_shift(stage: Small, name: str, guest: str) -> None:
    told = {"officer_id": guest, "recorder_id": name, "kind": "office"}
    stage.bureau.add("shifts", starts_at=at("08:00"), ends_at=at("11:30"), **told)


def _of_his_unit_then(stage: Small, _name: str, guest: str) -> None:
    """A recorder of the pool, and a colleague who is of another unit since."""
    stage.bureau.facts["recorders"][-1].pop("holder_id")
    person = next(fact for fact in stage.bureau.facts["officers"] if fact["id"] == guest)
    stage.bureau.facts["officers"].append(person | {"entered_at": at("11:20").isoformat()})
    person["unit_id"] = "U01"


def _nothing(_stage: Small, _name: str, _guest: str) -> None:
    pass


def filmed_under_used_names(stage: Small, name: str, *, restarts: bool) -> None:
    """It filmed a whole activity under names that were used before: a boot id drawn again, or a `seq` that wrapped."""
    device = stage.device(name)
    stage.activity(name, at("10:00"), at("10:30"))
    device.live(at("08:31"), at("09:30"))
    if restarts:
        device.goodbye(at("09:30"), "power_off")
        device.boots -= 1
        device.boot(at("09:32"))
        device.online(at("09:32:04"))
    else:
        device.seq = 0
    device.live(at("09:33"), at("10:00"))
    device.record(at("10:00"))
    device.live(at("10:00:10"), at("10:30"))
    device.stop(at("10:30"))
    device.live(at("10:30:10"), END)
    stage.imported(name)


def card_named(stage: Small, name: str, birth: str, then: str, minutes: int) -> None:
    """Its modem names *birth* after a restart at 10:00, *then* for some minutes, and its own card from then on."""
    device = stage.device(name)
    device.live(at("08:31"), at("10:00"))
    device.boot(at("10:02"))
    device.iccid = birth
    device.online(at("10:02:04"))
    device.iccid = then
    own = at("10:02:30") + timedelta(minutes=minutes)
    device.live(at("10:02:30"), own)
    device.iccid = card_of(name)
    device.live(own, END)


def card_away(stage: Small, name: str, total_mb: int, free_mb: int) -> None:
    """After a restart the first readings tell of no card, or of the internal memory."""
    device = stage.device(name)
    device.live(at("08:31"), at("10:00"))
    device.boot(at("10:01"))
    device.online(at("10:01:04"))
    for number in range(3):
        moment = at("10:01:10") + timedelta(minutes=number)
        device.say(moment, "storage", total_mb=total_mb, free_mb=free_mb, files=0)
    device.live(at("10:04"), END)


def cried(stage: Small, name: str, kind: str, detail: Any) -> None:
    device = stage.device(name)
    device.live(at("08:31"), at("10:00"))
    device.say(at("10:00:02"), "event", type=kind, detail=detail)
    device.live(at("10:00:30"), END)


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Incidents:
    folder, stage = tmp_path_factory.mktemp("false"), Small()
    import_due(stage, "DUE", "07:05")
    import_due(stage, "DUETWICE", "07:35", "10:45")
    reported_after_a_spare(stage, "AFTERDOCK", "docked")
    reported_after_a_spare(stage, "AFTEROFF", "power_off")
    lent_by(stage, "JOINT", _joint)
    lent_by(stage, "BYSHIFT", _of_his_shift)
    lent_by(stage, "COLLEAGUE", _of_his_unit_then)
    lent_by(stage, "UNARRANGED", _nothing)
    filmed_under_used_names(stage, "REUSED", restarts=True)
    filmed_under_used_names(stage, "WRAPPED", restarts=False)
    card_named(stage, "UNREAD", "F" * 20, card_of("UNREAD"), 1)
    card_named(stage, "NIBBLES", "0" * 20, SWAPPED, 15)
    card_named(stage, "FOREIGN", PRIVATE, PRIVATE, 15)
    card_away(stage, "NOCARD", 0, 0)
    card_away(stage, "INTERNAL", 8192, 8000)
    cried(stage, "CRY", "sos", "key held 3 s")
    cried(stage, "CRYLONG", "sos", {"log": "x" * 5000})
    cried(stage, "SHAKEN", "tamper", ["opened"])
    stage.trace.write(folder / "trace.jsonl")
    stage.bureau.write(folder / "facts.json")
    asyncio.run(run_backtest(folder / "facts.json", folder / "trace.jsonl", UNTIL, folder / "incidents.json"))
    found: Incidents = json.loads((folder / "incidents.json").read_text("utf-8"))
    return found


def told(incidents: Incidents, recorder_id: str) -> list[str]:
    """The rules by which anybody would hear something of a recorder or of its officer's activity."""
    return sorted(
        i["rule"]
        for i in incidents
        if recorder_id in {i["recorder_id"], (i["activity_id"] or "").removeprefix("A-")}
        and i["confidence"] != "suspected"
        and i["status"] not in {"withdrawn", "excused"}
    )


@pytest.mark.parametrize("recorder_id", ["DUE", "DUETWICE"])
def test_what_several_looks_of_one_tick_find_due_is_one_incident(incidents: Incidents, recorder_id: str) -> None:
    assert ["import-overdue"] == told(incidents, recorder_id)


@pytest.mark.parametrize("recorder_id", ["AFTERDOCK", "AFTEROFF"])
def test_a_report_excuses_him_who_wore_a_spare_before(incidents: Incidents, recorder_id: str) -> None:
    assert [] == [rule for rule in told(incidents, recorder_id) if rule not in {"battery-low", "recorder-offline"}]
    assert ["excused"] == [
        i["status"]
        for i in incidents
        if i["activity_id"] == f"A-{recorder_id}" and i["rule"] == "activity-unrecorded" and i["status"] != "withdrawn"
    ]


@pytest.mark.parametrize("recorder_id", ["JOINT", "BYSHIFT", "COLLEAGUE"])
def test_a_login_that_was_arranged_then_is_in_order_however_late_it_is_looked_at(
    incidents: Incidents, recorder_id: str
) -> None:
    assert [] == [rule for rule in told(incidents, recorder_id) if rule == "recorder-lent"]
    assert ["recorder-lent"] == [rule for rule in told(incidents, "UNARRANGED") if rule == "recorder-lent"]


@pytest.mark.parametrize("recorder_id", ["REUSED", "WRAPPED"])
def test_what_was_filmed_under_names_used_before_was_filmed(incidents: Incidents, recorder_id: str) -> None:
    assert ["identity-conflict"] == told(incidents, recorder_id)


@pytest.mark.parametrize("recorder_id", ["UNREAD", "NIBBLES"])
def test_a_number_that_can_be_no_card_accuses_nobody(incidents: Incidents, recorder_id: str) -> None:
    assert [] == [i["confidence"] for i in incidents if (recorder_id, "sim-removed") == (i["recorder_id"], i["rule"])]
    assert ["sim-removed"] == told(incidents, "FOREIGN")


@pytest.mark.parametrize("recorder_id", ["NOCARD", "INTERNAL"])
def test_a_card_that_is_away_after_a_restart_counts_nothing(incidents: Incidents, recorder_id: str) -> None:
    assert [] == told(incidents, recorder_id)


@pytest.mark.parametrize(("recorder_id", "rule"), [("CRY", "sos"), ("CRYLONG", "sos"), ("SHAKEN", "tamper")])
def test_an_alarm_with_a_damaged_detail_is_an_incident(incidents: Incidents, recorder_id: str, rule: str) -> None:
    assert [rule] == told(incidents, recorder_id)
