"""The settings of notices: times, intervals, retries, channels. Pure; `settings_table` reads them."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from alerts.notices.channels.channel import ChannelTable
from alerts.notices.circuit_breaker import Breaker


class NoticeSettings(BaseModel):
    """The table `[notices]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    link_base: str = Field(
        default="", pattern=r"^(https?://\S+)?$", description="the console's address, for links; none if empty"
    )
    order: tuple[str, ...] = Field(
        default=(), description="channels by name, most preferred first, for people who set no order of their own"
    )
    command_centre: tuple[str, ...] = Field(
        default=("console",), description="channels of the command centre's desk, all of them at once"
    )
    engineers: tuple[str, ...] = Field(
        default=("console",), description="channels of the engineers' desk, all of them at once"
    )
    gather_s: float = Field(default=20, ge=0, le=300, description="seconds a notice waits for what belongs to it")
    least_interval_s: float = Field(default=300, ge=0, le=86_400, description="seconds between two notices to a person")
    quiet_from: time = Field(default=time(22), description="quiet hours begin (Asia/Shanghai)")
    quiet_to: time = Field(default=time(7), description="quiet hours end (Asia/Shanghai)")
    acknowledge_working_h: float = Field(
        default=2, gt=0, le=80, description="working hours after delivery until the deputy, then the head, is told"
    )
    acknowledge_urgent_s: float = Field(
        default=300, gt=0, le=86_400, description="seconds, of an sos or an outage, until the same"
    )
    tries: int = Field(
        default=4,
        ge=1,
        le=20,
        description="tries of one notice by one channel, but for those that it asks to make later",
    )
    back_off_s: float = Field(default=5, gt=0, le=600, description="seconds before the second try; then threefold")
    breaker_failures: int = Field(
        default=5, ge=1, le=1000, description="failures of a channel in a row until it is left alone"
    )
    breaker_s: float = Field(
        default=30, gt=0, le=600, description="seconds it is left alone at first; then twice as long, to ten minutes"
    )
    give_up_s: float = Field(default=6 * 3600, gt=0, le=7 * 86_400, description="seconds until a notice is dead")
    lease_s: float = Field(
        default=60, gt=0, le=3600, description="seconds a sender may hold a notice; over any channel's time-out"
    )
    parallel: int = Field(default=16, ge=1, le=200, description="notices a sender works on at once")
    channels: Mapping[str, SerializeAsAny[ChannelTable]] = Field(default={}, description="by a name of your choice")

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        known = self.channels.keys() | {"console"}
        for field in ("order", "command_centre", "engineers"):
            for name in getattr(self, field):
                if name not in known:
                    raise ValueError(f"{field}: no channel is called {name!r}")
        for name, channel in self.channels.items():
            if name == "console":
                raise ValueError("channels.console: the name is taken by the console itself")
            if channel.timeout_s >= self.lease_s:
                raise ValueError(f"channels.{name}.timeout_s: not under lease_s ({self.lease_s:g} s)")
        return self

    @property
    def least_interval(self) -> timedelta:
        """The shortest interval between two notices to one person."""
        return timedelta(seconds=self.least_interval_s)

    @property
    def breaker(self) -> Breaker:
        """The settings of the circuit breaker."""
        return Breaker(self.breaker_failures, timedelta(seconds=self.breaker_s))

    @property
    def gather(self) -> timedelta:
        """How long an item waits for related ones, to be sent together."""
        return timedelta(seconds=self.gather_s)
