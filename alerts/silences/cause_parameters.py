"""Causes: thresholds of the decision, with units in their names; a bureau changes them in its settings file."""

from pydantic import Field

from telemetry.domain.settings_table import Count, Percent, Rsrp, Seconds, Share, Table


class CauseParameters(Table):
    """Thresholds of the cause decision; each description gives the reason for its default."""

    sim_absent_s: Seconds = Field(
        60.0,
        title="SIM卡脱离至少多久才算拔卡",
        description="a contact that flickers, or isn't ready yet after a boot, is absent for less",
    )
    flicker_s: Seconds = Field(
        180.0,
        title="接触时断时续时，一次脱离至少多久才计",
        description="if the contact comes and goes, one absence must last this long to count as more than a bad contact",
    )
    good_rsrp_dbm: Rsrp = Field(
        -100.0,
        title="信号良好的下限",
        description="a modem that measures this has coverage; in a dead zone it measures nothing or far less",
    )
    weak_rsrp_dbm: Rsrp = Field(-110.0, title="信号微弱的上限", description="at this or less a signal is weak")
    unsensed_min_s: Seconds = Field(
        180.0,
        title="不能感知SIM卡的型号：有信号无网络至少持续多久",
        description="how long `network: none` must coincide with a good RSRP on models that can't sense the SIM",
    )
    unsensed_min_readings: Count = Field(
        5, title="上述期间至少几次读数", description="least number of readings in that time"
    )
    unsensed_min_distinct: Count = Field(
        3, title="上述读数至少几个不同的值", description="a measurement varies; a stale value repeats"
    )
    unsensed_min_returns: Count = Field(
        2,
        title="粗分级的型号至少几次回到原值",
        description="how often a modem with coarse steps must return to an earlier value; a stale value never does",
    )
    coarse_changes: Share = Field(
        0.3,
        title="读数变化比例低于此值的型号视为粗分级",
        description="a modem whose live readings change in fewer than this share of steps measures in coarse steps",
    )
    unsensed_measured_share: Share = Field(
        0.6,
        title="心跳中测得信号的最低比例",
        description="least share of heartbeats with a measured signal; a searching modem doesn't always measure one",
    )
    unsensed_weak_share: Share = Field(
        0.1, title="其中微弱信号的最高比例", description="largest share of weak readings among them"
    )
    outage_slack_s: Seconds = Field(
        60.0,
        title="断网恢复后重新注册的宽限",
        description="a modem may take this long to register again after an outage",
    )
    low_battery_pct: Percent = Field(
        7.0, title="视为电量耗尽的电量", description="at this charge or less a battery is near its end"
    )
    reboot_s: Seconds = Field(
        300.0,
        title="静默后多久内重新开机视为设备故障",
        description="a new boot this soon after the loss is a fault of the device, unless somebody pressed the power key",
    )
    binding_slack_s: Seconds = Field(
        3600.0,
        title="SIM卡可早于绑定登记多久插入",
        description="how long a SIM may be in the slot before the time that was entered for its binding",
    )
    suspect_battery_pct: Percent = Field(
        20.0,
        title="静默开始时电量不低于此值才列为疑似拔卡",
        description="a loss with less charge than this isn't suspected to be a removal",
    )
    suspect_rsrp_dbm: Rsrp = Field(
        -95.0,
        title="静默开始时信号不弱于此值才列为疑似拔卡",
        description="a loss with a weaker signal than this isn't suspected to be a removal",
    )
    suspect_neighbours: Count = Field(
        2,
        title="同一小区至少几台仍在线才列为疑似拔卡",
        description="least number of others of the cell that stayed online",
    )
