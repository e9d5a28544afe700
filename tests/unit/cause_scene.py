"""Tests of causes: the readings around one silence, as a recorder would tell them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.silences.cause_decision import decide
from alerts.silences.cause_evidence import Beat, Binding, Bundle, Charge, Neighbours, Silence, Verdict
from alerts.silences.cause_parameters import CauseParameters

T0 = datetime(2026, 3, 2, 2, 2, 30, tzinfo=UTC)
CELL = "460-00-5004-100040"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def beats(
    start: float,
    end: float,
    *,
    boot: str = "b1",
    sim: str | None = "ready",
    network: str = "none",
    rsrp: list[float | None] | None = None,
    step: int = 30,
    uptime: int = 14210,
) -> tuple[Beat, ...]:
    levels = rsrp or [None]
    count = int((end - start) // step) + 1
    return tuple(
        Beat(
            at=at(start + i * step),
            boot=boot,
            seq=1000 + int(start) + i * step,
            uptime_s=uptime + int(start) + i * step,
            network=network,
            rsrp_dbm=levels[i % len(levels)],
            cell=CELL if network != "none" else None,
            sim=sim,
            backlog=network == "none",
        )
        for i in range(count)
    )


def online(
    start: float, end: float, *, sim: str | None = "ready", boot: str = "b1", uptime: int = 14210
) -> tuple[Beat, ...]:
    return beats(start, end, sim=sim, boot=boot, network="4g", rsrp=[-84, -85, -83], uptime=uptime)


def bundle(minutes: float | None = 27, **changes: object) -> Bundle:
    """Online with a good signal and battery until T0, silent for *minutes* (None: still), back in the same boot."""
    silence = Silence(
        "R0017",
        T0,
        at(minutes * 60) if minutes is not None else None,
        boot_before="b1",
        boot_after="b1" if minutes is not None else None,
        will=True,
        gapless=minutes is not None,
        settled=minutes is not None,
    )
    base = Bundle(
        silence=silence,
        before=online(-600, -1),
        after=online(minutes * 60 + 1, minutes * 60 + 100) if minutes is not None else (),
        charges_before=(Charge(at(-90), 77, charging=False), Charge(at(-30), 76, charging=False)),
        neighbours=Neighbours(CELL, online=11, silent=0, fleet_online=300),
        bindings=(Binding("89860012345678901234"),),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def judge(evidence: Bundle) -> Verdict:
    return decide(evidence, CauseParameters())
