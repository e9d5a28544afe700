"""A recorder as a pure state machine: given its acts, its surroundings and a clock, it says what it would publish.

It does no I/O and reads no clock. A driver (the live fleet, or the trace writer) asks `next_due_ms`, calls `advance`
at that moment, and tells it when a link stands or is gone. The same seed gives the same messages. It is long because
it is one machine: its parts (`body`, `radio`, `voice`, `flash`) lie in files of their own, its transitions all here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, assert_never

from device_sim import payloads
from device_sim.acts import Act, Do, in_order
from device_sim.body import Battery, Camera, DeviceClock, Disk, Walk
from device_sim.models import Model
from device_sim.payloads import Message
from device_sim.places import Area, District, PlaceKind
from device_sim.radio import Radio
from device_sim.truth import Cause, End, Happening, Pull, Span, Truth
from device_sim.voice import Voice

_NEVER: Final = 2**62
_BEAT_MS: Final = 10_000
_BEATS_A_MINUTE: Final = 6


@dataclass(slots=True, frozen=True)
class RecorderSpec:
    """What a recorder is before anything happens to it; `heartbeat_s` is a multiple of 10 seconds."""

    recorder_id: str
    model: Model
    imei: str
    iccid: str | None
    area: Area
    heartbeat_s: int = 30
    skew_ms: int = 0
    level_pct: float = 100.0
    total_mb: int = 65_536
    used_mb: float = 180.0
    files: int = 0


class Recorder:
    """One 4G body-worn recorder."""

    def __init__(self, spec: RecorderSpec, district: District, acts: Sequence[Act], rng: Random) -> None:
        self.spec = spec
        self.truth = Truth()
        self.is_hanging_up = False
        self._district = district
        self._rng = rng
        self._model = spec.model
        looks = [Act(at_ms, Do.LOOK) for at_ms in district.changes_ms()]
        self._acts = in_order([*acts, *looks])
        self._acts_done = 0
        self._act_ms = self._acts[0].at_ms if self._acts else _NEVER
        self._now_ms = self._acts[0].at_ms if self._acts else 0
        self.battery = Battery(spec.level_pct)
        self.disk = Disk(spec.total_mb, spec.used_mb, spec.files)
        self._walk = Walk(spec.area, rng)
        self._walked_ms = self._now_ms
        self.radio = Radio(spec.model, spec.iccid, rng)
        self.clock = DeviceClock(spec.skew_ms)
        self._voice = Voice(spec.recorder_id, spec.model, self.clock, rng)
        self.camera = Camera()
        self._is_on = self._is_dormant = self._is_docked = self._is_broken = False
        self._dormant_by: Cause = "docked"
        self._end: End | None = None
        self._officer_id: str | None = None
        self._beat_ms = _NEVER
        self._beats = 0
        self._heartbeat_beats = spec.heartbeat_s * 1000 // _BEAT_MS

    # -- what a driver asks ------------------------------------------------------------------------------------------

    @property
    def next_due_ms(self) -> int:
        """When `advance` has something to do again; very far away when nothing ever happens any more."""
        return min(self._beat_ms, self._act_ms)

    @property
    def isolation(self) -> Cause | None:
        """Why nobody can hear it now, or None: then it wants a link."""
        if not self._is_on:
            return _CAUSE_OF_END[self._end]
        if self._is_dormant:
            return self._dormant_by
        return None if self._is_docked else self.radio.isolation(self._now_ms)

    @property
    def is_on(self) -> bool:
        """Whether it has power and runs."""
        return self._is_on

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
        while (due_ms := self.next_due_ms) <= now_ms:
            self._age(due_ms)
            if self._act_ms <= due_ms:
                self._do(self._next_act())
            else:
                self._beat()
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
        self._age(now_ms)
        self._power_off("key")
        self._acts_done, self._act_ms = len(self._acts), _NEVER
        return out

    def close_truth(self, until_ms: int) -> None:
        """End the true history at *until_ms*: what still runs is closed there."""
        self._age(until_ms)
        if self.camera.filming_since_ms is not None:
            self.truth.recorded.append(Span(self.camera.filming_since_ms, until_ms))
        if self._is_on:
            self.truth.on.append((Span(self._voice.booted_ms, until_ms), None, self.boot))

    def greet(self, now_ms: int) -> str:
        """Begin a connection: draw its session and return the payload of its will."""
        return self._voice.greet(now_ms)

    def link_opened(self, now_ms: int) -> Message:
        """The connection stands: return the birth message. What the flash holds follows by `next_envelope`."""
        self._age(now_ms)
        model, voice = self._model, self._voice
        voice.is_linked = True
        about = {"model": model.name, "firmware": model.firmware, "imei": self.spec.imei}
        dropped = voice.take_dropped()
        self.truth.dropped += dropped
        optional = {
            "iccid": self.radio.told_card("birth", now_ms),
            "officer_id": self._officer_id,
            "last_end": _TOLD_END[self._end] if model.tells_last_end and self._end is not None else None,
            "dropped": dropped or None,
        }
        uptime_s = voice.uptime_s(now_ms)
        text = payloads.presence_online(voice.opening(now_ms), voice.session, about, uptime_s, optional)
        return voice.message("presence", text, now_ms)

    def link_lost(self, now_ms: int) -> None:
        """The connection is gone: what is measured from now on goes into the flash."""
        self._age(now_ms)
        self._voice.is_linked = self.is_hanging_up = False

    def next_envelope(self, now_ms: int, shuffle: Random | None = None) -> Message | None:
        """The next part of what the flash holds, ready to be sent; None when it is empty or there is no link.

        With *shuffle* its messages stand in no order.
        """
        if not self.is_linked:
            return None
        self._age(now_ms)
        return self._voice.envelope(now_ms, shuffle)

    def _next_act(self) -> Act:
        act = self._acts[self._acts_done]
        self._acts_done += 1
        self._act_ms = self._acts[self._acts_done].at_ms if self._acts_done < len(self._acts) else _NEVER
        return act

    # -- what happens to it ------------------------------------------------------------------------------------------

    def _do(self, act: Act) -> None:  # noqa: C901, PLR0912, PLR0915 - one arm per act, each one line
        match act.do:
            case Do.POWER_ON:
                self._power_on()
            case Do.POWER_OFF:
                self._power_off(_END_BY_NAME[str(act.detail)])
            case Do.UPDATE:
                self._power_off("update")
            case Do.SLEEP:
                self._doze("sleep", "asleep")
            case Do.WAKE:
                self._rouse("asleep")
            case Do.DOCK:
                self._dock()
            case Do.UNDOCK:
                self._undock()
            case Do.IMPORTED:
                self.disk.empty()
            case Do.LOGIN | Do.LOGOUT:
                self._log(act)
            case Do.RECORD:
                self._start_filming(str(act.detail or "manual"))
            case Do.STANDBY:
                self._stop_filming()
            case Do.PULL_SIM:
                self._pull_card()
            case Do.INSERT_SIM:
                self._insert_card(str(act.detail))
            case Do.FLICKER:
                self.radio.lose_contact(act.at_ms + int(act.detail or 0))
            case Do.SLOW_SIM:
                self.radio.be_slow_next_time(int(act.detail or 0))
            case Do.ENTER:
                self.radio.place = _PLACES[str(act.detail)]
                self._note_surroundings(act)
            case Do.LEAVE:
                self.radio.place = "street"
                self._note_surroundings(act)
            case Do.SET_OUT | Do.COME_HOME:
                self.radio.place = "street"
                self._walk.go(out=act.do is Do.SET_OUT)
            case Do.BREAK:
                self._break(act)
            case Do.MEND:
                self._is_broken = False
            case Do.SOS:
                self._event("sos")
                self._note(act)
                self._start_filming("sos")
            case Do.TAMPER:
                self._event("tamper")
                self._note(act)
            case Do.DELETE:
                self._delete(act)
            case Do.DRAIN_TO:
                self.battery.level_pct = float(act.detail or 0)
            case Do.FILL_TO:
                self.disk.used_mb = float(self.disk.total_mb - int(act.detail or 0))
                self.disk.files = max(self.disk.files, 30)
            case Do.SET_CLOCK_OFF:
                self.clock.set_off(int(act.detail or 0))
                self._note(act)
            case Do.LOOK:
                self._note_surroundings(act)
            case _:
                assert_never(act.do)

    def _power_on(self) -> None:
        if self._is_on or self.battery.level_pct < 1.0:
            return
        rng, now_ms = self._rng, self._now_ms
        self._is_on, self._is_dormant = True, False
        self._voice.begin(now_ms)
        self.camera.state_since_ms = now_ms
        self.radio.boot(now_ms)
        self._beat_ms = now_ms + rng.randrange(5_000, 9_000)
        self._beats = 0
        if self._end in {"battery", "battery_out"} and not self._model.keeps_clock_when_flat:
            self.clock.lose(now_ms, now_ms + rng.randrange(10_000, 90_000))
        self._look()

    def _power_off(self, end: End) -> None:
        if not self._is_on:
            return
        goodbye = _GOODBYE_OF_END.get(end)
        if goodbye is not None and (end != "battery" or self._model.warns_of_low_battery):
            self._say_goodbye(goodbye)
        self._stop_filming(says_so=False)
        self.truth.on.append((Span(self._voice.booted_ms, self._now_ms), end, self.boot))
        self._is_on, self._is_dormant, self._end = False, False, end
        self._beat_ms = _NEVER
        self._voice.end()

    def _dock(self) -> None:
        self._stop_filming()
        self._is_docked = self.battery.is_charging = True
        self.radio.place = "station"
        self._event("docked")
        if self._model.docks_by == "goodbye":
            self._doze("docked", "docked")

    def _undock(self) -> None:
        self._is_docked = self.battery.is_charging = False
        self._rouse("docked")
        self._look()
        self._event("undocked")

    def _doze(self, reason: str, cause: Cause) -> None:
        if self._is_on and not self._is_dormant:
            self._say_goodbye(reason)
            self._is_dormant, self._dormant_by = True, cause
            self._beat_ms = _NEVER

    def _rouse(self, cause: Cause) -> None:
        if self._is_on and self._is_dormant and self._dormant_by == cause:
            self._is_dormant = False
            self._beat_ms = self._now_ms + self._rng.randrange(1_000, 4_000)

    def _say_goodbye(self, reason: str) -> None:
        # A goodbye is said to the broker or not at all: nobody stores one.
        if self._can_speak and self.is_linked:
            voice = self._voice
            text = payloads.presence_offline(self._opening(), voice.session, reason)
            voice.out.append(voice.message("presence", text, self._now_ms))
            self.is_hanging_up = True

    def _log(self, act: Act) -> None:
        officer_id = str(act.detail or self._officer_id or "")
        self._officer_id = officer_id if act.do is Do.LOGIN else None
        if officer_id:
            self._event("login" if act.do is Do.LOGIN else "logout", {"officer_id": officer_id})

    def _start_filming(self, trigger: str) -> None:
        is_able = self._is_on and not (self._is_broken or self._is_dormant or self.disk.is_full)
        if is_able and not self.camera.is_filming:
            self.camera.start(self._now_ms, trigger)
            self.disk.files += 1
            self._tell_recording()

    def _stop_filming(self, *, says_so: bool = True) -> None:
        filmed = self.camera.stop(self._now_ms)
        if filmed is not None:
            self.truth.recorded.append(filmed)
            if says_so:
                self._tell_recording()

    def _pull_card(self) -> None:
        card, self.radio.card = self.radio.card, None
        if card is None:
            return
        self.truth.pulls.append(Pull(self._now_ms, self._is_on and not self._is_dormant, card))
        if self._model.senses_sim and self._model.reports_sim_events:
            # It happens to the link before it can be told: the event waits in the flash.
            self._voice.is_linked = False
            self._event("sim_removed")

    def _insert_card(self, iccid: str) -> None:
        if self.truth.pulls and self.truth.pulls[-1].to_ms is None:
            self.truth.pulls[-1].to_ms, self.truth.pulls[-1].card_after = self._now_ms, iccid
        self.radio.insert(iccid, self._now_ms)
        if self._model.senses_sim and self._model.reports_sim_events:
            self._event("sim_inserted")

    def _break(self, act: Act) -> None:
        self._event("fault", {"code": str(act.detail or "E17")})
        self._note(act)
        self._is_broken = True
        self._stop_filming()

    def _delete(self, act: Act) -> None:
        count = int(act.detail or 1)
        if self._is_on and self.disk.files:
            self.disk.delete(count)
            self._note(act)
            if self._model.reports_deletion:
                self._event("recording_deleted", {"files": count})

    def _note(self, act: Act) -> None:
        if self._is_on:
            self.truth.happenings.append(Happening(act.at_ms, act.do.name.lower(), act.detail))

    def _note_surroundings(self, act: Act) -> None:
        if act.do is not Do.LOOK:
            self._note(act)
        self._look()

    # -- what it measures --------------------------------------------------------------------------------------------

    def _age(self, now_ms: int) -> None:
        elapsed_ms = now_ms - self._now_ms
        if elapsed_ms <= 0:
            return
        self._now_ms = now_ms
        model, battery = self._model, self.battery
        draw = 0.0
        if self._is_on:
            draw = 0.5 if self._is_dormant else model.standby_pct_per_h
            if self.camera.is_filming:
                draw += model.recording_pct_per_h
                self.disk.film(elapsed_ms)
        battery.age(elapsed_ms, draw)

    def _beat(self) -> None:
        self._beat_ms += _BEAT_MS
        if self.battery.level_pct < (2.5 if self._model.warns_of_low_battery else 0.5):
            self.truth.happenings.append(Happening(self._now_ms, "battery_died"))
            self._power_off("battery")
            return
        beat = self._beats
        self._beats += 1
        turn = beat % _BEATS_A_MINUTE
        if self.radio.signal.has_service:
            self.clock.sync(self._now_ms)
        if turn == 0 or self.camera.is_filming:
            self._tell_location()
        if beat % self._heartbeat_beats == 0:
            self._look()
            self._tell_heartbeat()
        match turn:
            case 1:
                self._tell_battery()
            case 2:
                self._tell_storage()
            case 4:
                self._tell_recording()
            case _:
                pass

    def _look(self) -> None:
        walk, radio = self._walk, self.radio
        radio.signal = self._district.signal(walk.lat, walk.lon, radio.place, self._now_ms)

    def _tell_heartbeat(self) -> None:
        by_wifi = self._is_docked and self._model.docks_by == "wifi"
        text = self.radio.heartbeat(self._opening(), self._voice.uptime_s(self._now_ms), self._now_ms, by_wifi=by_wifi)
        self._emit("heartbeat", text, speaks_of_card=self.radio.speaks_of_card)

    def _tell_battery(self) -> None:
        battery = self.battery
        warmth = 31.5 if self.camera.is_filming else 26.0
        text = payloads.battery(
            self._opening(),
            int(battery.level_pct),
            charging=battery.is_charging,
            voltage_mv=battery.voltage_mv,
            temperature_c=warmth + self.radio.noise_db / 8,
        )
        self._emit("battery", text)

    def _tell_storage(self) -> None:
        disk = self.disk
        self._emit("storage", payloads.storage(self._opening(), disk.total_mb, disk.free_mb, disk.files))
        if self.camera.is_filming and disk.is_full:
            self._event("storage_full")
            self.truth.happenings.append(Happening(self._now_ms, "storage_full"))
            self._stop_filming()

    def _tell_recording(self) -> None:
        if self._can_speak:
            self._emit("recording", self.camera.told(self._opening(), self.clock))

    def _tell_location(self) -> None:
        walk = self._walk
        walk.age(self._now_ms - self._walked_ms, stands=self.camera.is_filming or self.radio.is_indoors)
        self._walked_ms = self._now_ms
        if self.radio.is_indoors or self._is_docked:
            return
        noise_db = self.radio.noise_db
        wobble = noise_db * 4e-6
        text = payloads.location(
            self._opening(),
            lat=walk.lat + wobble,
            lon=walk.lon - wobble,
            accuracy_m=5.0 + abs(noise_db),
            speed_mps=walk.speed_mps,
            heading_deg=walk.heading_deg,
            fix="gnss",
        )
        self._emit("location", text)

    def _event(self, kind: str, detail: dict[str, str | int] | None = None) -> None:
        if self._can_speak:
            self._emit("event", payloads.event(self._opening(), kind, detail), speaks_of_card=kind == "sim_removed")

    @property
    def _can_speak(self) -> bool:
        return self._is_on and not self._is_dormant

    def _opening(self) -> str:
        return self._voice.opening(self._now_ms)

    def _emit(self, kind: str, text: str, *, speaks_of_card: bool = False) -> None:
        about = self.truth.pulls[-1] if speaks_of_card and self.truth.pulls else None
        self._voice.say(kind, text, self._now_ms, about)


_PLACES: Final[dict[str, PlaceKind]] = {"garage": "garage", "lift": "lift", "station": "station", "street": "street"}
_END_BY_NAME: Final[dict[str, End]] = {
    "key": "key",
    "held": "held",
    "battery": "battery",
    "battery_out": "battery_out",
    "watchdog": "watchdog",
}
_GOODBYE_OF_END: Final[dict[End, str]] = {"key": "power_off", "battery": "low_battery", "update": "update"}
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
