"""In CI a test that skips itself has failed, so that nothing goes untested unseen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
SKIPPED_INSIDE = "import pytest\ndef test_x():\n    pytest.skip('no service')\n"
SKIPPED_BY_MARK = "import pytest\n@pytest.mark.skip(reason='no service')\ndef test_x(): pass\n"
SKIPPED_BY_FIXTURE = (
    "import pytest\n@pytest.fixture\ndef service():\n    pytest.skip('no service')\ndef test_x(service): pass\n"
)
SKIPPED_AS_A_MODULE = "import pytest\npytest.skip('no service', allow_module_level=True)\n"
EXPECTED_TO_FAIL = "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_x(): assert False\n"


def _pytest(folder: Path, text: str, ci: str) -> tuple[int, str]:
    (folder / "test_x.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", folder, "-p", "conftest", folder],
        env=os.environ | {"CI": ci, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("text", [SKIPPED_INSIDE, SKIPPED_BY_MARK, SKIPPED_BY_FIXTURE, SKIPPED_AS_A_MODULE])
def test_a_skipped_test_fails_in_ci_and_says_why(tmp_path: Path, text: str) -> None:
    code, printed = _pytest(tmp_path, text, "true")
    assert 0 != code
    assert "was skipped, which is a failure in CI" in printed
    assert "no service" in printed


def test_a_skipped_test_is_no_failure_elsewhere(tmp_path: Path) -> None:
    assert 0 == _pytest(tmp_path, SKIPPED_INSIDE, "")[0]


def test_a_test_that_is_expected_to_fail_is_not_taken_for_a_skipped_one(tmp_path: Path) -> None:
    assert 0 == _pytest(tmp_path, EXPECTED_TO_FAIL, "true")[0]
