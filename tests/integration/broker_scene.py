"""Test helper: accounts, a running broker with its listeners, and functions to wait for messages."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
from cryptography.hazmat.primitives.serialization import Encoding

from broker.access import SERVER_ACCOUNT, Account
from broker.certificates import Authority, issue_server, revocation_list
from broker.credentials import hash_secret, new_salt
from broker.embedded import RunningBroker
from broker.mosquitto_conf import TlsFiles

NOW = datetime.now(UTC)
MQTT_311 = aiomqtt.ProtocolVersion.V311
MQTT_5 = aiomqtt.ProtocolVersion.V5
SECONDS = 10


def account(username: str, *, revoked: bool = False) -> Account:
    kind = "server" if username == SERVER_ACCOUNT else "recorder"
    return Account(username, kind, hash_secret(f"secret of {username}", new_salt()), revoked)


ACCOUNTS = [account("A"), account("B"), account(SERVER_ACCOUNT)]


def write_tls_files(directory: Path, authority: Authority, hosts: Sequence[str]) -> TlsFiles:
    """Write what the broker's TLS listeners need: authority, server certificate, an empty revocation list."""
    directory.mkdir(parents=True, exist_ok=True)
    server = issue_server(authority, hosts, NOW)
    files = TlsFiles(*(directory / name for name in ("authority.pem", "server.pem", "server.key", "revoked.pem")))
    files.authority.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    files.certificate.write_bytes(server.certificate)
    files.key.write_bytes(server.key)
    files.revoked.write_bytes(revocation_list(authority, [], NOW))
    return files


@dataclass
class Scene:
    """A running broker, and clients for it."""

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

    def inside(self, username: str, client_id: str) -> aiomqtt.Client:
        """A client with a recorder's secret at the server's listener, which allows any client id."""
        return aiomqtt.Client(
            self.broker.host,
            self.broker.server_port,
            identifier=client_id,
            username=username,
            password=f"secret of {username}",
            protocol=self.protocol,
            timeout=SECONDS,
        )


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
