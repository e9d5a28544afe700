"""Reads scenario files: the size of the bureau, the number of days, the network, the faults and the seed."""

import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError

from device_sim.device.payloads import ZONE
from device_sim.faults.fault import ModelName, ScenarioPart, Share
from device_sim.faults.fault_plan import AnyFault
from device_sim.transport.network import NetworkSettings

FOLDER: Final = Path(__file__).parent / "scenarios"


class ScenarioError(Exception):
    """A scenario file can't be read or has a wrong value; names the file and the field."""


class NetworkSection(ScenarioPart):
    """The network between recorders and server; shares are of messages."""

    lag_ms: Annotated[int, Field(ge=1, le=20_000)] = 160
    lag_max_s: Annotated[float, Field(ge=0.5, le=60)] = 8.0
    bursts_per_h: Annotated[float, Field(ge=0, le=60)] = 0.5
    duplicates: Share = 0.002
    duplicate_after_s: Annotated[float, Field(gt=0, le=3600)] = 40.0
    disorder: Share = 0.005
    lost: Share = 0.0
    garbage: Share = 0.0
    shuffles_backlog: bool = False

    def settings(self) -> NetworkSettings:
        """The same as settings of the trace writer."""
        return NetworkSettings(**self.model_dump())


class Scenario(ScenarioPart):
    """One scenario. The faults in `happens` are applied in order, each to duties that have none yet."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    title: str
    about: str = ""
    seed: int = 1
    starts_on: date = date(2026, 3, 2)
    days: Annotated[int, Field(ge=1, le=60)] = 1
    recorders: Annotated[int, Field(ge=2, le=50_000)] = 60
    models: tuple[ModelName, ...] = ()
    network: NetworkSection = Field(default_factory=NetworkSection)
    happens: tuple[AnyFault, ...] = ()

    @property
    def from_ms(self) -> int:
        """Midnight of the first day (Asia/Shanghai), milliseconds since 1970."""
        return int(datetime.combine(self.starts_on, time(), ZONE).timestamp() * 1000)


def load(name_or_path: str) -> Scenario:
    """Load a scenario of the package by its name, or any TOML file by its path. Raises ScenarioError."""
    path = FOLDER / f"{name_or_path}.toml"
    if not path.is_file():
        path = Path(name_or_path)
    try:
        return Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise ScenarioError(f"{name_or_path}: no such file, and no scenario of {', '.join(names())}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ScenarioError(f"{path}: no TOML: {fault}") from None
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        raise ScenarioError(f"{path}: {where}: {first['msg']}") from None


def names() -> list[str]:
    """The names of the scenarios in the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
