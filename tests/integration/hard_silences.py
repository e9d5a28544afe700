"""Tests: the hard cases in which a recorder is silent, or was, and nobody has touched its card."""

from datetime import timedelta

from hard_case_fleet import END, GOOD, HardCaseFleet
from trace_builder import Device, at


def off_and_on(stage: HardCaseFleet) -> None:
    device = stage.start("KEYOFF")
    device.goodbye(stage.t("10:00"), "power_off")
    device.boot(stage.t("10:29:50"))
    device.online(stage.t("10:30"))
    device.live(stage.t("10:30:30"), END)


def asleep(stage: HardCaseFleet) -> None:
    """Its goodbye hung in the dying connection and was delivered after the return."""
    device = stage.start("ASLEEP")
    device.say(stage.t("10:00:10"), "presence", lag_s=1200.0, state="offline", session=device.session, reason="sleep")
    device.online(stage.t("10:20"))
    device.live(stage.t("10:20:30"), END)


def key_held(stage: HardCaseFleet) -> None:
    device = stage.start("KEYHELD")
    device.will(stage.t("10:00"))
    device.boot(stage.t("10:29:50"))
    device.online(stage.t("10:30"), last_end="key")
    device.live(stage.t("10:30:30"), END)


def dead_zone(stage: HardCaseFleet) -> None:
    device = stage.start("GARAGE")
    stage.cut_off_until(device, "10:20", rsrp=(None, -121.0))


def unsensed_dead_zone(stage: HardCaseFleet) -> None:
    device = stage.start("STALE", senses=False)
    stage.cut_off_until(device, "10:20", sim=None, rsrp=(-84.0,))


def flicker(stage: HardCaseFleet) -> None:
    device = stage.start("FLICKER")
    device.will(stage.t("10:00"))
    device.cut_off(stage.t("10:00:05"), stage.t("10:00:40"), sim="absent", rsrp=GOOD)
    device.cut_off(stage.t("10:01:05"), stage.t("10:13"), rsrp=GOOD)
    device.online(stage.t("10:13:10"))
    device.live(stage.t("10:13:30"), END)


def not_ready_after_boot(stage: HardCaseFleet) -> None:
    device = stage.start("SLOWSIM")
    device.will(stage.t("10:00"))
    device.boot(stage.t("10:11"))
    device.cut_off(stage.t("10:11:05"), stage.t("10:11:50"), sim="absent", rsrp=GOOD)
    device.online(stage.t("10:12:10"), last_end="key")
    device.live(stage.t("10:12:30"), END)


def came_slowly(stage: HardCaseFleet) -> None:
    """Never heard before either, and its SIM only isn't ready at once."""
    stage.bureau.recorder("COMING")
    stage.bureau.on_duty("P-COMING", "COMING")
    device = Device(stage.trace, "COMING")
    device.boot(stage.t("09:20"))
    device.cut_off(stage.t("09:20:05"), stage.t("09:20:50"), sim="absent", rsrp=GOOD)
    device.cut_off(stage.t("09:21"), stage.t("09:35"))
    device.online(stage.t("09:35:10"))
    device.live(stage.t("09:35:30"), END)


def will_after_birth(stage: HardCaseFleet) -> None:
    device = stage.start("LATEWILL")
    device.will(stage.t("10:00"))
    device.online(stage.t("10:00:20"))
    device.live(stage.t("10:00:40"), END)


def docked_without_goodbye(stage: HardCaseFleet) -> None:
    device = stage.start("DOCKED")
    device.say(stage.t("10:00"), "event", type="docked")
    device.will(stage.t("10:00:05"))
    device.online(stage.t("10:40"))
    device.say(stage.t("10:40:01"), "event", type="undocked")
    device.live(stage.t("10:40:30"), END)


def left_in_the_dock(stage: HardCaseFleet) -> None:
    """It told of the dock and never more, not even a goodbye; its officer's shift goes by."""
    stage.bureau.recorder("LEFT")
    stage.bureau.on_duty("P-LEFT", "LEFT", at("08:00"), at("08:40"))
    device = Device(stage.trace, "LEFT")
    device.boot(at("07:00"))
    device.online(at("07:00:04"))
    device.live(at("07:00:30"), at("07:15"))
    device.say(at("07:15:05"), "event", type="docked")


def flat_until_after_the_shift(stage: HardCaseFleet) -> None:
    """Its battery dies in an activity; that it did is known once it is back, when the shift has long been looked at."""
    device = stage.device("FLAT", on_duty=False)
    stage.bureau.on_duty("P-FLAT", "FLAT", at("09:00"), at("12:00"))
    stage.activity("FLAT", at("10:20"), at("11:00"))
    device.live(at("08:31"), at("10:10"))
    for number, level in enumerate((9.0, 6.0, 4.0, 2.0)):
        device.level = level
        device.live(at(f"10:{10 + 5 * number}"), at(f"10:{15 + 5 * number}"))
    device.will(at("10:30"))
    device.boot(at("12:10"))
    device.level = 60.0
    device.online(at("12:10:08"), last_end="battery")
    device.live(at("12:10:30"), END)


def cell_that_dies_sector_by_sector(stage: HardCaseFleet) -> None:
    """Four models without a sense, lost minutes apart beside a good signal, back at once: nobody bears witness for it."""
    for number in range(4):
        device = stage.start(f"SECTOR{number}", until=f"09:{12 + 3 * number}", senses=False, cell="460-00-77-7")
        lost = stage.t(f"09:{12 + 3 * number}")
        device.will(lost)
        device.cut_off(lost + timedelta(seconds=5), stage.t("09:50"), sim=None, rsrp=GOOD)
        device.online(stage.t("09:50:10") + timedelta(seconds=8 * number))
        device.live(stage.t("09:50:50"), END)


def clock_set_right_after_a_recording(stage: HardCaseFleet) -> None:
    """Its clock is set right by thirteen minutes; since when it stands by it goes on to say by the old one."""
    device = stage.device("CLOCKED", slow=timedelta(minutes=13))
    stage.activity("CLOCKED", at("10:10"), at("10:40"))
    device.live(at("08:31"), at("10:09:50"))
    device.record(at("10:09:55"))
    device.live(at("10:10"), at("10:40"))
    device.stop(at("10:40:05"))
    device.live(at("10:40:30"), at("11:00"))
    device.slow = timedelta(0)
    device.live(at("11:00"), END)


def boot_without_time(stage: HardCaseFleet) -> None:
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
