"""`make debian13`: the checks and the tests of the broker in a clean Debian 13, with the Python that it has.

PYTHONPATH=tests python -m services.clean_debian [WORD...]      WORDs go to pytest instead of the broker's tests

A tree is made by debootstrap below `.services`, this checkout's files are copied into it, and everything else is
brought in there as on a new machine. What is mounted is mounted in a name space of its own and gone with the run.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from services.apt import ServiceError, install, mirror, need_root, run
from services.unpacked import SERVICES, delete

_RELEASE: Final = "trixie"
_PACKAGES: Final = "python3,python3-venv,make,git,ca-certificates"
_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_OF_THE_MACHINE: Final = (
    "/etc/resolv.conf",
    "/etc/pip.conf",
    "/etc/xdg/pip",
    "/etc/ssl/certs/ca-certificates.crt",
    "/root/.config/pip",
)
"""How this machine reaches the package registries."""
_TESTS: Final = (
    *(f"tests/integration/test_{name}.py" for name in ("broker_access", "broker_certificates", "broker_embedded")),
    *(f"tests/integration/test_{name}.py" for name in ("broker_production", "broker_queue", "command")),
    *(f"tests/integration/test_ingest_{name}.py" for name in ("session", "resume", "workers", "flood", "poison")),
    "tests/acceptance/test_durability.py",
)
_INSIDE: Final = """
set -e
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
shift
exec chroot "$@"
"""


def main(words: list[str]) -> int:
    """The exit code of what ran inside; 1 where the tree can't be made."""
    SERVICES.mkdir(exist_ok=True)
    tree = Path(tempfile.mkdtemp(prefix="debian13-", dir=SERVICES))
    tree.chmod(0o755)
    try:
        _make(tree)
        tests = " ".join(words or _TESTS)
        # Both are run, whatever becomes of the first.
        inside = f"cd /checkout; make check && is_fine=true; make test ARGS='{tests}' && ${{is_fine:-false}}"
        name_space = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _INSIDE, "sh", str(tree)]
        return subprocess.run([*name_space, str(tree), "/bin/bash", "-c", inside], check=False).returncode
    except ServiceError as fault:
        sys.stderr.write(f"Debian 13: {fault}\n")
        return 1
    finally:
        delete(tree)


def _make(tree: Path) -> None:
    need_root("make a clean Debian 13", instead="run `make check` and `make test` on one")
    debootstrap = install("debootstrap", ["debootstrap"], instead="install debootstrap yourself")
    run([debootstrap, "--variant=minbase", f"--include={_PACKAGES}", _RELEASE, tree, mirror()])
    for name in _OF_THE_MACHINE:
        _copy(Path(name), tree / name[1:])
    listed = run(["git", "-C", _CHECKOUT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"])
    for file in filter(None, listed.split("\0")):
        _copy(_CHECKOUT / file, tree / "checkout" / file)
    # The secrets scan reads what git tracks.
    for words in (["init", "--quiet"], ["add", "--all"]):
        run(["git", "-C", tree / "checkout", *words])


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy2(source, target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
