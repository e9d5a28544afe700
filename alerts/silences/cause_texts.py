"""Causes: the Chinese sentences of a verdict, built from measured values only."""

from collections.abc import Sequence
from datetime import datetime

from alerts.shanghai_time import SHANGHAI
from alerts.silences.cause_evidence import Beat, Binding, Bundle, Charge, LawfulChange, Period, SharedLoss, SimEvidence
from telemetry.vocabulary import texts

CAUSES = texts("cause")
GOODBYES = texts("goodbye")
ENDS = texts("last_end")


def clock(moment: datetime) -> str:
    """The time of day in Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%H:%M:%S")


def before_the_loss(bundle: Bundle) -> str | None:
    """The last battery level and signal before the silence."""
    parts = []
    charge = bundle.charges_before[-1] if bundle.charges_before else None
    if charge is not None:
        parts.append(f"电量{charge.level_pct:.0f}%{'（充电中）' if charge.charging else ''}")
    measured = [b for b in bundle.before if b.rsrp_dbm is not None]
    if measured:
        parts.append(f"信号RSRP {measured[-1].rsrp_dbm:.0f} dBm")
    cells = [b.cell for b in bundle.before if b.cell is not None]
    if cells:
        parts.append(f"基站小区{cells[-1]}")
    return f"离线前（{clock(bundle.silence.since)}）：{'，'.join(parts)}。" if parts else None


def neighbours(bundle: Bundle) -> str | None:
    """What other recorders on the cell did."""
    near = bundle.neighbours
    if near.cell is None or not (near.online or near.silent):
        return None
    text = f"离线时同一基站小区（{near.cell}）另有{near.online}台在线"
    return f"{text}，{near.silent}台同时离线。" if near.silent else f"{text}，没有同时离线的记录仪。"


def same_boot(bundle: Bundle) -> str | None:
    """That the device ran on: same boot id, uptime before and after."""
    silence = bundle.silence
    if silence.boot_before is None or silence.boot_before != silence.boot_after:
        return None
    first = bundle.before[-1].uptime_s if bundle.before else None
    last = bundle.after[0].uptime_s if bundle.after else None
    ran = f"，运行时长由{first}秒增至{last}秒" if first is not None and last is not None else ""
    return f"恢复后为同一次开机（启动标识{silence.boot_before}）{ran}，其间设备未关机。"


def new_boot(bundle: Bundle) -> str | None:
    """That the device rebooted, and how the previous boot ended by its own report."""
    silence = bundle.silence
    if silence.boot_after is None or silence.boot_before == silence.boot_after:
        return None
    told = [b.last_end for b in bundle.births if b.boot == silence.boot_after and b.last_end is not None]
    end = f"，设备自报上次停机原因为{ENDS[told[0]]}" if told else ""
    return f"恢复后为重新开机（启动标识{silence.boot_after}）{end}。"


def backlog(bundle: Bundle) -> str | None:
    """How many readings were measured during the silence."""
    if not bundle.during:
        return None
    first, last = bundle.during[0].at, bundle.during[-1].at
    return f"离线期间补传心跳{len(bundle.during)}条（{clock(first)}至{clock(last)}）。"


def standstill(outage: SharedLoss) -> str:
    """That our own system took nothing in."""
    until = "至今" if outage.ends_at is None else f"至{clock(outage.ends_at)}"
    return f"{clock(outage.starts_at)}{until}本系统自身未能接收数据（平台断网），该时段离线不作为认定依据。"


def sim_proof(evidence: SimEvidence, beats: Sequence[Beat]) -> str | None:
    """Measurements of the SIM that the key sentence doesn't already give; None if there are none."""
    match evidence.proof:
        case "absent":
            return (
                f"{clock(evidence.first_at)}至{clock(evidence.last_at)}的补传心跳报告未检测到SIM卡，"
                f"连续至少{evidence.proven_s:.0f}秒。"
            )
        case "event":
            return None
        case "unsensed":
            levels = [b.rsrp_dbm for b in beats if b.network == "none" and b.rsrp_dbm is not None]
            return (
                f"该型号不能感知SIM卡。离线期间有{len(levels)}条心跳无网络服务而测得变化的信号"
                f"（RSRP {min(levels):.0f}至{max(levels):.0f} dBm，{clock(evidence.first_at)}至{clock(evidence.last_at)}），"
                "与SIM卡不在位相符，不能直接确证。"
            )


def lawful(change: LawfulChange) -> str:
    """That the SIM change was lawful, and by which record."""
    sim = change.sim
    match sim.proof:
        case "absent":
            told = f"{clock(sim.first_at)}至{clock(sim.last_at)}设备报告未检测到SIM卡"
        case "event":
            told = f"{clock(sim.first_at)}设备自报SIM卡脱离"
        case "unsensed":
            told = f"{clock(sim.first_at)}至{clock(sim.last_at)}信号良好而无网络，与SIM卡不在位相符"
    match change.law:
        case Binding(valid_from=datetime() as valid_from):
            record = f"SIM卡绑定登记（{clock(valid_from)}起生效）"
        case Binding():
            record = "SIM卡绑定登记"
        case Period(start=start):
            record = f"送修记录（{clock(start)}起）"
    return f"{told}，有{record}，属登记在案，不作追究，也不作为设备故障。"


def levels(charges: Sequence[Charge]) -> str | None:
    """The battery levels as they fell."""
    if len(charges) < 2 or charges[-1].level_pct >= charges[0].level_pct:
        return None
    return f"离线前电量由{charges[0].level_pct:.0f}%降至{charges[-1].level_pct:.0f}%。"


def coverage(beats: Sequence[Beat]) -> str:
    """What the modem measured without service."""
    without = [b for b in beats if b.network == "none"]
    measured = [b.rsrp_dbm for b in without if b.rsrp_dbm is not None]
    said = f"离线期间{len(beats)}条心跳中{len(without)}条无网络"
    if not measured:
        return f"{said}，均未测得信号。"
    return f"{said}，其中{len(measured)}条测得信号，RSRP最低{min(measured):.0f} dBm。"
