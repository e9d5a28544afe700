"""Facts, step 1 of 4: find the arrays and elements of a JSON text without decoding the whole.

As Python values a text takes up to thirty times its size: 90 MB of `{},{},…` become 2.5 GB.
"""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from pydantic_core import from_json

_T = TypeVar("_T")
MAX_ELEMENT_BYTES: Final = 4 * 1024 * 1024
"""Twice what the largest element takes, an import with all segments that it may have."""
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_TEXT: Final = re.compile(_STRING, re.DOTALL)
_FLAT: Final = rb"[\[{](?:[^\[\]{}\"]++|" + _STRING + rb")*+[\]}]"
"""An array or an object that has no other within it."""
_SHALLOW: Final = re.compile(rb"[\[{](?:[^\[\]{}\"]++|" + _STRING + rb"|" + _FLAT + rb")*+[\]}]", re.DOTALL)
"""One that has only such within it: most elements."""
_MARK: Final = re.compile(_STRING + rb"|" + _FLAT + rb"|[\[\]{}]", re.DOTALL)
_SCALAR: Final = re.compile(rb'[^\[\]{}",:\s]+')
_MAX_DEPTH: Final = 100
_WHERE: Final = re.compile(r" at line (\d+) column \d+$")


class ElementTooLargeError(ValueError):
    """An element or a name has more than `MAX_ELEMENT_BYTES`."""


class JsonScan:
    """A pass over the text of one JSON value. All methods raise ValueError where it is no JSON."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0
        """Where the value that comes next starts."""
        self._skip_space()

    def starts(self, *marks: bytes) -> bool:
        """Whether the value that comes next starts with one of *marks*."""
        return self._data.startswith(marks, self.at)

    def names(self) -> Iterator[str]:
        """The names of the object that comes next; the caller takes the value of each before it asks for another."""
        yield from self._each(b"}", self._name)
        self._skip_space()
        if self.at < len(self._data):
            raise self._fault("trailing characters")

    def values(self) -> Iterator[Any]:
        """The decoded elements of the array that comes next. Raises ElementTooLargeError."""
        return self._each(b"]", self.value)

    def starts_of_values(self) -> Iterator[int]:
        """Where each element of the array that comes next starts; the caller skips it before it asks for another."""
        return self._each(b"]", lambda: self.at)

    def value(self) -> Any:
        """Decode the value that comes next. Raises ElementTooLargeError."""
        start, end = self.at, self.at + MAX_ELEMENT_BYTES
        try:
            self.skip(end)
        except ValueError as fault:
            if end < len(self._data):
                raise ElementTooLargeError(f"{fault}, or over {MAX_ELEMENT_BYTES >> 20} MB") from fault
            raise
        try:
            return from_json(self._data[start : self.at], allow_inf_nan=False)
        except ValueError as fault:
            text, lines = str(fault), self._data.count(b"\n", 0, start)
            raise ValueError(_WHERE.sub(lambda place: f" at line {int(place[1]) + lines}", text)) from fault

    def skip(self, end: int = sys.maxsize) -> None:
        """Go past the value that comes next, which ends before *end*."""
        if self.starts(b'"'):
            found = _TEXT.match(self._data, self.at, end)
        elif self.starts(b"{", b"["):
            found = _SHALLOW.match(self._data, self.at, end) or self._nested(end)
        else:
            found = _SCALAR.match(self._data, self.at, end)
        if found is None:
            raise self._fault("expected a value")
        self.at = found.end()

    def _name(self) -> str:
        if not self.starts(b'"'):
            raise self._fault("expected a name")
        name: str = self.value()
        self._skip_space()
        self._take(b":")
        return name

    def _each(self, end: bytes, take: Callable[[], _T]) -> Iterator[_T]:
        """What *take* makes of each member up to *end*."""
        self.at += 1
        self._skip_space()
        if not self.starts(end):
            while True:
                yield take()
                self._skip_space()
                if self.starts(end):
                    break
                self._take(b",")
        self.at += 1

    def _take(self, mark: bytes) -> None:
        if not self.starts(mark):
            raise self._fault(f"expected `{mark.decode()}`")
        self.at += 1
        self._skip_space()

    def _skip_space(self) -> None:
        found = _SPACE.match(self._data, self.at)
        assert found is not None
        self.at = found.end()

    def _nested(self, end: int) -> re.Match[bytes] | None:
        """The last bracket of the value that comes next."""
        depth = 0
        for mark in _MARK.finditer(self._data, self.at, end):
            match mark[0]:
                case b"{" | b"[":
                    depth += 1
                case b"}" | b"]":
                    depth -= 1
                case _:
                    pass
            if depth == 0:
                return mark
            if depth > _MAX_DEPTH:
                break
        return None

    def _fault(self, text: str) -> ValueError:
        line = 1 + self._data.count(b"\n", 0, self.at)
        return ValueError(f"{text} at line {line}")
