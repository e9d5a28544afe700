"""Whatever goes wrong in a simulated bureau, its trace is one of the contract, and so are its facts and labels."""

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from device_sim.scenario import Scenario
from device_sim.scenario_run import write_scenario
from device_sim.truth.labels import LABELLED_RULES
from telemetry.domain.decode import decode
from telemetry.domain.readings import Rejection

_ON_DUTIES: list[dict[str, Any]] = [
    {"what": "sim_pull"},
    {"what": "sim_pull", "card": "other", "how": "off_then_pull"},
    {"what": "sim_pull", "card": "other_for_good", "how": "then_off"},
    {"what": "sim_pull", "how": "in_dead_zone"},
    {"what": "card_change"},
    {"what": "dead_zone", "visits": 3},
    {"what": "sim_flicker"},
    {"what": "sim_slow"},
    {"what": "battery_flat", "returns": True},
    {"what": "power_off", "how": "battery_out"},
    {"what": "reboots"},
    {"what": "breakdown", "spare": True},
    {"what": "storage_full"},
    {"what": "docked_on_duty"},
    {"what": "asleep"},
    {"what": "flat_clock", "in_garage": True},
    {"what": "clock_off", "minutes": -300},
    {"what": "not_carried"},
    {"what": "import_late"},
    {"what": "footage_removed"},
    {"what": "swap"},
    {"what": "sos"},
]
_OUTAGES: list[dict[str, Any]] = [
    {"what": "cell_outage", "at": "11:00:00", "cells": 4, "pulls": 1},
    {"what": "platform_outage", "at": "15:00:00", "leaves_wills": True, "pulls": 1},
]
_faults = st.lists(st.sampled_from(_ON_DUTIES), min_size=1, max_size=5).flatmap(
    lambda chosen: st.sampled_from([[fault | {"share": 0.3} for fault in chosen]])
)


@pytest.mark.slow
@settings(max_examples=6)
@given(happens=_faults, outages=st.lists(st.sampled_from(_OUTAGES), max_size=2), seed=st.integers(0, 10**6))
def test_every_mix_of_faults_makes_files_of_the_contract(
    happens: list[dict[str, Any]], outages: list[dict[str, Any]], seed: int
) -> None:
    scenario = Scenario.model_validate(
        {
            "name": "mix",
            "title": "a mix",
            "seed": seed,
            "recorders": 12,
            "happens": [*happens, *outages],
            "network": {"lag_max_s": 25, "duplicates": 0.01, "disorder": 0.02, "shuffles_backlog": True},
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        written = write_scenario(scenario, Path(folder))
        with gzip.open(written.trace, "rt") as file:
            lines = [json.loads(line) for line in file]
        labels = json.loads(written.labels.read_text())
        facts = read_json(written.facts.read_bytes(), "facts.json")
    assert isinstance(facts, FactSet), facts[:3]
    assert [line["received_at"] for line in lines] == sorted(line["received_at"] for line in lines)
    for line in lines:
        decoded = decode(line["topic"], json.dumps(line["payload"]).encode())
        rejected = [item for item in getattr(decoded, "items", (decoded,)) if isinstance(item, Rejection)]
        assert [] == rejected
    assert all(label["rule"] in LABELLED_RULES for label in labels if label["label"] == "incident")
    for label in labels:
        assert label["ends_at"] is None or label["starts_at"] <= label["ends_at"]
