"""Simulates one recorder's connection for a trace: connecting, disconnecting, wills, stored messages and lag."""

from collections.abc import Sequence
from random import Random
from typing import Final

from device_sim.bureau.fleet_plan import RecorderPlan
from device_sim.bureau.scenario_state import PlatformOutage
from device_sim.device.device_truth import Cause, Phase, Silence
from device_sim.device.payloads import Message
from device_sim.device.recorder import Recorder
from device_sim.transport.network import Arrival, NetworkPath, NetworkSettings, garbage_message
from device_sim.world.places import District
from device_sim.world.spans import Span
from telemetry.domain.messages import WILL_AFTER_S
from telemetry.domain.topics import topic_of

_NEVER: Final = 2**62
_WILL_AFTER_MS: Final = int(WILL_AFTER_S * 1000)
_UNCONFIRMED_MS: Final = 2_500
_RETRY_MOST_S: Final = 60.0


class SimulatedConnection:
    """Runs one recorder over a simulated network; its messages collect in `arrivals`."""

    def __init__(
        self,
        number: int,
        recorder_plan: RecorderPlan,
        district: District,
        network: NetworkSettings,
        platform_outages: Sequence[PlatformOutage],
    ) -> None:
        self.recorder = Recorder(recorder_plan.spec, district, recorder_plan.actions, Random(recorder_plan.seed))
        self.arrivals: list[Arrival] = []
        self._number = number
        self._recorder_id = recorder_plan.spec.recorder_id
        self._model = recorder_plan.spec.model
        self._rng = Random(f"{recorder_plan.seed}:network")
        self._network = network
        self._path = NetworkPath(network, self._rng)
        self._outages = platform_outages
        self._serial = 0
        self._is_connected = False
        self._connect_ms = self._envelope_ms = _NEVER
        self._connected_ms = 0
        self._last_arrival_ms = 0
        self._will = ""
        self._will_due_ms = _NEVER
        self._unconfirmed: list[Message] = []
        self._silence: Silence | None = None
        self._platform_changes = sorted({ms for outage in platform_outages for ms in (outage.from_ms, outage.to_ms)})
        self._changes_done = 0

    def run_until(self, until_ms: int) -> None:
        """Simulate everything before *until_ms*."""
        recorder = self.recorder
        while True:
            change_ms = self._next_change_ms()
            due_ms = min(recorder.next_due_ms, self._connect_ms, self._envelope_ms, self._will_due_ms, change_ms)
            if due_ms >= until_ms:
                return
            if due_ms == change_ms:
                self._changes_done += 1
            elif due_ms == self._will_due_ms:
                self._deliver_will(due_ms)
            elif due_ms == self._connect_ms:
                self._connect(due_ms)
            elif due_ms == self._envelope_ms:
                self._send_envelope(due_ms)
            else:
                for message in recorder.advance(due_ms):
                    self._send(message)
            self._update_connection(due_ms)

    def finish(self, until_ms: int) -> None:
        """End the simulation: close what is still open in the true history at *until_ms*."""
        if self._is_connected:
            self.recorder.truth.connected.append(Span(self._connected_ms, until_ms))
        if self._silence is not None:
            self.recorder.truth.silences.append(self._silence)
        self.recorder.close_truth(until_ms)

    def take_arrivals(self, before_ms: int) -> list[Arrival]:
        """Remove and return the arrivals before *before_ms*."""
        due = [arrival for arrival in self.arrivals if arrival[0] < before_ms]
        if len(due) == len(self.arrivals):
            self.arrivals = []
        else:
            self.arrivals = [arrival for arrival in self.arrivals if arrival[0] >= before_ms]
        return due

    def _next_change_ms(self) -> int:
        if self._changes_done < len(self._platform_changes):
            return self._platform_changes[self._changes_done]
        return _NEVER

    def _outage_at(self, now_ms: int) -> PlatformOutage | None:
        return next((outage for outage in self._outages if outage.from_ms <= now_ms < outage.to_ms), None)

    def _update_connection(self, now_ms: int) -> None:
        cause = self.recorder.offline_cause
        outage = self._outage_at(now_ms) if self._outages else None
        if self._is_connected:
            if cause is not None or outage is not None:
                self._lose_connection(now_ms, cause or "platform_outage", outage)
            return
        if self._silence is not None and (cause or outage):
            self._note_phase(now_ms, cause or "platform_outage")
        if cause is not None:
            self._connect_ms = _NEVER
        elif outage is None and self._connect_ms == _NEVER:
            # During an outage of the platform a recorder has backed off to its longest retry delay.
            waited_s = _RETRY_MOST_S if self._silence and self._silence.phases[-1].cause == "platform_outage" else 3.0
            self._connect_ms = now_ms + 700 + int(self._rng.random() * 1000 * waited_s)

    def _note_phase(self, now_ms: int, cause: Cause) -> None:
        assert self._silence is not None
        if self._silence.phases[-1].cause != cause:
            self._silence.phases.append(Phase(now_ms, cause))

    def _connect(self, now_ms: int) -> None:
        self._connect_ms = _NEVER
        if self._outage_at(now_ms):
            return
        recorder = self.recorder
        arrival_ms = self._path.arrival_ms(now_ms)
        if self._will_due_ms != _NEVER:
            # The client connects again before the keep-alive ran out, so the broker closes the old connection. If
            # the session isn't resumed, its will is published, sometimes after the new birth message.
            if not self._model.resumes_session:
                self._deliver_will(max(now_ms, arrival_ms + self._rng.randrange(-60, 40)))
            self._will_due_ms = _NEVER
        self._is_connected = True
        self._connected_ms = now_ms
        self._will = recorder.start_session(now_ms)
        if self._silence is not None:
            self._silence.to_ms, self._silence.boot_after = now_ms, recorder.boot
            recorder.truth.silences.append(self._silence)
            self._silence = None
        self._send(recorder.connection_opened(now_ms))
        unconfirmed, self._unconfirmed = self._unconfirmed, []
        for message in unconfirmed:
            self._send(message)
        if recorder.stored:
            self._envelope_ms = now_ms + 400

    def _send_envelope(self, now_ms: int) -> None:
        envelope = self.recorder.next_envelope(now_ms, self._rng if self._network.shuffles_backlog else None)
        if envelope is not None:
            self._send(envelope)
        self._envelope_ms = now_ms + self._rng.randrange(300, 900) if self.recorder.stored else _NEVER

    def _lose_connection(self, now_ms: int, cause: Cause, outage: PlatformOutage | None) -> None:
        recorder = self.recorder
        self._is_connected = False
        self._envelope_ms = _NEVER
        recorder.truth.connected.append(Span(self._connected_ms, now_ms))
        if not recorder.is_disconnecting and (outage is None or outage.leaves_wills):
            self._will_due_ms = self._last_arrival_ms + _WILL_AFTER_MS
        recorder.connection_lost(now_ms)
        self._silence = Silence(now_ms, [Phase(now_ms, cause)], boot_before=recorder.boot)
        self._requeue_unconfirmed(now_ms)

    def _requeue_unconfirmed(self, now_ms: int) -> None:
        """Send again what was on its way when the connection broke; half of it had not arrived."""
        self._unconfirmed = [message for message in self._unconfirmed if message.at_ms > now_ms - _UNCONFIRMED_MS]
        if self.recorder.is_on and self._model.keeps == "all":
            for message in self._unconfirmed:
                if self.arrivals and self.arrivals[-1].payload == message.text and self._rng.random() < 0.5:
                    self.arrivals.pop()
        else:
            self._unconfirmed = []

    def _send(self, message: Message) -> None:
        if self._path.is_lost():
            return
        arrival_ms = self._path.arrival_ms(message.at_ms if self._is_live(message) else self._connected_ms)
        self._last_arrival_ms = max(self._last_arrival_ms, arrival_ms)
        topic = message.topic
        self._add_arrival(arrival_ms, topic, message.text)
        for copy_ms in self._path.copies_ms(arrival_ms):
            self._add_arrival(copy_ms, topic, message.text)
        if self._network.garbage and self._rng.random() < self._network.garbage:
            self._add_arrival(arrival_ms, *garbage_message(self._rng, self._recorder_id))
        self._unconfirmed = [*self._unconfirmed[-2:], message]

    def _is_live(self, message: Message) -> bool:
        return message.at_ms >= self._connected_ms

    def _deliver_will(self, at_ms: int) -> None:
        self._will_due_ms = _NEVER
        self._add_arrival(at_ms, topic_of(self._recorder_id, "presence"), self._will)

    def _add_arrival(self, at_ms: int, topic: str, payload: str) -> None:
        self._serial += 1
        self.arrivals.append(Arrival(at_ms, self._number, self._serial, topic, payload))
