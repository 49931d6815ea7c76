"""Parquet: columns with their types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from labeling.exchange.formats.form import Format, Read
from labeling.exchange.row import LabelRow


class Parquet(Format):
    """One Parquet file."""

    name: ClassVar[str] = "parquet"
    title: ClassVar[str] = "Parquet with typed columns; times are timestamps in UTC."
    extension: ClassVar[str] = ".parquet"
    media_type: ClassVar[str] = "application/vnd.apache.parquet"
    binary: ClassVar[bool] = True

    def write(self, rows: Iterable[LabelRow], target: Path, classes: Sequence[str]) -> None:  # noqa: ARG002 - labels are words here
        """Row groups of 10,000."""
        from labeling.exchange.tables import SCHEMA, write_table  # here: pyarrow takes long to import

        write_table(rows, target, SCHEMA)

    def read(self, path: Path) -> Read:
        """Rows by their number, the first is 1."""
        from labeling.exchange.tables import read_table

        return read_table(path)
