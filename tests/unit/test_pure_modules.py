"""What calls itself pure is held to it: by the import contract `pure`, and by what it calls."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import grimp
import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("alerts", "broker", "dashboards", "device_sim", "telemetry")
DECIDING: Final = ("alerts", "telemetry.domain", "telemetry.records")
"""Rooms whose modules are covered by the contract, or have effects that keep them out of it."""
EFFECTS: Final = {"now", "utcnow", "today", "sleep", "read_text", "read_bytes", "write_text", "write_bytes"}
"""Methods that look at a clock or a file, of whatever they are asked."""
CLOCK_AND_FILES: Final = {"telemetry.domain.clock", "telemetry.domain.trace"}


def _contract() -> dict[str, Any]:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return next(table for table in tables if table.get("id") == "pure")


COVERED: Final = tuple(_contract()["source_modules"])


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), ast.parse(path.read_text("utf-8"))


MODULES: Final = dict(_modules())


def _is_covered(name: str) -> bool:
    return any(name == covered or name.startswith(f"{covered}.") for covered in COVERED)


def effects_of(module: ast.AST) -> list[str]:
    """The calls in *module* that look at a clock or a file, with their lines."""
    found = []
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Attribute):
            if called.attr in EFFECTS or ast.unparse(called) == "time.time":
                found.append(f"{node.lineno}: {ast.unparse(called)}()")
        elif isinstance(called, ast.Name) and called.id in {"open", "print", "input"}:
            found.append(f"{node.lineno}: {called.id}()")
    return found


def test_every_module_that_calls_itself_pure_is_covered_by_the_contract() -> None:
    claiming = [name for name, tree in MODULES.items() if re.search(r"\b[Pp]ure\b", ast.get_docstring(tree) or "")]
    assert claiming
    assert [] == [name for name in claiming if not _is_covered(name)]


def test_every_module_that_the_contract_names_exists() -> None:
    assert [] == [name for name in COVERED if name not in MODULES]


def test_no_covered_module_looks_at_a_clock_or_a_file() -> None:
    found = {name: effects_of(tree) for name, tree in MODULES.items() if _is_covered(name)}
    assert {} == {name: calls for name, calls in found.items() if calls and name not in CLOCK_AND_FILES}


@pytest.mark.parametrize(
    ("line", "is_effect"),
    [
        ("datetime.now(UTC)", True),
        ("time.time()", True),
        ("await asyncio.sleep(1)", True),
        ("open('file')", True),
        ("path.read_bytes()", True),
        ("read_text(cell)", False),
        ("package.open(name)", False),
        ("tick.due(kind, key, now)", False),
    ],
)
def test_which_calls_count_as_effects(line: str, *, is_effect: bool) -> None:
    assert is_effect is bool(effects_of(ast.parse(line)))


def test_what_decides_and_has_no_effect_is_covered() -> None:
    """A new module of the deciding rooms joins the contract unless it reaches a store, a clock or I/O."""
    graph = grimp.build_graph(*ROOMS, include_external_packages=True)
    reached = {
        name
        for forbidden in _contract()["forbidden_modules"]
        if forbidden in graph.modules
        for name in graph.find_downstream_modules(forbidden, as_package=forbidden.startswith("telemetry."))
    }
    uncovered = [
        name
        for name, tree in MODULES.items()
        if name.startswith(DECIDING) and not _is_covered(name) and len(tree.body) > 1
    ]
    assert [] == [name for name in uncovered if name not in reached and not effects_of(MODULES[name])]
