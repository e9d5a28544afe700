"""Test set-up: Debian packages unpacked below `.services`, once for all test runs of this checkout."""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.apt import need_root, run, unpack

SERVICES: Final = Path(__file__).resolve().parents[2] / ".services"


def unpacked(name: str, release: str, packages: Sequence[str], *, finish: Callable[[Path], None], instead: str) -> Path:
    """The folder *name* below `.services` with *packages* of Debian's *release* in it; seconds, and only the first time.

    *finish* adds what no package brings. Raises ServiceError, ending with *instead*.
    """
    tree = SERVICES / name
    wanted = f"{release} {' '.join(packages)}\n"
    note = tree / "unpacked"
    with alone():
        if note.exists() and note.read_text() == wanted:
            return tree
        need_root(f"unpack {' '.join(packages)}", instead=instead)
        delete(tree)
        tree.mkdir(mode=0o755)
        unpack(release, packages, tree)
        finish(tree)
        note.write_text(wanted)
    return tree


def add_program(tree: Path, path: str) -> None:
    """Make the binary at *path* of *tree* a program of the folder `program`.

    The tree's own loader and libraries run it, so that the machine's may be older or newer.
    """
    (libraries,) = (tree / "usr" / "lib").glob("*-linux-gnu")
    # Not by /lib64, whose link may lead to the machine's own.
    (loader,) = libraries.glob("ld-linux-*")
    program = tree / "program" / Path(path).name
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {loader} --library-path {libraries} {tree}/{path} "$@"\n')
    program.chmod(0o755)


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of `.services` during the block, against other test runs."""
    SERVICES.mkdir(exist_ok=True)
    with (SERVICES / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def delete(folder: Path) -> None:
    """Delete *folder*, but nothing that is mounted below it."""
    run(["rm", "-rf", "--one-file-system", folder])
