"""A recorder as a pure state machine: given its acts, its surroundings and a clock, it says what it would publish.

It does no I/O and reads no clock. A driver (the live fleet, or the trace writer) asks `next_due_ms`, calls `advance`
at that moment, and tells it when a link stands or is gone. The same seed gives the same messages. What it is made of
and measures is its `device`, what acts do to that are `transitions`; here is when which comes, and what drivers see.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from device_sim.device import payloads
from device_sim.device.actions import Act, Do, in_order
from device_sim.device.device import NEVER, Device
from device_sim.device.device_truth import Cause, End
from device_sim.device.payloads import Message
from device_sim.device.specification import RecorderSpec
from device_sim.device.transitions import give_out, power_off, undergo
from device_sim.world.places import District
from device_sim.world.spans import Span

_TOLD_END: Final[dict[End, str]] = {
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

    def __init__(self, spec: RecorderSpec, district: District, acts: Sequence[Act], rng: Random) -> None:
        self.spec = spec
        looks = [Act(at_ms, Do.LOOK) for at_ms in district.changes_ms()]
        self._acts = in_order([*acts, *looks])
        self._acts_done = 0
        self._act_ms = self._acts[0].at_ms if self._acts else NEVER
        self.device = Device(spec, district, self._acts[0].at_ms if self._acts else 0, rng)
        self._voice = self.device.voice
        self.truth = self.device.truth

    # -- what a driver asks ------------------------------------------------------------------------------------------

    @property
    def next_due_ms(self) -> int:
        """When `advance` has something to do again; very far away when nothing ever happens any more."""
        return min(self.device.beat_ms, self._act_ms)

    @property
    def isolation(self) -> Cause | None:
        """Why nobody can hear it now, or None: then it wants a link."""
        device = self.device
        if not device.is_on:
            return _CAUSE_OF_END[device.end]
        if device.is_dormant:
            return device.dormant_by
        return None if device.is_docked else device.radio.isolation(device.now_ms)

    @property
    def is_on(self) -> bool:
        """Whether it has power and runs."""
        return self.device.is_on

    @property
    def is_hanging_up(self) -> bool:
        """Whether it has said goodbye on the connection that still stands."""
        return self.device.is_hanging_up

    @property
    def boot(self) -> str:
        """The present boot's id."""
        return self._voice.boot

    @property
    def is_linked(self) -> bool:
        """Whether a connection stands."""
        return self._voice.is_linked

    @property
    def stored(self) -> int:
        """How many messages its flash holds."""
        return self._voice.stored

    # -- what a driver does ------------------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> list[Message]:
        """Live through everything due up to *now_ms*; return what is to be sent at once, in order."""
        out = self._voice.out = []
        device = self.device
        while (due_ms := self.next_due_ms) <= now_ms:
            device.age(due_ms)
            if self._act_ms <= due_ms:
                undergo(device, self._next_act())
            elif device.is_flat:
                give_out(device)
            else:
                device.beat()
        return out

    def fast_forward(self, now_ms: int) -> None:
        """Live through the past without being heard; only what an isolation that still lasts left in the flash stays."""
        self._voice.is_linked = True
        self.advance(now_ms)
        self._voice.is_linked = False
        if self.isolation is None:
            self._voice.forget()

    def switch_off(self, now_ms: int) -> list[Message]:
        """Press the key now, whatever the acts say; return the goodbye, if there is a link to say it on."""
        out = self._voice.out = []
        self.device.age(now_ms)
        power_off(self.device, "key")
        self._acts_done, self._act_ms = len(self._acts), NEVER
        return out

    def close_truth(self, until_ms: int) -> None:
        """End the true history at *until_ms*: what still runs is closed there."""
        self.device.age(until_ms)
        filming_since_ms = self.device.camera.filming_since_ms
        if filming_since_ms is not None:
            self.truth.recorded.append(Span(filming_since_ms, until_ms))
        if self.is_on:
            self.truth.on.append((Span(self._voice.booted_ms, until_ms), None, self.boot))

    def greet(self, now_ms: int) -> str:
        """Begin a connection: draw its session and return the payload of its will."""
        return self._voice.greet(now_ms)

    def link_opened(self, now_ms: int) -> Message:
        """The connection stands: return the birth message. What the flash holds follows by `next_envelope`."""
        device, voice = self.device, self._voice
        model = device.model
        device.age(now_ms)
        voice.is_linked = True
        about = {"model": model.name, "firmware": model.firmware, "imei": self.spec.imei}
        dropped = voice.take_dropped()
        self.truth.dropped += dropped
        optional = {
            "iccid": device.radio.told_card("birth", now_ms),
            "officer_id": device.officer_id,
            "last_end": _TOLD_END[device.end] if model.tells_last_end and device.end is not None else None,
            "dropped": dropped or None,
        }
        uptime_s = voice.uptime_s(now_ms)
        text = payloads.presence_online(voice.opening(now_ms), voice.session, about, uptime_s, optional)
        return voice.message("presence", text, now_ms)

    def link_lost(self, now_ms: int) -> None:
        """The connection is gone: what is measured from now on goes into the flash."""
        self.device.age(now_ms)
        self._voice.is_linked = self.device.is_hanging_up = False

    def next_envelope(self, now_ms: int, shuffle: Random | None = None) -> Message | None:
        """The next part of what the flash holds, ready to be sent; None when it is empty or there is no link.

        With *shuffle* its messages stand in no order.
        """
        if not self.is_linked:
            return None
        self.device.age(now_ms)
        return self._voice.envelope(now_ms, shuffle)

    def _next_act(self) -> Act:
        act = self._acts[self._acts_done]
        self._acts_done += 1
        self._act_ms = self._acts[self._acts_done].at_ms if self._acts_done < len(self._acts) else NEVER
        return act
