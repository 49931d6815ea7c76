"""What a data dictionary may say."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from core.cleaning import Step, build_step, build_steps
from core.errors import UnknownNameError
from core.fingerprint import fingerprint


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnSpec(_Part):
    """Which column of the source it is, and how its text is read."""

    source: str = Field(alias="from", description="The column's name in the source.")
    dtype: Literal["text", "datetime", "epoch_s", "epoch_ms"] = Field("text", description="How its text is read.")
    format: str | None = Field(None, description="For `datetime`: as strptime takes it; ISO 8601 without one.")
    timezone: str = Field("UTC", description="For `datetime` without an offset of its own.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{name}' is no time zone; use one such as Europe/Berlin") from None
        return name


def _column(value: Any) -> Any:
    if not isinstance(value, str | dict | ColumnSpec):
        raise ValueError("the name of a column is wanted here, or {from: name, dtype: ...}")  # noqa: TRY004 - pydantic's way
    return {"from": value} if isinstance(value, str) else value


Column = Annotated[ColumnSpec, BeforeValidator(_column)]


class Columns(_Part):
    """Which columns of the source hold what."""

    body: Column = Field(description="The text of the message.")
    key: Column | None = Field(None, description="What tells a message from all others; made from its text if absent.")
    sender: Column | None = Field(None, description="Who sent it.")
    sent_at: Column | None = Field(None, description="When it was sent.")
    label: Column | None = Field(None, description="The class, as the source calls it.")


class SourceSpec(_Part):
    """Where messages come from."""

    name: str = Field(min_length=1, max_length=200, description="The source's name, part of each message's key.")
    kind: str = Field(description="A registered kind of source: csv, tsv, sql.")
    columns: Columns
    labels: dict[str, str] | None = Field(None, description="The source's labels, each with the class that it means.")
    labels_ignore_case: bool = Field(False, description="Whether `labels` match in any case.")
    unknown_labels: Literal["quarantine", "drop"] = Field(
        "quarantine", description="A label that `labels` does not name: set the row aside, or keep it unlabelled."
    )

    path: str | None = Field(None, description="csv, tsv: the file, or a pattern such as data/*.csv.")
    separator: str | None = Field(None, min_length=1, max_length=1, description="csv: between the fields.")
    quoting: Literal["minimal", "none"] = Field("minimal", description="Whether quotes group a field.")
    header: bool | list[str] = Field(True, description="Whether the first line names the columns; else their names.")
    encoding: str = Field("auto", description="`auto` (UTF-8, or what a BOM says), or a codec such as latin-1.")
    max_field_chars: int = Field(100_000, ge=1, description="A longer field sets its row aside.")

    url: str | None = Field(None, description="sql: the database, or `env:NAME` to read it from the environment.")
    table: str | None = Field(None, description="sql: the table.")
    query: str | None = Field(None, description="sql: a SELECT, instead of a table.")

    @field_validator("encoding")
    @classmethod
    def _known_codec(cls, name: str) -> str:
        if name != "auto":
            try:
                b"a".decode(name, "replace")  # a codec such as rot13 is known, and no encoding of text
            except (LookupError, UnicodeError, ValueError):
                raise ValueError(f"'{name}' is no encoding; use auto, utf-8, utf-16 or latin-1") from None
        return name

    @field_validator("separator")
    @classmethod
    def _separates(cls, sign: str | None) -> str | None:
        if sign is not None and sign in '"\r\n':
            raise ValueError("a quote or a line break cannot separate fields")
        return sign

    @field_validator("header")
    @classmethod
    def _names_columns(cls, header: bool | list[str]) -> bool | list[str]:
        if not header:
            raise ValueError("a file without a header needs the names of its columns here, as in [label, text]")
        return header

    @model_validator(mode="after")
    def _labels_are_clear(self) -> SourceSpec:
        meant: dict[str, str] = {}
        for label, klass in (self.labels or {}).items():
            name = label.strip().lower() if self.labels_ignore_case else label.strip()
            if meant.setdefault(name, klass) != klass:
                raise ValueError(f"the label '{label}' is to mean '{meant[name]}' and '{klass}'")
        return self

    @model_validator(mode="after")
    def _what_its_kind_needs(self) -> SourceSpec:
        from core.dictionary.sources import SOURCES

        try:
            SOURCES.get(self.kind).check(self)
        except UnknownNameError as error:
            raise ValueError(error.sentence) from None
        return self


class Sample(_Part):
    """A part of the messages that stays the same while others come, change and go."""

    fraction: float = Field(gt=0, le=1, description="The share that is kept.")
    seed: int = Field(0, ge=0, description="Another seed keeps others.")


def _known_step(spec: Any) -> Any:
    try:
        build_step(spec)
    except UnknownNameError as error:
        raise ValueError(error.sentence) from None
    return spec


StepSpec = Annotated[Any, BeforeValidator(_known_step)]


class DictionaryModel(_Part):
    """A data dictionary, as its file says it."""

    version: Literal[1] = Field(description="The version of this format.")
    dataset: str = Field(min_length=1, max_length=200, description="The dataset's name.")
    sources: list[SourceSpec] = Field(min_length=1, description="Where the messages come from, in this order.")
    sample: Sample | None = Field(None, description="Keep only a part.")
    chunk_rows: int = Field(50_000, ge=1, le=1_000_000, description="How many rows are read at a time.")
    cleaning: list[StepSpec] = Field(default_factory=list, description="The cleaning steps, in order.")

    @field_validator("sources")
    @classmethod
    def _names_differ(cls, sources: list[SourceSpec]) -> list[SourceSpec]:
        names = [source.name for source in sources]
        if len(set(names)) != len(names):
            raise ValueError("two sources have the same name")
        return sources


class Dictionary(DictionaryModel):
    """A data dictionary for a room's classes."""

    classes: tuple[str, ...]

    @cached_property
    def steps(self) -> list[Step]:
        """The cleaning steps, built."""
        return build_steps(self.cleaning)

    @cached_property
    def fingerprint(self) -> str:
        """Of all that the dictionary says, not of how its file is laid out."""
        said = self.model_dump(mode="json", by_alias=True, exclude={"cleaning", "chunk_rows"})
        return fingerprint("dictionary", said, [step.spec() for step in self.steps])
