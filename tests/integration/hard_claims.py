"""Tests: the hard cases of what a login, a hand-out, a report and one single reading are worth."""

from datetime import timedelta

from hard_case_fleet import END, HardCaseFleet
from trace_builder import Device, at, card_of

PRIVATE = "89860099999999999999"


def _spare(stage: HardCaseFleet, name: str, officer: str | None, *, on: str = "09:30") -> Device:
    """A recorder in nobody's care on which *officer* is logged in from the start."""
    stage.bureau.recorder(name, status="spare")
    device = Device(stage.trace, name, officer=officer)
    device.boot(at(on))
    device.online(at(f"{on}:04"))
    return device


def framed(stage: HardCaseFleet) -> None:
    """Somebody logs in on a spare as an officer who has his own, records on it all morning, and pulls the spare's SIM."""
    victim = stage.device("VICTIM")
    victim.live(at("08:31"), END)
    device = _spare(stage, "FRAME", "P-VICTIM")
    device.live(at("09:31"), stage.t("10:00"))
    stage.cut_off_until(device, "10:20", sim="absent")


def framed_in_a_pool(stage: HardCaseFleet) -> None:
    """The same where nothing is handed out: the officer is logged in on his own of the pool."""
    stage.bureau.person("P-POOL")
    stage.bureau.add(
        "shifts", id="W-P-POOL", officer_id="P-POOL", starts_at=at("09:00"), ends_at=at("13:00"), kind="patrol"
    )
    own = _spare(stage, "POOL", "P-POOL", on="08:30")
    own.live(at("08:31"), END)
    device = _spare(stage, "POOLFRAME", "P-POOL")
    device.live(at("09:31"), stage.t("10:00"))
    stage.cut_off_until(device, "10:20", sim="absent")


def framed_by_his_own(stage: HardCaseFleet) -> None:
    """The same where his own is in his care by the register only, names nobody, and is on beside him."""
    stage.bureau.person("P-KEEPER")
    stage.bureau.add(
        "shifts", id="W-P-KEEPER", officer_id="P-KEEPER", starts_at=at("09:00"), ends_at=at("13:00"), kind="patrol"
    )
    stage.bureau.recorder("KEEPER", holder_id="P-KEEPER")
    own = Device(stage.trace, "KEEPER")
    own.boot(at("08:30"))
    own.online(at("08:30:04"))
    own.live(at("08:31"), END)
    device = _spare(stage, "KEEPFRAME", "P-KEEPER")
    device.live(at("09:31"), stage.t("10:00"))
    stage.cut_off_until(device, "10:20", sim="absent")


def took_a_spare_himself(stage: HardCaseFleet) -> None:
    """His own in his care is switched off, he takes a spare and logs in: it is his, and so is the pull."""
    stage.bureau.person("P-TAKER")
    stage.bureau.add(
        "shifts", id="W-P-TAKER", officer_id="P-TAKER", starts_at=at("09:00"), ends_at=at("13:00"), kind="patrol"
    )
    stage.bureau.recorder("LEFTOFF", holder_id="P-TAKER")
    own = Device(stage.trace, "LEFTOFF")
    own.boot(at("08:30"))
    own.online(at("08:30:04"))
    own.live(at("08:31"), at("09:31"))
    own.goodbye(at("09:31"), "power_off")
    device = _spare(stage, "TOOK", "P-TAKER")
    device.live(at("09:31"), stage.t("10:00"))
    stage.cut_off_until(device, "10:20", sim="absent")


def handed_out_after_it_worked_again(stage: HardCaseFleet) -> None:
    """His own was reported the day before and works again, though nobody has closed the report; then a spare is thrust on him."""
    victim = stage.device("WORKS")
    victim.live(at("08:31"), END)
    report = {"officer_id": "P-WORKS", "recorder_id": "WORKS", "kind": "fault"}
    stage.bureau.add("fault_reports", reported_at=at("20:00", 1), repair_at=at("21:00", 1), **report)
    told = {"recorder_id": "THRUST2", "officer_id": "P-WORKS", "reason": "spare"}
    stage.bureau.add("assignments", starts_at=at("09:31"), ends_at=at("18:00"), **told)
    device = _spare(stage, "THRUST2", None)
    device.live(at("09:32"), stage.t("10:00"))
    stage.cut_off_until(device, "10:20", sim="absent")


def handed_out_unasked(stage: HardCaseFleet) -> None:
    """A custodian hands a spare to an officer on patrol who wears his own; its SIM is pulled, and he never had it."""
    victim = stage.device("UNASKED")
    victim.live(at("08:31"), END)
    stage.bureau.add(
        "assignments", recorder_id="THRUST", officer_id="P-UNASKED", starts_at=at("09:31"), ends_at=at("18:00")
    )
    device = _spare(stage, "THRUST", None)
    device.live(at("09:32"), stage.t("10:00"))
    stage.cut_off_until(device, "10:20", sim="absent")


def handed_out_and_confirmed(stage: HardCaseFleet) -> None:
    """The same, and he logs in on it: it is his, and so is the pull."""
    victim = stage.device("ASKED")
    victim.live(at("08:31"), at("09:20"))
    victim.goodbye(at("09:20"), "power_off")
    told = {"recorder_id": "TAKEN", "officer_id": "P-ASKED", "reason": "spare"}
    stage.bureau.add("assignments", starts_at=at("09:29"), ends_at=at("18:00"), **told)
    device = _spare(stage, "TAKEN", "P-ASKED")
    device.live(at("09:31"), stage.t("10:00"))
    stage.cut_off_until(device, "10:20", sim="absent")


def reported_from_the_dock(stage: HardCaseFleet) -> None:
    """It dies of battery, is put into the dock, and is reported from there: the report excuses from the failure on."""
    device = stage.device("DOCKREPORT")
    stage.activity("DOCKREPORT", at("11:00"), at("11:30"))
    device.level = 40.0
    device.live(at("08:31"), at("10:00"))
    device.level = 5.0
    device.live(at("10:00"), at("10:30"))
    device.goodbye(at("10:30"), "low_battery")
    device.boot(at("12:00"))
    device.online(at("12:00:04"))
    device.say(at("12:00:08"), "event", type="docked")
    device.live(at("12:00:10"), at("12:10"), network="wifi")
    device.goodbye(at("12:10"), "docked")
    report = {"officer_id": "P-DOCKREPORT", "recorder_id": "DOCKREPORT", "kind": "battery"}
    stage.bureau.add("fault_reports", reported_at=at("12:45"), **report)


def reported_after_it_worked_again(stage: HardCaseFleet) -> None:
    """A fault that a restart mended; reported in the evening. What it left unrecorded hours later is not excused."""
    device = stage.device("MENDED")
    stage.activity("MENDED", at("11:00"), at("11:30"))
    device.live(at("08:31"), at("09:40"))
    device.say(at("09:40"), "event", type="fault", detail={"code": "E17"})
    device.boot(at("09:43"))
    device.online(at("09:43:04"))
    device.live(at("09:43:10"), END)
    report = {"officer_id": "P-MENDED", "recorder_id": "MENDED", "kind": "fault"}
    stage.bureau.add("fault_reports", reported_at=at("16:00"), **report)


def backlog_in_two_parts(stage: HardCaseFleet) -> None:
    """What was recorded in a garage arrives in two parts, hours apart; until then the holes of `seq` show that it is missing."""
    device = stage.start("TWOPARTS")
    stage.activity("TWOPARTS", stage.t("10:10"), stage.t("10:40"))
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:09:50"))
    device.record(stage.t("10:09:55"), kept=True)
    device.cut_off(stage.t("10:10"), stage.t("10:52:30"))
    device.stop(stage.t("10:52:40"), kept=True)
    withheld, device.flash = device.flash, []
    device.cut_off(stage.t("10:53"), stage.t("11:00"))
    device.online(stage.t("11:00:10"))
    device.live(stage.t("11:00:30"), END)
    device.flash = withheld
    device.flush(END + timedelta(hours=3))


def card_read_once(stage: HardCaseFleet) -> None:
    """One birth names a card that isn't its own, and nothing else ever does."""
    device = stage.start("ONCE", names_card=False)
    device.will(stage.t("10:00"))
    device.iccid = PRIVATE
    device.online(stage.t("10:04"))
    device.iccid = card_of(device.recorder_id)
    device.live(stage.t("10:04:30"), stage.t("11:00"))
    device.online(stage.t("11:00"))
    device.live(stage.t("11:00:30"), END)


def card_read_wrong_after_a_boot(stage: HardCaseFleet) -> None:
    """Its modem names another card in its birth and first heartbeat, and its own from then on."""
    device = stage.start("LATECARD")
    device.goodbye(stage.t("10:00"), "power_off")
    device.boot(stage.t("10:02"))
    device.iccid = PRIVATE
    device.online(stage.t("10:02:04"))
    device.live(stage.t("10:02:08"), stage.t("10:02:09"))
    device.iccid = card_of(device.recorder_id)
    device.live(stage.t("10:02:20"), END)


def storage_away_for_a_while(stage: HardCaseFleet) -> None:
    """Its memory card is not mounted for ten minutes, and is as full as before afterwards."""
    device = stage.start("UNMOUNTED")
    for number in range(10):
        moment = stage.t("10:00") + timedelta(minutes=number)
        device.say(moment, "storage", total_mb=0, free_mb=0, files=0)
    device.live(stage.t("10:11"), END)


def one_zero_charge(stage: HardCaseFleet) -> None:
    device = stage.start("ZERO")
    device.say(stage.t("10:00"), "battery", level_pct=0, charging=False)
    device.live(stage.t("10:00:30"), END)
