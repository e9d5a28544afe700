"""Each hard case of domain.md's chapter on causes, as the readings would tell it."""

from dataclasses import replace

import pytest
from cause_scene import CELL, at, beats, bundle, judge, online

from alerts.silences.cause_evidence import Birth, Charge, Happening, Neighbours


def test_a_key_held_without_a_goodbye_is_a_power_off_once_it_is_back() -> None:
    evidence = bundle(births=(Birth(at(1620), "b2", 1, last_end="key"),))
    verdict = judge(replace(evidence, silence=replace(evidence.silence, boot_after="b2")))
    assert ("power_off", "confirmed") == (verdict.cause, verdict.confidence)


def test_a_new_boot_without_backlog_and_without_a_word_is_a_probable_power_off() -> None:
    evidence = bundle(births=(Birth(at(1620), "b2", 1),))
    verdict = judge(replace(evidence, silence=replace(evidence.silence, boot_after="b2")))
    assert ("power_off", "probable") == (verdict.cause, verdict.confidence)


def test_a_good_signal_without_service_while_the_cell_fell_silent_accuses_nobody() -> None:
    during = beats(5, 1600, sim=None, rsrp=[-84, -86, -83])
    evidence = bundle(
        during=during, before=online(-600, -1, sim=None), after=(), neighbours=Neighbours(CELL, 0, 3, fleet_online=40)
    )
    assert judge(evidence).cause == "cell_outage"


def test_a_good_signal_without_service_accuses_nobody_where_no_other_recorder_bears_witness() -> None:
    during = beats(5, 1600, sim=None, rsrp=[-84, -86, -83])
    evidence = bundle(during=during, before=online(-600, -1, sim=None), after=(), neighbours=Neighbours(CELL, 0, 0))
    assert judge(evidence).cause == "unknown"


@pytest.mark.parametrize(
    ("goodbye", "cause"),
    [
        ("power_off", "power_off"),
        ("low_battery", "battery_depleted"),
        ("docked", "docked"),
        ("sleep", "asleep"),
        ("update", "asleep"),
    ],
)
def test_a_goodbye_is_the_recorder_s_own_word(goodbye: str, cause: str) -> None:
    evidence = bundle(minutes=None)
    verdict = judge(replace(evidence, silence=replace(evidence.silence, goodbye=goodbye, will=False)))
    assert (cause, "suspected") == (verdict.cause, verdict.confidence)


def test_a_dock_that_the_recorder_told_of_needs_no_goodbye() -> None:
    events = (Happening(at(-400), "undocked", "b1"), Happening(at(-2), "docked", "b1"))
    assert ("docked", "confirmed") == (judge(bundle(events=events)).cause, judge(bundle(events=events)).confidence)
    assert "docked" == judge(bundle(minutes=None, events=events)).cause
    assert "docked" != judge(bundle(events=(*events, Happening(at(20), "undocked", "b1")))).cause
    wifi = (*online(-600, -31), *beats(-1, -1, network="wifi"))
    assert "docked" == judge(bundle(before=wifi)).cause


def test_a_battery_that_fell_to_a_few_per_cent_is_depleted() -> None:
    charges = (Charge(at(-600), 9, charging=False), Charge(at(-30), 3, charging=False))
    assert judge(bundle(minutes=None, charges_before=charges)).cause == "battery_depleted"
    back = bundle(charges_before=charges, births=(Birth(at(1620), "b2", 1),))
    assert judge(replace(back, silence=replace(back.silence, boot_after="b2"))).cause == "battery_depleted"


def test_a_battery_that_was_charged_before_the_next_boot_is_depleted_all_the_same() -> None:
    before = (Charge(at(-90), 4, charging=False, boot="b1"), Charge(at(-30), 2, charging=False, boot="b1"))
    during = (Charge(at(1610), 60, charging=False, boot="b2"),)
    back = bundle(charges_before=before, charges_during=during, births=(Birth(at(1620), "b2", 1),))
    assert "battery_depleted" == judge(replace(back, silence=replace(back.silence, boot_after="b2"))).cause


def test_reboots_within_minutes_are_a_fault_of_the_device() -> None:
    births = (Birth(at(60), "b2", 1), Birth(at(120), "b3", 1))
    evidence = bundle(minutes=2, births=births)
    assert judge(replace(evidence, silence=replace(evidence.silence, boot_after="b3"))).cause == "device_fault"


def test_a_watchdog_tells_a_fault_of_the_device() -> None:
    evidence = bundle(minutes=3, births=(Birth(at(180), "b2", 1, last_end="watchdog"),))
    assert judge(replace(evidence, silence=replace(evidence.silence, boot_after="b2"))).cause == "device_fault"


def test_a_good_loss_without_a_goodbye_is_only_suspected() -> None:
    verdict = judge(bundle(minutes=None))
    assert ("sim_removed", "suspected") == (verdict.cause, verdict.confidence)
    assert verdict.sim is None


def test_a_fading_signal_suspects_no_coverage() -> None:
    before = beats(-90, -1, network="4g", rsrp=[-100, -108, -116])
    assert judge(bundle(minutes=None, before=before)).cause == "no_coverage"


def test_nobody_is_suspected_where_the_cell_lost_others_too() -> None:
    assert judge(bundle(minutes=None, neighbours=Neighbours(CELL, 4, 1))).cause == "unknown"
    assert judge(bundle(minutes=None, neighbours=Neighbours(CELL, 0, 4))).cause == "cell_outage"
