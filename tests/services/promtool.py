"""Test set-up: promtool of Debian's Prometheus, unpacked below `.services`."""

from pathlib import Path
from typing import Final

from services.unpacked import add_program, unpacked

_PROMTOOL: Final = "usr/bin/promtool"
_INSTEAD: Final = "put promtool on PATH yourself"


def unpack_promtool() -> Path:
    """The promtool program, whichever Debian runs here. Raises ServiceError."""
    return (
        unpacked("promtool", "trixie", ["prometheus"], finish=_add_promtool, instead=_INSTEAD) / "program" / "promtool"
    )


def _add_promtool(tree: Path) -> None:
    add_program(tree, _PROMTOOL)
    # The server itself, as large again, isn't run.
    (tree / "usr" / "bin" / "prometheus").unlink()
