"""The OpenAPI document, made from what the routes declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, ClassVar

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dashboard.routes.api.base import JSON, PROBLEM, ApiHandler, Operation
from dashboard.routes.api.schemas import Document, Problem

REFERENCE = "#/components/schemas/{model}"
ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
WITH_BODY = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


class OpenApi(ApiHandler):
    """The document."""

    path: ClassVar[str] = "/openapi.json"
    operations: ClassVar[Mapping[str, Operation]] = {"get": Operation("This document", Document)}

    def get(self) -> None:
        """The same for everybody."""
        from dashboard.routes.api import HANDLERS

        self.answer(document(HANDLERS))


@lru_cache(maxsize=1)
def document(handlers: tuple[type[ApiHandler], ...]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes."""
    schemas = _schemas(handlers)
    paths = {
        f"/api/v1{handler.path}": {
            method: _operation(handler, method, operation, schemas) for method, operation in handler.operations.items()
        }
        for handler in handlers
    }
    components = {
        "schemas": dict(sorted(schemas.items())),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tallyroom", "version": version("tallyroom"), "description": _ABOUT},
        "servers": [{"url": "../.."}],
        "security": [{"token": []}],
        "paths": paths,
        "components": components,
    }


_ABOUT = (
    "Labels, queues, verdicts and models of a room. Times are milliseconds since 1970, UTC. "
    "Errors are problems (RFC 9457) with what is wrong, where, and what to do."
)


def _schemas(handlers: Iterable[type[ApiHandler]]) -> dict[str, Any]:
    asked: list[tuple[type[BaseModel], Any]] = [(Problem, "serialization")]
    for handler in handlers:
        for operation in handler.operations.values():
            asked.append((operation.answer, "serialization"))
            asked += [(model, "validation") for model in (operation.body, operation.query) if model is not None]
    _, schema = models_json_schema(list(dict.fromkeys(asked)), ref_template=REFERENCE)
    found: dict[str, Any] = schema["$defs"]
    return found


def _operation(handler: type[ApiHandler], method: str, operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    words = [method, *re.findall(r"\w+", handler.path)]
    content = {JSON: {"schema": _reference(operation.answer)}}
    content |= {kind: {"schema": {"type": "string"}} for kind in operation.also}
    errors = (*ALWAYS, *operation.errors, *(WITH_BODY if operation.body is not None else ()))
    told: dict[str, Any] = {
        "operationId": "".join(word.capitalize() if number else word for number, word in enumerate(words)),
        "summary": operation.summary,
        "description": f"For a {handler.role} and above." if handler.role is not None else "For everybody.",
        "parameters": _parameters(handler.path, operation.query, schemas),
        "responses": {
            "200": {"description": "Done.", "content": content},
            **{str(int(each)): _problem(each) for each in sorted(set(errors))},
        },
    }
    if operation.body is not None:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": _reference(operation.body)}}}
    return told


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _problem(status: HTTPStatus) -> dict[str, Any]:
    return {"description": status.phrase, "content": {PROBLEM: {"schema": _reference(Problem)}}}


def _parameters(path: str, query: type[BaseModel] | None, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    if query is None:
        return found
    for name, schema in schemas[query.__name__]["properties"].items():
        rest = {key: value for key, value in schema.items() if key not in ("title", "description")}
        needed = name in schemas[query.__name__].get("required", ())
        found.append(
            {"name": name, "in": "query", "required": needed, "description": schema["description"], "schema": rest}
        )
    return found
