"""A simulated recorder, alone: what it says as things happen to it."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from device_sim.device.actions import Action, ActionKind
from device_sim.device.models import DS_5G, HX_4G, YT_2, Model, RecorderSpec
from device_sim.device.outbox import FlashMemory
from device_sim.device.payloads import Message, Name
from device_sim.device.recorder import Recorder
from device_sim.world.places import CellOutage, District, area, cell_at

T0 = 1_772_409_600_000
"""2026-03-02T08:00:00+08:00."""
MIN = 60_000


def recorder_of(model: Model, *actions: Action, **spec: Any) -> Recorder:
    about = RecorderSpec("R0001", model, "861234567890123", "89860012345678901234", area(0))
    return Recorder(replace(about, **spec), District(), [Action(T0, ActionKind.POWER_ON), *actions], Random(1))


def connected(recorder: Recorder, at_ms: int, *, drains: bool = True) -> list[Message]:
    """Let a recorder live until *at_ms* without a link, then connect it; return its birth and backlog."""
    run(recorder, at_ms)
    recorder.start_session(at_ms)
    said = [recorder.connection_opened(at_ms)]
    while drains and (envelope := recorder.next_envelope(at_ms)) is not None:
        said.append(envelope)
    return said


def run(recorder: Recorder, until_ms: int) -> list[Message]:
    said: list[Message] = []
    while recorder.next_due_ms <= until_ms:
        due_ms = recorder.next_due_ms
        said += recorder.advance(due_ms)
        if recorder.is_connected and recorder.offline_cause is not None:
            recorder.connection_lost(due_ms)
    return said


def values(said: list[Message], kind: str) -> list[dict[str, Any]]:
    return [json.loads(message.text) for message in said if message.name.kind == kind]


def backlog(recorder: Recorder, at_ms: int) -> list[dict[str, Any]]:
    inner: list[dict[str, Any]] = []
    while (envelope := recorder.next_envelope(at_ms)) is not None:
        inner += json.loads(envelope.text)["messages"]
    return inner


def test_the_cadence_is_the_contracts() -> None:
    recorder = recorder_of(HX_4G)
    connected(recorder, T0 + MIN)
    said = run(recorder, T0 + 11 * MIN)
    counts = {kind: len(values(said, kind)) for kind in ("heartbeat", "battery", "storage", "location", "recording")}
    assert {"heartbeat": 20, "battery": 10, "storage": 10, "location": 10, "recording": 10} == counts


def test_while_it_films_its_location_comes_each_10_seconds() -> None:
    recorder = recorder_of(HX_4G, Action(T0 + 2 * MIN, ActionKind.RECORD, "manual"))
    connected(recorder, T0 + 2 * MIN)
    assert 60 == len(values(run(recorder, T0 + 12 * MIN), "location"))


def test_a_change_of_recording_is_told_at_once() -> None:
    recorder = recorder_of(
        HX_4G, Action(T0 + 5 * MIN, ActionKind.RECORD, "manual"), Action(T0 + 6 * MIN + 500, ActionKind.STANDBY)
    )
    connected(recorder, T0 + MIN)
    said = [m for m in run(recorder, T0 + 7 * MIN) if m.name.kind == "recording"]
    begun = next(m for m in said if '"state":"recording"' in m.text)
    assert T0 + 5 * MIN == begun.at_ms
    assert "2026-03-02T08:05:00.000+08:00" == json.loads(begun.text)["since"]
    assert T0 + 6 * MIN + 500 in [m.at_ms for m in said if '"state":"standby"' in m.text]


def test_seq_rises_by_one_across_kinds_and_begins_anew_with_each_boot() -> None:
    recorder = recorder_of(
        HX_4G,
        Action(T0 + 5 * MIN, ActionKind.POWER_OFF, "watchdog"),
        Action(T0 + 6 * MIN, ActionKind.POWER_ON),
        Action(T0 + 8 * MIN, ActionKind.SOS),
    )
    birth = connected(recorder, T0 + MIN)
    first = [*birth, *run(recorder, T0 + 5 * MIN)]
    again = connected(recorder, T0 + 7 * MIN)
    second = [*again, *run(recorder, T0 + 10 * MIN)]
    for said in (first, second):
        seqs = [m.name.seq or 0 for m in said]
        assert list(range(seqs[0], seqs[0] + len(seqs))) == seqs
    assert first[0].name.boot != second[0].name.boot
    assert "watchdog" == json.loads(again[0].text)["last_end"]


def test_a_pulled_card_is_told_out_of_the_backlog_by_a_make_that_senses_it() -> None:
    recorder = recorder_of(
        HX_4G,
        Action(T0 + 5 * MIN, ActionKind.PULL_SIM),
        Action(T0 + 15 * MIN, ActionKind.INSERT_SIM, "89860012345678901234"),
    )
    connected(recorder, T0 + MIN)
    run(recorder, T0 + 14 * MIN)
    assert "sim_removed" == recorder.offline_cause
    connected(recorder, T0 + 16 * MIN, drains=False)
    inner = backlog(recorder, T0 + 16 * MIN)
    assert ["sim_removed", "sim_inserted"] == [m["type"] for m in inner if m["kind"] == "event"]
    absent = [m for m in inner if m["kind"] == "heartbeat" and m["sim"] == "absent"]
    assert 20 <= len(absent)
    assert all("none" == m["network"] and m["rsrp_dbm"] > -110 for m in absent)


def test_a_make_that_senses_no_card_still_measures_its_cell_without_one() -> None:
    recorder = recorder_of(YT_2, Action(T0 + 5 * MIN, ActionKind.PULL_SIM))
    connected(recorder, T0 + MIN)
    run(recorder, T0 + 14 * MIN)
    recorder.connection_opened(T0 + 14 * MIN)
    without = [m for m in backlog(recorder, T0 + 14 * MIN) if m["kind"] == "heartbeat"]
    assert all("sim" not in m and "none" == m["network"] and m["rsrp_dbm"] > -110 for m in without)


@pytest.mark.parametrize(("model", "expected"), [(HX_4G, {None}), (DS_5G, {-127}), (YT_2, "stale")])
def test_a_garage_has_no_signal_a_weak_one_or_a_stale_one(model: Model, expected: object) -> None:
    recorder = recorder_of(model, Action(T0 + 5 * MIN, ActionKind.ENTER, "garage"))
    connected(recorder, T0 + MIN)
    run(recorder, T0 + 14 * MIN)
    assert "no_coverage" == recorder.offline_cause
    recorder.connection_opened(T0 + 14 * MIN)
    heard = {m["rsrp_dbm"] for m in backlog(recorder, T0 + 14 * MIN) if m["kind"] == "heartbeat"}
    assert (1 == len(heard) and None not in heard) if expected == "stale" else expected == heard


def test_a_failed_cell_isolates_those_in_it_and_nobody_is_isolated_after() -> None:
    lat, lon = area(0).station
    district = District({cell_at(lat, lon): [CellOutage(T0 + 5 * MIN, T0 + 9 * MIN, radio_on=True)]})
    spec = RecorderSpec("R0001", HX_4G, "861234567890123", "89860012345678901234", area(0))
    recorder = Recorder(spec, district, [Action(T0, ActionKind.POWER_ON)], Random(1))
    run(recorder, T0 + 6 * MIN)
    assert "cell_outage" == recorder.offline_cause
    run(recorder, T0 + 10 * MIN)
    assert recorder.offline_cause is None


def test_a_battery_that_warns_says_goodbye_and_the_next_boot_knows_why() -> None:
    recorder = recorder_of(
        HX_4G, Action(T0 + 200 * MIN, ActionKind.DOCK), Action(T0 + 215 * MIN, ActionKind.POWER_ON), level_pct=9
    )
    connected(recorder, T0 + MIN)
    goodbye = values(run(recorder, T0 + 190 * MIN), "presence")
    assert ["low_battery"] == [value["reason"] for value in goodbye]
    assert "battery_depleted" == recorder.offline_cause
    run(recorder, T0 + 216 * MIN)
    recorder.start_session(T0 + 216 * MIN)
    assert "battery" == json.loads(recorder.connection_opened(T0 + 216 * MIN).text)["last_end"]


def test_a_battery_that_doesnt_warn_dies_without_a_word() -> None:
    recorder = recorder_of(YT_2, level_pct=3)
    connected(recorder, T0 + MIN)
    assert [] == values(run(recorder, T0 + 90 * MIN), "presence")
    assert "battery_depleted" == recorder.offline_cause


def test_a_disk_that_fills_up_ends_the_recording_and_says_so() -> None:
    recorder = recorder_of(
        HX_4G, Action(T0 + MIN, ActionKind.SET_FREE_SPACE, 400), Action(T0 + 2 * MIN, ActionKind.RECORD, "manual")
    )
    connected(recorder, T0 + MIN)
    said = run(recorder, T0 + 30 * MIN)
    assert ["storage_full"] == [event["type"] for event in values(said, "event")]
    assert "standby" == values(said, "recording")[-1]["state"]
    assert 1 == len(recorder.truth.recorded)


def test_a_flat_clock_says_1970_until_the_network_sets_it() -> None:
    recorder = recorder_of(
        HX_4G, Action(T0 + 5 * MIN, ActionKind.POWER_OFF, "battery_out"), Action(T0 + 6 * MIN, ActionKind.POWER_ON)
    )
    run(recorder, T0 + 5 * MIN)
    run(recorder, T0 + 10 * MIN)
    recorder.connection_opened(T0 + 10 * MIN)
    boot = recorder.boot
    stamps = [m["ts"][:4] for m in backlog(recorder, T0 + 10 * MIN) if m["boot"] == boot]
    assert "1970" == stamps[0]
    assert "2026" == stamps[-1]


def test_a_recorder_in_the_dock_says_goodbye_or_stays_by_wifi_as_its_make_does() -> None:
    by_goodbye, by_wifi = (recorder_of(model, Action(T0 + 5 * MIN, ActionKind.DOCK)) for model in (HX_4G, DS_5G))
    for recorder in (by_goodbye, by_wifi):
        connected(recorder, T0 + MIN)
    said = run(by_goodbye, T0 + 10 * MIN)
    assert ["docked"] == [value["reason"] for value in values(said, "presence")]
    assert "docked" == by_goodbye.offline_cause
    networks = [value["network"] for value in values(run(by_wifi, T0 + 10 * MIN), "heartbeat")]
    assert "wifi" == networks[-1]
    assert by_wifi.offline_cause is None


def test_a_make_that_keeps_nothing_loses_its_backlog_with_the_power() -> None:
    for model, kept in ((HX_4G, True), (YT_2, False)):
        recorder = recorder_of(model, Action(T0 + 10 * MIN, ActionKind.POWER_OFF, "held"))
        run(recorder, T0 + 10 * MIN)
        assert kept == (recorder.stored > 0)


def test_a_full_flash_drops_the_oldest_and_the_next_birth_tells_how_many() -> None:
    small = replace(HX_4G, flash_messages=50)
    recorder = recorder_of(small)
    birth = json.loads(connected(recorder, T0 + 30 * MIN, drains=False)[0].text)
    assert birth["dropped"] > 100
    assert 50 == len(backlog(recorder, T0 + 30 * MIN))


def test_a_flicker_is_no_pull() -> None:
    recorder = recorder_of(HX_4G, Action(T0 + 5 * MIN, ActionKind.LOSE_SIM_CONTACT, 30_000))
    connected(recorder, T0 + MIN)
    run(recorder, T0 + 5 * MIN + 1)
    assert "device_fault" == recorder.offline_cause
    run(recorder, T0 + 6 * MIN)
    assert recorder.offline_cause is None
    assert [] == recorder.truth.pulls


def _stored(seq: int, size: int = 10) -> Message:
    text = json.dumps({"ts": "x" * size, "seq": seq})
    return Message("R0001", T0 + seq, Name("b1", seq, "heartbeat"), text)


def test_an_envelope_holds_100_messages_at_most_and_64_kib_at_most() -> None:
    flash = FlashMemory(1000)
    for seq in range(250):
        flash.store(_stored(seq))
    assert [100, 100, 50] == [len(flash.take("oldest_first")) for _ in range(3)]
    for seq in range(60):
        flash.store(_stored(seq, size=2000))
    assert 31 == len(flash.take("oldest_first"))


def test_the_newest_may_be_given_back_first_and_stay_in_order_within_an_envelope() -> None:
    flash = FlashMemory(1000)
    for seq in range(150):
        flash.store(_stored(seq))
    assert list(range(50, 150)) == [message.name.seq for message in flash.take("newest_first")]
    assert list(range(50)) == [message.name.seq for message in flash.take("newest_first")]


def test_a_fleet_that_starts_at_noon_tells_nothing_of_the_morning_but_what_a_garage_still_holds() -> None:
    outside = recorder_of(HX_4G, Action(T0 + 10 * MIN, ActionKind.RECORD, "manual"))
    inside = recorder_of(HX_4G, Action(T0 + 230 * MIN, ActionKind.ENTER, "garage"))
    for recorder in (outside, inside):
        recorder.fast_forward(T0 + 240 * MIN)
    assert 0 == outside.stored
    assert outside.device.camera.is_filming
    assert inside.offline_cause == "no_coverage"
