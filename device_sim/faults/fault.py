"""What every fault of a scenario file is: checked fields, and a method that changes the planned days."""

from abc import abstractmethod
from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from device_sim.bureau.roster import Duty
from device_sim.bureau.scenario_state import ScenarioState

Share = Annotated[float, Field(ge=0, le=1)]
Minutes = Annotated[float, Field(gt=0, le=1440)]
Range = tuple[Minutes, Minutes]
"""From the first to the second number of minutes."""
ModelName = Literal["HX-4G", "DS-5G", "YT-2"]


class ScenarioPart(BaseModel):
    """A part of a scenario file; an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(ScenarioPart):
    """One entry of `happens`. A subclass gives `what` as the Literal that names it in scenario files."""

    applies_first: ClassVar[bool] = False
    """Whether it has to be applied before the faults of other classes, wherever it stands in the file."""

    what: str

    @abstractmethod
    def apply_to_scenario(self, state: ScenarioState, rng: Random) -> list[Duty]:
        """Change *state*; return the duties that were changed."""


class DutyFault(Fault):
    """A fault of single duties: of *count* of them, or of a *share* of those that fit. A duty has one fault at most."""

    changes_partner: ClassVar[bool] = False
    """Whether it also changes the partner's day. Then the partner must have no fault, and gets none afterwards."""

    count: Annotated[int, Field(ge=1)] | None = None
    share: Share | None = None
    models: tuple[ModelName, ...] = ()

    @model_validator(mode="after")
    def _one_amount(self) -> "DutyFault":
        if (self.count is None) == (self.share is None):
            raise ValueError("give either count or share")
        return self

    @abstractmethod
    def apply(self, state: ScenarioState, duty: Duty, rng: Random, /) -> bool:
        """Change *duty*; False, with nothing changed, if it doesn't fit (no gap in the day, another model)."""

    def apply_to_scenario(self, state: ScenarioState, rng: Random) -> list[Duty]:
        """Apply it to as many duties as wanted, or to as many as fit; return them."""
        duties = [duty for duty in state.roster.duties if self._may_choose(duty)]
        wanted = self.count if self.count is not None else round((self.share or 0.0) * len(duties))
        rng.shuffle(duties)
        chosen: list[Duty] = []
        for duty in duties:
            if len(chosen) == wanted:
                break
            partner = duty.partner if self.changes_partner else None
            if duty.fault_name is not None or (partner is not None and partner.fault_name is not None):
                continue
            if self.apply(state, duty, rng):
                duty.fault_name = self.what
                chosen.append(duty)
                if partner is not None:
                    partner.fault_name = "partner"
        return chosen

    def _may_choose(self, duty: Duty) -> bool:
        fits_model = not self.models or duty.spec.model.name in self.models
        return duty.fault_name is None and duty.is_carried and fits_model
