"""Test set-up: installs everything that the tests need.

PYTHONPATH=tests python -m services.prepare
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial

from services.apt import ServiceError
from services.browser import install_browser
from services.community import install_community
from services.console_check import install_console_check
from services.mosquitto import RELEASES, install_mosquitto, unpack_mosquitto
from services.office import install_office
from services.promtool import unpack_promtool
from services.timescale import unpack_timescale


def main() -> int:
    """Install everything and report the time; return 1 if something isn't available."""
    steps: dict[str, Callable[[], object]] = {"mosquitto": install_mosquitto}
    steps |= {f"mosquitto {version}": partial(unpack_mosquitto, version) for version in RELEASES}
    steps["promtool"] = unpack_promtool
    if "RECORDER_FLEET_TEST_DSN" not in os.environ:
        steps["TimescaleDB, Apache 2 edition"] = unpack_timescale
    if "RECORDER_FLEET_TEST_COMMUNITY_DSN" not in os.environ:
        steps["TimescaleDB, Community edition"] = install_community
    steps |= {"Chromium": install_browser, "LibreOffice": install_office, "tsc and Biome": install_console_check}
    for name, step in steps.items():
        began = time.monotonic()
        try:
            step()
        except ServiceError as fault:
            sys.stderr.write(f"{name}: {fault}\n")
            return 1
        sys.stdout.write(f"{name}: ready ({time.monotonic() - began:.1f} s)\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
