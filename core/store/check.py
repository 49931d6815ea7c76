"""Counting again from the facts, to compare with the roll-ups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, literal, select

from core.store.models import (
    ClassCount,
    ConfusionCount,
    FoldPrediction,
    Message,
    MessageTemplate,
    Origin,
    Prediction,
    Quarantine,
    Tally,
    TemplateSize,
    Truth,
)
from core.store.rollups import FOLDS, PREDICTED, VERDICT, VERDICTS, message_hour


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that is not what the facts say."""

    what: str
    kept: int
    counted: int

    def __str__(self) -> str:
        return f"{self.what}: kept {self.kept:,}, the facts say {self.counted:,}"


def compare(what: str, kept: Iterable[Any], counted: Iterable[Any]) -> list[Difference]:
    """Differences between two sets of rows (key..., n); a missing row counts 0."""
    left = {tuple(row[:-1]): int(row[-1]) for row in kept}
    right = {tuple(row[:-1]): int(row[-1]) for row in counted}
    return [
        Difference(" ".join([what, *map(str, key)]), left.get(key, 0), right.get(key, 0))
        for key in sorted(left.keys() | right.keys(), key=str)
        if left.get(key, 0) != right.get(key, 0)
    ]


def check(connection: Connection) -> list[Difference]:
    """Where the works' roll-ups differ from their facts. Reads everything: minutes on a large store."""
    return [
        *_tallies(connection),
        *_class_counts(connection),
        *_confusion(connection),
        *_template_sizes(connection),
    ]


def _tallies(connection: Connection) -> list[Difference]:
    names = {"messages": Message, "quarantined": Quarantine, "predictions": Prediction}
    kept = connection.execute(select(Tally.name, func.sum(Tally.n)).where(Tally.name.in_(names)).group_by(Tally.name))
    counted = [
        (name, connection.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in names.items()
    ]
    return compare("count of", kept, counted)


def _class_counts(connection: Connection) -> list[Difference]:
    key = (ClassCount.series, ClassCount.run_id, ClassCount.hour, ClassCount.klass)
    kept = connection.execute(select(*key, func.sum(ClassCount.n)).group_by(*key))
    hour = message_hour.label("hour")
    predicted = connection.execute(
        select(literal(PREDICTED), Prediction.run_id, hour, Prediction.klass, func.count())
        .join(Message, Message.id == Prediction.message_id)
        .group_by(Prediction.run_id, hour, Prediction.klass)
    ).all()
    judged = connection.execute(
        select(literal(VERDICT), literal(0), hour, Truth.klass, func.count())
        .join(Message, Message.id == Truth.message_id)
        .where(Truth.origin == Origin.VERDICT)
        .group_by(hour, Truth.klass)
    ).all()
    return compare("classes over time:", kept, [*predicted, *judged])


def _confusion(connection: Connection) -> list[Difference]:
    key = (ConfusionCount.against, ConfusionCount.run_id, ConfusionCount.truth, ConfusionCount.klass)
    kept = connection.execute(select(*key, func.sum(ConfusionCount.n)).group_by(*key))
    folds = connection.execute(
        select(
            literal(FOLDS), FoldPrediction.run_id, FoldPrediction.truth, FoldPrediction.klass, func.count()
        ).group_by(FoldPrediction.run_id, FoldPrediction.truth, FoldPrediction.klass)
    ).all()
    verdicts = connection.execute(
        select(literal(VERDICTS), Prediction.run_id, Truth.klass, Prediction.klass, func.count())
        .join(Truth, Truth.message_id == Prediction.message_id)
        .where(Truth.origin == Origin.VERDICT)
        .group_by(Prediction.run_id, Truth.klass, Prediction.klass)
    ).all()
    return compare("confusion:", kept, [*folds, *verdicts])


def _template_sizes(connection: Connection) -> list[Difference]:
    """A template is counted from its second message on."""
    kept = connection.execute(select(TemplateSize.template_id, TemplateSize.n)).all()
    counted = connection.execute(
        select(MessageTemplate.template_id, func.count()).group_by(MessageTemplate.template_id).having(func.count() > 1)
    ).all()
    return compare("messages of template", kept, counted)
