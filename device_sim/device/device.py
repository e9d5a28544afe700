"""A device: its parts, their state, and the messages about them.

Time and the regular measurements are here, actions in `transitions`; `recorder` is what drivers use.
"""

from random import Random
from typing import Final

from device_sim.device import payloads
from device_sim.device.components import Battery, Camera, DeviceClock, Disk, Walk
from device_sim.device.device_truth import Cause, DeviceEvent, DeviceTruth, End
from device_sim.device.models import RecorderSpec
from device_sim.device.modem import Modem
from device_sim.device.outbox import Outbox
from device_sim.world.places import District

NEVER: Final = 2**62
_TICK_MS: Final = 10_000
_TICKS_PER_MINUTE: Final = 6


class Device:
    """The parts and the state of one recorder at `now_ms`."""

    def __init__(self, spec: RecorderSpec, district: District, now_ms: int, rng: Random) -> None:
        self.model = spec.model
        self.truth = DeviceTruth()
        self.now_ms = now_ms
        self.rng = rng
        self.battery = Battery(spec.level_pct)
        self.disk = Disk(spec.total_mb, spec.used_mb, spec.files)
        self.walk = Walk(spec.area, rng)
        self.modem = Modem(spec.model, spec.iccid, rng)
        self.clock = DeviceClock(spec.skew_ms)
        self.outbox = Outbox(spec.recorder_id, spec.model, self.clock, rng)
        self.camera = Camera()
        self.is_on = self.is_dormant = self.is_docked = self.is_broken = self.is_disconnecting = False
        self.dormant_by: Cause = "docked"
        self.end: End | None = None
        self.officer_id: str | None = None
        self.next_tick_ms = NEVER
        self.ticks = 0
        self._ticks_per_heartbeat = spec.heartbeat_s * 1000 // _TICK_MS
        self._district = district
        self._walked_ms = now_ms

    @property
    def is_flat(self) -> bool:
        """Whether the battery is too low to run. A model that warns stops early enough to send its goodbye."""
        return self.battery.level_pct < (2.5 if self.model.warns_of_low_battery else 0.5)

    def advance_time(self, now_ms: int) -> None:
        """Let time pass until *now_ms*: the battery discharges or charges, a recording grows."""
        elapsed_ms = now_ms - self.now_ms
        if elapsed_ms <= 0:
            return
        self.now_ms = now_ms
        model, battery = self.model, self.battery
        draw = 0.0
        if self.is_on:
            draw = 0.5 if self.is_dormant else model.standby_pct_per_h
            if self.camera.is_filming:
                draw += model.recording_pct_per_h
                self.disk.film(elapsed_ms)
        battery.advance_time(elapsed_ms, draw)

    def measure_signal(self) -> None:
        """Measure the signal at the present position."""
        walk, modem = self.walk, self.modem
        modem.signal = self._district.signal(walk.lat, walk.lon, modem.place, self.now_ms)

    def tick(self) -> None:
        """Send the measurements that are due, and schedule the next tick ten seconds later."""
        self.next_tick_ms += _TICK_MS
        tick = self.ticks
        self.ticks += 1
        turn = tick % _TICKS_PER_MINUTE
        if self.modem.signal.has_service:
            self.clock.sync(self.now_ms)
        if turn == 0 or self.camera.is_filming:
            self._report_location()
        if tick % self._ticks_per_heartbeat == 0:
            self.measure_signal()
            self._report_heartbeat()
        match turn:
            case 1:
                self._report_battery()
            case 2:
                self._report_storage()
            case 4:
                self._report_recording()
            case _:
                pass

    def start_filming(self, trigger: str) -> None:
        """Start a recording, unless it films already or can't."""
        is_able = self.is_on and not (self.is_broken or self.is_dormant or self.disk.is_full)
        if is_able and not self.camera.is_filming:
            self.camera.start(self.now_ms, trigger)
            self.disk.files += 1
            self._report_recording()

    def stop_filming(self, *, reports: bool = True) -> None:
        """End the recording, if there is one; *reports* sends the new state."""
        filmed = self.camera.stop(self.now_ms)
        if filmed is not None:
            self.truth.recorded.append(filmed)
            if reports:
                self._report_recording()

    # -- messages ---------------------------------------------------------------------------------------------------

    def send_goodbye(self, reason: str) -> None:
        """Send the offline message with *reason* if connected; a goodbye is never stored."""
        if self._can_report and self.outbox.is_connected:
            outbox = self.outbox
            text = payloads.presence_offline(self._opening(), outbox.session, reason)
            outbox.out.append(outbox.message("presence", text, self.now_ms))
            self.is_disconnecting = True

    def report_event(self, kind: str, detail: dict[str, str | int] | None = None) -> None:
        """Send an event, if the device is awake."""
        if self._can_report:
            self._emit("event", payloads.event(self._opening(), kind, detail), shows_missing_sim=kind == "sim_removed")

    def _report_heartbeat(self) -> None:
        by_wifi = self.is_docked and self.model.docks_by == "wifi"
        text = self.modem.heartbeat(self._opening(), self.outbox.uptime_s(self.now_ms), self.now_ms, by_wifi=by_wifi)
        self._emit("heartbeat", text, shows_missing_sim=self.modem.shows_missing_sim)

    def _report_battery(self) -> None:
        battery = self.battery
        warmth = 31.5 if self.camera.is_filming else 26.0
        text = payloads.battery(
            self._opening(),
            int(battery.level_pct),
            charging=battery.is_charging,
            voltage_mv=battery.voltage_mv,
            temperature_c=warmth + self.modem.noise_db / 8,
        )
        self._emit("battery", text)

    def _report_storage(self) -> None:
        disk = self.disk
        self._emit("storage", payloads.storage(self._opening(), disk.total_mb, disk.free_mb, disk.files))
        if self.camera.is_filming and disk.is_full:
            self.report_event("storage_full")
            self.truth.events.append(DeviceEvent(self.now_ms, "storage_full"))
            self.stop_filming()

    def _report_recording(self) -> None:
        if self._can_report:
            self._emit("recording", self.camera.payload(self._opening(), self.clock))

    def _report_location(self) -> None:
        walk = self.walk
        walk.advance_time(self.now_ms - self._walked_ms, stands=self.camera.is_filming or self.modem.is_indoors)
        self._walked_ms = self.now_ms
        if self.modem.is_indoors or self.is_docked:
            return
        noise_db = self.modem.noise_db
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

    @property
    def _can_report(self) -> bool:
        return self.is_on and not self.is_dormant

    def _opening(self) -> str:
        return self.outbox.opening(self.now_ms)

    def _emit(self, kind: str, text: str, *, shows_missing_sim: bool = False) -> None:
        about = self.truth.pulls[-1] if shows_missing_sim and self.truth.pulls else None
        self.outbox.send_or_store(kind, text, self.now_ms, about)
