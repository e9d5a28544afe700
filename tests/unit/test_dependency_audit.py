"""`make audit` never says that all is well where nobody has looked."""

import os
from pathlib import Path

import pytest
from services.dependency_audit import CLEAN, NOT_AUDITED, VULNERABLE, audit, judged

LOCK = "attrs==25.4.0 --hash=sha256:adcf7e2a1fb3b36ac48d97835bb6d8ade15b8dcce26aba8bf1d14847b57a3373\n"
FLAW = {"id": "CVE-2026-1", "fix_versions": ["2"], "description": "d", "aliases": []}
SEEN = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}


def test_only_what_was_looked_up_is_clean() -> None:
    assert CLEAN == judged([SEEN]).code
    assert NOT_AUDITED == judged([]).code
    assert NOT_AUDITED == judged([SEEN, SKIPPED]).code
    assert "NOT AUDITED: 1 of 2" in judged([SEEN, SKIPPED]).words


def test_a_known_flaw_is_named_and_what_nobody_looked_at_too() -> None:
    outcome = judged([{**SEEN, "vulns": [FLAW]}, SKIPPED])
    assert (VULNERABLE, True, True) == (outcome.code, "CVE-2026-1" in outcome.words, "NOT AUDITED" in outcome.words)


@pytest.mark.slow
def test_a_database_out_of_reach_is_no_clean_bill(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(LOCK)
    # A proxy that isn't there: nothing beyond this machine can be reached.
    nowhere = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), "http://127.0.0.1:1")
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    outcome = audit(str(lock), environment={**kept, **nowhere, "XDG_CACHE_HOME": str(tmp_path)})
    assert (NOT_AUDITED, True) == (outcome.code, outcome.words.startswith("NOT AUDITED"))
