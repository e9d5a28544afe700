"""The secrets scan of `make lint` finds what is planted, and what it takes for one and is none is kept as a hash only."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

BASELINE: Final = Path(__file__).resolve().parents[2] / ".secrets.baseline"
HOOK: Final = Path(sys.executable).with_name("detect-secrets-hook")
# In two parts each, so that the scan of this repository doesn't find them here.
PLANTED: Final = {
    "Private Key": "-----BEGIN " + "EC PRIVATE KEY-----",
    "GitHub Token": "ghp_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA2",  # pragma: allowlist secret
    "Basic Auth Credentials": "postgresql://fleet:" + "Tg7-kw2q@db.example/fleet",
    "Secret Keyword": "facts_token_password = " + '"q8Zt3LwX0vKj7RbN5yHs"',
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found_and_not_repeated(tmp_path: Path, kind: str) -> None:
    # The hook asks git whether the baseline is committed, which has to be in a checkout for that.
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / BASELINE.name).write_bytes(BASELINE.read_bytes())
    (tmp_path / "settings.py").write_text(f"# a file\n{PLANTED[kind]}\n")
    words = [HOOK, "--no-verify", "--baseline", BASELINE.name, "settings.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 1 == done.returncode, done.stderr
    assert kind in done.stdout
    assert PLANTED[kind] not in done.stdout


def test_the_baseline_holds_hashes_and_no_contents() -> None:
    results = json.loads(BASELINE.read_text("utf-8"))["results"]
    assert {"filename", "hashed_secret", "is_verified", "type"} == {
        key for found in results.values() for each in found for key in each
    }
