"""Label Studio's JSON: what it imports and exports, and its short form (JSON_MIN) when read."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, ClassVar

from core.errors import SourceError
from labeling.exchange.formats.form import Read, TextFormat
from labeling.exchange.formats.lines import LINE_MOST, opened
from labeling.exchange.row import LabelRow

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="label" toName="text" choice="single">
{choices}
  </Choices>
</View>"""
PIECE = 1 << 16
_encode = json.JSONEncoder(ensure_ascii=False).encode
_SPACE = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode


class LabelStudio(TextFormat):
    """A task a message, with one annotation; provenance in the task's `meta`."""

    name: ClassVar[str] = "label-studio"
    title: ClassVar[str] = "Label Studio JSON: a task a message, its label as an annotation."
    extension: ClassVar[str] = ".json"

    def chunks(self, rows: Iterable[LabelRow]) -> Iterator[str]:
        """One array, a task a line."""
        before = "[\n"
        for number, row in enumerate(rows, start=1):
            yield before + _encode(_task(number, row))
            before = ",\n"
        yield "[]\n" if before == "[\n" else "\n]\n"

    def read(self, path: Path) -> Read:
        """Tasks by their number, the first is 1."""
        with opened(path) as file:
            for number, task in enumerate(_items(file, path), start=1):
                yield number, _row(task)


def config(classes: Iterable[str]) -> str:
    """The labelling interface that an export belongs to."""
    from xml.sax.saxutils import quoteattr

    return CONFIG.format(choices="\n".join(f"    <Choice value={quoteattr(klass)}/>" for klass in classes))


def _task(number: int, row: LabelRow) -> dict[str, Any]:
    at = datetime.fromtimestamp(row.labelled_at / 1000, UTC).isoformat().replace("+00:00", "Z")
    meta = {
        "origin": row.origin,
        "origin_ref": row.origin_ref,
        "confidence": row.confidence,
        "verdicts": row.verdicts,
        "agreed": row.agreed,
        "blind": row.blind,
        "shown_run": row.shown_run,
        "judged_by": row.judged_by,
    }
    said = {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [row.label]}}
    annotation = {"id": number, "result": [{"id": f"label{number}", **said}], "was_cancelled": False, "created_at": at}
    return {
        "id": number,
        "data": {"text": row.body, "source": row.source, "key": row.key},
        "meta": meta,
        "annotations": [annotation],
    }


def _row(task: Any) -> Mapping[str, Any] | str:
    """Source, key and label of a task, or why there are none."""
    if not isinstance(task, dict):
        return "this is not a task"
    if "annotations" not in task and "data" not in task:  # JSON_MIN
        return task if isinstance(task.get("label"), str) else "the task has no single label"
    data, annotations = task.get("data"), task.get("annotations")
    if not isinstance(data, dict) or not isinstance(annotations, list):
        return "the task has no data or no annotations"
    said = Counter(choice for annotation in annotations if (choice := _choice(annotation)) is not None)
    if not said:
        return "nobody has labelled this task"
    (first, most), *others = said.most_common(2)
    if others and others[0][1] == most:
        return f"its annotations disagree: {first}, {others[0][0]}"
    return {"source": data.get("source"), "key": data.get("key"), "label": first}


def _choice(annotation: Any) -> str | None:
    """The one choice of an annotation that counts."""
    if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
        return None
    results = annotation.get("result")
    for result in results if isinstance(results, list) else ():
        value = result.get("value") if isinstance(result, dict) else None
        choices = value.get("choices") if isinstance(value, dict) else None
        if isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], str):
            return choices[0]
    return None


def _items(file: IO[str], path: Path) -> Iterator[Any]:
    """The items of one JSON array, each as soon as it has been read.

    Raises:
        SourceError: it is no array, or an item is broken or beyond all measure; those before it were given.
    """
    text, at, number, wanted = "", 0, 0, PIECE
    while True:
        piece = file.read(wanted)
        text, at = text[at:] + piece, 0
        if number == 0 and not _begins(text, path):
            if piece:
                continue
            raise SourceError("this is not a JSON array of tasks", where=str(path))
        at = _behind(text, text.index("[") + 1 if number == 0 else 0)
        while at < len(text) and text[at] != "]":
            try:
                item, end = _decode(text, at)
            except (ValueError, RecursionError) as error:
                if not piece or isinstance(error, RecursionError) or len(text) - at > LINE_MOST:
                    raise SourceError(f"task {number + 1} is not JSON", where=str(path)) from None
                break
            end = _behind(text, end)
            if end == len(text):
                break  # what follows is not there yet
            if text[end : end + 1] not in (",", "]"):
                raise SourceError(f"there is no comma behind task {number + 1}", where=str(path))
            number += 1
            yield item
            at = _behind(text, end + 1) if text[end] == "," else end
        if text[at : at + 1] == "]":
            return
        if not piece:
            raise SourceError("the array of tasks is not closed", where=str(path))
        if number == 0:
            at = 0  # the bracket is looked for again
        wanted = max(PIECE, len(text) - at)  # a task that is not whole yet is tried again when it has doubled


def _begins(text: str, path: Path) -> bool:
    head = text.lstrip()
    if head and head[0] != "[":
        raise SourceError("this is not a JSON array of tasks", where=str(path))
    return bool(head)


def _behind(text: str, at: int) -> int:
    """The place of the first character that is no white space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at
