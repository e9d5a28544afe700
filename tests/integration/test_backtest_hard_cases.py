"""Every hard case of domain.md, end to end through the back-test, from a tape that no simulator wrote."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hand_tape import Bureau, Device, Tape, at

from alerts.backtest.run import run_backtest

PRIVATE = "89860099999999999999"
GOOD = (-84.0, -86.0, -83.0, -85.0)
END = at("13:00")
Incidents = list[dict[str, Any]]


class Stage:
    """One bureau with many recorders, each of which plays one case."""

    def __init__(self) -> None:
        self.tape, self.bureau = Tape(), Bureau()
        self.offset = timedelta(0)
        for number in range(14):
            self.normal(f"N{number:02}")

    def t(self, clock: str) -> datetime:
        """A moment of a case: they are played some minutes apart, for losses at once would be an outage."""
        return at(clock) + self.offset

    def device(self, name: str, *, senses: bool = True, on_duty: bool = True, **more: Any) -> Device:
        if more.pop("registered", True):
            slow = more.pop("heartbeat_s", None)
            self.bureau.recorder(name, senses=senses, status=more.pop("status", "service"), heartbeat_s=slow)
        if on_duty:
            self.bureau.on_duty(f"P-{name}", name)
        device = Device(self.tape, name, senses=senses, **more)
        device.boot(at("08:30"))
        device.online(at("08:30:04"))
        return device

    def normal(self, name: str) -> None:
        device = self.device(name)
        device.live(at("08:31"), at("09:05"))
        device.record(at("09:05"))
        device.live(at("09:05:10"), at("09:20"))
        device.stop(at("09:20"))
        device.live(at("09:20:10"), END)

    def start(self, name: str, until: str = "10:00", **more: Any) -> Device:
        """On duty, recorded something, online until *until*."""
        device = self.device(name, **more)
        device.live(at("08:31"), at("09:05"))
        device.record(at("09:05"))
        device.live(at("09:05:10"), at("09:10"))
        device.stop(at("09:10"))
        device.live(at("09:10:10"), self.t(until))
        return device


def pulled(stage: Stage) -> None:
    device = stage.start("PULLED")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim="absent", rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def pulled_then_off(stage: Stage) -> None:
    device = stage.start("PULLOFF")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:03"), sim="absent", rsrp=GOOD)
    kept = device.flash
    device.flash = []
    device.boot(stage.t("10:39:50"))
    device.flash = kept
    device.online(stage.t("10:40"), last_end="key")
    device.live(stage.t("10:40:30"), END)


def off_and_on(stage: Stage) -> None:
    device = stage.start("KEYOFF")
    device.goodbye(stage.t("10:00"), "power_off")
    device.boot(stage.t("10:29:50"))
    device.online(stage.t("10:30"))
    device.live(stage.t("10:30:30"), END)


def asleep(stage: Stage) -> None:
    """Its goodbye hung in the dying connection and was delivered after the return."""
    device = stage.start("ASLEEP")
    device.say(stage.t("10:00:10"), "presence", lag_s=1200.0, state="offline", session=device.session, reason="sleep")
    device.online(stage.t("10:20"))
    device.live(stage.t("10:20:30"), END)


def switched_on_in_a_garage(stage: Stage) -> None:
    """No assignment, no holder: that its officer is logged in it says only once it is out, half an hour later."""
    stage.bureau.recorder("LOGIN")
    stage.bureau.person("P-LOGIN")
    stage.bureau.add(
        "shifts", id="W-LOGIN", officer_id="P-LOGIN", starts_at=at("09:00"), ends_at=at("13:00"), kind="patrol"
    )
    stage.bureau.add(
        "activities",
        id="A-LOGIN",
        officer_id="P-LOGIN",
        kind="inspection",
        starts_at=at("09:05"),
        ends_at=at("09:20"),
        times_from="device",
    )
    device = Device(stage.tape, "LOGIN", officer="P-LOGIN")
    device.boot(at("08:55"))
    device.cut_off(at("08:55:05"), at("09:05"))
    device.record(at("09:05"), kept=True)
    device.cut_off(at("09:05:10"), at("09:20"))
    device.stop(at("09:20"), kept=True)
    device.cut_off(at("09:20:10"), at("09:40"))
    device.online(at("09:40:10"))
    device.live(at("09:40:30"), END)


def key_held(stage: Stage) -> None:
    device = stage.start("KEYHELD")
    device.will(stage.t("10:00"))
    device.boot(stage.t("10:29:50"))
    device.online(stage.t("10:30"), last_end="key")
    device.live(stage.t("10:30:30"), END)


def dead_zone(stage: Stage) -> None:
    device = stage.start("GARAGE")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), rsrp=(None, -121.0))
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def pulled_in_dead_zone(stage: Stage) -> None:
    device = stage.start("DEEP")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:10"))
    device.cut_off(stage.t("10:10"), stage.t("10:20"), sim="absent")
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def swapped(stage: Stage) -> None:
    device = stage.start("SWAP")
    device.will(stage.t("10:00"))
    device.boot(stage.t("10:09:50"))
    device.iccid = PRIVATE
    device.online(stage.t("10:10"))
    device.live(stage.t("10:10:30"), stage.t("11:00"))
    device.goodbye(stage.t("11:00"), "power_off")
    device.boot(stage.t("11:04:50"))
    device.iccid = "89860012345678901234"
    device.online(stage.t("11:05"))
    device.live(stage.t("11:05:30"), END)


def swapped_fast(stage: Stage) -> None:
    """Gone for less than three heartbeats of two minutes; only births name the card."""
    device = stage.start("FAST", senses=False, heartbeat_s=120, names_card=False)
    device.will(stage.t("10:00"))
    device.iccid = PRIVATE
    device.online(stage.t("10:04"))
    device.live(stage.t("10:04:30"), stage.t("11:00"))
    device.iccid = "89860012345678901234"
    device.online(stage.t("11:04"))
    device.live(stage.t("11:04:30"), END)


def unsensed_pull(stage: Stage) -> None:
    device = stage.start("BLIND", senses=False)
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim=None, rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def unsensed_slow(stage: Stage) -> None:
    """Its silence shows only after three heartbeats of two minutes; no will came."""
    device = stage.start("SLOW", senses=False, heartbeat_s=120)
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim=None, rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def unsensed_then_off(stage: Stage) -> None:
    device = stage.start("BLINDOFF", senses=False)
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:10"), sim=None, rsrp=GOOD)
    kept, device.flash = device.flash, []
    device.boot(stage.t("10:39:50"))
    device.flash = kept
    device.online(stage.t("10:40"), last_end="key")
    device.live(stage.t("10:40:30"), END)


def unsensed_dead_zone(stage: Stage) -> None:
    device = stage.start("STALE", senses=False)
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim=None, rsrp=(-84.0,))
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def flicker(stage: Stage) -> None:
    device = stage.start("FLICKER")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:00:40"), sim="absent", rsrp=GOOD)
    device.cut_off(stage.t("10:01:05"), stage.t("10:13"), rsrp=GOOD)
    device.online(stage.t("10:13:10"))
    device.live(stage.t("10:13:30"), END)


def not_ready_after_boot(stage: Stage) -> None:
    device = stage.start("SLOWSIM")
    device.will(stage.t("10:00"))
    device.boot(stage.t("10:11"))
    device.cut_off(stage.t("10:11:05"), stage.t("10:11:50"), sim="absent", rsrp=GOOD)
    device.online(stage.t("10:12:10"), last_end="key")
    device.live(stage.t("10:12:30"), END)


def changed_lawfully(stage: Stage) -> None:
    device = stage.start("NEWCARD")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:12"), sim="absent", rsrp=GOOD)
    device.iccid = "89860012345678907777"
    stage.bureau.add("sim_bindings", recorder_id="NEWCARD", iccid=device.iccid, valid_from=stage.t("10:08"))
    device.online(stage.t("10:12:10"))
    device.live(stage.t("10:12:30"), END)


def in_repair(stage: Stage) -> None:
    device = stage.start("REPAIR")
    stage.bureau.add(
        "fault_reports",
        officer_id="P-REPAIR",
        recorder_id="REPAIR",
        kind="fault",
        reported_at=stage.t("09:50"),
        repair_at=stage.t("09:58"),
        resolved_at=stage.t("12:00"),
    )
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim="absent", rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def somebody_else_logged_in(stage: Stage) -> None:
    stage.bureau.person("P-OTHER")
    device = stage.start("DOUBT", officer="P-OTHER")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim="absent", rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def off_duty(stage: Stage) -> None:
    device = stage.start("OFFDUTY", on_duty=False)
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim="absent", rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def load_test_device(stage: Stage) -> None:
    device = stage.start("LOADTEST", status="test")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim="absent", rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def unregistered(stage: Stage) -> None:
    device = stage.start("NOBODYS", on_duty=False, registered=False)
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim="absent", rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def will_after_birth(stage: Stage) -> None:
    device = stage.start("LATEWILL")
    device.will(stage.t("10:00"))
    device.online(stage.t("10:00:20"))
    device.live(stage.t("10:00:40"), END)


def event_over_power_off(stage: Stage) -> None:
    device = stage.start("TOLD")
    device.will(stage.t("10:00"))
    device.keep(stage.t("10:00:03"), "event", type="sim_removed")
    kept, device.flash = device.flash, []
    device.boot(stage.t("10:39:50"))
    device.flash = kept
    device.online(stage.t("10:40"))
    device.live(stage.t("10:40:30"), END)


def lent(stage: Stage) -> None:
    """Somebody of another unit is logged in for half an hour, on a link that is made anew each eight minutes."""
    stage.bureau.person("P-BORROWER", unit_id="U02")
    device = stage.start("LENT")
    device.say(stage.t("10:00"), "event", type="login", detail={"officer_id": "P-BORROWER"})
    device.officer = "P-BORROWER"
    for start, end in (("10:00:10", "10:08"), ("10:08:10", "10:16"), ("10:16:10", "10:24"), ("10:24:10", "10:30")):
        device.live(stage.t(start), stage.t(end))
        device.online(stage.t(end))
    device.say(stage.t("10:30:02"), "event", type="login", detail={"officer_id": "P-LENT"})
    device.officer = None
    device.live(stage.t("10:30:10"), END)


def docked_without_goodbye(stage: Stage) -> None:
    device = stage.start("DOCKED")
    device.say(stage.t("10:00"), "event", type="docked")
    device.will(stage.t("10:00:05"))
    device.online(stage.t("10:40"))
    device.say(stage.t("10:40:01"), "event", type="undocked")
    device.live(stage.t("10:40:30"), END)


def boot_without_time(stage: Stage) -> None:
    """The backlog of a boot under 1970 that was never live: when it had fewer files can't be told."""
    device = stage.start("NOTIME")
    device.goodbye(stage.t("10:00"), "power_off")
    device.boot(stage.t("10:29:50"))
    for seq in range(4):
        device.flash.append(
            {
                "kind": "storage",
                "ts": f"1970-01-01T00:0{seq}:12+00:00",
                "boot": "NOTIMEold",
                "seq": seq,
                "total_mb": 65536,
                "free_mb": 42000,
                "files": 9,
            }
        )
    device.online(stage.t("10:30"))
    device.live(stage.t("10:30:01"), END)


def event_in_a_short_gap(stage: Stage) -> None:
    """Pulled, switched off and back within three heartbeats of two minutes; only the event was kept."""
    device = stage.start("BRIEF", heartbeat_s=120)
    device.will(stage.t("10:00"))
    device.keep(stage.t("10:00:03"), "event", type="sim_removed")
    kept, device.flash = device.flash, []
    device.boot(stage.t("10:03:40"))
    device.flash = kept
    device.online(stage.t("10:04"))
    device.live(stage.t("10:04:30"), END)


def came_without_a_card(stage: Stage) -> None:
    """Never heard before: switched on without its card on duty, in service half an hour later."""
    stage.bureau.recorder("NOCARD")
    stage.bureau.on_duty("P-NOCARD", "NOCARD")
    device = Device(stage.tape, "NOCARD")
    device.boot(stage.t("09:20"))
    device.cut_off(stage.t("09:20:05"), stage.t("09:50"), sim="absent", rsrp=GOOD)
    device.online(stage.t("09:50:10"))
    device.live(stage.t("09:50:30"), END)


def came_slowly(stage: Stage) -> None:
    """Never heard before either, and its SIM only isn't ready at once."""
    stage.bureau.recorder("COMING")
    stage.bureau.on_duty("P-COMING", "COMING")
    device = Device(stage.tape, "COMING")
    device.boot(stage.t("09:20"))
    device.cut_off(stage.t("09:20:05"), stage.t("09:20:50"), sim="absent", rsrp=GOOD)
    device.cut_off(stage.t("09:21"), stage.t("09:35"))
    device.online(stage.t("09:35:10"))
    device.live(stage.t("09:35:30"), END)


def unrecorded(stage: Stage) -> None:
    device = stage.start("IDLE")
    stage.bureau.add(
        "activities",
        id="A-IDLE",
        officer_id="P-IDLE",
        kind="inspection",
        starts_at=stage.t("10:10"),
        ends_at=stage.t("10:40"),
        times_from="device",
    )
    device.live(stage.t("10:00"), END)


def recorded_in_a_garage(stage: Stage) -> None:
    device = stage.start("UNDER")
    stage.bureau.add(
        "activities",
        id="A-UNDER",
        officer_id="P-UNDER",
        kind="inspection",
        starts_at=stage.t("10:10"),
        ends_at=stage.t("10:40"),
        times_from="device",
    )
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:09:50"))
    device.record(stage.t("10:09:55"), kept=True)
    device.cut_off(stage.t("10:10"), stage.t("10:40:30"))
    device.stop(stage.t("10:40:40"), kept=True)
    device.cut_off(stage.t("10:41"), stage.t("11:30"))
    device.online(stage.t("11:30:10"))
    device.live(stage.t("11:30:30"), END)


def paused(stage: Stage) -> None:
    device = stage.start("PAUSE")
    stage.bureau.add(
        "activities",
        id="A-PAUSE",
        officer_id="P-PAUSE",
        kind="penalty",
        starts_at=stage.t("10:10"),
        ends_at=stage.t("10:40"),
        times_from="checkin",
    )
    device.live(stage.t("10:00"), stage.t("10:10"))
    device.record(stage.t("10:10:05"))
    device.live(stage.t("10:10:10"), stage.t("10:20"))
    device.stop(stage.t("10:20"))
    device.live(stage.t("10:20:10"), stage.t("10:25"))
    device.record(stage.t("10:25"))
    device.live(stage.t("10:25:10"), stage.t("10:40"))
    device.stop(stage.t("10:40"))
    device.live(stage.t("10:40:10"), END)


def partner_recorded(stage: Stage) -> None:
    first = stage.start("FIRST")
    second = stage.start("SECOND")
    stage.bureau.add(
        "activities",
        id="A-TEAM",
        officer_id="P-FIRST",
        officer_ids=["P-FIRST", "P-SECOND"],
        kind="inspection",
        starts_at=stage.t("10:10"),
        ends_at=stage.t("10:40"),
        times_from="device",
    )
    first.live(stage.t("10:00"), END)
    second.live(stage.t("10:00"), stage.t("10:09:50"))
    second.record(stage.t("10:09:55"))
    second.live(stage.t("10:10"), stage.t("10:40"))
    second.stop(stage.t("10:40:05"))
    second.live(stage.t("10:40:30"), END)


CASES: list[Callable[[Stage], None]] = [
    pulled,
    pulled_then_off,
    off_and_on,
    asleep,
    switched_on_in_a_garage,
    key_held,
    dead_zone,
    pulled_in_dead_zone,
    swapped,
    swapped_fast,
    unsensed_pull,
    unsensed_slow,
    unsensed_then_off,
    unsensed_dead_zone,
    flicker,
    not_ready_after_boot,
    changed_lawfully,
    in_repair,
    somebody_else_logged_in,
    off_duty,
    load_test_device,
    unregistered,
    will_after_birth,
    event_over_power_off,
    event_in_a_short_gap,
    came_without_a_card,
    came_slowly,
    lent,
    docked_without_goodbye,
    boot_without_time,
    unrecorded,
    recorded_in_a_garage,
    paused,
    partner_recorded,
]


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Incidents:
    folder = tmp_path_factory.mktemp("hand")
    stage = Stage()
    for case in CASES:
        case(stage)
        stage.offset += timedelta(minutes=3)
    stage.tape.write(folder / "trace.jsonl")
    stage.bureau.write(folder / "facts.json")
    out = folder / "incidents.json"
    asyncio.run(run_backtest(folder / "facts.json", folder / "trace.jsonl", END + timedelta(hours=6), out))
    found: Incidents = json.loads(Path(out).read_text("utf-8"))
    return found


def of(incidents: Incidents, recorder_id: str, rule: str = "sim-removed") -> Incidents:
    return [
        i for i in incidents if i["recorder_id"] == recorder_id and i["rule"] == rule and i["status"] != "withdrawn"
    ]


@pytest.mark.parametrize("recorder_id", ["PULLED", "PULLOFF", "DEEP", "TOLD", "BRIEF", "NOCARD", "SWAP", "FAST"])
def test_a_measured_pull_is_confirmed_and_names_its_one_wearer(incidents: Incidents, recorder_id: str) -> None:
    (incident,) = of(incidents, recorder_id)
    assert ("confirmed", "transfer", f"P-{recorder_id}", "open", "sim_removed") == (
        incident["confidence"],
        incident["weight"],
        incident["officer_id"],
        incident["status"],
        incident["cause"],
    )
    assert f"W-P-{recorder_id}" == incident["shift_id"]


@pytest.mark.parametrize(
    "recorder_id",
    [
        *("KEYOFF", "KEYHELD", "GARAGE", "STALE", "FLICKER", "SLOWSIM", "NEWCARD", "OFFDUTY", "LOADTEST", "NOBODYS"),
        *("LATEWILL", "IDLE", "UNDER", "COMING"),
    ],
)
def test_what_is_no_pull_accuses_nobody(incidents: Incidents, recorder_id: str) -> None:
    assert [] == [i for i in of(incidents, recorder_id) if i["confidence"] != "suspected"]


@pytest.mark.parametrize("recorder_id", ["BLIND", "SLOW", "BLINDOFF"])
def test_a_model_that_cannot_sense_its_sim_is_checked_and_never_a_slip(incidents: Incidents, recorder_id: str) -> None:
    (incident,) = of(incidents, recorder_id)
    assert ("probable", "check") == (incident["confidence"], incident["weight"])


def test_a_recorder_is_lent_once_however_often_its_link_is_made_anew(incidents: Incidents) -> None:
    (incident,) = of(incidents, "LENT", "recorder-lent")
    lasted = datetime.fromisoformat(incident["ends_at"]) - datetime.fromisoformat(incident["starts_at"])
    assert (None, "check") == (incident["officer_id"], incident["weight"])
    assert timedelta(minutes=29) < lasted < timedelta(minutes=31)


def test_a_dock_that_was_told_of_is_no_loss(incidents: Incidents) -> None:
    assert [] == of(incidents, "DOCKED") + of(incidents, "DOCKED", "recorder-offline")


def test_readings_of_a_time_that_nothing_tells_prove_no_loss_of_footage(incidents: Incidents) -> None:
    assert [] == of(incidents, "NOTIME", "footage-removed")


def test_a_pull_under_repair_is_excused_or_nothing(incidents: Incidents) -> None:
    assert {"excused"} >= {i["status"] for i in of(incidents, "REPAIR")}


def test_a_doubtful_wearer_leaves_the_unit_and_no_name(incidents: Incidents) -> None:
    (incident,) = of(incidents, "DOUBT")
    assert (None, "U01", "check") == (incident["officer_id"], incident["unit_id"], incident["weight"])


@pytest.mark.parametrize("recorder_id", ["SWAP", "FAST"])
def test_a_foreign_card_lasts_from_the_loss_until_a_bound_one_is_back(incidents: Incidents, recorder_id: str) -> None:
    (incident,) = of(incidents, recorder_id)
    lasted = datetime.fromisoformat(incident["ends_at"]) - datetime.fromisoformat(incident["starts_at"])
    assert timedelta(minutes=64) < lasted < timedelta(minutes=66)


@pytest.mark.parametrize(
    ("recorder_id", "cause"),
    [
        ("KEYOFF", "power_off"),
        ("ASLEEP", "asleep"),
        ("KEYHELD", "power_off"),
        ("GARAGE", "no_coverage"),
        ("STALE", "no_coverage"),
    ],
)
def test_a_long_silence_on_duty_has_its_cause(incidents: Incidents, recorder_id: str, cause: str) -> None:
    (incident,) = of(incidents, recorder_id, "recorder-offline")
    assert (cause, "resolved") == (incident["cause"], incident["status"])


def test_a_pull_is_no_offline_incident_beside_it(incidents: Incidents) -> None:
    assert [] == of(incidents, "PULLED", "recorder-offline")


def test_an_idle_recorder_leaves_its_activity_unrecorded_for_certain(incidents: Incidents) -> None:
    (incident,) = of(incidents, "IDLE", "activity-unrecorded")
    assert ("confirmed", "transfer", "P-IDLE", "A-IDLE") == (
        incident["confidence"],
        incident["weight"],
        incident["officer_id"],
        incident["activity_id"],
    )
    waited = datetime.fromisoformat(incident["detected_at"]) - datetime.fromisoformat(incident["ends_at"])
    assert timedelta(minutes=30) <= waited <= timedelta(minutes=31)


def test_a_recorder_in_a_garage_was_suspected_and_is_cleared(incidents: Incidents) -> None:
    found = [i for i in incidents if i["activity_id"] == "A-UNDER" and i["weight"] is not None]
    assert {("activity-unrecorded", "withdrawn", "suspected")} == {
        (i["rule"], i["status"], i["confidence"]) for i in found
    }


def test_a_pause_is_listed_with_its_times(incidents: Incidents) -> None:
    (incident,) = of(incidents, "PAUSE", "recording-incomplete")
    assert "confirmed" == incident["confidence"]
    ((start, end),) = incident["evidence"]["facts"]["gaps"]
    assert timedelta(minutes=5) == datetime.fromisoformat(end) - datetime.fromisoformat(start)


def test_a_partner_s_recording_counts_for_both(incidents: Incidents) -> None:
    assert [] == [i for i in incidents if i["activity_id"] == "A-TEAM"]


def test_those_who_did_their_duty_are_told_nothing_of(incidents: Incidents) -> None:
    named = [i for i in incidents if i["recorder_id"] is not None and i["recorder_id"][:2] in {"N0", "N1"}]
    assert [] == [(i["rule"], i["status"]) for i in named if i["weight"] != "reminder"]


def test_who_is_logged_in_at_a_boot_s_first_birth_was_so_since_power_on(incidents: Incidents) -> None:
    said = [i for i in incidents if i["activity_id"] == "A-LOGIN" and i["status"] != "withdrawn"]
    assert [] == [(i["rule"], i["status"]) for i in said]
