"""The live fleet, the 3.1.1 client and the replay against real brokers."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from amqtt.broker import Broker
from large_sets import same
from services.mosquitto import Mosquitto
from services.ports import free_port
from sim_scene import listen_to, names_of

from device_sim.bureau.fleet_plan import FleetPlan, RecorderPlan, plan_patrol_fleet
from device_sim.bureau.people import spec_of
from device_sim.device.actions import Action, ActionKind
from device_sim.transport.acknowledged_log import AcknowledgedLog, read_acknowledged_log
from device_sim.transport.fleet import FleetSettings, run_fleet
from device_sim.transport.mqtt5_client import BrokerAddress
from device_sim.transport.mqtt311_client import open_mqtt311
from device_sim.transport.progress import FleetCounters
from device_sim.transport.publisher import Retry
from device_sim.transport.replay import ReplaySettings, replay
from device_sim.transport.trace_writer import TraceSettings, write_trace
from device_sim.world.places import District


@pytest.fixture
def mosquitto(mosquitto_broker: Mosquitto) -> BrokerAddress:
    return BrokerAddress(mosquitto_broker.host, mosquitto_broker.port)


@pytest.fixture
async def amqtt() -> AsyncIterator[BrokerAddress]:
    address = BrokerAddress("127.0.0.1", free_port())
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{address.host}:{address.port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    yield address
    await broker.shutdown()


async def test_what_the_fleet_has_in_its_log_was_published_backlog_and_goodbyes_included(
    mosquitto: BrokerAddress, tmp_path: Path
) -> None:
    listener = await listen_to(mosquitto)
    start_ms = 1_772_409_600_000
    fleet_plan = plan_patrol_fleet(8, seed=3, from_ms=start_ms, ramp_s=2)
    settings = FleetSettings(duration_s=6, speed=20, starts_ms=start_ms, retry=Retry(0.1, 0.5), duplicates=0.05)
    with AcknowledgedLog(tmp_path / "acknowledged") as ack_log:
        counters = await asyncio.wait_for(run_fleet(settings, mosquitto, fleet_plan, ack_log=ack_log), 40)
    acknowledged = {(r, b, s) for r, b, s, _ in read_acknowledged_log(tmp_path / "acknowledged")}
    kinds = {kind for *_, kind in read_acknowledged_log(tmp_path / "acknowledged")}
    assert {"presence", "heartbeat", "battery", "storage", "location", "event", "backlog"} <= kinds
    assert counters.sent == counters.acknowledged
    await listener.wait_until(lambda heard: len(heard) >= counters.acknowledged)
    same(acknowledged, set(names_of(listener.heard)))
    goodbyes = [payload for topic, payload in listener.heard if topic.endswith("presence") and b"power_off" in payload]
    assert 8 == len(set(goodbyes))


async def test_a_recorder_that_comes_out_of_a_garage_sends_what_it_measured_there(mosquitto: BrokerAddress) -> None:
    listener = await listen_to(mosquitto)
    start_ms = 1_772_409_600_000
    actions = (
        Action(start_ms, ActionKind.POWER_ON),
        Action(start_ms, ActionKind.START_PATROL),
        Action(start_ms + 60_000, ActionKind.ENTER, "garage"),
        Action(start_ms + 240_000, ActionKind.LEAVE),
    )
    fleet_plan = FleetPlan(District(), (RecorderPlan(spec_of(1, 1), actions, "1"),))
    settings = FleetSettings(speed=60, starts_ms=start_ms, retry=Retry(0.1, 0.5))
    fleet = asyncio.ensure_future(run_fleet(settings, mosquitto, fleet_plan))

    def holds_garage_heartbeats(heard: list[tuple[str, bytes]]) -> bool:
        backlog = [json.loads(payload) for topic, payload in heard if topic.endswith("backlog")]
        inner = [message for envelope in backlog for message in envelope["messages"]]
        return sum(m["kind"] == "heartbeat" and m["network"] == "none" for m in inner) >= 4

    await listener.wait_until(holds_garage_heartbeats)
    fleet.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fleet


async def _play_over_311(address: BrokerAddress, ack_log_file: Path) -> FleetCounters:
    start_ms = int(time.time() * 1000)
    fleet_plan = plan_patrol_fleet(4, seed=3, from_ms=start_ms, ramp_s=1)
    settings = FleetSettings(duration_s=5, speed=10, starts_ms=start_ms, retry=Retry(0.1, 0.5))
    with AcknowledgedLog(ack_log_file) as ack_log:
        playing = run_fleet(settings, address, fleet_plan, ack_log=ack_log, open_client=open_mqtt311)
        return await asyncio.wait_for(playing, 40)


async def test_a_small_fleet_speaks_mqtt_3_1_1_to_mosquitto(mosquitto: BrokerAddress, tmp_path: Path) -> None:
    listener = await listen_to(mosquitto)
    counters = await _play_over_311(mosquitto, tmp_path / "acknowledged")
    assert counters.sent == counters.acknowledged > 20
    assert 0 == counters.connected
    await listener.wait_until(lambda heard: len(heard) >= counters.acknowledged)
    acknowledged = {(r, b, s) for r, b, s, _ in read_acknowledged_log(tmp_path / "acknowledged")}
    same(acknowledged, set(names_of(listener.heard)))


async def test_a_small_fleet_speaks_mqtt_3_1_1_to_amqtt(amqtt: BrokerAddress, tmp_path: Path) -> None:
    counters = await _play_over_311(amqtt, tmp_path / "acknowledged")
    assert counters.sent == counters.acknowledged > 20
    assert 0 == counters.connected


@pytest.mark.parametrize("by_recorder", [False, True])
async def test_a_replay_publishes_every_message_of_the_trace(
    mosquitto: BrokerAddress, tmp_path: Path, *, by_recorder: bool
) -> None:
    start_ms = 1_772_409_600_000
    fleet_plan = plan_patrol_fleet(5, seed=3, from_ms=start_ms, ramp_s=2)
    trace = tmp_path / "trace.jsonl.gz"
    written = write_trace(trace, fleet_plan, TraceSettings(start_ms, start_ms + 600_000))
    listener = await listen_to(mosquitto)
    secrets = {recorder_plan.spec.recorder_id: "" for recorder_plan in fleet_plan.recorders} if by_recorder else None
    counters = await asyncio.wait_for(replay(trace, ReplaySettings(secrets=secrets), mosquitto), 30)
    assert written.messages == counters.acknowledged
    await listener.wait_until(lambda heard: len(heard) >= written.messages)
    with gzip.open(trace, "rt") as file:
        lines = [json.loads(line) for line in file]
    expected = sorted((line["topic"], json.dumps(line["payload"], sort_keys=True)) for line in lines)
    heard = sorted((topic, json.dumps(json.loads(payload), sort_keys=True)) for topic, payload in listener.heard)
    assert expected == heard


async def test_a_replay_keeps_the_pace_it_is_told(mosquitto: BrokerAddress, tmp_path: Path) -> None:
    start_ms = 1_772_409_600_000
    trace = tmp_path / "trace.jsonl"
    fleet_plan = plan_patrol_fleet(2, seed=3, from_ms=start_ms, ramp_s=2)
    write_trace(trace, fleet_plan, TraceSettings(start_ms, start_ms + 120_000))
    several: list[FleetCounters] = []
    began = time.monotonic()
    await asyncio.wait_for(replay(trace, ReplaySettings(speed=100), mosquitto, on_start=several.append), 30)
    assert 0.8 <= time.monotonic() - began <= 5
    assert 1 == several[0].recorders


async def test_a_broker_that_is_not_there_is_told_as_the_reason() -> None:
    nobody_listens = BrokerAddress("127.0.0.1", free_port())
    fleet_plan = plan_patrol_fleet(1, seed=3, from_ms=int(time.time() * 1000), ramp_s=1)
    settings = FleetSettings(duration_s=2, speed=20, retry=Retry(0.05, 0.1))
    counters = await asyncio.wait_for(run_fleet(settings, nobody_listens, fleet_plan), 30)
    assert 0 == counters.acknowledged
    assert all(reason.startswith("can't connect") for reason in counters.disconnect_reasons)
    assert counters.disconnect_reasons
