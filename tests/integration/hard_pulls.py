"""Tests: the hard cases in which a card is taken out or changed, whoever did it and whether or not it may be."""

from datetime import timedelta

from hard_case_fleet import END, GOOD, HardCaseFleet
from trace_builder import Device, at, card_of

PRIVATE = "89860099999999999999"


def pulled(stage: HardCaseFleet) -> None:
    device = stage.start("PULLED")
    stage.cut_off_until(device, "10:20", sim="absent", rsrp=GOOD)


def pulled_then_off(stage: HardCaseFleet) -> None:
    device = stage.start("PULLOFF")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:03"), sim="absent", rsrp=GOOD)
    kept = device.flash
    device.flash = []
    device.boot(stage.t("10:39:50"))
    device.flash = kept
    device.online(stage.t("10:40"), last_end="key")
    device.live(stage.t("10:40:30"), END)


def pulled_in_dead_zone(stage: HardCaseFleet) -> None:
    device = stage.start("DEEP")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:10"))
    device.cut_off(stage.t("10:10"), stage.t("10:20"), sim="absent")
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def swapped(stage: HardCaseFleet) -> None:
    device = stage.start("SWAP")
    device.will(stage.t("10:00"))
    device.boot(stage.t("10:09:50"))
    device.iccid = PRIVATE
    device.online(stage.t("10:10"))
    device.live(stage.t("10:10:30"), stage.t("11:00"))
    device.goodbye(stage.t("11:00"), "power_off")
    device.boot(stage.t("11:04:50"))
    device.iccid = card_of(device.recorder_id)
    device.online(stage.t("11:05"))
    device.live(stage.t("11:05:30"), END)


def swapped_fast(stage: HardCaseFleet) -> None:
    """Gone for less than three heartbeats of two minutes; only births name the card."""
    device = stage.start("FAST", senses=False, heartbeat_s=120, names_card=False)
    device.will(stage.t("10:00"))
    device.iccid = PRIVATE
    device.online(stage.t("10:04"))
    device.live(stage.t("10:04:30"), stage.t("10:30"))
    device.online(stage.t("10:30"))
    device.live(stage.t("10:30:30"), stage.t("11:00"))
    device.iccid = card_of(device.recorder_id)
    device.online(stage.t("11:04"))
    device.live(stage.t("11:04:30"), END)


def swapped_and_told_once(stage: HardCaseFleet) -> None:
    """The slot is measured empty for a quarter of an hour; of the card that is in afterwards only one birth tells."""
    device = stage.start("SWAPONCE", names_card=False)
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:15"), sim="absent", rsrp=GOOD)
    device.iccid = PRIVATE
    device.online(stage.t("10:15:10"))
    device.live(stage.t("10:15:30"), END)


def unsensed_pull(stage: HardCaseFleet) -> None:
    device = stage.start("BLIND", senses=False)
    stage.cut_off_until(device, "10:20", sim=None, rsrp=GOOD)


def unsensed_slow(stage: HardCaseFleet) -> None:
    """Its silence shows only after three heartbeats of two minutes; no will came."""
    device = stage.start("SLOW", senses=False, heartbeat_s=120)
    device.cut_off(stage.t("10:00:05"), stage.t("10:20"), sim=None, rsrp=GOOD)
    device.online(stage.t("10:20:10"))
    device.live(stage.t("10:20:30"), END)


def unsensed_then_off(stage: HardCaseFleet) -> None:
    device = stage.start("BLINDOFF", senses=False)
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:10"), sim=None, rsrp=GOOD)
    kept, device.flash = device.flash, []
    device.boot(stage.t("10:39:50"))
    device.flash = kept
    device.online(stage.t("10:40"), last_end="key")
    device.live(stage.t("10:40:30"), END)


def event_over_power_off(stage: HardCaseFleet) -> None:
    device = stage.start("TOLD")
    device.will(stage.t("10:00"))
    device.keep(stage.t("10:00:03"), "event", type="sim_removed")
    kept, device.flash = device.flash, []
    device.boot(stage.t("10:39:50"))
    device.flash = kept
    device.online(stage.t("10:40"))
    device.live(stage.t("10:40:30"), END)


def event_in_a_short_gap(stage: HardCaseFleet) -> None:
    """Pulled, switched off and back within three heartbeats of two minutes; only the event was kept."""
    device = stage.start("BRIEF", heartbeat_s=120)
    device.will(stage.t("10:00"))
    device.keep(stage.t("10:00:03"), "event", type="sim_removed")
    kept, device.flash = device.flash, []
    device.boot(stage.t("10:03:40"))
    device.flash = kept
    device.online(stage.t("10:04"))
    device.live(stage.t("10:04:30"), END)


def came_without_a_card(stage: HardCaseFleet) -> None:
    """Never heard before: switched on without its card on duty, in service half an hour later."""
    stage.bureau.recorder("NOCARD")
    stage.bureau.on_duty("P-NOCARD", "NOCARD")
    device = Device(stage.trace, "NOCARD")
    device.boot(stage.t("09:20"))
    device.cut_off(stage.t("09:20:05"), stage.t("09:50"), sim="absent", rsrp=GOOD)
    device.online(stage.t("09:50:10"))
    device.live(stage.t("09:50:30"), END)


def changed_lawfully(stage: HardCaseFleet) -> None:
    device = stage.start("NEWCARD")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:12"), sim="absent", rsrp=GOOD)
    device.iccid = "89860012345678907777"
    stage.bureau.add("sim_bindings", recorder_id="NEWCARD", iccid=device.iccid, valid_from=stage.t("10:08"))
    device.online(stage.t("10:12:10"))
    device.live(stage.t("10:12:30"), END)


def in_repair(stage: HardCaseFleet) -> None:
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
    stage.cut_off_until(device, "10:20", sim="absent", rsrp=GOOD)


def somebody_else_logged_in(stage: HardCaseFleet) -> None:
    stage.bureau.person("P-OTHER")
    device = stage.start("DOUBT", officer="P-OTHER")
    stage.cut_off_until(device, "10:20", sim="absent", rsrp=GOOD)


def off_duty(stage: HardCaseFleet) -> None:
    device = stage.start("OFFDUTY", on_duty=False)
    stage.cut_off_until(device, "10:20", sim="absent", rsrp=GOOD)


def load_test_device(stage: HardCaseFleet) -> None:
    device = stage.start("LOADTEST", status="test")
    stage.cut_off_until(device, "10:20", sim="absent", rsrp=GOOD)


def unregistered(stage: HardCaseFleet) -> None:
    device = stage.start("NOBODYS", on_duty=False, registered=False)
    stage.cut_off_until(device, "10:20", sim="absent", rsrp=GOOD)


def pulled_under_a_slow_clock(stage: HardCaseFleet) -> None:
    """Handed over at 11:00, pulled some minutes later; its clock, half an hour behind, is right again once it is back."""
    stage.bureau.recorder("SLOWCLOCK")
    for who, start, end in (("P-BEFORE", "09:00", "11:00"), ("P-SLOWCLOCK", "11:00", "13:00")):
        stage.bureau.person(who)
        stage.bureau.add("assignments", recorder_id="SLOWCLOCK", officer_id=who, starts_at=at(start), ends_at=at(end))
        stage.bureau.add("shifts", id=f"W-{who}", officer_id=who, starts_at=at(start), ends_at=at(end), kind="patrol")
    device = Device(stage.trace, "SLOWCLOCK", slow=timedelta(minutes=30))
    device.boot(at("08:30"))
    device.online(at("08:30:04"))
    device.live(at("08:31"), at("11:08"))
    device.will(at("11:08"))
    device.cut_off(at("11:08:05"), at("11:19"), sim="absent", rsrp=GOOD)
    device.slow = timedelta(0)
    device.online(at("11:20"))
    device.live(at("11:20:30"), END)


def exempt_as_is_entered_later(stage: HardCaseFleet) -> None:
    """The card was out while he was in plain clothes, which nobody had entered yet; no fact names the recorder."""
    device = stage.start("EXEMPT")
    stage.cut_off_until(device, "10:20", sim="absent", rsrp=GOOD)
    stage.bureau.add(
        "exemptions",
        officer_id="P-EXEMPT",
        starts_at=stage.t("09:50"),
        ends_at=stage.t("10:40"),
        reason="plain_clothes",
        approved_by="P-N00",
        entered_at=at("20:00"),
    )


def off_duty_as_is_entered_later(stage: HardCaseFleet) -> None:
    """A foreign card in a shift that, as is entered hours later, was cancelled."""
    device = stage.device("CANCELLED", on_duty=False)
    stage.bureau.person("P-CANCELLED")
    stage.bureau.add(
        "assignments", recorder_id="CANCELLED", officer_id="P-CANCELLED", starts_at=at("08:00"), ends_at=at("18:00")
    )
    stage.bureau.add(
        "shifts",
        id="W-CANCELLED",
        officer_id="P-CANCELLED",
        starts_at=at("09:00"),
        ends_at=at("13:00"),
        kind="patrol",
        cancelled_at=at("20:00"),
    )
    device.live(at("08:31"), stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:02"), rsrp=GOOD)
    device.iccid = PRIVATE
    device.online(stage.t("10:02:10"))
    device.live(stage.t("10:02:30"), END)
