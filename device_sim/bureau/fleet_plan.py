"""Who plays in a simulation: recorders with their timelines, and the district they walk in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from device_sim.device.actions import Act, Do
from device_sim.device.models import DS_5G, HX_4G, YT_2, Model
from device_sim.device.specification import RecorderSpec
from device_sim.world.places import District, area

_MIN_MS: Final = 60_000
_MODELS_BY_CHANCE: Final[tuple[Model, ...]] = (HX_4G, HX_4G, DS_5G, YT_2, HX_4G, DS_5G, HX_4G, YT_2, HX_4G, DS_5G)
RECORDERS_A_SQUAD: Final = 12
"""One recorder for each of eleven wearers and a spare."""


@dataclass(slots=True, frozen=True)
class Role:
    """One recorder and what will be done to it; `seed` makes its chance its own."""

    spec: RecorderSpec
    acts: tuple[Act, ...]
    seed: str


@dataclass(slots=True, frozen=True)
class Cast:
    """Everything a driver needs to play a scenario."""

    district: District
    roles: tuple[Role, ...]
    secrets: Mapping[str, str] = field(default_factory=dict)


def spec_of(number: int, seed: int, *, prefix: str = "R", width: int = 4) -> RecorderSpec:
    """The *number*-th recorder of a fleet, counted from 1: its make, card and squad follow from number and seed."""
    rng = Random(f"{seed}:spec:{number}")
    return RecorderSpec(
        recorder_id=f"{prefix}{number:0{width}d}",
        model=_MODELS_BY_CHANCE[number % len(_MODELS_BY_CHANCE)],
        imei=f"86{rng.randrange(10**13):013d}",
        iccid=f"898600{rng.randrange(10**14):014d}",
        area=area((number - 1) // RECORDERS_A_SQUAD),
        skew_ms=int(rng.gauss(0.0, 900.0)),
        level_pct=rng.uniform(88.0, 100.0),
        used_mb=rng.uniform(180.0, 9000.0),
        files=rng.randrange(6),
    )


def on_duty(
    recorders: int, seed: int, from_ms: int, *, minutes: int = 480, ramp_s: int = 20, prefix: str = "R"
) -> Cast:
    """A fleet in the middle of an ordinary duty: on within *ramp_s* seconds, walking, filming a third of the time."""
    width = max(4, len(str(recorders)))
    roles = []
    for number in range(1, recorders + 1):
        rng = Random(f"{seed}:duty:{number}")
        on_ms = from_ms + int(ramp_s * 1000 * rng.random())
        acts = [Act(on_ms, Do.POWER_ON), Act(on_ms, Do.LOGIN, f"P{number:0{width}d}"), Act(on_ms, Do.SET_OUT)]
        at_ms = on_ms + rng.randrange(15 * _MIN_MS)
        while at_ms < from_ms + minutes * _MIN_MS:
            until_ms = at_ms + rng.randrange(8 * _MIN_MS, 25 * _MIN_MS)
            acts += [Act(at_ms, Do.RECORD), Act(until_ms, Do.STANDBY)]
            at_ms = until_ms + rng.randrange(15 * _MIN_MS, 50 * _MIN_MS)
        roles.append(Role(spec_of(number, seed, prefix=prefix, width=width), tuple(acts), f"{seed}:live:{number}"))
    return Cast(District(), tuple(roles))
