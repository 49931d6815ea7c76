"""Roll-ups: counts kept beside the facts, so that a page costs the same at any number of messages.

Each count is spread over a few `shard`s, chosen at random by the writer and summed by the reader: with one row
a count, every verdict of an office would wait for the row of the one before it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigRef, Name

SHARDS = 8


class Tally(Base):
    """A plain count: messages, verdicts, predictions, quarantined rows."""

    __tablename__ = "tally"

    name: Mapped[Name] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)


class ClassCount(Base):
    """Messages of an hour by class: `series` is "predicted" (by the model of `run_id`), "verdict" or "rule" (run 0).

    `hour` counts hours since 1970: a message's `sent_at`, or `arrived_at` where the source gives none.
    """

    __tablename__ = "class_count"

    series: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[BigRef] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    klass: Mapped[str] = mapped_column(String(200), primary_key=True)
    shard: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)


class ConfusionCount(Base):
    """Messages by true and predicted class.

    `against` is "verdicts" (a model's predictions against the office) or "folds" (a run's out-of-fold
    predictions against the labels it was tried on); "folds:verdict" and the like are the latter by the label's origin.
    """

    __tablename__ = "confusion_count"

    run_id: Mapped[BigRef] = mapped_column(primary_key=True, autoincrement=False)
    against: Mapped[str] = mapped_column(String(16), primary_key=True)
    truth: Mapped[str] = mapped_column(String(200), primary_key=True)
    klass: Mapped[str] = mapped_column(String(200), primary_key=True)
    shard: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)


class Slice(Base):
    """A slice of the messages that pages can be narrowed to, with how many predictions it has had."""

    __tablename__ = "slice"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)


class SliceCount(Base):
    """Predicted messages of a slice by day (since 1970) and class. Written by predictors alone, so it has no shards."""

    __tablename__ = "slice_count"

    run_id: Mapped[BigRef] = mapped_column(primary_key=True, autoincrement=False)
    slice: Mapped[str] = mapped_column(String(80), primary_key=True)
    day: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    klass: Mapped[str] = mapped_column(String(200), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)


class MinuteCount(Base):
    """What came in a minute (since 1970, by the database's clock): messages that are new, predictions that were made.

    `series` is "arrived" or "predicted". Kept for some days: it is for how things flow now.
    """

    __tablename__ = "minute_count"

    series: Mapped[str] = mapped_column(String(16), primary_key=True)
    minute: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    shard: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)
