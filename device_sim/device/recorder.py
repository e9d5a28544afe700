"""A recorder as a pure state machine: it gets actions and times, and returns the messages to publish.

It does no I/O and reads no clock. A driver (the live fleet or the trace writer) calls `advance` at `next_due_ms`, and
reports when a connection is opened or lost. The same seed gives the same messages.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from device_sim.device import payloads
from device_sim.device.actions import Action, ActionKind, in_order
from device_sim.device.device import NEVER, Device
from device_sim.device.device_truth import Cause, End
from device_sim.device.models import RecorderSpec
from device_sim.device.payloads import Message
from device_sim.device.transitions import apply_action, die_of_flat_battery, power_off
from device_sim.world.places import District
from device_sim.world.spans import Span

_REPORTED_END: Final[dict[End, str]] = {
    "key": "key",
    "held": "key",
    "battery": "battery",
    "battery_out": "battery_out",
    "watchdog": "watchdog",
    "update": "unknown",
}
_CAUSE_OF_END: Final[dict[End | None, Cause]] = {
    None: "power_off",
    "key": "power_off",
    "held": "power_off",
    "battery": "battery_depleted",
    "battery_out": "power_off",
    "watchdog": "device_fault",
    "update": "asleep",
}


class Recorder:
    """One 4G body-worn recorder."""

    def __init__(self, spec: RecorderSpec, district: District, actions: Sequence[Action], rng: Random) -> None:
        self.spec = spec
        signal_changes = [Action(at_ms, ActionKind.SIGNAL_CHANGED) for at_ms in district.changes_ms()]
        self._actions = in_order([*actions, *signal_changes])
        self._actions_done = 0
        self._action_ms = self._actions[0].at_ms if self._actions else NEVER
        self.device = Device(spec, district, self._actions[0].at_ms if self._actions else 0, rng)
        self._outbox = self.device.outbox
        self.truth = self.device.truth

    # -- state for drivers -------------------------------------------------------------------------------------------

    @property
    def next_due_ms(self) -> int:
        """When `advance` has to be called next; far in the future if nothing is planned."""
        return min(self.device.next_tick_ms, self._action_ms)

    @property
    def offline_cause(self) -> Cause | None:
        """Why it can't be connected now; None if it can be and wants to be."""
        device = self.device
        if not device.is_on:
            return _CAUSE_OF_END[device.end]
        if device.is_dormant:
            return device.dormant_by
        return None if device.is_docked else device.modem.offline_cause(device.now_ms)

    @property
    def is_on(self) -> bool:
        """Whether it is powered on."""
        return self.device.is_on

    @property
    def is_disconnecting(self) -> bool:
        """Whether it has sent its goodbye on the connection that is still open."""
        return self.device.is_disconnecting

    @property
    def boot(self) -> str:
        """The id of the present boot."""
        return self._outbox.boot

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open."""
        return self._outbox.is_connected

    @property
    def stored(self) -> int:
        """How many messages are stored in its flash memory."""
        return self._outbox.stored

    # -- commands for drivers ----------------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> list[Message]:
        """Do everything that is due up to *now_ms*; return the messages to send at once, in order."""
        out = self._outbox.out = []
        device = self.device
        while (due_ms := self.next_due_ms) <= now_ms:
            device.advance_time(due_ms)
            if self._action_ms <= due_ms:
                apply_action(device, self._next_action())
            elif device.is_flat:
                die_of_flat_battery(device)
            else:
                device.tick()
        return out

    def fast_forward(self, now_ms: int) -> None:
        """Skip to *now_ms* without sending. Only what was stored during a loss of service that still lasts is kept."""
        self._outbox.is_connected = True
        self.advance(now_ms)
        self._outbox.is_connected = False
        if self.offline_cause is None:
            self._outbox.clear()

    def switch_off(self, now_ms: int) -> list[Message]:
        """Switch it off now and drop all later actions; return the goodbye, if it is connected."""
        out = self._outbox.out = []
        self.device.advance_time(now_ms)
        power_off(self.device, "key")
        self._actions_done, self._action_ms = len(self._actions), NEVER
        return out

    def close_truth(self, until_ms: int) -> None:
        """Close what is still open in the true history at *until_ms*."""
        self.device.advance_time(until_ms)
        filming_since_ms = self.device.camera.filming_since_ms
        if filming_since_ms is not None:
            self.truth.recorded.append(Span(filming_since_ms, until_ms))
        if self.is_on:
            self.truth.powered_on.append((Span(self._outbox.booted_ms, until_ms), None, self.boot))

    def start_session(self, now_ms: int) -> str:
        """Draw the session id of a new connection; return the payload of its will."""
        return self._outbox.start_session(now_ms)

    def connection_opened(self, now_ms: int) -> Message:
        """Note that it is connected and return the birth message. Fetch stored messages by `next_envelope`."""
        device, outbox = self.device, self._outbox
        model = device.model
        device.advance_time(now_ms)
        outbox.is_connected = True
        about = {"model": model.name, "firmware": model.firmware, "imei": self.spec.imei}
        dropped = outbox.take_dropped()
        self.truth.dropped += dropped
        optional = {
            "iccid": device.modem.reported_iccid("birth", now_ms),
            "officer_id": device.officer_id,
            "last_end": _REPORTED_END[device.end] if model.reports_last_end and device.end is not None else None,
            "dropped": dropped or None,
        }
        uptime_s = outbox.uptime_s(now_ms)
        text = payloads.presence_online(outbox.opening(now_ms), outbox.session, about, uptime_s, optional)
        return outbox.message("presence", text, now_ms)

    def connection_lost(self, now_ms: int) -> None:
        """Note that it is offline: from now on messages are stored."""
        self.device.advance_time(now_ms)
        self._outbox.is_connected = self.device.is_disconnecting = False

    def next_envelope(self, now_ms: int, shuffle: Random | None = None) -> Message | None:
        """Build the next envelope of stored messages; None if there are none or it is offline.

        With *shuffle* its messages are in random order.
        """
        if not self.is_connected:
            return None
        self.device.advance_time(now_ms)
        return self._outbox.envelope(now_ms, shuffle)

    def _next_action(self) -> Action:
        action = self._actions[self._actions_done]
        self._actions_done += 1
        self._action_ms = self._actions[self._actions_done].at_ms if self._actions_done < len(self._actions) else NEVER
        return action
