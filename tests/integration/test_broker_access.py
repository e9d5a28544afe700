"""The broker keeps recorders apart: proven on both versions of mosquitto over TLS, and on amqtt."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiomqtt
import pytest
import pytest_asyncio
from broker_scene import (
    ACCOUNTS,
    MQTT_5,
    MQTT_311,
    NOW,
    SECONDS,
    Scene,
    account,
    is_admitted,
    publish_from,
    topics_until,
    write_tls_files,
)
from services.mosquitto import mosquitto_of

from broker.access import SERVER_ACCOUNT
from broker.certificates import new_authority
from broker.embedded import embedded_broker
from telemetry.domain.topics import UPLINK_KINDS, topic_of

BROKERS = [("2.0.11", MQTT_5), ("2.0.21", MQTT_5), ("2.0.21", MQTT_311), (None, MQTT_311)]
"""mosquitto's version, None for amqtt, and how is spoken with it."""


@pytest_asyncio.fixture(params=BROKERS, ids=lambda param: f"{param[0] or 'amqtt'} {param[1].name}")
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    version, protocol = request.param
    if version is None:
        async with embedded_broker(tmp_path, ACCOUNTS, kind="amqtt") as broker:
            yield Scene(broker, protocol)
        return
    files = write_tls_files(tmp_path / "tls", new_authority("a bureau", NOW), ["localhost", "127.0.0.1"])
    with mosquitto_of(version):
        async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto", tls=files) as broker:
            yield Scene(broker, protocol, ssl.create_default_context(cafile=str(files.authority)))


async def test_a_recorder_s_own_messages_of_known_and_unknown_kinds_reach_the_server(scene: Scene) -> None:
    topics = [topic_of("A", kind) for kind in (*sorted(UPLINK_KINDS), "hologram", "heartbeat/deeper")]
    async with scene.server() as server:
        await server.subscribe("recorder/v1/#", qos=1)
        for topic in topics:
            await publish_from(scene, "A", topic, "1")
        await publish_from(scene, "A", "recorder/v1/A/battery", "fence")
        assert topics == await topics_until(server, "fence")


@pytest.mark.parametrize("topic", ["recorder/v1/B/heartbeat", "recorder/v1/B/command", "recorder/v1/AA/battery", "foo"])
async def test_a_recorder_cannot_publish_outside_its_own_id(scene: Scene, topic: str) -> None:
    async with scene.server() as server:
        await server.subscribe("recorder/v1/#", qos=1)
        async with scene.recorder("B") as victim:
            await victim.subscribe("recorder/v1/B/command", qos=1)
            await publish_from(scene, "A", topic, "forged")
            await publish_from(scene, "A", "recorder/v1/A/battery", "fence")
            assert [] == await topics_until(server, "fence")
            await server.publish("recorder/v1/B/command", "fence", qos=1)
            assert [] == await topics_until(victim, "fence")


async def test_a_recorder_cannot_leave_a_will_in_another_s_name(scene: Scene) -> None:
    async with scene.server() as server:
        await server.subscribe("recorder/v1/#", qos=1)
        will = aiomqtt.Will("recorder/v1/B/presence", b"forged will", qos=1)
        with suppress(aiomqtt.MqttError, RuntimeError):
            async with scene.recorder("A", will=will) as client:
                client._client.socket().shutdown(2)  # a death without a goodbye
        own = aiomqtt.Will("recorder/v1/A/presence", b"fence", qos=1)
        with suppress(aiomqtt.MqttError, RuntimeError):
            async with scene.recorder("A", will=own) as client:
                client._client.socket().shutdown(2)
        assert [] == await topics_until(server, "fence")


@pytest.mark.parametrize(
    "topic_filter",
    [
        "#",
        "+/+/+/+",
        "recorder/v1/+/+",
        "recorder/v1/+/command",
        "recorder/v1/B/command",
        "recorder/v1/B/#",
        "$share/x/recorder/v1/+/+",
        "$share/x/recorder/v1/B/command",
    ],
)
async def test_a_recorder_can_read_neither_another_nor_the_fleet(scene: Scene, topic_filter: str) -> None:
    async with scene.server() as server, scene.recorder("A") as spy:
        await server.subscribe("recorder/v1/#", qos=1)
        await publish_from(scene, "B", "recorder/v1/B/battery", "before")
        await spy.subscribe("recorder/v1/A/command", qos=1)
        # mosquitto grants every subscription and delivers nothing; amqtt refuses it.
        await spy.subscribe(topic_filter, qos=1)
        await publish_from(scene, "B", "recorder/v1/B/heartbeat", "fence")
        assert ["recorder/v1/B/battery"] == await topics_until(server, "fence")
        await server.publish("recorder/v1/B/command", "for B", qos=1)
        await server.publish("recorder/v1/A/command", "fence", qos=1)
        assert [] == await topics_until(spy, "fence")


async def test_what_a_recorder_retains_is_shown_to_the_server_and_to_no_other_recorder(scene: Scene) -> None:
    async with scene.server() as server:
        await server.subscribe("recorder/v1/#", qos=1)
        async with scene.recorder("B") as client:
            await client.publish("recorder/v1/B/presence", "online", qos=1, retain=True)
        await publish_from(scene, "B", "recorder/v1/B/battery", "fence")
        assert ["recorder/v1/B/presence"] == await topics_until(server, "fence")
        async with scene.recorder("A") as spy:
            await spy.subscribe("recorder/v1/+/presence", qos=1)
            await spy.subscribe("recorder/v1/A/command", qos=1)
            await server.publish("recorder/v1/A/command", "fence", qos=1)
            assert [] == await topics_until(spy, "fence")
    async with scene.server(f"{SERVER_ACCOUNT}-2") as later:
        await later.subscribe("recorder/v1/#", qos=1)
        async with asyncio.timeout(SECONDS):
            message = await anext(later.messages)
        assert ("recorder/v1/B/presence", b"online", True) == (str(message.topic), message.payload, message.retain)


async def test_a_recorder_gets_its_own_commands(scene: Scene) -> None:
    async with scene.server() as server, scene.recorder("A") as recorder:
        await recorder.subscribe("recorder/v1/A/command", qos=1)
        await server.publish("recorder/v1/A/command", '{"id": "c1", "type": "locate"}', qos=1)
        await server.publish("recorder/v1/A/command", "fence", qos=1)
        assert ["recorder/v1/A/command"] == await topics_until(recorder, "fence")


async def test_nobody_gets_in_without_the_right_secret(scene: Scene) -> None:
    broker = scene.broker
    assert await is_admitted(scene.recorder("A"))
    assert not await is_admitted(scene.recorder("A", secret="secret of B"))
    assert not await is_admitted(scene.recorder("C"))
    assert not await is_admitted(scene.recorder(SERVER_ACCOUNT, secret="secret of A"))
    for port in (broker.port, broker.server_port):
        assert not await is_admitted(aiomqtt.Client(broker.host, port, identifier="A", protocol=scene.protocol))


@pytest.mark.parametrize("client_id", [SERVER_ACCOUNT, f"{SERVER_ACCOUNT}-2"])
async def test_the_server_s_account_hears_and_says_nothing_by_the_recorders_door(scene: Scene, client_id: str) -> None:
    async with scene.server() as server, scene.recorder("A") as recorder:
        await server.subscribe("recorder/v1/#", qos=1)
        await recorder.subscribe("recorder/v1/A/command", qos=1)
        # mosquitto lets it in with no rights, amqtt doesn't let it in.
        with suppress(aiomqtt.MqttError):
            async with scene.recorder(SERVER_ACCOUNT, client_id=client_id) as outside:
                await outside.subscribe("recorder/v1/#", qos=1)
                await publish_from(scene, "B", "recorder/v1/B/heartbeat", "secret")
                assert [] == await _heard_within(outside, 0.5)
        await publish_from(scene, SERVER_ACCOUNT, "recorder/v1/A/command", "forged")
        await publish_from(scene, SERVER_ACCOUNT, "recorder/v1/A/battery", "forged")
        await server.publish("recorder/v1/A/command", "fence", qos=1)
        assert [] == await topics_until(recorder, "fence")
        await publish_from(scene, "A", "recorder/v1/A/event", "fence")
        assert "recorder/v1/A/battery" not in await topics_until(server, "fence")


@pytest.mark.parametrize("client_id", ["A", "B", SERVER_ACCOUNT, f"{SERVER_ACCOUNT}-2", "recorder/v1"])
async def test_a_recorder_is_no_more_by_the_server_s_door_than_by_its_own(scene: Scene, client_id: str) -> None:
    async with scene.server() as server, scene.recorder("B") as victim:
        await server.subscribe("recorder/v1/#", qos=1)
        await victim.subscribe("recorder/v1/B/command", qos=1)
        with suppress(aiomqtt.MqttError):
            async with scene.inside("A", client_id) as inside:
                await inside.subscribe("recorder/v1/#", qos=1)
                await inside.subscribe("$SYS/broker/#", qos=1)
                await publish_from(scene, "A", "recorder/v1/A/heartbeat", "secret")
                assert [] == await _heard_within(inside, 0.5)
        for topic in ("recorder/v1/B/battery", "recorder/v1/B/command", f"{SERVER_ACCOUNT}/v1/B/battery"):
            with suppress(aiomqtt.MqttError):
                async with scene.inside("A", client_id) as inside:
                    await inside.publish(topic, "forged", qos=1)
        await publish_from(scene, "A", "recorder/v1/A/event", "fence")
        assert {"recorder/v1/A/heartbeat"} >= set(await topics_until(server, "fence"))


async def _heard_within(client: aiomqtt.Client, seconds: float) -> list[str]:
    """Topics of what arrives within *seconds*: of somebody who must not hear even a fence."""
    topics = []
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for message in client.messages:
                topics.append(str(message.topic))  # noqa: PERF401 - the clock ends it
    return topics


async def test_a_recorder_cannot_take_over_another_s_client_id(scene: Scene) -> None:
    async with scene.server() as server, scene.recorder("B") as victim:
        await victim.subscribe("recorder/v1/B/command", qos=1)
        # mosquitto gives the intruder its own name for a client id; amqtt refuses it.
        with suppress(aiomqtt.MqttError):
            async with scene.recorder("A", client_id="B") as intruder:
                await intruder.subscribe("recorder/v1/B/command", qos=1)
        assert not await is_admitted(scene.recorder("B", secret="wrong"))
        await server.publish("recorder/v1/B/command", "fence", qos=1)
        assert [] == await topics_until(victim, "fence")


async def test_a_revoked_recorder_is_cut_off_and_stays_out(scene: Scene) -> None:
    async with scene.recorder("A") as survivor, scene.server() as server:
        await survivor.subscribe("recorder/v1/A/command", qos=1)
        with pytest.raises(aiomqtt.MqttError):  # noqa: PT012 - the block ends when the broker ends the connection
            async with scene.recorder("B") as revoked, asyncio.timeout(SECONDS):
                await scene.broker.reload([account("B", revoked=True), *(a for a in ACCOUNTS if a.username != "B")])
                await anext(revoked.messages)
        assert not await is_admitted(scene.recorder("B"))
        await server.publish("recorder/v1/A/command", "fence", qos=1)
        assert [] == await topics_until(survivor, "fence")
    await scene.broker.reload(ACCOUNTS)
    assert await is_admitted(scene.recorder("B"))
