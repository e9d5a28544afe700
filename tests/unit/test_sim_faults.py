"""Faults of the simulator: a class is all that one needs."""

from random import Random
from typing import Literal, get_args

import pytest
from pydantic import ValidationError

from device_sim.bureau.people import create_bureau
from device_sim.bureau.roster import Duty, plan_roster
from device_sim.bureau.scenario_state import ScenarioState
from device_sim.faults.fault import DutyFault
from device_sim.faults.fault_plan import FAULT_CLASSES, TooFewDutiesError, apply_faults
from device_sim.scenario import Scenario

FROM_MS = 1_772_380_800_000


class ForgottenLogin(DutyFault):
    """A fault that no module knows."""

    changes_partner = True

    what: Literal["forgotten_login"]

    def apply(self, _state: ScenarioState, duty: Duty, _rng: Random, /) -> bool:
        duty.logs_in = False
        return True


def state() -> ScenarioState:
    bureau = create_bureau(12, seed=1)
    return ScenarioState(bureau, plan_roster(bureau, 1, FROM_MS, 1))


def test_a_class_of_its_own_is_all_that_a_fault_needs() -> None:
    planned = state()
    apply_faults(planned, [ForgottenLogin(what="forgotten_login", count=2)], seed=1)
    changed = planned.duties_by_fault[0]
    assert 2 == len(changed)
    assert all("forgotten_login" == duty.fault_name and not duty.logs_in for duty in changed)
    assert all(duty.partner is None or "partner" == duty.partner.fault_name for duty in changed)


def test_a_fault_that_fits_too_few_duties_is_named_with_its_number() -> None:
    with pytest.raises(TooFewDutiesError, match=r"happens\.1 \(forgotten_login\): wanted 99 times"):
        apply_faults(state(), [ForgottenLogin(what="forgotten_login", count=n) for n in (1, 99)], seed=1)


def test_a_scenario_can_name_every_fault_class_by_its_what() -> None:
    names = [name for kind in FAULT_CLASSES for name in get_args(kind.model_fields["what"].annotation)]
    assert 26 == len(names) == len(set(names))
    for name in names:
        amount = {"at": "10:00:00"} if name.endswith("_outage") else {"count": 1}
        scenario = Scenario.model_validate({"name": "x", "title": "x", "happens": [{"what": name} | amount]})
        assert name == scenario.happens[0].what


def test_a_fault_that_no_module_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="forgotten_login"):
        Scenario.model_validate({"name": "x", "title": "x", "happens": [{"what": "forgotten_login", "count": 1}]})
