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
MAX_DEPTH = 50
MAX_KEYS = 200_000

# libyaml's is twenty times faster and as safe; it has no limit of its own to how deep it recurses, so we have one.
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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
        _refuse_bombs(path, text, as_)
        root = yaml.compose(text, Loader=_Loader)
        lines: dict[KeyPath, int] = {}
        if root is not None:
            _walk(root, (), lines, path, as_)
        return YamlFile(path, yaml.load(text, Loader=_Loader), lines)  # noqa: S506 - one of the two safe loaders
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        fix = "Mend that line: spaces, not tabs, and quotes around text with ': ' or '#' or that begins with '*'."
        raise as_(f"this is not YAML we take: {problem}", where=where, fix=fix) from None
    except (ValueError, TypeError) as error:  # a date such as 2024-13-45, a list as a key
        raise as_(f"this is not YAML we take: {error}", where=str(path), fix="Put that value in quotes.") from None


def _refuse_bombs(path: Path, text: str, as_: type[TallyroomError]) -> None:
    """Look over the events, which cost no memory, before anything is built from them."""
    aliases = depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise as_(f"is nested more than {MAX_DEPTH} deep", where=_place(path, event), fix="Write it flatter.")
    if aliases > MAX_ALIASES:
        raise as_(f"uses {aliases} aliases, {MAX_ALIASES} at most", where=str(path), fix="Write the values out.")


def _place(path: Path, what: Any) -> str:
    return f"{path}:{what.start_mark.line + 1}"


def _walk(node: yaml.Node, at: KeyPath, lines: dict[KeyPath, int], path: Path, as_: type[TallyroomError]) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    # Aliases of aliases multiply (50 of them to 2**50 values), and an alias may stand inside what it names.
    if len(lines) > MAX_KEYS or len(at) > MAX_DEPTH:
        raise as_("its aliases expand without end", where=str(path), fix="Write the values out.")
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _walk(item, (*at, number), lines, path, as_)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise as_(f"'{name}' stands here twice", where=_place(path, key), fix="Take one of them out.")
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
    path = _path_in(file.data, first["loc"], missing=first["type"] == "missing")
    dotted = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    more = f" ({error.error_count() - 1} more after this one)" if error.error_count() > 1 else ""
    where = file.where(path)
    if first["type"] == "extra_forbidden":
        known = _fields_beside(model, path)
        return as_(f"there is no key '{path[-1]}' here{more}", where=where, fix=did_you_mean(str(path[-1]), known))
    if first["type"] == "missing":
        return as_(f"'{dotted}' is missing{more}", where=where, fix="Add it.")
    if first["loc"][-1] == "[key]":
        # A bare no is false to YAML, and a bare 0 a number: a label called so needs its quotes.
        key = "yes, no, on or off" if isinstance(first["input"], bool) else f"'{path[-1]}'"
        what = f"a bare {key} as a key of '{dotted.rpartition('.')[0]}' is not text to YAML"
        return as_(f"{what}{more}", where=where, fix="Put it in quotes.")
    wanted = _WANTED.get(first["type"])
    message = f"{wanted} is wanted here" if wanted else first["msg"].removeprefix("Value error, ")
    fix = "Put it in quotes." if wanted == "text" and isinstance(first["input"], int | float) else ""
    return as_(f"'{dotted}': {message}{more}" if dotted else f"{message}{more}", where=where, fix=fix)


_WANTED = {
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a block of keys with values",
    "model_type": "a block of keys with values",
    "model_attributes_type": "a block of keys with values",
}


def _path_in(data: Any, loc: tuple[str | int, ...], *, missing: bool) -> KeyPath:
    """The path in the file of what pydantic complains about; the names of a union's branches are not in the file."""
    path: KeyPath = ()
    for number, part in enumerate(loc, start=1):
        if isinstance(data, dict) and part in data:
            path, data = (*path, str(part)), data[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            path, data = (*path, part), data[part]
        elif missing and number == len(loc):
            path = (*path, part)
    return path


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
