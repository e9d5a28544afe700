"""`python -m dashboards.build` writes the boards' JSON to `dashboards/generated`; `--check` only compares."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.board import Board, Site, assemble
from dashboards.boards import device_health, duty, incidents, live_map, platform

GENERATED: Final = Path(__file__).parent / "generated"
_BOARDS: Final = (live_map.board, device_health.board, duty.board, incidents.board, platform.board)


def boards(site: Site) -> list[Board]:
    """All boards, the most used first."""
    return [board(site) for board in _BOARDS]


def rendered(site: Site) -> dict[str, dict[str, Any]]:
    """The JSON values of all boards, by file name."""
    return {f"{board.file}.json": _plain(board, site) for board in boards(site)}


def _plain(board: Board, site: Site) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(json.dumps(assemble(board, site), cls=JSONEncoder))
    return values


def board_files(site: Site) -> dict[str, str]:
    """The contents of all board files, by file name."""
    return {name: json.dumps(values, ensure_ascii=False, indent=1) + "\n" for name, values in rendered(site).items()}


def drift(folder: Path, site: Site) -> list[str]:
    """The files in *folder* that differ from the boards: changed, missing, or without a board."""
    wanted = board_files(site)
    there = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(folder: Path, site: Site) -> list[str]:
    """Write the boards to *folder* and delete files without a board; return the names of what changed."""
    changed, wanted = drift(folder, site), board_files(site)
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], "utf-8")
        else:
            (folder / name).unlink()
    return changed


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; return 1 if `--check` finds a difference."""
    here = Site()
    parser = argparse.ArgumentParser(prog="dashboards.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file isn't what it should be")
    parser.add_argument("--out", type=Path, default=GENERATED, metavar="FOLDER")
    parser.add_argument("--console", default=here.console_url, metavar="URL", help="where people reach the console")
    parser.add_argument(
        "--centre", type=float, nargs=2, default=(here.latitude, here.longitude), metavar=("LAT", "LON")
    )
    parser.add_argument("--zoom", type=int, default=here.zoom)
    words = parser.parse_args(arguments)
    site = Site(words.console, words.centre[0], words.centre[1], words.zoom)
    changed = drift(words.out, site) if words.check else write(words.out, site)
    for name in changed:
        sys.stdout.write(f"{name} {'differs' if words.check else 'written'}\n")
    return 1 if words.check and changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
