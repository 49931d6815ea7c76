"""JSON lines: an object a label."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from labeling.exchange.formats.form import Read, TextFormat
from labeling.exchange.formats.lines import lines, opened
from labeling.exchange.row import NAMES, VALUES, LabelRow

_encode = json.JSONEncoder(ensure_ascii=False).encode


class JsonLines(TextFormat):
    """An object a line, with the names of the columns."""

    name: ClassVar[str] = "jsonl"
    title: ClassVar[str] = "JSON lines, an object a label."
    extension: ClassVar[str] = ".jsonl"
    media_type: ClassVar[str] = "application/x-ndjson"

    def chunks(self, rows: Iterable[LabelRow]) -> Iterator[str]:
        """A line a label."""
        for row in rows:
            yield _encode(dict(zip(NAMES, VALUES(row), strict=True))) + "\n"

    def read(self, path: Path) -> Read:
        """Objects by their line; empty lines and empty objects are passed over."""
        with opened(path) as file:
            for number, text in lines(file, path):
                try:
                    row = json.loads(text) if text.strip() else {}
                except (ValueError, RecursionError):  # ValueError also where a number has thousands of digits
                    yield number, "this is not JSON"
                    continue
                if not isinstance(row, dict):
                    yield number, "this is not a JSON object"
                elif row:
                    yield number, row
