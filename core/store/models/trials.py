"""Searches under a budget, and the trials that they made."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Name, Now


class SearchState(enum.StrEnum):
    """Where a search stands: `stopped` by somebody, `lost` with its process; both say why."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"


class TrialState(enum.StrEnum):
    """Where a trial stands: `stopped` before its last fold, `lost` with its worker; both say why."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"


class Stop(enum.StrEnum):
    """Why a trial was stopped. The first two would come out so again; the others are tried whole by the next search."""

    HOPELESS = "hopeless"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    OUT_OF_TIME = "out_of_time"


class Search(Base):
    """One search. Those of one `fingerprint` (training set, folds, classes, seed) go on from one another.

    `meta` holds the meta-features of the texts and labels; `result` what it found, once it is over: the best trial, the
    ensemble, the importances. `ends_at` is when its workers stop, by the database's clock; `alive_until`, by the same
    clock, is moved on by the process that conducts it.
    """

    __tablename__ = "search"
    __table_args__ = (Index("ix_search_dataset_id_id", "dataset_id", "id"),)

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    fingerprint: Mapped[str] = mapped_column(String(16), index=True)
    state: Mapped[str] = mapped_column(String(16))
    label_cutoff: Mapped[BigRef]
    train_size: Mapped[int] = mapped_column(BigInteger)
    folds_planned: Mapped[int] = mapped_column(Integer)
    budget_ms: Mapped[int] = mapped_column(BigInteger)
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    meta: Mapped[dict[str, Any]] = mapped_column(JSON)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[Now]
    ends_at: Mapped[int] = mapped_column(BigInteger)
    alive_until: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    finished_at: Mapped[int | None] = mapped_column(BigInteger)


class Trial(Base):
    """One candidate on the folds of a search, as far as it came.

    `folds` holds the macro-F1 of each fold in order, `macro_f1` their mean. `why` says why it was stopped, lost or has
    failed; `stop` is the kind of a stop. `out_of_fold` holds the (n, k) probabilities of all training messages in order
    of their ids, as float16 in little endian, once all folds are there; `temperature` is what the margins were divided
    by.
    """

    __tablename__ = "trial"
    __table_args__ = (Index("ix_trial_search_id_number", "search_id", "number", unique=True),)

    id: Mapped[BigId]
    search_id: Mapped[BigRef] = mapped_column(ForeignKey("search.id"))
    number: Mapped[int] = mapped_column(Integer)
    candidate: Mapped[str] = mapped_column(Text)
    worker: Mapped[Name]
    warm: Mapped[bool] = mapped_column(Boolean)
    linear: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(16))
    stop: Mapped[str | None] = mapped_column(String(16))
    why: Mapped[str | None] = mapped_column(Text)
    folds: Mapped[list[float]] = mapped_column(JSON)
    macro_f1: Mapped[float | None] = mapped_column(Float)
    seconds: Mapped[float] = mapped_column(Float)
    model_bytes: Mapped[int | None] = mapped_column(BigInteger)
    out_of_fold: Mapped[bytes | None] = mapped_column(LargeBinary)
    temperature: Mapped[float | None] = mapped_column(Float)
    started_at: Mapped[Now]
    touched_at: Mapped[Now]
