"""The lock files hold what pyproject.toml asks for, hashed, and name no place to get it from."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUNTIME = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["embedded"],
    *PROJECT["dependency-groups"]["build"],
]
LOCKS = {"requirements.lock": RUNTIME, "requirements-dev.lock": [*RUNTIME, *PROJECT["dependency-groups"]["dev"]]}


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, flags=re.MULTILINE))


def _is_met(requirement: Requirement, version: str | None) -> bool:
    return version is not None and requirement.specifier.contains(version)


@pytest.mark.parametrize(("lock", "wanted"), LOCKS.items())
def test_a_lock_pins_every_dependency_to_a_version_that_the_project_takes(lock: str, wanted: list[str]) -> None:
    pins = _pins(lock)
    requirements = [Requirement(line) for line in wanted]
    unmet = [str(r) for r in requirements if not _is_met(r, pins.get(canonicalize_name(r.name)))]
    assert [] == unmet, "run `make lock`"


def test_both_locks_agree_on_what_they_share() -> None:
    runtime, dev = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert runtime == {name: dev[name] for name in runtime}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_hashed_and_no_address_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert len(_pins(lock)) == len(re.findall(r"^[a-z0-9-]+==[^\n]*\\\n    --hash=sha256:", text, flags=re.MULTILINE))
    assert [] == re.findall(r"://|--index|--find-links| @ ", text)


@pytest.mark.parametrize("folder", ["services/community", "console_check"])
def test_the_node_packages_are_hashed_and_no_address_is_named(folder: str) -> None:
    text = (ROOT / "tests" / folder / "package-lock.json").read_text("utf-8")
    assert '"integrity": "sha512-' in text
    assert [] == re.findall(r'"resolved"|(?<!"url": ")\b\w+://', text)
