"""Tables of labels in Parquet files, read and written a few thousand rows at a time.

Apart from the formats that use it: pyarrow takes long to import, and a list of formats needs none of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import SourceError
from labeling.exchange.formats.form import FIELD_MOST, NEEDED, Read
from labeling.exchange.row import NAMES, VALUES, LabelRow

GROUP = 10_000
BATCH = 1_000
ROWS_MOST = 50_000_000
GROUP_BYTES_MOST = 1 << 29
"""Bytes of the three columns of a row group, unpacked: what claims more is no file of labels."""

TYPES = {
    "confidence": pa.float64(),
    "labelled_at": pa.timestamp("ms", tz="UTC"),
    "verdicts": pa.int32(),
    "agreed": pa.int32(),
    "blind": pa.int32(),
}
SCHEMA = pa.schema([(name, TYPES.get(name, pa.string())) for name in NAMES])
_PLAIN = {pa.string(): "string", pa.float64(): "float64", pa.int32(): "int32"}


def plain_types() -> dict[str, str]:
    """The columns and their types, as the `datasets` library names them."""
    return {
        field.name: "timestamp[ms, tz=UTC]" if pa.types.is_timestamp(field.type) else _PLAIN[field.type]
        for field in SCHEMA
    }


def coded_schema(about: dict[str, str]) -> pa.Schema:
    """The schema with numbers for labels; `about` is kept beside the columns."""
    return SCHEMA.set(NAMES.index("label"), pa.field("label", pa.int64())).with_metadata(about)


def write_table(rows: Iterable[LabelRow], file: Any, schema: pa.Schema, codes: dict[str, int] | None = None) -> int:
    """Write rows with a schema; gives how many. `codes` stand for the labels where the schema wants numbers."""
    each, count = iter(rows), 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := [VALUES(row) for row in islice(each, GROUP)]:
            columns: dict[str, Any] = dict(zip(NAMES, zip(*group, strict=True), strict=True))
            if codes is not None:
                columns["label"] = [codes[label] for label in columns["label"]]
            arrays = [pa.array(columns[field.name], field.type) for field in schema]
            writer.write_table(pa.table(arrays, schema=schema), row_group_size=GROUP)
            count += len(group)
    return count


def read_table(path: Path) -> Read:
    """The rows of a Parquet file, its three columns only.

    What a file claims to be is looked at before it is unpacked: a few bytes can stand for gigabytes.

    Raises:
        SourceError: it is no Parquet file, lacks a column, or claims to be larger than labels are.
    """
    limits = {"thrift_string_size_limit": 1 << 24, "thrift_container_size_limit": 1 << 20}
    try:
        # As dictionaries: a text that is repeated a million times is held once.
        with pq.ParquetFile(path, read_dictionary=list(NEEDED), **limits) as file:
            names = _checked(path, file)
            number = 0
            for batch in file.iter_batches(BATCH, columns=list(NEEDED)):
                columns = [_texts(batch.column(name), names if name == "label" else None) for name in NEEDED]
                for values in zip(*columns, strict=True):
                    number += 1
                    yield number, dict(zip(NEEDED, values, strict=True))
    except OSError as error:
        if error.strerror:
            raise SourceError(f"cannot be read ({error.strerror})", where=str(path)) from None
        raise SourceError(f"this is no Parquet file ({_first_line(error)})", where=str(path)) from None
    except (pa.ArrowException, ValueError, MemoryError) as error:
        raise SourceError(f"this is no Parquet file that we read ({_first_line(error)})", where=str(path)) from None


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _checked(path: Path, file: pq.ParquetFile) -> list[str] | None:
    """The classes' names where the labels are numbers (as the `datasets` library writes them)."""
    schema = file.schema_arrow
    missing = set(NEEDED) - set(schema.names)
    if missing:
        raise SourceError(
            f"the columns {', '.join(sorted(missing))} are missing",
            where=str(path),
            fix="A label file has the columns source, key, label, as 'tallyroom labels export' writes them.",
        )
    if any(pa.types.is_nested(schema.field(name).type) for name in NEEDED):
        raise SourceError("source, key and label are plain columns", where=str(path))
    meta = file.metadata
    if meta.num_rows > ROWS_MOST:
        raise SourceError(f"{meta.num_rows:,} rows are more than {ROWS_MOST:,}", where=str(path), fix="Split it.")
    for number in range(meta.num_row_groups):
        group = meta.row_group(number)
        columns = (group.column(at) for at in range(group.num_columns))
        size = sum(column.total_uncompressed_size for column in columns if column.path_in_schema in NEEDED)
        if size > GROUP_BYTES_MOST or group.num_rows > ROWS_MOST:
            raise SourceError(
                f"row group {number} claims {size:,} bytes of labels", where=str(path), fix="This is no file of labels."
            )
    return class_names(schema)


def class_names(schema: pa.Schema) -> list[str] | None:
    """The names of the ClassLabel that the `datasets` library keeps beside the columns, where there is one."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features["label"]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    return [str(name) for name in names] if isinstance(names, list) else None


def _texts(column: pa.Array, names: list[str] | None) -> list[str | None]:
    if isinstance(column, pa.DictionaryArray):
        used = pc.unique(column.indices.drop_null())
        words = [_shortened(value) for value in _cut(column.dictionary.take(used)).to_pylist()]
        known = dict(zip(used.to_pylist(), words, strict=True))
        return [None if code is None else known[code] for code in column.indices.to_pylist()]
    values = _cut(column).to_pylist()
    if names is not None and pa.types.is_integer(column.type):
        return [names[value] if value is not None and 0 <= value < len(names) else None for value in values]
    return [_shortened(value) for value in values]


def _cut(column: pa.Array) -> pa.Array:
    """No longer than a field may be (and one more, so that it is seen to be too long)."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.utf8_slice_codeunits(column, 0, FIELD_MOST + 1)
    return column


def _shortened(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else str(value)
