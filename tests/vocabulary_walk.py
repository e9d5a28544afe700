"""Test helper: finds all codes that people see in Literals, CHECK constraints, the audit log and tables of words."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from alerts.incidents.actions import BY_HAND
from telemetry.vocabulary import GROUPS
from telemetry.web.vocabulary_file import groups

ROOT = Path(__file__).parents[1]
ROOMS = ("alerts", "telemetry", "dashboards")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CODES = re.compile(r"'([\w:.-]+)'")
_GROUPS = groups()
INTERNAL = frozenset(
    frozenset(codes.split())
    for codes in (
        "recorder server",  # accounts of the broker
        "account address",  # what a throttle counts
        "account account_at address factor",
        "code enrol given",  # what a session lacks of its second factor, told as a form
        "officer recorder",  # what a conclusion rests on
        "holds excused resolved withdrawn",  # a finding's standing, told as the incident's status
        "card charge event late presence recording sim storage",  # what wakes the rules
        "card charge event late presence recording rejected reused sim standstill storage",
        "crosses grows_by",
        "activity shift",  # kinds of duty, told as collections
        "absent event unsensed",  # how a SIM removal was proven, told as a sentence
        "iccid imei",  # spreadsheets and their columns
        "choice choices flag json list number segments text time whole",
        "gbk utf-8",
        "end start",
        "csv json",  # what a request may say
        "csv xlsx",
        "approve reject",
        "serialization validation",
        "DELETE GET PATCH POST PUT",
        "gcj02 wgs84",
        "3.1.1 5",  # settings
        "off open token",
        "always https never",
        "json text",
        "debug error info warning",
        "none starttls tls",
        "apache community plain",  # editions of the database
        "address content credentials later later_to_this_address ok",  # a channel's answer, told as an attempt's state
        "address channel content load",
        "address channel content",
        "awaiting not_awaiting overtaken",  # whether a late entry can be decided, told in a refusal's sentence
        "conflict forbidden invalid unknown",  # kinds of refusal, each told in its own sentence
    )
)
"""Codes that are never shown. Don't add a code that is shown: give it a word."""


@cache
def python_files() -> list[tuple[Path, ast.Module]]:
    """The product's modules but for the vocabulary itself."""
    return list(_python_files())


def _python_files() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "vocabulary" not in path.relative_to(ROOT).parts:
                yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


@cache
def literals() -> dict[str, frozenset[str]]:
    """Every `Literal` of strings in the server, by module and by the name or field that it is given to."""
    found: dict[str, frozenset[str]] = {}
    for path, module in python_files():
        if path.parts[0] != "dashboards":
            found |= {f"{path.as_posix()}:{name}": codes for name, codes in _named(module, "")}
    return found


def _named(node: ast.AST, within: str) -> Iterator[tuple[str, frozenset[str]]]:
    for child in ast.iter_child_nodes(node):
        name = within
        match child:
            case ast.ClassDef(name=inner) | ast.FunctionDef(name=inner) | ast.AsyncFunctionDef(name=inner):
                name = inner
            case ast.AnnAssign(target=ast.Name(id=inner)) | ast.arg(arg=inner):
                name = f"{within}.{inner}" if within else inner
            case ast.Assign(targets=[ast.Name(id=inner)]):
                name = inner
            case ast.Subscript(value=ast.Name(id="Literal"), slice=inside):
                codes = frozenset(e.value for e in ast.walk(inside) if isinstance(e, ast.Constant))
                if any(isinstance(code, str) for code in codes):
                    yield name, frozenset(str(code) for code in codes)
        yield from _named(child, name)


def refusals() -> list[tuple[str, str]]:
    """Every refusal of the server, by module and code, with its sentence."""
    return [
        (f"{path.as_posix()}:{code}", text)
        for path, module in python_files()
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Refusal"
        for code, text in [(ast.literal_eval(call.args[1]), ast.literal_eval(call.args[2]))]
    ]


@cache
def checks() -> dict[str, frozenset[str]]:
    """Every CHECK of a column against a list of codes, by migration and column."""
    found: dict[str, frozenset[str]] = {}
    for path in sorted((ROOT / "sql" / "migrations").glob("*.sql")):
        for column, listed in re.findall(r"CHECK \((\w+) IN \(([^)]*)\)", path.read_text("utf-8")):
            codes = frozenset(CODES.findall(listed))
            if codes:
                found[f"{path.name}:{column}:{min(codes)}"] = codes
    return found


def live_states() -> frozenset[str]:
    """The states of the live map, as the newest definition of its function gives them."""
    newest = [text for text in _migrations() if "THEN 'sos'" in text][-1]
    case = newest[newest.index("WHEN v.sos_since IS NOT NULL THEN 'sos'") :].partition("END AS state")[0]
    return frozenset(re.findall(r"(?:THEN|ELSE) '(\w+)'", case))


def _migrations() -> list[str]:
    return [path.read_text("utf-8") for path in sorted((ROOT / "sql" / "migrations").glob("*.sql"))]


@cache
def audit_actions() -> set[str]:
    """Every action that is written to the audit log: strings, and patterns whose parts are filled from their groups."""
    found: set[str] = set()
    for path, module in python_files():
        for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in {"audit", "entry", "AuditEntry"}:
                index = 2 if name == "AuditEntry" else 0
                found |= _spelled(call.args[index], path) if len(call.args) > index else set()
    return found


def _spelled(node: ast.expr, path: Path) -> set[str]:
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.JoinedStr() if path.name == "dispatch.py":
            return set()  # The route itself, whose summary is the word.
        case ast.JoinedStr():
            return _filled(ast.unparse(node)[2:-1], path)
        case _:
            return set()


def _filled(pattern: str, path: Path) -> set[str]:
    if "{register}" in pattern:
        moves = {"repair": GROUPS["repair_move"], "request": GROUPS["request_move"]}
        named = {register: pattern.replace("{register}", register) for register in moves}
        return {text.replace("{asked.step}", move) for register, text in named.items() for move in moves[register]}
    steps = {"incident.{asked.action}": "incident_action", "slip.{asked.step}": "slip_move"}
    if pattern in steps:
        return {re.sub(r"\{.*\}", code, pattern) for code in GROUPS[steps[pattern]]}
    if pattern == "approval.{asked.verdict}":
        return {"approval.approve", "approval.reject"}
    pytest.fail(f"{path}: {pattern}: no codes are known for this pattern")


def tables_in(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Where a dict of two or more codes of one group has Chinese values, and which group."""
    for node in (each for each in ast.walk(module) if isinstance(each, ast.Dict)):
        codes = {key.value for key in node.keys if isinstance(key, ast.Constant)}
        said = [text for value in node.values for text in _said(value)]
        held = [name for name, words in _GROUPS.items() if codes <= words.keys()]
        if len(codes) == len(node.keys) >= 2 and said and held and not codes <= BY_HAND.keys():
            yield node.lineno, held[0]


def _said(node: ast.expr) -> Iterator[str]:
    """A Chinese text that is the value itself, or the first part of it."""
    match node:
        case ast.Constant(value=str(text)) if CHINESE.search(text):
            yield text
        case ast.Tuple(elts=[first, *_]) | ast.Call(args=[first, *_]):
            yield from _said(first)
