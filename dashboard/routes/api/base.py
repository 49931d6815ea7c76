"""What the routes of the API share: what they declare, how they read and answer, how they say what is wrong."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import BaseModel, ValidationError
from tornado.web import HTTPError

from core.errors import StoreDownError, TallyroomError, UnknownNameError
from dashboard.room import room
from dashboard.routes.base import Handler, M

BODY_MOST = 8 * 1024 * 1024
JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route, as the OpenAPI document tells of it.

    `errors` are the statuses beside those that every operation has; `also` are further types of the same answer.
    """

    summary: str
    answer: type[BaseModel]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    errors: tuple[HTTPStatus, ...] = ()
    also: tuple[str, ...] = ()


class NotFoundError(TallyroomError):
    """There is no such thing."""


class ApiHandler(Handler):
    """A route of the API: JSON in and out, problems as RFC 9457 has them.

    `path` is the route below api/v1; `operations` has what it can do by method.
    """

    path: ClassVar[str] = ""
    operations: ClassVar[Mapping[str, Operation]] = {}
    _wait = 0

    def prepare(self) -> None:
        """Let in who may come in, as often as they may."""
        super().prepare()
        self._wait = allowance.wait(self.person.id, room().project.settings.api.requests_per_minute)
        if self._wait:
            raise HTTPError(HTTPStatus.TOO_MANY_REQUESTS, reason=f"too many requests; come again in {self._wait} s")

    def body(self) -> dict[str, Any]:
        """The request's JSON object, up to 8 MB."""
        kind = self.request.headers.get("Content-Type", JSON).partition(";")[0].strip().lower()
        if kind != JSON:
            raise HTTPError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason=f"the body is {JSON}")
        if len(self.request.body) > BODY_MOST:
            raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason="more than 8 MB")
        try:
            data = json.loads(self.request.body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise TallyroomError("the body is no JSON object", where="body")
        return data

    def asked(self, model: type[M]) -> M:
        """The request's body.

        Raises:
            TallyroomError: it is not what the document says; names the first key that is wrong.
        """
        return _validated(model, self.body(), "body")

    def query(self, model: type[M]) -> M:
        """The query's parameters; one that may be repeated is a list in the model."""
        given: dict[str, Any] = {}
        for name, values in self.request.query_arguments.items():
            many = name in model.model_fields and "tuple" in str(model.model_fields[name].annotation)
            texts = [self.decode_argument(value, name) for value in values]
            if not many and len(texts) > 1:
                raise TallyroomError("is given twice", where=f"query.{name}")
            given[name] = texts if many else texts[0]
        return _validated(model, given, "query")

    def tell(self, answer: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer with JSON."""
        self.set_status(int(status))
        self.set_header("Content-Type", f"{JSON}; charset=utf-8")
        self.finish(answer.model_dump_json(by_alias=True).encode("utf-8", "replace"))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The problem as JSON: what, where, and what to do."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        where = fix = ""
        if isinstance(error, TallyroomError):
            status_code, what, where, fix = _status(error), error.what, error.where, error.fix
        elif isinstance(error, HTTPError):
            what = error.reason or HTTPStatus(status_code).phrase
        else:
            what = "something went wrong here; the server's log has it"
        if status_code == HTTPStatus.TOO_MANY_REQUESTS:
            self.set_header("Retry-After", str(self._wait))
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(method.upper() for method in self.operations))
        self.set_status(int(status_code))
        self.set_header("Content-Type", PROBLEM)
        problem = {"type": "about:blank", "title": HTTPStatus(status_code).phrase, "status": int(status_code)}
        told = json.dumps({**problem, "detail": what, "where": where, "fix": fix}, ensure_ascii=False)
        self.finish(told.encode("utf-8", "replace"))


def _status(error: TallyroomError) -> int:
    from dashboard.routes.base import _STATUS

    if isinstance(error, NotFoundError | UnknownNameError):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, StoreDownError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)


def _validated(model: type[M], data: Any, where: str) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join([where, *map(str, first["loc"])])
        raise TallyroomError(first["msg"].removeprefix("Value error, "), where=place[:200]) from None


@dataclass(slots=True)
class Allowance:
    """How often each person may ask: so many requests a minute, as many at once, filling up steadily."""

    _left: OrderedDict[int, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, person: int, per_minute: int) -> int:
        """Take one request; the seconds until there is one, 0 where there was."""
        now = time.monotonic()
        left, at = self._left.pop(person, (float(per_minute), now))
        left = min(float(per_minute), left + (now - at) * per_minute / 60)
        if left >= 1:
            self._left[person] = (left - 1, now)
            return 0
        self._left[person] = (left, now)
        return max(1, round((1 - left) * 60 / per_minute + 0.5))


allowance = Allowance()
