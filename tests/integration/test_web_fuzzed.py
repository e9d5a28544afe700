"""The OpenAPI document held against the running server: requests right and wrong out of it, and never a 5xx."""

import asyncio
import time
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from standins.api_scene import ACCOUNTS, api

from telemetry.web.http.openapi import document
from telemetry.web.registry import ROUTES

SECONDS: Final = 60.0
EXAMPLES: Final = 6
# One person can't hold what is held apart, so two have a look.
ALL_BUT_APART: Final = [
    "officer",
    "custodian",
    "leader",
    "head",
    "command_centre",
    "verifier",
    "supervision",
    "political",
    "engineer",
]
# What never ends, and what ends the session that asks.
LEFT_OUT: Final = ("/api/v1/stream", "/api/v1/session")
CHECKS: Final = [not_a_server_error, content_type_conformance, response_schema_conformance]


class OutOfTimeError(BaseException):
    """The operation has had its share."""


def fuzzed(address: str, headers: dict[str, str], until: float) -> tuple[int, list[str]]:
    """How many requests were made, and what was wrong; each operation gets its share of the time that is left."""
    schema = schemathesis.openapi.from_dict(document(ROUTES))
    operations = [found.ok() for found in schema.get_all_operations()]
    operations = [operation for operation in operations if not operation.path.startswith(LEFT_OUT)]
    made, faults = 0, []
    for number, operation in enumerate(operations):
        share = time.monotonic() + (until - time.monotonic()) / (len(operations) - number)
        for mode in GenerationMode:
            made += tried(operation, mode, (address, headers), share, faults)
    return made, faults


def tried(operation: Any, mode: Any, target: tuple[str, dict[str, str]], until: float, faults: list[str]) -> int:
    made, before = 0, len(faults)

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        nonlocal made
        if time.monotonic() > until:
            raise OutOfTimeError
        made += 1
        wanted = case.as_transport_kwargs(base_url=target[0], headers=target[1])
        response = requests.request(**wanted, timeout=20, allow_redirects=False)
        try:
            case.validate_response(response, checks=CHECKS)
        except Exception as fault:
            faults.append(f"{operation.method} {operation.path}: {fault}")
            raise

    try:
        one()
    except (OutOfTimeError, Unsatisfiable):
        # What has no parameters can't be asked wrongly.
        pass
    except Exception as fault:  # noqa: BLE001 - what can't be generated is a fault of the document
        if len(faults) == before:
            faults.append(f"{operation.method} {operation.path}: {fault!r}")
    return made


@pytest.mark.slow
async def test_no_request_that_can_be_made_up_is_a_fault_of_ours(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACCOUNTS, "alles", ([*ALL_BUT_APART, "administrator"], "U01", None))
    monkeypatch.setitem(ACCOUNTS, "pruefer", (["auditor"], "U01", None))
    async with api(database) as scene:
        address = scene.address.removesuffix("/api/v1")
        until = time.monotonic()
        total, wrong = 0, []
        for who, seconds in (("alles", SECONDS * 0.75), ("pruefer", SECONDS * 0.25)):
            until += seconds
            made, faults = await asyncio.to_thread(fuzzed, address, await scene.headers(who), until)
            total, wrong = total + made, wrong + faults
    assert [] == wrong
    assert total > 100
