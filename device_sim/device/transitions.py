"""Applies actions to a device: each one changes its state, and may make it send something."""

from typing import Final, assert_never

from device_sim.device.actions import Action, ActionKind
from device_sim.device.device import NEVER, Device
from device_sim.device.device_truth import Cause, DeviceEvent, End, Pull
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


def apply_action(device: Device, action: Action) -> None:  # noqa: C901, PLR0912, PLR0915 - one arm per action, each one line
    """Change *device* as *action* says; its time must have been advanced to the action's moment."""
    match action.kind:
        case ActionKind.POWER_ON:
            _power_on(device)
        case ActionKind.POWER_OFF:
            power_off(device, _END_BY_NAME[str(action.detail)])
        case ActionKind.UPDATE:
            power_off(device, "update")
        case ActionKind.SLEEP:
            _go_dormant(device, "sleep", "asleep")
        case ActionKind.WAKE:
            _end_dormancy(device, "asleep")
        case ActionKind.DOCK:
            _dock(device)
        case ActionKind.UNDOCK:
            _undock(device)
        case ActionKind.IMPORTED:
            device.disk.empty()
        case ActionKind.LOGIN | ActionKind.LOGOUT:
            _log_in_or_out(device, action)
        case ActionKind.RECORD:
            device.start_filming(str(action.detail or "manual"))
        case ActionKind.STANDBY:
            device.stop_filming()
        case ActionKind.PULL_SIM:
            _pull_card(device)
        case ActionKind.INSERT_SIM:
            _insert_card(device, str(action.detail))
        case ActionKind.LOSE_SIM_CONTACT:
            device.modem.lose_contact(action.at_ms + int(action.detail or 0))
        case ActionKind.DELAY_SIM:
            device.modem.delay_next_start(int(action.detail or 0))
        case ActionKind.ENTER:
            device.modem.place = _PLACES[str(action.detail)]
            _change_surroundings(device, action)
        case ActionKind.LEAVE:
            device.modem.place = "street"
            _change_surroundings(device, action)
        case ActionKind.START_PATROL | ActionKind.RETURN_TO_STATION:
            device.modem.place = "street"
            device.walk.go(out=action.kind is ActionKind.START_PATROL)
        case ActionKind.BREAK:
            _break(device, action)
        case ActionKind.REPAIR:
            device.is_broken = False
        case ActionKind.SOS:
            device.report_event("sos")
            _note(device, action)
            device.start_filming("sos")
        case ActionKind.TAMPER:
            device.report_event("tamper")
            _note(device, action)
        case ActionKind.DELETE:
            _delete(device, action)
        case ActionKind.SET_BATTERY_LEVEL:
            device.battery.level_pct = float(action.detail or 0)
        case ActionKind.SET_FREE_SPACE:
            device.disk.used_mb = float(device.disk.total_mb - int(action.detail or 0))
            device.disk.files = max(device.disk.files, 30)
        case ActionKind.SET_CLOCK_OFF:
            device.clock.set_off(int(action.detail or 0))
            _note(device, action)
        case ActionKind.SIGNAL_CHANGED:
            _change_surroundings(device, action)
        case _:
            assert_never(action.kind)


def power_off(device: Device, end: End) -> None:
    """Switch it off if it is on, with the goodbye that goes with *end*, if there is one."""
    if not device.is_on:
        return
    goodbye = _GOODBYE_OF_END.get(end)
    if goodbye is not None and (end != "battery" or device.model.warns_of_low_battery):
        device.send_goodbye(goodbye)
    device.stop_filming(reports=False)
    device.truth.powered_on.append((Span(device.outbox.booted_ms, device.now_ms), end, device.outbox.boot))
    device.is_on, device.is_dormant, device.end = False, False, end
    device.next_tick_ms = NEVER
    device.outbox.lose_power()


def die_of_flat_battery(device: Device) -> None:
    """Switch off because the battery is flat."""
    device.truth.events.append(DeviceEvent(device.now_ms, "battery_died"))
    power_off(device, "battery")


def _power_on(device: Device) -> None:
    if device.is_on or device.battery.level_pct < 1.0:
        return
    rng, now_ms = device.rng, device.now_ms
    device.is_on, device.is_dormant = True, False
    device.outbox.start_boot(now_ms)
    device.camera.state_since_ms = now_ms
    device.modem.boot(now_ms)
    device.next_tick_ms = now_ms + rng.randrange(5_000, 9_000)
    device.ticks = 0
    if device.end in {"battery", "battery_out"} and not device.model.keeps_clock_when_flat:
        device.clock.lose(now_ms, now_ms + rng.randrange(10_000, 90_000))
    device.measure_signal()


def _dock(device: Device) -> None:
    device.stop_filming()
    device.is_docked = device.battery.is_charging = True
    device.modem.place = "station"
    device.report_event("docked")
    if device.model.docks_by == "goodbye":
        _go_dormant(device, "docked", "docked")


def _undock(device: Device) -> None:
    device.is_docked = device.battery.is_charging = False
    _end_dormancy(device, "docked")
    device.measure_signal()
    device.report_event("undocked")


def _go_dormant(device: Device, reason: str, cause: Cause) -> None:
    if device.is_on and not device.is_dormant:
        device.send_goodbye(reason)
        device.is_dormant, device.dormant_by = True, cause
        device.next_tick_ms = NEVER


def _end_dormancy(device: Device, cause: Cause) -> None:
    if device.is_on and device.is_dormant and device.dormant_by == cause:
        device.is_dormant = False
        device.next_tick_ms = device.now_ms + device.rng.randrange(1_000, 4_000)


def _log_in_or_out(device: Device, action: Action) -> None:
    officer_id = str(action.detail or device.officer_id or "")
    device.officer_id = officer_id if action.kind is ActionKind.LOGIN else None
    if officer_id:
        device.report_event("login" if action.kind is ActionKind.LOGIN else "logout", {"officer_id": officer_id})


def _pull_card(device: Device) -> None:
    card, device.modem.card = device.modem.card, None
    if card is None:
        return
    device.truth.pulls.append(Pull(device.now_ms, device.is_on and not device.is_dormant, card))
    if device.model.senses_sim and device.model.reports_sim_events:
        # Without its card the recorder is offline before it can send the event, which is stored.
        device.outbox.is_connected = False
        device.report_event("sim_removed")


def _insert_card(device: Device, iccid: str) -> None:
    if device.truth.pulls and device.truth.pulls[-1].to_ms is None:
        device.truth.pulls[-1].to_ms, device.truth.pulls[-1].card_after = device.now_ms, iccid
    device.modem.insert(iccid, device.now_ms)
    if device.model.senses_sim and device.model.reports_sim_events:
        device.report_event("sim_inserted")


def _break(device: Device, action: Action) -> None:
    device.report_event("fault", {"code": str(action.detail or "E17")})
    _note(device, action)
    device.is_broken = True
    device.stop_filming()


def _delete(device: Device, action: Action) -> None:
    count = int(action.detail or 1)
    if device.is_on and device.disk.files:
        device.disk.delete(count)
        _note(device, action)
        if device.model.reports_deletion:
            device.report_event("recording_deleted", {"files": count})


def _note(device: Device, action: Action) -> None:
    if device.is_on:
        device.truth.events.append(DeviceEvent(action.at_ms, action.kind.name.lower(), action.detail))


def _change_surroundings(device: Device, action: Action) -> None:
    if action.kind is not ActionKind.SIGNAL_CHANGED:
        _note(device, action)
    device.measure_signal()
