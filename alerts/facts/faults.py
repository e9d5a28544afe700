"""Faults in facts: one value per faulty field or cell, for people and machines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic_core import ErrorDetails

MAX_FAULTS: Final = 200
"""Reported in one answer; more faults are usually one mistake repeated."""


@dataclass(frozen=True, slots=True)
class FactFault:
    """One faulty field: its position, its name, and why it is rejected.

    `place` is an element of a JSON array (`shifts[12]`) or a row of a sheet (`班次 第5行`), `element` its number there.
    `line` is the line in the file, if known; `column` is the field in Chinese, `cell` the cell of a sheet (`D5`).
    `reason` is for machines and logs, `reason_zh` for people.
    """

    place: str
    field: str
    reason: str
    reason_zh: str
    file: str = ""
    line: int | None = None
    element: int | None = None
    column: str = ""
    cell: str = ""

    def __str__(self) -> str:
        head = ":".join(part for part in (self.file, "" if self.line is None else str(self.line)) if part)
        place = f"{self.place} ({self.cell})" if self.cell else self.place
        return ": ".join(part for part in (head, place, self.field, self.reason) if part)

    def in_chinese(self) -> str:
        """The fault in Chinese, for the person who filled in the sheet."""
        head = " ".join(part for part in (self.file, "" if self.line is None else f"第{self.line}行") if part)
        place = f"{self.place}（{self.cell}）" if self.cell else self.place
        return "：".join(part for part in (head, place, self.column or self.field, self.reason_zh) if part)

    def at(self, file: str, line: int | None = None) -> "FactFault":
        """The same fault with the name of its file."""
        return replace(self, file=file, line=self.line if line is None else line)


def at_most(faults: list[FactFault]) -> list[FactFault]:
    """The first `MAX_FAULTS` faults, plus a note if there are more."""
    if len(faults) <= MAX_FAULTS:
        return faults
    text = f"more than {MAX_FAULTS} faults; the rest is not listed"
    return [*faults[:MAX_FAULTS], FactFault("", "", text, f"错误超过{MAX_FAULTS}处，其余未列出")]


_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "missing": ("missing", "缺少，请填写"),
    "string_type": ("is no text", "应为文字"),
    "string_too_long": ("over {max_length} characters", "超过{max_length}个字符"),
    "string_too_short": ("is empty", "为空，请填写"),
    "string_unicode": ("is no valid text", "文字编码有误，请重新填写"),
    "int_type": ("is no whole number", "应为整数"),
    "int_from_float": ("is no whole number", "应为整数"),
    "float_type": ("is no number", "应为数字"),
    "finite_number": ("is no finite number", "应为有限的数字"),
    "bool_type": ("is neither true nor false", "应为是或否"),
    "list_type": ("is no list", "应为列表"),
    "dict_type": ("is no object", "应为对象"),
    "model_type": ("is no object", "应为对象"),
    "model_attributes_type": ("is no object", "应为对象"),
    "literal_error": ("is none of {expected}", "不在可选值之内：{expected}"),
    "greater_than_equal": ("under {ge}", "小于{ge}"),
    "less_than_equal": ("over {le}", "大于{le}"),
    "too_long": ("over {max_length} entries", "超过{max_length}项"),
    "too_short": ("has no entry", "至少一项"),
    "disorder": ("is {word} {first}", "次序有误，请核对"),
    "nobody": ("missing, and unit_id too", "人员与单位均缺，至少填一项"),
    "datetime_from_date_parsing": ("no such time", "时间不存在，请核对"),
    "datetime_parsing": ("no such time", "时间不存在，请核对"),
}
_FORMS: Final[dict[str, tuple[str, str]]] = {
    "id": ("no id (1-32 characters of A-Z a-z 0-9 _ -)", "编号应为1至32位字母、数字、_ 或 -"),
    "time": ("no RFC 3339 time with an offset", "不是带时区的时间（如 2026-03-02T09:00:00+08:00）"),
    "iccid": ("not 18-20 characters of 0-9 A-Z", "应为18至20位数字或大写字母"),
    "override": ("says nothing", "应写明原因"),
    "imei": ("not 15 digits", "应为15位数字"),
    "email": ("no e-mail address", "不是邮箱地址"),
    "mobile": ("no phone number", "不是电话号码"),
    "sha256": ("not 64 hexadecimal digits", "应为64位十六进制数字"),
}
"""What people read in place of a regular expression."""
_TIMES: Final = frozenset({"from", "to", "recorded_from", "recorded_to", "valid_from"})


def fault_of(error: ErrorDetails, place: str, element: int) -> FactFault:
    """A pydantic error as a fault."""
    context = {name: _trimmed(value) for name, value in error.get("ctx", {}).items()}
    path = [part for part in error["loc"] if not isinstance(part, str) or part.isidentifier()]
    if "field" in context:
        path.append(context["field"])
    field = ".".join(map(str, path))
    reason, reason_zh = _words(error, str(path[-1]) if path else "", context)
    return FactFault(place, field, reason, reason_zh, element=element)


def _words(error: ErrorDetails, name: str, context: dict[str, Any]) -> tuple[str, str]:
    kind = error["type"]
    if kind == "string_pattern_mismatch" or (kind == "string_too_long" and _form_of(name) == "time"):
        return _FORMS.get(_form_of(name), ("holds a control character", "含有控制字符，请删除后重新填写"))
    if kind in _TEXTS:
        reason, reason_zh = _TEXTS[kind]
        return reason.format(**context), reason_zh.format(**context)
    return error["msg"], error["msg"]


def _trimmed(value: Any) -> Any:
    """A number as people write it: 0, not 0.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _form_of(name: str) -> str:
    if name == "id" or name.endswith("_id") or name.isdigit():
        return "id"
    return "time" if name.endswith("_at") or name in _TIMES else name


def problem(faults: Sequence[FactFault]) -> dict[str, Any]:
    """The faults of one POST as an RFC 9457 problem (`application/problem+json`, status 422).

    `errors` has one entry per fault, with a JSON Pointer into the array that was sent.
    """
    return {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": f"{len(faults)} faulty fields; nothing was stored. First: {faults[0]}",
        "errors": [
            {"pointer": _pointer(fault), "field": fault.field, "detail": fault.reason, "detail_zh": fault.reason_zh}
            for fault in faults
        ],
    }


def _pointer(fault: FactFault) -> str:
    parts = [] if fault.element is None else [str(fault.element)]
    if fault.field:
        parts += fault.field.split(".")
    return "#" + "".join(f"/{part}" for part in parts)
