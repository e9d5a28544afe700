"""Test set-up: Node and the locked packages of a folder that has a package-lock.json."""

import shutil
from pathlib import Path
from typing import Final

from services.apt import install, run

_INSTEAD: Final = "install Node 18 or later with npm yourself"


def install_packages_of(folder: Path) -> None:
    """Install Node and, in *folder*, the packages of its lock file if missing. Raises ServiceError."""
    install("node", ["nodejs"], instead=_INSTEAD)
    npm = install("npm", ["npm"], instead=_INSTEAD)
    wanted = (folder / "package-lock.json").read_bytes()
    note = folder / "node_modules" / "installed"
    if note.exists() and note.read_bytes() == wanted:
        return
    run([npm, "ci", "--no-fund", "--no-audit"], folder=folder)
    shutil.copyfile(folder / "package-lock.json", note)
