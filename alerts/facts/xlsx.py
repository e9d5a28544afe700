"""Facts, before step 1: read the sheets of an XLSX from its XML (ECMA-376), whatever its styles."""

import posixpath
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.facts.typed_time import Unreadable
from alerts.facts.workbook import (
    BUILT_IN_FORMS,
    ERROR_ZH,
    LATER_1904,
    SAVE_AS,
    BrokenWorkbookError,
    Cell,
    Part,
    RowsPart,
    Sheet,
    as_shown,
    joined,
    put,
    row_after,
)


class _Names(Part):
    """Elements with their attributes, in order, for the small parts of an XLSX."""

    def __init__(self) -> None:
        self.elements: list[tuple[str, Mapping[str, str]]] = []

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        self.elements.append((tag, given))


class _Strings(Part):
    """The shared strings of an XLSX, without phonetic hints."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._inside: list[str] = []
        self._parts: list[str] = []

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        del given
        self._inside.append(tag)

    def text(self, text: str) -> None:
        if self._inside[-1] == "t" and "rPh" not in self._inside:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        self._inside.pop()
        if tag == "si":
            self.found.append("".join(self._parts))
            self._parts.clear()


@dataclass(frozen=True, slots=True)
class _Book:
    """What an XLSX's cells refer to: shared strings, number formats by style, the first day."""

    strings: Sequence[str]
    forms: Sequence[str]
    later_days: int


class _Cells(RowsPart):
    """The rows of an XLSX sheet."""

    def __init__(self, book: _Book) -> None:
        super().__init__()
        self._book = book
        self._number = self._column = 0
        self._row: list[Cell] = []
        self._given: Mapping[str, str] = {}
        self._inside = ""
        self._has_formula = self._is_pronounced = False
        self._value: str | None = None

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        match tag:
            case "row":
                self._number, self._column = row_after(self._number, given.get("r")), 0
            case "c":
                self._given, self._column = given, _column_after(self._column, given.get("r"))
                self._value, self._has_formula = None, False
            case "f":
                self._has_formula = True
            case "v":
                self._inside, self._value = tag, ""
            case "rPh":
                self._is_pronounced = True
            case "t" if not self._is_pronounced:
                self._inside, self._value = tag, self._value or ""

    def text(self, text: str) -> None:
        if self._inside:
            self._value = joined(self._value or "", text)

    def end(self, tag: str) -> None:
        match tag:
            case "v" | "t":
                self._inside = ""
            case "rPh":
                self._is_pronounced = False
            case "c":
                put(self._row, self._column, self._cell())
            case "row":
                if self._row:
                    self.rows.append((self._number, self._row))
                    self._row = []

    def _cell(self) -> Cell:
        value, kind = self._value, self._given.get("t", "n")
        if self._has_formula and (value is None or (value == "" and kind != "str")):
            text = "是公式且没有算出的值，请在表格软件中打开后保存，或粘贴为数值"
            return Unreadable("is a formula without a value", text)
        return self._valued(kind, value) if value else None

    def _valued(self, kind: str, value: str) -> Cell:
        match kind:
            case "s":
                return self._shared(int(value))
            case "b":
                return value.strip() in {"1", "true"}
            case "e":
                return Unreadable(f"is the error {value}", ERROR_ZH.format(value))
            case "n":
                return as_shown(float(value), self._form(), self._book.later_days)
            case _:
                return value

    def _shared(self, at: int) -> Cell:
        if 0 <= at < len(self._book.strings):
            return self._book.strings[at]
        return Unreadable("refers to a text that isn't there", "内容缺失，请重新填写")

    def _form(self) -> str:
        style = int(self._given.get("s", "0"))
        return self._book.forms[style] if 0 <= style < len(self._book.forms) else ""


def _column_after(column: int, given: str | None) -> int:
    """The column of a cell, from 1 (`C5` is 3); without a reference it follows *column*."""
    if given is None:
        return column + 1
    number = 0
    for letter in given.rstrip("0123456789").upper()[:4]:
        number = number * 26 + ord(letter) - 64
    return number


def xlsx_sheets(package: zipfile.ZipFile, names: Mapping[str, str]) -> Iterator[Sheet]:
    """The sheets in order; *names* maps lower-case part names to real ones.

    Raises BrokenWorkbookError, also while rows are read.
    """
    root = _related(package, names, "")
    at = next((target for kind, target in root.values() if kind == "officeDocument"), "xl/workbook.xml")
    if at not in names or at.endswith(".bin"):
        raise BrokenWorkbookError("no workbook in it", f"不是.xlsx工作簿，{SAVE_AS}")
    parts = _related(package, names, at)
    elements = _elements(package, names[at])
    dated = next((given.get("date1904", "0") for tag, given in elements if tag == "workbookPr"), "0")
    later_days = LATER_1904 if dated in {"1", "true"} else 0
    of_kind = {kind: names[target] for kind, target in parts.values() if target in names}
    strings = _Strings()
    if "sharedStrings" in of_kind:
        strings.read_whole(package, of_kind["sharedStrings"])
    book = _Book(strings.found, _forms(package, of_kind.get("styles")), later_days)
    for tag, given in elements:
        kind, target = parts.get(given.get("id", ""), ("", ""))
        if tag == "sheet" and kind == "worksheet" and target in names:
            is_hidden = given.get("state", "visible") != "visible"
            yield Sheet(given.get("name", ""), is_hidden, _Cells(book).each_row(package, names[target]), later_days)


def _elements(package: zipfile.ZipFile, name: str) -> list[tuple[str, Mapping[str, str]]]:
    part = _Names()
    part.read_whole(package, name)
    return part.elements


def _related(package: zipfile.ZipFile, names: Mapping[str, str], part: str) -> dict[str, tuple[str, str]]:
    """By id, what *part* refers to: the kind and the path of another part."""
    folder, own = posixpath.split(part)
    name = names.get(posixpath.join(folder, "_rels", f"{own}.rels"))
    related = {}
    for tag, given in [] if name is None else _elements(package, name):
        if tag == "Relationship":
            target = given.get("Target", "").replace("\\", "/")
            place = posixpath.normpath(posixpath.join("/", folder, target))[1:]
            related[given.get("Id", "")] = (given.get("Type", "").rpartition("/")[2], place.casefold())
    return related


def _forms(package: zipfile.ZipFile, name: str | None) -> list[str]:
    """The number format of each style; empty if styles can't be read: then all numbers are plain numbers."""
    try:
        elements = [] if name is None else _elements(package, name)
    except BrokenWorkbookError:
        return []
    own = {given.get("numFmtId"): given.get("formatCode", "") for tag, given in elements if tag == "numFmt"}
    forms, within = [], ""
    for tag, given in elements:
        if tag in {"cellXfs", "cellStyles", "cellStyleXfs", "dxfs"}:
            within = tag
        elif tag == "xf" and within == "cellXfs":
            number = given.get("numFmtId", "0")
            built_in = BUILT_IN_FORMS.get(int(number), "") if number.isdecimal() else ""
            forms.append(own.get(number, built_in))
    return forms
