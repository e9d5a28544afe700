"""The OpenAPI 3.1 document, made from the routes and their models."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from telemetry.web.http.problems import Problem
from telemetry.web.http.route import PREFIX, Route

_NAME: Final = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}")
_REF: Final = "#/components/schemas/{model}"
_Mode = Literal["validation", "serialization"]


def document(routes: Sequence[Route]) -> JsonSchemaValue:
    """The API as an OpenAPI 3.1 document."""
    wanted: dict[tuple[int, _Mode], Any] = {}
    for number, route in enumerate(routes):
        body = route.body or route.raw_body
        if body is not None:
            wanted[3 * number, "validation"] = TypeAdapter(body)
        if route.query is not None:
            wanted[3 * number + 1, "validation"] = TypeAdapter(route.query)
        if route.answer is not None:
            wanted[3 * number + 2, "serialization"] = TypeAdapter(route.answer)
    wanted[-1, "serialization"] = TypeAdapter(Problem)
    schemas, shared = TypeAdapter.json_schemas(
        [(key, mode, adapter) for (key, mode), adapter in wanted.items()], ref_template=_REF
    )
    definitions = shared.get("$defs", {})
    paths: dict[str, JsonSchemaValue] = {}
    for number, route in enumerate(routes):
        operations = paths.setdefault(PREFIX + _NAME.sub(r"{\1}", route.path), {})
        operations[route.method.lower()] = _operation(route, number, schemas, definitions)
    return {
        "openapi": "3.1.0",
        "info": {"title": "recorder-fleet", "version": "1", "description": "执法记录仪遥测平台的接口"},
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": _settled(schemas[-1, "serialization"], definitions)},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "recorder-fleet"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def render(routes: Sequence[Route]) -> str:
    """The document as text, the same for the same routes."""
    return json.dumps(document(routes), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _operation(route: Route, number: int, schemas: Any, definitions: JsonSchemaValue) -> JsonSchemaValue:
    operation: JsonSchemaValue = {
        "summary": route.summary,
        "operationId": _identity(route),
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(schemas.get((3 * number + 1, "validation")), definitions),
        ],
        "responses": _responses(route, schemas.get((3 * number + 2, "serialization"))),
        "security": _security(route),
        "x-roles": "anybody" if route.roles is None else sorted(route.roles),
    }
    body = schemas.get((3 * number, "validation"))
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _identity(route: Route) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", _NAME.sub(r"\1", route.path)).strip("_")
    return f"{route.method.lower()}_{words}"


def _path_parameters(route: Route) -> list[JsonSchemaValue]:
    found = []
    for name, pattern in _NAME.findall(route.path):
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
        if pattern:
            schema["pattern"] = f"^{pattern}$"
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _query_parameters(schema: JsonSchemaValue | None, definitions: JsonSchemaValue) -> list[JsonSchemaValue]:
    if schema is None:
        return []
    settled = _settled(schema, definitions)
    required = settled.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in settled.get("properties", {}).items()
    ]


def _settled(schema: JsonSchemaValue, definitions: JsonSchemaValue) -> JsonSchemaValue:
    """The schema itself where it is only a reference."""
    reference = schema.get("$ref")
    return schema if reference is None else definitions[reference.rpartition("/")[2]]


def _responses(route: Route, schema: Any) -> JsonSchemaValue:
    problem = {"content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}}
    answer: JsonSchemaValue = {"description": "done"}
    if route.media != "application/json":
        answer["content"] = {route.media: {}}
    elif schema is not None:
        answer["content"] = {"application/json": {"schema": schema}}
    if route.files:
        answer.setdefault("content", {}).update({media: {} for media in route.files})
    return {str(route.status): answer, "default": {"description": "problem", **problem}}


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.is_open:
        return []
    by_session: list[dict[str, list[str]]] = [] if route.roles == frozenset() else [{"session": []}]
    return by_session if route.scope is None else [*by_session, {"token": []}]
