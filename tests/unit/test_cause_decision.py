"""Each hard case of domain.md's chapter on causes, as the readings would tell it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.causes.decide import decide
from alerts.causes.evidence import (
    Beat,
    Binding,
    Birth,
    Bundle,
    Charge,
    Happening,
    Neighbours,
    Period,
    SharedLoss,
    Silence,
    Verdict,
)
from alerts.causes.parameters import CauseParameters

T0 = datetime(2026, 3, 2, 2, 2, 30, tzinfo=UTC)
CELL = "460-00-5004-100040"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def beats(
    start: float,
    end: float,
    *,
    boot: str = "b1",
    sim: str | None = "ready",
    network: str = "none",
    rsrp: list[float | None] | None = None,
    step: int = 30,
    uptime: int = 14210,
) -> tuple[Beat, ...]:
    levels = rsrp or [None]
    count = int((end - start) // step) + 1
    return tuple(
        Beat(
            at=at(start + i * step),
            boot=boot,
            seq=1000 + int(start) + i * step,
            uptime_s=uptime + int(start) + i * step,
            network=network,
            rsrp_dbm=levels[i % len(levels)],
            cell=CELL if network != "none" else None,
            sim=sim,
            backlog=network == "none",
        )
        for i in range(count)
    )


def online(
    start: float, end: float, *, sim: str | None = "ready", boot: str = "b1", uptime: int = 14210
) -> tuple[Beat, ...]:
    return beats(start, end, sim=sim, boot=boot, network="4g", rsrp=[-84, -85, -83], uptime=uptime)


def bundle(minutes: float | None = 27, **changes: object) -> Bundle:
    """Online with a good signal and battery until T0, silent for *minutes* (None: still), back in the same boot."""
    silence = Silence(
        "R0017",
        T0,
        at(minutes * 60) if minutes is not None else None,
        boot_before="b1",
        boot_after="b1" if minutes is not None else None,
        will=True,
        gapless=minutes is not None,
        settled=minutes is not None,
    )
    base = Bundle(
        silence=silence,
        before=online(-600, -1),
        after=online(minutes * 60 + 1, minutes * 60 + 100) if minutes is not None else (),
        charges_before=(Charge(at(-90), 77, charging=False), Charge(at(-30), 76, charging=False)),
        neighbours=Neighbours(CELL, online=11, silent=0, fleet_online=300),
        bindings=(Binding("89860012345678901234"),),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def judge(evidence: Bundle) -> Verdict:
    return decide(evidence, CauseParameters())


def test_a_sim_that_its_recorder_reported_absent_for_minutes_is_confirmed() -> None:
    verdict = judge(bundle(during=beats(5, 1600, sim="absent", rsrp=[-84, -86])))
    assert ("sim_removed", "confirmed") == (verdict.cause, verdict.confidence)
    assert verdict.sim is not None
    assert verdict.sim.pulled_from == T0
    assert any("未检测到SIM卡" in sentence for sentence in verdict.reasons)
    assert any("11台在线" in sentence for sentence in verdict.reasons)
    assert any("不能判断" in plea for plea in verdict.pleas)


def test_absent_readings_count_even_before_the_whole_backlog_is_in() -> None:
    evidence = bundle(during=beats(5, 700, sim="absent"))
    evidence = replace(evidence, silence=replace(evidence.silence, settled=False, gapless=False))
    assert ("sim_removed", "confirmed") == (judge(evidence).cause, judge(evidence).confidence)


def test_a_contact_that_flickers_for_less_than_a_minute_is_a_fault_of_the_device() -> None:
    during = (*beats(5, 35, sim="absent"), *beats(65, 1600, sim="ready"))
    assert judge(bundle(during=during)).cause == "device_fault"


def test_a_contact_that_flickers_again_and_again_is_never_a_pull() -> None:
    during = tuple(replace(b, sim="absent" if i % 3 else "ready") for i, b in enumerate(beats(5, 1600)))
    verdict = judge(bundle(during=during))
    assert verdict.cause == "device_fault"
    assert verdict.sim is None


def test_a_contact_that_comes_and_goes_needs_a_long_absence_to_be_a_pull() -> None:
    during = (*beats(5, 65, sim="absent"), *beats(95, 155), *beats(185, 275, sim="absent"), *beats(305, 1600))
    assert judge(bundle(during=during)).cause == "device_fault"
    long = (*beats(5, 35, sim="absent"), *beats(65, 125), *beats(155, 455, sim="absent"), *beats(485, 1600))
    assert judge(bundle(during=long)).cause == "sim_removed"


def test_absent_readings_with_a_lost_one_between_them_prove_nothing_together() -> None:
    first, *_ = beats(5, 5, sim="absent")
    last, *_ = beats(95, 95, sim="absent")
    assert judge(bundle(during=(first, last))).cause == "device_fault"


def test_a_sim_that_is_not_ready_yet_after_a_boot_accuses_nobody() -> None:
    evidence = bundle(minutes=5, during=beats(200, 255, boot="b2", sim="absent", uptime=-199))
    silence = replace(evidence.silence, boot_after="b2", goodbye=None)
    births = (Birth(at(300), "b2", 1, last_end="key"),)
    verdict = judge(replace(evidence, silence=silence, births=births, after=online(301, 400, boot="b2", uptime=-199)))
    assert ("power_off", None) == (verdict.cause, verdict.sim)


def test_pulled_first_and_switched_off_then_is_a_pull() -> None:
    evidence = bundle(during=beats(5, 200, sim="absent"), births=(Birth(at(1620), "b2", 1, last_end="key"),))
    evidence = replace(evidence, silence=replace(evidence.silence, boot_after="b2"))
    assert ("sim_removed", "confirmed") == (judge(evidence).cause, judge(evidence).confidence)


def test_an_event_kept_over_a_power_off_is_enough() -> None:
    evidence = bundle(events=(Happening(at(8), "sim_removed", "b1"),), births=(Birth(at(1620), "b2", 1),))
    evidence = replace(evidence, silence=replace(evidence.silence, boot_after="b2"))
    assert ("sim_removed", "confirmed") == (judge(evidence).cause, judge(evidence).confidence)


def test_an_event_that_is_taken_back_within_a_minute_was_a_flicker() -> None:
    events = (Happening(at(8), "sim_removed", "b1"), Happening(at(20), "sim_inserted", "b1"))
    assert judge(bundle(events=events, during=beats(35, 1600))).cause != "sim_removed"


def test_switched_off_first_and_nothing_measured_of_the_sim_is_a_power_off() -> None:
    evidence = bundle(births=(Birth(at(1620), "b2", 1),))
    silence = replace(evidence.silence, goodbye="power_off", boot_after="b2", will=False)
    assert ("power_off", "confirmed") == (judge(replace(evidence, silence=silence)).cause, "confirmed")


def test_a_key_held_without_a_goodbye_is_a_power_off_once_it_is_back() -> None:
    evidence = bundle(births=(Birth(at(1620), "b2", 1, last_end="key"),))
    verdict = judge(replace(evidence, silence=replace(evidence.silence, boot_after="b2")))
    assert ("power_off", "confirmed") == (verdict.cause, verdict.confidence)


def test_a_new_boot_without_backlog_and_without_a_word_is_a_probable_power_off() -> None:
    evidence = bundle(births=(Birth(at(1620), "b2", 1),))
    verdict = judge(replace(evidence, silence=replace(evidence.silence, boot_after="b2")))
    assert ("power_off", "probable") == (verdict.cause, verdict.confidence)


def test_a_pull_inside_a_dead_zone_is_a_pull_that_begins_in_it() -> None:
    during = (*beats(5, 305, rsrp=[None]), *beats(335, 900, sim="absent", rsrp=[None]), *beats(930, 1600, rsrp=[None]))
    verdict = judge(bundle(during=during))
    assert ("sim_removed", "confirmed") == (verdict.cause, verdict.confidence)
    assert verdict.sim is not None
    assert verdict.sim.pulled_from == at(305)


def test_a_dead_zone_with_the_sim_ready_throughout_is_confirmed_no_coverage() -> None:
    verdict = judge(bundle(during=beats(5, 1600, rsrp=[-118, None, -120])))
    assert ("no_coverage", "confirmed") == (verdict.cause, verdict.confidence)
    assert any("SIM卡在位" in plea for plea in verdict.pleas)


def test_a_model_that_cannot_sense_its_sim_is_probable_by_a_living_good_signal() -> None:
    during = beats(5, 1600, sim=None, rsrp=[-84, -86, -83, -85])
    evidence = bundle(during=during, before=online(-600, -1, sim=None), after=online(1621, 1700, sim=None))
    verdict = judge(evidence)
    assert ("sim_removed", "probable") == (verdict.cause, verdict.confidence)
    assert any("不能直接证实" in sentence for sentence in verdict.reasons)


def test_a_slow_model_without_a_sense_may_be_in_service_again_before_its_link_is() -> None:
    during = beats(50, 770, sim=None, rsrp=[None, -84, -86, -83, -85, -84, -83], step=120)
    last = beats(890, 890, sim=None, network="4g", rsrp=[-84])
    evidence = bundle(minutes=15, during=(*during, *last), before=online(-600, -1, sim=None), after=())
    evidence = replace(evidence, silence=replace(evidence.silence, heartbeat_s=120))
    assert ("sim_removed", "probable") == (judge(evidence).cause, judge(evidence).confidence)


def test_a_model_without_a_sense_that_had_service_through_half_of_a_silence_was_not_pulled() -> None:
    during = (*beats(5, 400, sim=None, rsrp=[-84, -86, -83]), *beats(430, 800, sim=None, network="4g", rsrp=[-84]))
    evidence = bundle(minutes=15, during=during, before=online(-600, -1, sim=None), after=())
    assert "sim_removed" != judge(evidence).cause


def test_a_model_without_a_sense_that_was_switched_off_after_the_pull_is_told_by_the_boot_that_was_lost() -> None:
    during = (*beats(5, 700, sim=None, rsrp=[-84, -86, -83, -85]), *beats(1605, 1615, sim=None, boot="b2", step=10))
    births = (Birth(at(1620), "b2", 1, last_end="key"),)
    evidence = bundle(during=during, before=online(-600, -1, sim=None), after=(), births=births)
    verdict = judge(replace(evidence, silence=replace(evidence.silence, boot_after="b2")))
    assert ("sim_removed", "probable") == (verdict.cause, verdict.confidence)


def test_a_model_without_a_sense_that_was_switched_off_in_a_dead_zone_is_no_pull() -> None:
    during = beats(5, 700, sim=None, rsrp=[-84])
    births = (Birth(at(1620), "b2", 1, last_end="key"),)
    evidence = bundle(during=during, before=online(-600, -1, sim=None), after=(), births=births)
    verdict = judge(replace(evidence, silence=replace(evidence.silence, boot_after="b2")))
    assert ("no_coverage", None) == (verdict.cause, verdict.sim)


@pytest.mark.parametrize(
    "levels",
    [[None], [-84], [-119, -121, -120], [-84, None, None, None]],
    ids=["nothing measured", "a stale value", "very weak", "mostly nothing"],
)
def test_a_dead_zone_of_a_model_without_a_sense_is_never_a_pull(levels: list[float | None]) -> None:
    during = beats(5, 1600, sim=None, rsrp=levels)
    verdict = judge(bundle(during=during, before=online(-600, -1, sim=None), after=online(1621, 1700, sim=None)))
    assert "no_coverage" == verdict.cause


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


def test_an_outage_does_not_hide_a_pull_that_was_measured() -> None:
    outage = SharedLoss("platform_outage", 300, T0, at(1500))
    verdict = judge(bundle(during=(*beats(5, 600), *beats(630, 1600, sim="absent")), outage=outage))
    assert ("sim_removed", "confirmed") == (verdict.cause, verdict.confidence)


def test_an_outage_with_every_sim_ready_is_the_platform_s() -> None:
    outage = SharedLoss("platform_outage", 300, T0, at(1500))
    during = beats(5, 1600, network="4g", rsrp=[-84, -85])
    verdict = judge(bundle(during=during, outage=outage))
    assert ("platform_outage", "confirmed") == (verdict.cause, verdict.confidence)


def test_an_outage_of_models_without_a_sense_is_no_pull() -> None:
    outage = SharedLoss("platform_outage", 300, T0, at(1500))
    during = beats(5, 1600, sim=None, rsrp=[-84, -86, -83])
    assert judge(bundle(during=during, outage=outage)).cause == "platform_outage"


def unsensed_after(outage: SharedLoss) -> Verdict:
    """Silent for 27 minutes; there was a network for the first four of them, and only a good signal for the rest."""
    lost = beats(5, 240, sim=None, network="4g", rsrp=[-84, -85])
    during = (*lost, *beats(270, 1600, sim=None, rsrp=[-84, -86, -83]))
    return judge(bundle(during=during, before=online(-600, -1, sim=None), after=(), outage=outage))


def test_a_model_without_a_sense_that_stays_without_service_after_an_outage_had_its_card_pulled() -> None:
    verdict = unsensed_after(SharedLoss("platform_outage", 300, T0, at(300)))
    assert ("sim_removed", "probable") == (verdict.cause, verdict.confidence)
    verdict = unsensed_after(SharedLoss("cell_outage", 12, T0, at(300), {CELL: at(310)}))
    assert ("sim_removed", "probable") == (verdict.cause, verdict.confidence)


def test_a_dead_cell_accuses_nobody_for_as_long_as_its_others_are_away() -> None:
    assert "cell_outage" == unsensed_after(SharedLoss("cell_outage", 12, T0, at(300))).cause
    assert "cell_outage" == unsensed_after(SharedLoss("cell_outage", 12, T0, at(300), {"460-00-1-1": at(310)})).cause
    assert "cell_outage" == unsensed_after(SharedLoss("cell_outage", 12, T0, at(300), {CELL: at(1480)})).cause


def test_a_card_changed_at_the_desk_is_nobody_s_fault() -> None:
    bindings = (Binding("89860012345678901234"), Binding("89860099999999999999", at(300)))
    verdict = judge(bundle(minutes=8, during=beats(5, 460, sim="absent"), bindings=bindings))
    assert verdict.sim is None
    assert verdict.cause != "sim_removed"
    assert any("换卡登记" in plea for plea in verdict.pleas)


def test_a_sim_out_under_repair_is_nobody_s_fault() -> None:
    verdict = judge(bundle(during=beats(5, 1600, sim="absent"), repairs=(Period(at(-3600), at(7200)),)))
    assert verdict.cause != "sim_removed"


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
