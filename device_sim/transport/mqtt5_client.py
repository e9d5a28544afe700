"""An MQTT 5 client as an asyncio protocol over the `mqtt5` codec, fast enough for thousands of connections."""

import asyncio
import resource
import ssl
from dataclasses import dataclass
from typing import Final, Protocol, cast

import mqtt5

KEEP_ALIVE_S: Final = 60
_PING_AFTER_S: Final = 0.75 * KEEP_ALIVE_S
_DEAD_AFTER_S: Final = 1.5 * KEEP_ALIVE_S
SESSION_EXPIRY_S: Final = 600
_OPEN_TIMEOUT_S: Final = 20.0
_OTHER_FILES: Final = 200
LOGIN_REFUSED: Final = "login refused"
"""The reason that an owner is given for a connection whose name or secret the broker doesn't accept."""
_REFUSED: Final = (mqtt5.ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD, mqtt5.ConnAckReasonCode.NOT_AUTHORIZED)
_ACCEPTED: Final = (mqtt5.PubAckReasonCode.SUCCESS, mqtt5.PubAckReasonCode.NO_MATCHING_SUBSCRIBERS)


@dataclass(slots=True, frozen=True)
class BrokerAddress:
    """Where the broker listens; *tls* is a client context, with a client certificate if the broker wants one."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


@dataclass(slots=True, frozen=True)
class Will:
    """The message that the broker publishes, retained, if the connection breaks."""

    topic: str
    payload: bytes


@dataclass(slots=True, frozen=True)
class ConnectOptions:
    """The fields of a CONNECT; the user name is the client id."""

    client_id: str
    password: str | None
    clean_start: bool
    will: Will | None = None


class ClientOwner(Protocol):
    """Is notified of a client's events. Called from the event loop, so it must not block."""

    def client_connected(self, client: "MqttClient", *, session_present: bool, receive_max: int) -> None:
        """The broker accepted the CONNECT."""

    def client_acknowledged(self, client: "MqttClient", packet_id: int, *, accepted: bool) -> None:
        """A PUBACK arrived; not *accepted* if its reason code is an error."""

    def client_received(self, client: "MqttClient", topic: str, payload: bytes) -> None:
        """A message arrived (a command)."""

    def client_disconnected(self, client: "MqttClient", reason: str) -> None:
        """The connection is closed or could not be opened; called once."""


class MqttClient(Protocol):
    """One connection, from CONNECT to its end."""

    @property
    def is_alive(self) -> bool:
        """Whether the owner has not been notified of its end yet."""

    def publish(self, topic: str, payload: bytes, packet_id: int, *, retain: bool, duplicate: bool) -> None:
        """Send a QoS 1 PUBLISH."""

    def close(self) -> None:
        """Send DISCONNECT: the broker discards the will."""

    def abort(self) -> None:
        """Cut the connection at once: the broker publishes the will."""

    def go_silent(self, cut_after_s: float | None = None) -> None:
        """Fall silent, as without coverage. The broker notices by keep-alive, 90 s later, or at the next CONNECT.

        Where time runs faster than the keep-alive, the connection is cut after *cut_after_s* seconds instead.
        """


class Mqtt5Client(asyncio.Protocol):
    """One MQTT 5 connection."""

    def __init__(self, options: ConnectOptions, owner: ClientOwner) -> None:
        self._options = options
        self._owner: ClientOwner | None = owner
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._partial = b""
        self._unwritten: list[bytes] = []
        self._reason = "connection lost"
        self._sent_at = self._heard_at = self._loop.time()
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the CONNECT."""
        # uvloop's transport has the methods of asyncio.Transport without being one.
        self._transport = cast("asyncio.Transport", transport)
        options, will = self._options, self._options.will
        self._write(
            mqtt5.ConnectPacket(
                options.client_id,
                username=options.client_id,
                password=None if options.password is None else options.password.encode(),
                clean_start=options.clean_start,
                will=None
                if will is None
                else mqtt5.Will(will.topic, payload=will.payload, qos=mqtt5.QoS.AT_LEAST_ONCE, retain=True),
                keep_alive=KEEP_ALIVE_S,
                session_expiry_interval=SESSION_EXPIRY_S,
            ).write()
        )
        self._watch = self._loop.call_later(_OPEN_TIMEOUT_S, self._time_out)

    def data_received(self, data: bytes) -> None:
        """Handle all complete packets; keep the rest for the next call."""
        self._heard_at = self._loop.time()
        if self._partial:
            data = self._partial + data
        view = memoryview(data)
        offset = 0
        while offset < len(data):
            try:
                packet, size = mqtt5.read(view[offset:])
            except IndexError:
                break
            except ValueError as fault:
                self._fail(f"not MQTT: {fault}")
                return
            offset += size
            self._handle(packet)
        self._partial = data[offset:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Notify the owner, once."""
        if self._watch is not None:
            self._watch.cancel()
        owner, self._owner = self._owner, None
        self._transport = None
        if owner is not None:
            owner.client_disconnected(self, str(exc) if exc is not None else self._reason)

    @property
    def is_alive(self) -> bool:
        """Whether the owner has not been notified of its end yet."""
        return self._owner is not None

    def publish(self, topic: str, payload: bytes, packet_id: int, *, retain: bool, duplicate: bool) -> None:
        """Send a QoS 1 PUBLISH."""
        packet = mqtt5.PublishPacket(
            topic,
            payload,
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain=retain,
            packet_id=packet_id,
            duplicate=duplicate,
        )
        self._write(packet.write())

    def close(self) -> None:
        """Send DISCONNECT: the broker discards the will."""
        if self._transport is not None:
            self._reason = "closed"
            self._write(mqtt5.DisconnectPacket().write())
            self._flush()
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection at once: the broker publishes the will."""
        self._fail("aborted")

    def go_silent(self, cut_after_s: float | None = None) -> None:
        """Fall silent; the socket is closed by the broker, or after *cut_after_s* or 120 seconds."""
        if self._watch is not None:
            self._watch.cancel()
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.client_disconnected(self, "vanished")
        if self._transport is not None:
            self._watch = self._loop.call_later(cut_after_s or 2 * KEEP_ALIVE_S, self._transport.abort)

    def _handle(self, packet: mqtt5.Packet) -> None:
        owner = self._owner
        if owner is None:
            return
        match packet:
            case mqtt5.PubAckPacket():
                owner.client_acknowledged(self, packet.packet_id, accepted=packet.reason_code in _ACCEPTED)
            case mqtt5.ConnAckPacket():
                self._open(packet, owner)
            case mqtt5.PublishPacket():
                owner.client_received(self, packet.topic, packet.payload)
                if packet.packet_id is not None:
                    self._write(mqtt5.PubAckPacket(packet.packet_id).write())
            case mqtt5.DisconnectPacket():
                self._reason = f"broker said {packet.reason_code.name}"
            case _:
                pass

    def _open(self, packet: mqtt5.ConnAckPacket, owner: ClientOwner) -> None:
        if packet.reason_code in _REFUSED:
            self._fail(LOGIN_REFUSED)
            return
        if packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            self._fail(f"refused: {packet.reason_code.name}")
            return
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_later(_PING_AFTER_S / 2, self._keep_alive)
        command = mqtt5.TopicFilter(f"recorder/v1/{self._options.client_id}/command", max_qos=mqtt5.QoS.AT_LEAST_ONCE)
        if not packet.session_present:
            self._write(mqtt5.SubscribePacket(65535, [command]).write())
        owner.client_connected(self, session_present=packet.session_present, receive_max=packet.receive_max)

    def _keep_alive(self) -> None:
        now = self._loop.time()
        if now - self._heard_at > _DEAD_AFTER_S:
            self._fail("broker silent")
            return
        if now - self._sent_at > _PING_AFTER_S or now - self._heard_at > _PING_AFTER_S:
            self._write(mqtt5.PingReqPacket().write())
        self._watch = self._loop.call_later(_PING_AFTER_S / 2, self._keep_alive)

    def _time_out(self) -> None:
        self._fail("no CONNACK")

    def _fail(self, reason: str) -> None:
        self._reason = reason
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        # A system call costs more than building a packet: write everything of one loop iteration at once.
        if not self._unwritten:
            self._loop.call_soon(self._flush)
        self._unwritten.append(data)

    def _flush(self) -> None:
        if self._unwritten and self._transport is not None:
            self._sent_at = self._loop.time()
            self._transport.write(b"".join(self._unwritten))
        self._unwritten.clear()


async def open_mqtt5(address: BrokerAddress, options: ConnectOptions, owner: ClientOwner) -> MqttClient:
    """Open the TCP or TLS connection and send the CONNECT; *owner* is notified of the outcome. Raises OSError."""
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: Mqtt5Client(options, owner), address.host, address.port, ssl=address.tls
    )
    return client


class TooFewDescriptorsError(Exception):
    """The operating system allows too few open files for a fleet of this size."""


def raise_descriptor_limit(connections: int) -> int:
    """Raise this process's limit of open files so that *connections* fit; return the limit.

    Raises TooFewDescriptorsError, which says what to do, if the hard limit is too low.
    """
    wanted = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted, max(hard, wanted) if hard != resource.RLIM_INFINITY else hard)
        )
    except (ValueError, PermissionError) as fault:
        raise TooFewDescriptorsError(
            f"{connections} connections need {wanted} open files, but the hard limit is {hard}: "
            f"run `ulimit -Hn {wanted}` as root before, set `LimitNOFILE={wanted}` in the systemd unit, or start "
            f"{hard - _OTHER_FILES} recorders at most"
        ) from fault
    return wanted
