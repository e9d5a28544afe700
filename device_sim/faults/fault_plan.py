"""Applies the faults of a scenario file to the planned days, in a fixed order and from one seed."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from device_sim.bureau.scenario_state import ScenarioState
from device_sim.faults import connectivity_faults, device_faults, human_faults
from device_sim.faults.fault import DutyFault, Fault

_MODULES: Final = (connectivity_faults, device_faults, human_faults)
FAULT_CLASSES: Final[list[Any]] = [
    member
    for module in _MODULES
    for member in vars(module).values()
    if isinstance(member, type) and issubclass(member, Fault) and member.__module__ == module.__name__
]
"""Every class that a scenario file can name by `what`: a class in one of these modules is all that a new fault needs."""

if TYPE_CHECKING:
    AnyFault = Fault
else:
    AnyFault = Annotated[reduce(or_, FAULT_CLASSES), Field(discriminator="what")]


class TooFewDutiesError(Exception):
    """A scenario wants a fault more often than its bureau has duties that fit; names the fault."""


def apply_faults(state: ScenarioState, faults: Sequence[Fault], seed: int) -> None:
    """Change *state* by *faults*; what is random follows from *seed* and a fault's place in the file.

    Raises TooFewDutiesError, which names the fault by its number in `happens`, counted from 0.
    """
    for number, fault in sorted(enumerate(faults), key=lambda pair: not pair[1].applies_first):
        changed = fault.apply_to_scenario(state, Random(f"{seed}:fault:{number}"))
        state.duties_by_fault[number] = changed
        if isinstance(fault, DutyFault) and fault.count is not None and len(changed) < fault.count:
            where = f"happens.{number} ({fault.what})"
            raise TooFewDutiesError(f"{where}: wanted {fault.count} times, but only {len(changed)} duties fit")
