"""Reading a YAML file that a person wrote: safely, and with the line of every key.

Only plain data is taken (no tags that name code), files and aliases are bounded (a few hundred bytes of aliases can
expand to gigabytes), and a key that stands twice is refused rather than won by the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from core.errors import TallyroomError, did_you_mean

MAX_BYTES = 1_000_000
MAX_ALIASES = 50

M = TypeVar("M", bound=BaseModel)
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file's data, and the line (from 1) of each key by its path from the top."""

    path: Path
    data: Any
    lines: dict[KeyPath, int]

    def line_of(self, path: KeyPath) -> int:
        """The line of the key at `path`, or of the nearest key above it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, path: KeyPath = ()) -> str:
        """`file:line`, as an editor opens it."""
        return f"{self.path}:{self.line_of(path)}"


def load_yaml(path: Path, as_: type[TallyroomError]) -> YamlFile:
    """Read a YAML file.

    Raises:
        TallyroomError: of the type `as_`: not there, too large, not YAML, or not plain data; names file and line.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise as_(
                f"larger than {MAX_BYTES:,} bytes",
                where=str(path),
                fix="Split it, or look whether it is the right file.",
            )
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise as_(f"cannot be read ({error.strerror})", where=str(path), fix="Look whether the file exists.") from None
    except UnicodeDecodeError as error:
        raise as_(f"is not UTF-8 (byte {error.start})", where=str(path), fix="Save it as UTF-8.") from None
    return _parsed(path, text, as_)


def _parsed(path: Path, text: str, as_: type[TallyroomError]) -> YamlFile:
    try:
        aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
        if aliases > MAX_ALIASES:
            raise as_(f"uses {aliases} aliases, {MAX_ALIASES} at most", where=str(path), fix="Write the values out.")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: dict[KeyPath, int] = {}
        if root is not None:
            _walk(root, (), lines, path, as_)
        return YamlFile(path, yaml.safe_load(text), lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        fix = "Mend that line: spaces, not tabs, and quotes around text with ': ' or '#'."
        raise as_(f"this is not YAML we take: {problem}", where=where, fix=fix) from None
    except RecursionError:
        raise as_("is nested too deeply", where=str(path)) from None


def _walk(node: yaml.Node, at: KeyPath, lines: dict[KeyPath, int], path: Path, as_: type[TallyroomError]) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _walk(item, (*at, number), lines, path, as_)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                where = f"{path}:{key.start_mark.line + 1}"
                raise as_(f"'{name}' stands here twice", where=where, fix="Take one of them out.")
            seen.add(name)
            lines[(*at, name)] = key.start_mark.line + 1
            _walk(value, (*at, name), lines, path, as_)


def read_model(path: Path, model: type[M], as_: type[TallyroomError]) -> tuple[M, YamlFile]:
    """Read a YAML file into a pydantic model.

    Raises:
        TallyroomError: of the type `as_`: names file, line, key and the fix; a mistyped key suggests the right one.
    """
    file = load_yaml(path, as_)
    if not isinstance(file.data, dict):
        raise as_("the file has no keys", where=file.where(), fix=f"It begins with: {', '.join(model.model_fields)}.")
    try:
        return model.model_validate(file.data), file
    except ValidationError as error:
        raise explain(error, file, model, as_) from None


def explain(
    error: ValidationError, file: YamlFile, model: type[BaseModel], as_: type[TallyroomError]
) -> TallyroomError:
    """The first thing that is wrong, in a sentence, and how many more there are."""
    # A mistyped key is both unknown here and missing there: the former says what happened.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    path: KeyPath = tuple(part for part in first["loc"] if not _is_branch(part, first["loc"], file))
    dotted = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    more = f" ({error.error_count() - 1} more after this one)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        known = _fields_beside(model, path)
        return as_(
            f"there is no key '{path[-1]}' here{more}", where=file.where(path), fix=did_you_mean(str(path[-1]), known)
        )
    if first["type"] == "missing":
        return as_(f"'{dotted}' is missing{more}", where=file.where(path), fix="Add it.")
    message = first["msg"].removeprefix("Value error, ")
    return as_(f"'{dotted}': {message}{more}" if dotted else f"{message}{more}", where=file.where(path))


def _is_branch(part: str | int, loc: tuple[str | int, ...], file: YamlFile) -> bool:
    """Whether pydantic put in the name of a union's branch, which the file does not have."""
    at = loc[: loc.index(part) + 1]
    return isinstance(part, str) and part != loc[-1] and at not in file.lines


def _fields_beside(model: Any, path: Sequence[str | int]) -> list[str]:
    """The keys that could have been meant where `path` stands."""
    models = [model]
    for part in path[:-1]:
        inner: list[Any] = []
        for candidate in models:
            field = candidate.model_fields.get(part) if isinstance(part, str) else None
            inner += _models_in(field.annotation) if field is not None else [candidate] if isinstance(part, int) else []
        models = inner
    return sorted({name for candidate in models for name in candidate.model_fields})


def _models_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
