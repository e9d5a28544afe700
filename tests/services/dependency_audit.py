"""`make audit`: checks the locked packages for known vulnerabilities; reports if the database is unreachable.

Exit code 0: every package was looked up and none is known to be vulnerable; 1: some are; 3: not audited, or not wholly.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

CLEAN: Final = 0
VULNERABLE: Final = 1
NOT_AUDITED: Final = 3
_TIMEOUT_S: Final = 300


@dataclass(frozen=True)
class Outcome:
    """Exit code and report."""

    code: int
    words: str


def audit(lock: str, *, environment: Mapping[str, str] | None = None) -> Outcome:
    """Look up every package of *lock*, a requirements file with hashes."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--disable-pip", "--require-hashes"]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "15"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, env=environment)
    except subprocess.TimeoutExpired:
        return Outcome(NOT_AUDITED, f"NOT AUDITED: no answer within {_TIMEOUT_S} s")
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        return Outcome(NOT_AUDITED, f"NOT AUDITED: {last[:300]}")
    return judged(found)


def judged(found: Sequence[Mapping[str, Any]]) -> Outcome:
    """Interpret the auditor's result; a skipped package counts as not audited. Pure."""
    bad = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version'}"
        for one in found
        for flaw in one.get("vulns", ())
    ]
    skipped = [one["name"] for one in found if "skip_reason" in one]
    missing = f"NOT AUDITED: {len(skipped)} of {len(found)} packages could not be looked up"
    if bad:
        return Outcome(VULNERABLE, "\n".join([*bad, *([missing] if skipped else [])]))
    if skipped or not found:
        return Outcome(NOT_AUDITED, missing)
    return Outcome(CLEAN, f"audited: {len(found)} packages, none known to be vulnerable")


if __name__ == "__main__":
    outcome = audit(sys.argv[1])
    sys.stdout.write(f"{outcome.words}\n")
    sys.exit(outcome.code)
