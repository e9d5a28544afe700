"""Tests: the hard cases of who wears a recorder, and of what he records of his duty."""

from datetime import timedelta

from hard_case_fleet import END, HardCaseFleet
from trace_builder import Device, at


def switched_on_in_a_garage(stage: HardCaseFleet) -> None:
    """No assignment, no holder: that its officer is logged in it says only once it is out, half an hour later."""
    stage.bureau.recorder("LOGIN")
    stage.bureau.person("P-LOGIN")
    stage.bureau.add(
        "shifts", id="W-LOGIN", officer_id="P-LOGIN", starts_at=at("09:00"), ends_at=at("13:00"), kind="patrol"
    )
    stage.activity("LOGIN", at("09:05"), at("09:20"))
    device = Device(stage.trace, "LOGIN", officer="P-LOGIN")
    device.boot(at("08:55"))
    device.cut_off(at("08:55:05"), at("09:05"))
    device.record(at("09:05"), kept=True)
    device.cut_off(at("09:05:10"), at("09:20"))
    device.stop(at("09:20"), kept=True)
    device.cut_off(at("09:20:10"), at("09:40"))
    device.online(at("09:40:10"))
    device.live(at("09:40:30"), END)


def lent(stage: HardCaseFleet) -> None:
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


def unrecorded(stage: HardCaseFleet) -> None:
    device = stage.start("IDLE")
    stage.activity("IDLE", stage.t("10:10"), stage.t("10:40"))
    device.live(stage.t("10:00"), END)


def recorded_in_a_garage(stage: HardCaseFleet) -> None:
    device = stage.start("UNDER")
    stage.activity("UNDER", stage.t("10:10"), stage.t("10:40"))
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:09:50"))
    device.record(stage.t("10:09:55"), kept=True)
    device.cut_off(stage.t("10:10"), stage.t("10:40:30"))
    device.stop(stage.t("10:40:40"), kept=True)
    device.cut_off(stage.t("10:41"), stage.t("11:30"))
    device.online(stage.t("11:30:10"))
    device.live(stage.t("11:30:30"), END)


def paused(stage: HardCaseFleet) -> None:
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


def partner_recorded(stage: HardCaseFleet) -> None:
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


def recorded_on_after_a_fault(stage: HardCaseFleet) -> None:
    """A fault was told of and passed; what the second activity lacks at its entered end is no matter of that fault."""
    device = stage.device("FAULTY")
    for name, start, end in (("A-FAULTY", "09:50", "10:10"), ("A-LATER", "11:00", "11:25")):
        stage.bureau.add(
            "activities",
            id=name,
            officer_id="P-FAULTY",
            kind="inspection",
            starts_at=at(start),
            ends_at=at(end),
            times_from="manual",
        )
    device.live(at("08:31"), at("09:40"))
    device.say(at("09:40"), "event", type="fault", detail={"code": "E2"})
    device.live(at("09:40:10"), at("09:50"))
    device.record(at("09:50"))
    device.live(at("09:50:10"), at("10:10"))
    device.stop(at("10:10"))
    device.live(at("10:10:10"), END)


def imported_by_its_own_clock(stage: HardCaseFleet) -> None:
    """Its clock is half an hour behind, and the station tells by that clock what it took in."""
    device = stage.device("OWNCLOCK", slow=timedelta(minutes=30))
    device.live(at("08:31"), at("09:05"))
    device.record(at("09:05"))
    device.live(at("09:05:10"), at("09:20"))
    device.stop(at("09:20"))
    device.live(at("09:20:10"), END)
    stage.bureau.add(
        "dock_imports",
        recorder_id="OWNCLOCK",
        station_id="ST1",
        docked_at=at("13:30"),
        imported_at=at("14:00"),
        files=1,
        megabytes=300,
        recorded_from=at("08:35"),
        recorded_to=at("08:50"),
    )


def states_that_cannot_be_read(stage: HardCaseFleet) -> None:
    """He films the whole activity; a firmware of that morning calls the state `REC_ON`, and only later `standby` again."""
    device = stage.device("GARBLED", state_every=8)
    stage.activity("GARBLED", at("10:00"), at("10:30"))
    device.live(at("08:31"), at("09:50"))
    began = len(stage.trace.lines)
    device.record(at("09:58"))
    device.live(at("09:58:10"), at("10:32"))
    stage.trace.garble(began, "recording", state="REC_ON")
    device.stop(at("10:32"))
    device.live(at("10:32:10"), END)


def states_that_are_never_read_again(stage: HardCaseFleet) -> None:
    """The same, and no state can be read for the rest of the day."""
    device = stage.device("UNREAD", state_every=8)
    stage.activity("UNREAD", at("10:00"), at("10:30"))
    device.live(at("08:31"), at("09:50"))
    began = len(stage.trace.lines)
    device.record(at("09:58"))
    device.live(at("09:58:10"), at("10:32"))
    device.stop(at("10:32"))
    device.live(at("10:32:10"), END)
    stage.trace.garble(began, "recording", state="REC_ON")


def imported_while_no_heartbeat_is_read(stage: HardCaseFleet) -> None:
    """Its clock is four minutes ahead, and no heartbeat about the recording can be read; the station's times are right."""
    device = stage.device("AHEAD", slow=timedelta(minutes=-4))
    device.live(at("08:31"), at("08:50"))
    began = len(stage.trace.lines)
    device.live(at("08:50"), at("09:05"))
    device.record(at("09:05"))
    device.live(at("09:05:10"), at("09:20"))
    device.stop(at("09:20"))
    device.live(at("09:20:10"), at("09:40"))
    stage.trace.garble(began, "heartbeat", uptime_s="many")
    device.live(at("09:40"), END)
    times = {"docked_at": at("13:30"), "imported_at": at("14:00")}
    bounds = {"recorded_from": at("09:05"), "recorded_to": at("09:20")}
    stage.bureau.add("dock_imports", recorder_id="AHEAD", station_id="ST1", files=1, megabytes=300, **times, **bounds)


def recorded_in_a_garage_by_a_slow_clock(stage: HardCaseFleet) -> None:
    """Its clock is three minutes behind; all that tells of the recording comes an hour later, after the garage."""
    device = stage.start("SLOWUNDER", slow=timedelta(minutes=3))
    stage.activity("SLOWUNDER", stage.t("10:10"), stage.t("10:40"))
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:09:50"))
    device.record(stage.t("10:09:55"), kept=True)
    device.cut_off(stage.t("10:10"), stage.t("10:40:30"))
    device.stop(stage.t("10:40:40"), kept=True)
    device.cut_off(stage.t("10:41"), stage.t("11:30"))
    device.online(stage.t("11:30:10"))
    device.live(stage.t("11:30:30"), END)
