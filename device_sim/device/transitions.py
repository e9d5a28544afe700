"""How acts change a recorder: each one takes its device from one state to the next, and may make it say something."""

from typing import Final, assert_never

from device_sim.device.actions import Act, Do
from device_sim.device.device import NEVER, Device
from device_sim.device.device_truth import Cause, End, Happening, Pull
from device_sim.world.places import PlaceKind
from device_sim.world.spans import Span

_PLACES: Final[dict[str, PlaceKind]] = {"garage": "garage", "lift": "lift", "station": "station", "street": "street"}
_END_BY_NAME: Final[dict[str, End]] = {
    "key": "key",
    "held": "held",
    "battery": "battery",
    "battery_out": "battery_out",
    "watchdog": "watchdog",
}
_GOODBYE_OF_END: Final[dict[End, str]] = {"key": "power_off", "battery": "low_battery", "update": "update"}


def undergo(device: Device, act: Act) -> None:  # noqa: C901, PLR0912, PLR0915 - one arm per act, each one line
    """Do to *device* what the act says; it must have been aged to the act's moment."""
    match act.do:
        case Do.POWER_ON:
            _power_on(device)
        case Do.POWER_OFF:
            power_off(device, _END_BY_NAME[str(act.detail)])
        case Do.UPDATE:
            power_off(device, "update")
        case Do.SLEEP:
            _doze(device, "sleep", "asleep")
        case Do.WAKE:
            _rouse(device, "asleep")
        case Do.DOCK:
            _dock(device)
        case Do.UNDOCK:
            _undock(device)
        case Do.IMPORTED:
            device.disk.empty()
        case Do.LOGIN | Do.LOGOUT:
            _log(device, act)
        case Do.RECORD:
            device.start_filming(str(act.detail or "manual"))
        case Do.STANDBY:
            device.stop_filming()
        case Do.PULL_SIM:
            _pull_card(device)
        case Do.INSERT_SIM:
            _insert_card(device, str(act.detail))
        case Do.FLICKER:
            device.radio.lose_contact(act.at_ms + int(act.detail or 0))
        case Do.SLOW_SIM:
            device.radio.be_slow_next_time(int(act.detail or 0))
        case Do.ENTER:
            device.radio.place = _PLACES[str(act.detail)]
            _note_surroundings(device, act)
        case Do.LEAVE:
            device.radio.place = "street"
            _note_surroundings(device, act)
        case Do.SET_OUT | Do.COME_HOME:
            device.radio.place = "street"
            device.walk.go(out=act.do is Do.SET_OUT)
        case Do.BREAK:
            _break(device, act)
        case Do.MEND:
            device.is_broken = False
        case Do.SOS:
            device.tell_event("sos")
            _note(device, act)
            device.start_filming("sos")
        case Do.TAMPER:
            device.tell_event("tamper")
            _note(device, act)
        case Do.DELETE:
            _delete(device, act)
        case Do.DRAIN_TO:
            device.battery.level_pct = float(act.detail or 0)
        case Do.FILL_TO:
            device.disk.used_mb = float(device.disk.total_mb - int(act.detail or 0))
            device.disk.files = max(device.disk.files, 30)
        case Do.SET_CLOCK_OFF:
            device.clock.set_off(int(act.detail or 0))
            _note(device, act)
        case Do.LOOK:
            _note_surroundings(device, act)
        case _:
            assert_never(act.do)


def power_off(device: Device, end: End) -> None:
    """Switch it off, if it is on, with the goodbye that belongs to such an end, or with none."""
    if not device.is_on:
        return
    goodbye = _GOODBYE_OF_END.get(end)
    if goodbye is not None and (end != "battery" or device.model.warns_of_low_battery):
        device.say_goodbye(goodbye)
    device.stop_filming(says_so=False)
    device.truth.on.append((Span(device.voice.booted_ms, device.now_ms), end, device.voice.boot))
    device.is_on, device.is_dormant, device.end = False, False, end
    device.beat_ms = NEVER
    device.voice.end()


def give_out(device: Device) -> None:
    """Let it die of its flat battery."""
    device.truth.happenings.append(Happening(device.now_ms, "battery_died"))
    power_off(device, "battery")


def _power_on(device: Device) -> None:
    if device.is_on or device.battery.level_pct < 1.0:
        return
    rng, now_ms = device.rng, device.now_ms
    device.is_on, device.is_dormant = True, False
    device.voice.begin(now_ms)
    device.camera.state_since_ms = now_ms
    device.radio.boot(now_ms)
    device.beat_ms = now_ms + rng.randrange(5_000, 9_000)
    device.beats = 0
    if device.end in {"battery", "battery_out"} and not device.model.keeps_clock_when_flat:
        device.clock.lose(now_ms, now_ms + rng.randrange(10_000, 90_000))
    device.look()


def _dock(device: Device) -> None:
    device.stop_filming()
    device.is_docked = device.battery.is_charging = True
    device.radio.place = "station"
    device.tell_event("docked")
    if device.model.docks_by == "goodbye":
        _doze(device, "docked", "docked")


def _undock(device: Device) -> None:
    device.is_docked = device.battery.is_charging = False
    _rouse(device, "docked")
    device.look()
    device.tell_event("undocked")


def _doze(device: Device, reason: str, cause: Cause) -> None:
    if device.is_on and not device.is_dormant:
        device.say_goodbye(reason)
        device.is_dormant, device.dormant_by = True, cause
        device.beat_ms = NEVER


def _rouse(device: Device, cause: Cause) -> None:
    if device.is_on and device.is_dormant and device.dormant_by == cause:
        device.is_dormant = False
        device.beat_ms = device.now_ms + device.rng.randrange(1_000, 4_000)


def _log(device: Device, act: Act) -> None:
    officer_id = str(act.detail or device.officer_id or "")
    device.officer_id = officer_id if act.do is Do.LOGIN else None
    if officer_id:
        device.tell_event("login" if act.do is Do.LOGIN else "logout", {"officer_id": officer_id})


def _pull_card(device: Device) -> None:
    card, device.radio.card = device.radio.card, None
    if card is None:
        return
    device.truth.pulls.append(Pull(device.now_ms, device.is_on and not device.is_dormant, card))
    if device.model.senses_sim and device.model.reports_sim_events:
        # It happens to the link before it can be told: the event waits in the flash.
        device.voice.is_linked = False
        device.tell_event("sim_removed")


def _insert_card(device: Device, iccid: str) -> None:
    if device.truth.pulls and device.truth.pulls[-1].to_ms is None:
        device.truth.pulls[-1].to_ms, device.truth.pulls[-1].card_after = device.now_ms, iccid
    device.radio.insert(iccid, device.now_ms)
    if device.model.senses_sim and device.model.reports_sim_events:
        device.tell_event("sim_inserted")


def _break(device: Device, act: Act) -> None:
    device.tell_event("fault", {"code": str(act.detail or "E17")})
    _note(device, act)
    device.is_broken = True
    device.stop_filming()


def _delete(device: Device, act: Act) -> None:
    count = int(act.detail or 1)
    if device.is_on and device.disk.files:
        device.disk.delete(count)
        _note(device, act)
        if device.model.reports_deletion:
            device.tell_event("recording_deleted", {"files": count})


def _note(device: Device, act: Act) -> None:
    if device.is_on:
        device.truth.happenings.append(Happening(act.at_ms, act.do.name.lower(), act.detail))


def _note_surroundings(device: Device, act: Act) -> None:
    if act.do is not Do.LOOK:
        _note(device, act)
    device.look()
