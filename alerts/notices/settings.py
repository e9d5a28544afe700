"""Settings of the notices: when, how often, by which channels. Pure."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Self

from pydantic import Field, SerializeAsAny, model_validator

from alerts.notices.channels.channel import ChannelTable
from alerts.notices.circuit_breaker import Breaker
from telemetry.domain.settings_table import Table


class NoticeSettings(Table):
    """The table `[notices]`; the settings tree adds how channels are read."""

    link_base: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        title="通知链接所用的控制台地址；不填则不带链接",
        description="the console's address, for links; none if empty",
    )
    order: tuple[str, ...] = Field(
        (),
        title="本人未设置时的渠道顺序，靠前者优先",
        description="channels by name, most preferred first, for people who set no order of their own",
    )
    command_centre: tuple[str, ...] = Field(
        ("console",),
        title="信息指挥中心值班台的渠道，同时使用",
        description="channels of the command centre's desk, all of them at once",
    )
    engineers: tuple[str, ...] = Field(
        ("console",),
        title="运维值班台的渠道，同时使用",
        description="channels of the engineers' desk, all of them at once",
    )
    gather_s: float = Field(
        20, ge=0, le=300, title="通知等待合并多久", description="seconds a notice waits for what belongs to it"
    )
    least_interval_s: float = Field(
        300, ge=0, le=86_400, title="同一人两次通知的最短间隔", description="seconds between two notices to a person"
    )
    quiet_from: time = Field(
        time(22), title="夜间开始时刻（北京时间）", description="quiet hours begin (Asia/Shanghai)"
    )
    quiet_to: time = Field(time(7), title="夜间结束时刻（北京时间）", description="quiet hours end (Asia/Shanghai)")
    acknowledge_working_h: float = Field(
        2,
        gt=0,
        le=80,
        title="送达后多少工作小时未签收，即告知副职、再告知正职",
        description="working hours after delivery until the deputy, then the head, is told",
    )
    acknowledge_urgent_s: float = Field(
        300,
        gt=0,
        le=86_400,
        title="SOS 或者断网未签收多久即告知上一级",
        description="seconds, of an sos or an outage, until the same",
    )
    tries: int = Field(
        4,
        ge=1,
        le=20,
        title="同一渠道最多发送几次",
        description="tries of one notice by one channel, but for those that it asks to make later",
    )
    back_off_s: float = Field(
        5,
        gt=0,
        le=600,
        title="第二次发送前等待多久，此后每次三倍",
        description="seconds before the second try; then threefold",
    )
    breaker_failures: int = Field(
        5,
        ge=1,
        le=1000,
        title="渠道连续失败几次后停用",
        description="failures of a channel in a row until it is left alone",
    )
    breaker_s: float = Field(
        30,
        gt=0,
        le=600,
        title="停用多久，此后逐次加倍，最长十分钟",
        description="seconds it is left alone at first; then twice as long, to ten minutes",
    )
    give_up_s: float = Field(
        6 * 3600, gt=0, le=7 * 86_400, title="多久仍未送达即放弃", description="seconds until a notice is dead"
    )
    lease_s: float = Field(
        60,
        gt=0,
        le=3600,
        title="发送进程最长占用一条通知多久，须大于各渠道的 timeout_s",
        description="seconds a sender may hold a notice; over any channel's time-out",
    )
    maintenance_longest_h: float = Field(
        24,
        gt=0,
        le=168,
        title="一次计划维护最长几小时",
        description="longest planned maintenance, hours; while one lasts, leaders are not told of what it covers",
    )
    parallel: int = Field(16, ge=1, le=200, title="同时发送几条通知", description="notices a sender works on at once")
    channels: Mapping[str, SerializeAsAny[ChannelTable]] = Field({}, description="by a name of your choice")

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
