"""Invents a bureau of any size: units, officers and recorders, the same ones for the same seed."""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from device_sim.device.models import DS_5G, HX_4G, MODELS, YT_2, Model, RecorderSpec
from device_sim.world.places import Area, area

RECORDERS_A_SQUAD: Final = 12
"""One recorder for each of eleven wearers and a spare."""
_SQUADS_A_DETACHMENT: Final = 6
_MODELS_BY_CHANCE: Final[tuple[Model, ...]] = (HX_4G, HX_4G, DS_5G, YT_2, HX_4G, DS_5G, HX_4G, YT_2, HX_4G, DS_5G)
_SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛范彭郎鲁韦昌马苗凤花方"
)
_GIVEN: Final = "安邦博彩晨诚达丹恩帆芳刚光国海涵和红华慧佳建洁静娟军凯兰磊莉亮林玲龙敏明娜宁鹏平琪强青清蓉锐珊思涛婷伟文霞小晓欣雪雅妍阳怡英颖永宇玉远云振志智子"


@dataclass(slots=True, frozen=True)
class Unit:
    """A unit in the bureau's tree."""

    unit_id: str
    name: str
    kind: str
    parent_id: str | None
    ground: Area | None = None


@dataclass(slots=True, frozen=True)
class Officer:
    """One officer, with his roles."""

    officer_id: str
    name: str
    unit_id: str
    roles: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Squad:
    """A squad: its officers, its recorders (the last one is the spare), and how recorders are assigned.

    `assignment_mode` is "named" (each shift names a recorder), "held" (the register names a holder) or "daily" (one
    assignment a day, so that a recorder is worn by many).
    """

    unit: Unit
    wearers: tuple[Officer, ...]
    leader: Officer
    head: Officer
    custodian: Officer
    recorders: tuple[RecorderSpec, ...]
    assignment_mode: str

    @property
    def spare(self) -> RecorderSpec:
        """The recorder that is assigned to nobody."""
        return self.recorders[-1]


@dataclass(slots=True, frozen=True)
class Bureau:
    """Units, officers and recorders, before the first day begins."""

    units: tuple[Unit, ...]
    officers: tuple[Officer, ...]
    squads: tuple[Squad, ...]
    verifiers: tuple[Officer, ...]

    @property
    def recorders(self) -> list[RecorderSpec]:
        """All recorders in order of their ids."""
        return [spec for squad in self.squads for spec in squad.recorders]


class _StaffBuilder:
    """Adds officers with names and ids."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(f"{seed}:people")
        self.officers: list[Officer] = []

    def add_officer(self, unit: Unit, *roles: str) -> Officer:
        rng = self._rng
        name = rng.choice(_SURNAMES) + "".join(rng.choice(_GIVEN) for _ in range(rng.choice((1, 2, 2))))
        officer = Officer(f"P{len(self.officers) + 1:04d}", name, unit.unit_id, roles)
        self.officers.append(officer)
        return officer

    def add_squad(self, unit: Unit, recorders: tuple[RecorderSpec, ...], assignment_mode: str) -> Squad:
        """Staff a squad: its head and leader stay inside, everybody with a recorder goes on patrol."""
        head, leader = self.add_officer(unit, "head"), self.add_officer(unit, "leader")
        wearers = [
            self.add_officer(unit, *_ROLES_OF_WEARERS.get(place, ("officer",)))
            for place in range(max(1, len(recorders) - 1))
        ]
        custodian = wearers[1] if len(wearers) > 1 else self.add_officer(unit, "custodian")
        return Squad(unit, tuple(wearers), leader, head, custodian, recorders, assignment_mode)


_ROLES_OF_WEARERS: Final = {
    0: ("officer", "deputy"),
    1: ("officer", "custodian"),
    9: ("auxiliary",),
    10: ("auxiliary",),
}
_ASSIGNMENT_MODES: Final = ("named", "held", "daily")


def create_bureau(recorders: int, seed: int, *, only_models: tuple[str, ...] = ()) -> Bureau:
    """Invent a bureau with exactly *recorders* recorders; *only_models* limits them to these models."""
    staff = _StaffBuilder(seed)
    root = Unit("U00", "东滩区城管执法局（演示）", "bureau", None)
    offices = [
        Unit("U01", "勤务监督处", "office", "U00"),
        Unit("U02", "政治处", "office", "U00"),
        Unit("U03", "信息指挥中心", "office", "U00"),
        Unit("U04", "督察大队", "detachment", "U00"),
    ]
    units = [root, *offices]
    for office in offices:
        staff.add_officer(office, "head")
    verifiers = tuple(staff.add_officer(offices[3], "verifier") for _ in range(3))
    specs = [_spec(number, seed, only_models) for number in range(1, recorders + 1)]
    squads = []
    for number, first in enumerate(range(0, recorders, RECORDERS_A_SQUAD)):
        row = number // _SQUADS_A_DETACHMENT + 1
        if number % _SQUADS_A_DETACHMENT == 0:
            units.append(Unit(f"D{row:02d}", f"第{row}支队", "detachment", "U00"))
        unit = Unit(f"S{number + 1:03d}", f"第{number + 1}中队", "squad", f"D{row:02d}", area(number))
        units.append(unit)
        own = tuple(specs[first : first + RECORDERS_A_SQUAD])
        squads.append(staff.add_squad(unit, own, _ASSIGNMENT_MODES[number % len(_ASSIGNMENT_MODES)]))
    return Bureau(tuple(units), tuple(staff.officers), tuple(squads), verifiers)


def _spec(number: int, seed: int, only_models: tuple[str, ...]) -> RecorderSpec:
    spec = spec_of(number, seed)
    if not only_models or spec.model.name in only_models:
        return spec
    return replace(spec, model=MODELS[only_models[number % len(only_models)]])


def spec_of(number: int, seed: int, *, prefix: str = "R", width: int = 4) -> RecorderSpec:
    """Draw the specification of recorder *number* (from 1); model, card and squad follow from number and seed."""
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
