"""`make lint`, its part for the console's scripts: types out of docs/openapi.json, tsc over their JSDoc, and Biome's linter.

PYTHONPATH=tests python -m services.console_check

Where Node is missing it says that the scripts are not checked, and ends with 0: `make test` brings Node in and checks.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from services.apt import ServiceError, run
from services.node import install_packages_of

TOOLS: Final = Path(__file__).parents[1] / "console_check"
_CHECKOUT: Final = Path(__file__).parents[2]
CONSOLE: Final = _CHECKOUT / "telemetry" / "web" / "console"
_TYPES: Final = _CHECKOUT / "build" / "console_api.d.ts"
_ANY_OBJECT: Final = re.compile(r"\{\s*\[key: string\]: unknown;\s*\}")


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        sys.stdout.write(
            "The console's scripts are NOT CHECKED: no Node here (on Debian: apt-get install nodejs npm)\n"
        )
        return 0
    try:
        install_console_check()
        found = type_faults(TOOLS) + lint_faults(CONSOLE)
    except ServiceError as fault:
        found = f"{fault}\n"
    sys.stderr.write(found)
    return 1 if found else 0


def install_console_check() -> None:
    """Install Node, openapi-typescript, tsc and Biome. Raises ServiceError."""
    install_packages_of(TOOLS)


def type_faults(project: Path) -> str:
    """What tsc says against *project*, a folder with a tsconfig.json; empty if nothing. Raises ServiceError."""
    run(
        [_tool("openapi-typescript"), "docs/openapi.json", "--default-non-nullable=false", "--output", _TYPES],
        folder=_CHECKOUT,
    )
    # An object that the document doesn't describe is taken as it comes.
    _TYPES.write_text(_ANY_OBJECT.sub("any", _TYPES.read_text("utf-8")), "utf-8")
    return _said(_tool("tsc"), "--project", project)


def lint_faults(folder: Path) -> str:
    """What Biome's linter says against the scripts below *folder*; empty if nothing."""
    return _said(_tool("biome"), "lint", f"--config-path={TOOLS}", "--error-on-warnings", "--colors=off", folder)


def _tool(name: str) -> Path:
    return TOOLS / "node_modules" / ".bin" / name


def _said(*command: str | Path) -> str:
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "" if done.returncode == 0 else done.stdout or f"{command[0]} ended with {done.returncode}\n"


if __name__ == "__main__":
    sys.exit(main())
