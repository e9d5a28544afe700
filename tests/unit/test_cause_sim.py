"""Whether a silence's readings prove a missing SIM, in each hard case of domain.md."""

from dataclasses import replace

import pytest
from cause_scene import CELL, T0, at, beats, bundle, judge, online

from alerts.silences.cause_evidence import Binding, Birth, Happening, Period, SharedLoss, Verdict


def test_a_sim_that_its_recorder_reported_absent_for_minutes_is_confirmed() -> None:
    verdict = judge(bundle(during=beats(5, 1600, sim="absent", rsrp=[-84, -86])))
    assert ("sim_removed", "confirmed") == (verdict.cause, verdict.confidence)
    assert verdict.sim is not None
    assert verdict.sim.pulled_from == T0
    assert any("未检测到SIM卡" in sentence for sentence in verdict.reasons)
    assert any("11台在线" in sentence for sentence in verdict.reasons)
    assert () == verdict.pleas


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
    assert any("不能直接确证" in sentence for sentence in verdict.reasons)


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


COARSE = [*[-84.0] * 7, *[-90.0] * 3, *[-84.0] * 9, -90.0, *[-84.0] * 6, *[-90.0] * 2, *[-84.0] * 4]
"""In steps of 6 dB, at the same place for half an hour."""


def test_a_modem_that_measures_in_coarse_steps_tells_a_pull_by_coming_back_to_a_level() -> None:
    verdict = judge(bundle(during=beats(30, 1600, sim=None, rsrp=list(COARSE)), after=online(1621, 1700, sim=None)))
    assert ("sim_removed", "probable") == (verdict.cause, verdict.confidence)


@pytest.mark.parametrize(
    "levels",
    [
        [-84.0],
        [-90.0],
        [*[-84.0] * 3, *[-90.0] * 60],
        [*[-84.0] * 3, *[-90.0] * 20, *[-96.0] * 60],
        [*[-84.0] * 3, *[-90.0] * 20, *[-84.0] * 60],
    ],
)
def test_what_a_modem_keeps_of_a_cell_that_is_gone_is_no_pull(levels: list[float | None]) -> None:
    during = beats(30, 1600, sim=None, rsrp=levels)
    assert "sim_removed" != judge(bundle(during=during, after=online(1621, 1700, sim=None))).cause


def test_of_a_modem_in_coarse_steps_a_level_that_never_changes_tells_neither() -> None:
    before = beats(-600, -1, sim=None, network="4g", rsrp=[-84.0])
    during = beats(30, 1600, sim=None, rsrp=[-84.0])
    verdict = judge(bundle(before=before, during=during, after=online(1621, 1700, sim=None)))
    assert "unknown" == verdict.cause


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


NEW_CARD = (Binding("89860012345678901234"), Binding("89860099999999999999", at(300)))
REPAIR = (Period(at(-3600), at(7200)),)


@pytest.mark.parametrize("rsrp", [[None], [-84, -86, -83]])
def test_a_card_changed_at_the_desk_is_nobody_s_fault_and_no_fault_of_the_device(rsrp: list[float | None]) -> None:
    verdict = judge(bundle(minutes=8, during=beats(5, 460, sim="absent", rsrp=rsrp), bindings=NEW_CARD))
    assert ("unknown", "probable", None) == (verdict.cause, verdict.confidence, verdict.sim)
    (plea,) = [plea for plea in verdict.pleas if "SIM卡绑定登记（10:07:30起生效）" in plea]
    assert "不作追究，也不作为设备故障" in plea
    assert "送修" not in plea


def test_a_sim_out_under_repair_is_nobody_s_fault_and_no_fault_of_the_device() -> None:
    verdict = judge(bundle(during=beats(5, 1600, sim="absent"), repairs=REPAIR))
    assert ("unknown", "probable", None) == (verdict.cause, verdict.confidence, verdict.sim)
    assert any("送修记录（09:02:30起）" in plea for plea in verdict.pleas)


def test_a_lawful_change_that_only_its_event_tells_of_is_said_so() -> None:
    verdict = judge(bundle(minutes=8, events=(Happening(at(1), "sim_removed", "b1"),), bindings=NEW_CARD))
    assert "unknown" == verdict.cause
    assert any("设备自报SIM卡脱离，有SIM卡绑定登记" in plea for plea in verdict.pleas)


def test_a_lawful_change_hides_no_other_cause() -> None:
    absent = beats(5, 460, sim="absent")
    outage = SharedLoss("platform_outage", 300, T0, at(400))
    assert "platform_outage" == judge(bundle(minutes=8, during=absent, bindings=NEW_CARD, outage=outage)).cause
    evidence = bundle(
        minutes=8,
        during=beats(60, 460, boot="b2", sim="absent", uptime=-55),
        births=(Birth(at(55), "b2", 1, last_end="key"),),
        bindings=NEW_CARD,
    )
    verdict = judge(replace(evidence, silence=replace(evidence.silence, boot_after="b2")))
    assert ("power_off", "confirmed") == (verdict.cause, verdict.confidence)


def test_a_sensor_that_misses_the_card_over_which_it_says_so_proves_nothing() -> None:
    absent = beats(5, 1600, sim="absent")
    for before, after in (
        (online(-600, -1, sim="absent"), online(1621, 1720)),
        (online(-600, -1), online(1621, 1720, sim="absent")),
    ):
        verdict = judge(bundle(during=absent, before=before, after=after))
        assert "sim_removed" != verdict.cause
        assert verdict.sim is None


def test_what_was_said_as_the_card_was_leaving_contradicts_nothing() -> None:
    before = (*online(-600, -31), *online(-1, -1, sim="absent"))
    assert "sim_removed" == judge(bundle(during=beats(5, 1600, sim="absent"), before=before)).cause


@pytest.mark.parametrize("minutes", [1, 2])
def test_a_card_that_is_missed_for_a_moment_amid_a_dead_zone_is_a_bad_contact(minutes: int) -> None:
    during = (*beats(5, 600), *beats(630, 630 + minutes * 60, sim="absent"), *beats(660 + minutes * 60, 1600))
    verdict = judge(bundle(during=during))
    assert ("device_fault", None) == (verdict.cause, verdict.sim)


def test_a_slower_recorder_than_the_register_knows_proves_its_absence_all_the_same() -> None:
    before = beats(-600, 0, network="4g", rsrp=[-84, -85], step=60)
    verdict = judge(bundle(before=before, during=beats(60, 1560, sim="absent", step=60)))
    assert ("sim_removed", "confirmed") == (verdict.cause, verdict.confidence)


def test_a_model_without_a_sense_measures_its_cell_though_not_every_time() -> None:
    during = beats(5, 1600, sim=None, rsrp=[-84, None, -88, -81, -90])
    verdict = judge(bundle(during=during, before=online(-600, -1, sim=None), after=online(1621, 1720, sim=None)))
    assert ("sim_removed", "probable") == (verdict.cause, verdict.confidence)


def test_a_dead_cell_accuses_nobody_for_as_long_as_its_others_are_away() -> None:
    assert "cell_outage" == unsensed_after(SharedLoss("cell_outage", 12, T0, at(300))).cause
    assert "cell_outage" == unsensed_after(SharedLoss("cell_outage", 12, T0, at(300), {"460-00-1-1": at(310)})).cause
    assert "cell_outage" == unsensed_after(SharedLoss("cell_outage", 12, T0, at(300), {CELL: at(1480)})).cause
