"""Errors as RFC 9457 problem details: what is wrong, which field it is, and a code that stays the same."""

from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web
from pydantic import BaseModel, ValidationError

from alerts.shanghai_time import deadline
from alerts.workflow import Refusal, RefusalKind

# By pydantic's error type; anything else is said in general.
_REASONS_ZH: Final = {
    "missing": "缺少该项",
    "extra_forbidden": "该项不在约定之内",
    "string_too_short": "过短",
    "string_too_long": "过长",
    "too_short": "过少",
    "too_long": "过多",
    "string_pattern_mismatch": "格式不正确",
    "literal_error": "不在可选值之内",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为是或否",
    "bool_type": "应为是或否",
    "string_type": "应为文字",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "timezone_aware": "时间须带时区",
    "greater_than_equal": "过小",
    "less_than_equal": "过大",
    "greater_than": "过小",
    "less_than": "过大",
}


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    reason: str
    reason_zh: str
    element: int | None = None


class Problem(BaseModel):
    """RFC 9457; `code` stays the same whatever the words."""

    type: str
    title: str
    status: int
    detail: str | None = None
    code: str | None = None
    errors: list[FieldError] | None = None


class Refused(Exception):  # noqa: N818 - it is an answer, no fault of ours
    """A handler's no: status, title and detail for people (Chinese), `code` for machines, errors by field."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        code: str = "",
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.code = code
        self.errors = errors
        self.headers = headers or {}

    def answer(self) -> web.Response:
        """The problem document."""
        response = problem(self.status, self.title, detail=self.detail, code=self.code, errors=self.errors)
        response.headers.update(self.headers)
        return response


def problem(
    status: int, title: str, *, detail: str = "", code: str = "", errors: Sequence[FieldError] = ()
) -> web.Response:
    """A problem document; *errors* name each faulty element and field."""
    said = Problem(
        type="about:blank",
        title=title,
        status=status,
        detail=detail or None,
        code=code or None,
        errors=list(errors) or None,
    )
    text = said.model_dump_json(exclude_none=True)
    return web.Response(status=status, text=text, content_type="application/problem+json")


_STATUS: Final[Mapping[RefusalKind, int]] = {"unknown": 404, "forbidden": 403, "conflict": 409, "invalid": 422}


def refused(refusal: Refusal) -> Refused:
    """A refused action as a problem: its code, its sentence, and the field that is missing."""
    detail = "" if refusal.until is None else f"陈述截止{deadline(refusal.until)}"
    field = refusal.field
    errors = [] if field is None else [FieldError(field=field, reason=refusal.code, reason_zh=refusal.text)]
    return Refused(_STATUS[refusal.kind], refusal.text, detail, code=refusal.code, errors=errors)


def faulty(field: str, reason: str, reason_zh: str, *, status: int = 422) -> Refused:
    """A no because of one field."""
    errors = [FieldError(field=field, reason=reason, reason_zh=reason_zh)]
    return Refused(status, "内容不合要求", f"{field}：{reason_zh}", code="invalid", errors=errors)


def not_found(what_zh: str) -> Refused:
    """A no because there is none, or none that this account may know of: the same answer for both."""
    return Refused(404, f"{what_zh}不存在", code="unknown")


def invalid(fault: ValidationError) -> Refused:
    """A no that names each field which the model refused."""
    errors = [
        FieldError(
            field=".".join(map(str, error["loc"])) or "body",
            reason=error["msg"],
            reason_zh=_REASONS_ZH.get(error["type"], "取值不合要求"),
        )
        for error in fault.errors(include_url=False, include_context=False, include_input=False)
    ]
    detail = "；".join(f"{error.field}：{error.reason_zh}" for error in errors[:5])
    return Refused(422, "内容不合要求", detail, code="invalid", errors=errors)
