"""Runs and what they brought: folds, scores, predictions, models, promotions."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Name, Now

_LONG = Text().with_variant(String(200), "sqlite")
"""An ensemble's name tells all its members. SQLite heeds no length, and would copy the table for another type."""


class RunState(enum.StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # hopeless after some of the folds


class PromotionAct(enum.StrEnum):
    """How a model became the champion."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


class Run(Base):
    """One candidate on trial on one state of the labels.

    `version` counts the room's runs of a candidate: "char-svc v3". `label_cutoff` is the last label id that
    was used, so that the same training can be repeated; `label_set` is the fingerprint of the frozen set where one was
    trained on. `made_with` is what it takes to make it again, and what it took (`core.pipeline.made_with`); None for a
    run of an earlier version.
    """

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("dataset_id", "candidate", "version"),)

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    candidate: Mapped[str] = mapped_column(_LONG)
    version: Mapped[int] = mapped_column(Integer)
    fingerprint: Mapped[str] = mapped_column(String(16), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    label_cutoff: Mapped[BigRef]
    label_set: Mapped[str | None] = mapped_column(String(16))
    train_size: Mapped[int] = mapped_column(BigInteger)
    folds_planned: Mapped[int] = mapped_column(Integer)
    seed: Mapped[int] = mapped_column(BigInteger)
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_with: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[Now]
    finished_at: Mapped[int | None] = mapped_column(BigInteger)


class Fold(Base):
    """One fold of a run at one point of the learning curve (`fraction` of the training part).

    Its predictions' margins were divided by `temperature`; None of runs of an earlier version, and where none was kept.
    """

    __tablename__ = "fold"
    __table_args__ = (UniqueConstraint("run_id", "repeat", "fold", "fraction"),)

    id: Mapped[BigId]
    run_id: Mapped[BigRef] = mapped_column(ForeignKey("run.id"))
    repeat: Mapped[int] = mapped_column(Integer)
    fold: Mapped[int] = mapped_column(Integer)
    fraction: Mapped[float] = mapped_column(Float)
    train_size: Mapped[int] = mapped_column(BigInteger)
    test_size: Mapped[int] = mapped_column(BigInteger)
    fit_seconds: Mapped[float] = mapped_column(Float)
    predict_seconds: Mapped[float] = mapped_column(Float)
    temperature: Mapped[float | None] = mapped_column(Float)
    finished_at: Mapped[Now]


class Score(Base):
    """One metric of one fold; `klass` is empty for a metric over all classes."""

    __tablename__ = "score"

    fold_id: Mapped[BigRef] = mapped_column(ForeignKey("fold.id"), primary_key=True, autoincrement=False)
    metric: Mapped[str] = mapped_column(String(40), primary_key=True)
    klass: Mapped[str] = mapped_column(String(200), primary_key=True, server_default="")
    value: Mapped[float] = mapped_column(Float)


class FoldPrediction(Base):
    """What a run said of a message that it had not been trained on.

    `margins` are its scores of all classes, in the order of the run's `params["classes"]`: float32, little endian, on
    the scale on which their softmax is how probable each class is (`core.learning.calibration`). Only the first repeat
    has them, and no run of an earlier version. `origin` says who gave the label it was held against; as well, no run of
    an earlier version does.
    """

    __tablename__ = "fold_prediction"
    __table_args__ = (
        Index("ix_fold_prediction_cell", "run_id", "truth", "klass", "message_id"),
        Index("ix_fold_prediction_newest", "run_id", "message_id", "repeat"),
        Index("ix_fold_prediction_confidence", "run_id", "confidence", "message_id", "repeat"),
    )

    run_id: Mapped[BigRef] = mapped_column(ForeignKey("run.id"), primary_key=True, autoincrement=False)
    repeat: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    truth: Mapped[str] = mapped_column(String(200))
    klass: Mapped[str] = mapped_column(String(200))
    confidence: Mapped[float] = mapped_column(Float)
    margins: Mapped[bytes | None] = mapped_column(LargeBinary)
    origin: Mapped[str | None] = mapped_column(String(16))


class Model(Base):
    """A fitted model: data, never code (an npz archive with a JSON header)."""

    __tablename__ = "model"

    run_id: Mapped[BigRef] = mapped_column(ForeignKey("run.id"), primary_key=True, autoincrement=False)
    format: Mapped[str] = mapped_column(String(40))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Now]


class Promotion(Base):
    """A model becomes the champion. The newest row of a dataset says which one is it now.

    `person_id` is None for the pipeline and the earliest versions; it names a row of the desk's table of people, which
    the works do not know: so it is no foreign key.
    """

    __tablename__ = "promotion"
    __table_args__ = (Index("ix_promotion_dataset_id_id", "dataset_id", "id"),)

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    run_id: Mapped[BigRef] = mapped_column(ForeignKey("run.id"))
    promoted_by: Mapped[Name]
    person_id: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    act: Mapped[str] = mapped_column(String(16), server_default=PromotionAct.PROMOTED.value)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]


class Prediction(Base):
    """What a model says of a message in the store. Appended only: a model says it once."""

    __tablename__ = "prediction"
    __table_args__ = (
        Index("ix_prediction_run_id_confidence", "run_id", "confidence", "message_id"),
        Index("ix_prediction_message_id", "message_id"),
    )

    run_id: Mapped[BigRef] = mapped_column(ForeignKey("run.id"), primary_key=True, autoincrement=False)
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    klass: Mapped[str] = mapped_column(String(200))
    confidence: Mapped[float] = mapped_column(Float)
    at: Mapped[Now]
