"""A recorder's certificate says who it is, and says nothing once it was taken back: proven on a real mosquitto."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path

import aiomqtt
import pytest
import pytest_asyncio
from broker_scene import ACCOUNTS, MQTT_5, NOW, SECONDS, Scene, account, topics_until, write_tls_files
from cryptography import x509

from broker import certificates
from broker.access import SERVER_ACCOUNT
from broker.certificates import (
    Authority,
    IssuedCertificate,
    Revocation,
    issue_client,
    new_authority,
    revocation_list,
)
from broker.embedded import RunningBroker, embedded_broker
from telemetry.ingest.session import Mqtt5Session, SessionSettings

pytestmark = pytest.mark.usefixtures("each_mosquitto")


class Certified:
    """A mosquitto whose recorders show certificates."""

    def __init__(self, broker: RunningBroker, directory: Path, authority: Authority) -> None:
        self.broker = broker
        self.directory = directory
        self.authority = authority
        self.issued: dict[str, IssuedCertificate] = {}

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

    def context(self, issued: IssuedCertificate | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.directory / "authority.pem"))
        if issued is not None:
            (self.directory / "client.pem").write_bytes(issued.certificate + issued.key)
            context.load_cert_chain(self.directory / "client.pem")
        return context

    async def admits(self, issued: IssuedCertificate | None) -> bool:
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
    files = write_tls_files(tmp_path / "tls", authority, ["127.0.0.1"])
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
        async with certified.client("B") as client, asyncio.timeout(SECONDS):
            certified.revoke(["B"])
            await certified.broker.reload(revoked)
            # The broker may end the connection, or deny what is published and keep it.
            with suppress(aiomqtt.MqttError):
                await client.publish("recorder/v1/B/battery", "too late", qos=1)
        assert not await certified.admits(certified.issued["B"])
        async with certified.client("A") as client:
            await client.publish("recorder/v1/A/battery", "fence", qos=1)
        assert [] == await topics_until(server, "fence")


async def test_a_certificate_with_the_server_s_name_hears_and_says_nothing(
    certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="the server's name"):
        issue_client(certified.authority, SERVER_ACCOUNT, NOW)
    # An authority that isn't ours might sign one.
    monkeypatch.setattr(certificates, "is_reserved", lambda _: False)
    async with Scene(certified.broker, MQTT_5).server() as server, certified.client("A") as recorder:
        await server.subscribe("recorder/v1/#", qos=1)
        await recorder.subscribe("recorder/v1/A/command", qos=1)
        async with certified.client(SERVER_ACCOUNT) as named:
            await named.subscribe("recorder/v1/#", qos=1)
            await recorder.publish("recorder/v1/A/heartbeat", "1", qos=1)
            await recorder.publish("recorder/v1/A/battery", "fence", qos=1)
            assert ["recorder/v1/A/heartbeat"] == await topics_until(server, "fence")
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    raise AssertionError(await anext(named.messages))
        for topic in ("recorder/v1/A/command", "recorder/v1/A/battery"):
            with suppress(aiomqtt.MqttError):
                async with certified.client(SERVER_ACCOUNT) as named:
                    await named.publish(topic, "forged", qos=1)
        await server.publish("recorder/v1/A/command", "fence", qos=1)
        assert [] == await topics_until(recorder, "fence")
        await recorder.publish("recorder/v1/A/event", "fence", qos=1)
        assert [] == await topics_until(server, "fence")


async def test_a_session_tells_when_the_broker_s_certificate_expires(certified: Certified) -> None:
    context = certified.context(issue_client(certified.authority, "A", NOW))
    settings = SessionSettings(
        *(certified.broker.host, certified.broker.certificate_port, "A", "recorder/v1/A/command"), tls=context
    )
    session = await Mqtt5Session.open(settings)
    shown = x509.load_pem_x509_certificate((certified.directory / "server.pem").read_bytes())
    assert shown.not_valid_after_utc == session.certificate_expires_at
    await session.close()
