"""Test helper: a bureau whose recorders play hard cases in one hand-written trace, beside a normal fleet."""

from datetime import datetime, timedelta
from typing import Any

from trace_builder import Bureau, Device, TraceBuilder, at

GOOD = (-84.0, -86.0, -83.0, -85.0)
END = at("13:00")


class HardCaseFleet:
    """One bureau with many recorders; each plays one case."""

    def __init__(self) -> None:
        self.trace, self.bureau = TraceBuilder(), Bureau()
        self.offset = timedelta(0)
        for number in range(14):
            self.normal(f"N{number:02}")

    def t(self, clock: str) -> datetime:
        """A moment of a case. Cases are minutes apart, because simultaneous losses would be an outage."""
        return at(clock) + self.offset

    def device(self, name: str, *, senses: bool = True, on_duty: bool = True, **more: Any) -> Device:
        if more.pop("registered", True):
            slow = more.pop("heartbeat_s", None)
            self.bureau.recorder(name, senses=senses, status=more.pop("status", "service"), heartbeat_s=slow)
        if on_duty:
            self.bureau.on_duty(f"P-{name}", name)
        device = Device(self.trace, name, senses=senses, **more)
        device.boot(at("08:30"))
        device.online(at("08:30:04"))
        return device

    def normal(self, name: str) -> None:
        device = self.device(name)
        device.live(at("08:31"), at("09:05"))
        device.record(at("09:05"))
        device.live(at("09:05:10"), at("09:20"))
        device.stop(at("09:20"))
        device.live(at("09:20:10"), END)

    def start(self, name: str, until: str = "10:00", **more: Any) -> Device:
        """A recorder on duty that recorded something and is online until *until*."""
        device = self.device(name, **more)
        device.live(at("08:31"), at("09:05"))
        device.record(at("09:05"))
        device.live(at("09:05:10"), at("09:10"))
        device.stop(at("09:10"))
        device.live(at("09:10:10"), self.t(until))
        return device

    def activity(self, name: str, start: datetime, end: datetime) -> None:
        """An inspection by a case's officer, with times from the device."""
        told = {"kind": "inspection", "starts_at": start, "ends_at": end, "times_from": "device"}
        self.bureau.add("activities", id=f"A-{name}", officer_id=f"P-{name}", **told)

    def cut_off_until(self, device: Device, back: str, **measured: Any) -> None:
        """Cut its connection at 10:00 while it goes on measuring; it is back at *back* for the rest of the day."""
        device.will(self.t("10:00"))
        device.cut_off(self.t("10:00:05"), self.t(back), **measured)
        device.online(self.t(f"{back}:10"))
        device.live(self.t(f"{back}:30"), END)
