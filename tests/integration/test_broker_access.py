"""The broker keeps recorders apart: proven on a real mosquitto over TLS, and on amqtt."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import pytest
import pytest_asyncio

from broker.access import SERVER_ACCOUNT, Account
from broker.certificates import (
    Authority,
    Issued,
    Revocation,
    issue_client,
    new_authority,
    revocation_list,
    write_tls_files,
)
from broker.credentials import hash_secret, new_salt
from broker.embedded import BrokerKind, RunningBroker, embedded_broker

NOW = datetime.now(UTC)
MQTT_311 = aiomqtt.ProtocolVersion.V311
MQTT_5 = aiomqtt.ProtocolVersion.V5
SECONDS = 10


def account(username: str, *, revoked: bool = False) -> Account:
    kind = "server" if username == SERVER_ACCOUNT else "recorder"
    return Account(username, kind, hash_secret(f"secret of {username}", new_salt()), revoked)


ACCOUNTS = [account("A"), account("B"), account(SERVER_ACCOUNT)]


@dataclass
class Scene:
    """A running broker and how one connects to it."""

    broker: RunningBroker
    protocol: aiomqtt.ProtocolVersion
    tls: ssl.SSLContext | None = None

    def recorder(
        self,
        username: str,
        *,
        client_id: str | None = None,
        secret: str | None = None,
        will: aiomqtt.Will | None = None,
    ) -> aiomqtt.Client:
        return aiomqtt.Client(
            self.broker.host,
            self.broker.tls_port or self.broker.port,
            identifier=client_id or username,
            username=username,
            password=secret or f"secret of {username}",
            protocol=self.protocol,
            tls_context=self.tls,
            will=will,
            timeout=SECONDS,
        )

    def server(self, client_id: str = f"{SERVER_ACCOUNT}-1") -> aiomqtt.Client:
        return aiomqtt.Client(
            self.broker.host,
            self.broker.server_port,
            identifier=client_id,
            username=SERVER_ACCOUNT,
            password=f"secret of {SERVER_ACCOUNT}",
            protocol=self.protocol,
            timeout=SECONDS,
        )


@pytest_asyncio.fixture(params=[("mosquitto", MQTT_5), ("mosquitto", MQTT_311), ("amqtt", MQTT_311)], ids=str)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    kind: BrokerKind
    kind, protocol = request.param
    if kind == "amqtt":
        async with embedded_broker(tmp_path, ACCOUNTS, kind=kind) as broker:
            yield Scene(broker, protocol)
        return
    files = write_tls_files(tmp_path / "tls", new_authority("a bureau", NOW), ["localhost", "127.0.0.1"], [], NOW)
    async with embedded_broker(tmp_path, ACCOUNTS, kind=kind, tls=files) as broker:
        yield Scene(broker, protocol, ssl.create_default_context(cafile=str(files.authority)))


async def topics_until(client: aiomqtt.Client, fence: str) -> list[str]:
    """Topics of what arrives, up to the message with payload *fence*."""
    topics = []
    async with asyncio.timeout(SECONDS):
        async for message in client.messages:
            if message.payload == fence.encode():
                return topics
            topics.append(str(message.topic))
    raise AssertionError


async def publish_from(scene: Scene, recorder_id: str, topic: str, payload: str) -> None:
    """Publish; mosquitto 2.0 closes a connection that publishes where it may not."""
    with suppress(aiomqtt.MqttError):
        async with scene.recorder(recorder_id) as client:
            await client.publish(topic, payload, qos=1)


async def is_admitted(client: aiomqtt.Client) -> bool:
    try:
        async with client:
            return True
    except aiomqtt.MqttError:
        return False


async def test_a_recorder_s_own_messages_of_known_and_unknown_kinds_reach_the_server(scene: Scene) -> None:
    async with scene.server() as server:
        await server.subscribe("recorder/v1/#", qos=1)
        await publish_from(scene, "A", "recorder/v1/A/heartbeat", "1")
        await publish_from(scene, "A", "recorder/v1/A/hologram", "2")
        await publish_from(scene, "A", "recorder/v1/A/battery", "fence")
        assert ["recorder/v1/A/heartbeat", "recorder/v1/A/hologram"] == await topics_until(server, "fence")


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


async def test_nobody_gets_in_without_the_right_secret_or_by_the_other_door(scene: Scene) -> None:
    broker = scene.broker
    assert await is_admitted(scene.recorder("A"))
    assert not await is_admitted(scene.recorder("A", secret="secret of B"))
    assert not await is_admitted(scene.recorder("C"))
    assert not await is_admitted(aiomqtt.Client(broker.host, broker.port, identifier="A", protocol=scene.protocol))
    as_recorder = {"username": "A", "password": "secret of A", "protocol": scene.protocol}
    assert not await is_admitted(aiomqtt.Client(broker.host, broker.server_port, identifier="x", **as_recorder))
    as_server = {"username": SERVER_ACCOUNT, "password": f"secret of {SERVER_ACCOUNT}", "protocol": scene.protocol}
    assert not await is_admitted(aiomqtt.Client(broker.host, broker.port, identifier="x", **as_server))


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


class Certified:
    """A mosquitto whose recorders show certificates."""

    def __init__(self, broker: RunningBroker, directory: Path, authority: Authority) -> None:
        self.broker = broker
        self.directory = directory
        self.authority = authority
        self.issued: dict[str, Issued] = {}

    def client(self, recorder_id: str, *, said: str | None = None) -> aiomqtt.Client:
        issued = self.issued.setdefault(recorder_id, issue_client(self.authority, recorder_id, NOW))
        return aiomqtt.Client(
            self.broker.host,
            self.broker.certificate_port,
            identifier=said or recorder_id,
            username=said,
            password=said and f"secret of {said}",
            tls_context=self.context(issued),
            timeout=SECONDS,
        )

    def context(self, issued: Issued | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.directory / "authority.pem"))
        if issued is not None:
            (self.directory / "client.pem").write_bytes(issued.certificate + issued.key)
            context.load_cert_chain(self.directory / "client.pem")
        return context

    async def admits(self, issued: Issued | None) -> bool:
        """Whether a CONNECT behind this certificate is accepted; in TLS 1.3 the handshake alone tells nothing."""
        name = b"\x00\x01A"
        connect = b"\x00\x04MQTT\x04\xc2\x00\x3c" + name + name + b"\x00\x0bsecret of A"
        async with asyncio.timeout(SECONDS):
            try:
                reader, writer = await asyncio.open_connection(
                    self.broker.host, self.broker.certificate_port, ssl=self.context(issued)
                )
                writer.write(bytes([0x10, len(connect)]) + connect)
                answer = await reader.read(4)
                writer.close()
            except OSError:
                return False
        return answer == b"\x20\x02\x00\x00"

    def revoke(self, recorder_ids: Iterable[str]) -> None:
        taken_back = [Revocation(self.issued[recorder_id].serial, NOW) for recorder_id in recorder_ids]
        (self.directory / "revoked.pem").write_bytes(revocation_list(self.authority, taken_back, NOW))


@pytest_asyncio.fixture
async def certified(tmp_path: Path) -> AsyncIterator[Certified]:
    authority = new_authority("a bureau", NOW)
    files = write_tls_files(tmp_path / "tls", authority, ["127.0.0.1"], [], NOW)
    async with embedded_broker(tmp_path, ACCOUNTS, kind="mosquitto", tls=files) as broker:
        yield Certified(broker, tmp_path / "tls", authority)


async def test_the_certificate_s_cn_decides_who_a_recorder_is(certified: Certified) -> None:
    async with Scene(certified.broker, MQTT_5).server() as server:
        await server.subscribe("recorder/v1/#", qos=1)
        with suppress(aiomqtt.MqttError):
            async with certified.client("A", said="B") as client:
                await client.publish("recorder/v1/B/battery", "forged", qos=1)
        async with certified.client("A", said="B") as client:
            await client.publish("recorder/v1/A/battery", "fence", qos=1)
        assert [] == await topics_until(server, "fence")


async def test_a_certificate_of_another_authority_or_none_opens_nothing(certified: Certified) -> None:
    assert await certified.admits(issue_client(certified.authority, "A", NOW))
    assert not await certified.admits(issue_client(new_authority("a forger", NOW), "A", NOW))
    assert not await certified.admits(None)


async def test_a_revoked_certificate_opens_nothing_and_its_open_connection_is_worth_nothing(
    certified: Certified,
) -> None:
    revoked = [account("A"), account("B", revoked=True), account(SERVER_ACCOUNT)]
    async with Scene(certified.broker, MQTT_5).server() as server:
        await server.subscribe("recorder/v1/#", qos=1)
        with pytest.raises(aiomqtt.MqttError):  # noqa: PT012 - the block ends when the broker ends the connection
            async with certified.client("B") as client, asyncio.timeout(SECONDS):
                certified.revoke(["B"])
                await certified.broker.reload(revoked)
                await client.publish("recorder/v1/B/battery", "too late", qos=1)
                await anext(client.messages)
        assert not await certified.admits(certified.issued["B"])
        async with certified.client("A") as client:
            await client.publish("recorder/v1/A/battery", "fence", qos=1)
        assert [] == await topics_until(server, "fence")
