"""Counting again from the facts, to compare with the roll-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, literal, select

from core.slices import SCRIPT, slices_of
from core.store.models import (
    DAY_HOURS,
    ClassCount,
    ConfusionCount,
    FoldPrediction,
    Label,
    Message,
    MessageTemplate,
    Origin,
    Prediction,
    Quarantine,
    Slice,
    SliceCount,
    Tally,
    TemplateSize,
    Truth,
)
from core.store.rollups import FOLDS, PREDICTED, RULE, VERDICT, VERDICTS, message_hour


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
        *_slices(connection),
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
    return compare("classes over time:", kept, [*predicted, *judged, *_rule_votes(connection)])


def _rule_votes(connection: Connection) -> list[Any]:
    """The newest word that the rules had on each message."""
    nth = func.row_number().over(partition_by=Label.message_id, order_by=Label.id.desc()).label("nth")
    said = select(Label.message_id, Label.klass, nth).where(Label.origin == Origin.RULE).subquery()
    hour = message_hour.label("hour")
    return list(
        connection.execute(
            select(literal(RULE), literal(0), hour, said.c.klass, func.count())
            .join(Message, Message.id == said.c.message_id)
            .where(said.c.nth == 1, said.c.klass.is_not(None))
            .group_by(hour, said.c.klass)
        )
    )


def _confusion(connection: Connection) -> list[Difference]:
    key = (ConfusionCount.against, ConfusionCount.run_id, ConfusionCount.truth, ConfusionCount.klass)
    kept = connection.execute(select(*key, func.sum(ConfusionCount.n)).group_by(*key))
    folds = connection.execute(
        select(
            literal(FOLDS), FoldPrediction.run_id, FoldPrediction.truth, FoldPrediction.klass, func.count()
        ).group_by(FoldPrediction.run_id, FoldPrediction.truth, FoldPrediction.klass)
    ).all()
    by_origin = connection.execute(
        select(
            literal(f"{FOLDS}:") + FoldPrediction.origin,
            FoldPrediction.run_id,
            FoldPrediction.truth,
            FoldPrediction.klass,
            func.count(),
        )
        .where(FoldPrediction.repeat == 0, FoldPrediction.origin.is_not(None))
        .group_by(FoldPrediction.origin, FoldPrediction.run_id, FoldPrediction.truth, FoldPrediction.klass)
    ).all()
    verdicts = connection.execute(
        select(literal(VERDICTS), Prediction.run_id, Truth.klass, Prediction.klass, func.count())
        .join(Truth, Truth.message_id == Prediction.message_id)
        .where(Truth.origin == Origin.VERDICT)
        .group_by(Prediction.run_id, Truth.klass, Prediction.klass)
    ).all()
    return compare("confusion:", kept, [*folds, *by_origin, *verdicts])


def _slices(connection: Connection) -> list[Difference]:
    """Of runs whose predictions were all counted by slice: those of before an upgrade were not."""
    each_has_one = SliceCount.slice.startswith(f"{SCRIPT}:")
    counted_by = select(SliceCount.run_id, func.sum(SliceCount.n)).where(each_has_one).group_by(SliceCount.run_id)
    said = select(Prediction.run_id, func.count()).group_by(Prediction.run_id)
    whole = {tuple(row) for row in connection.execute(counted_by)} & {tuple(row) for row in connection.execute(said)}
    runs = [run_id for run_id, _ in whole]
    counts: Counter[tuple[int, str, int, str]] = Counter()
    columns = (Prediction.run_id, Prediction.klass, Message.body, Message.sender, message_hour)
    facts = select(*columns).join(Message, Message.id == Prediction.message_id).where(Prediction.run_id.in_(runs))
    known = set(connection.execute(select(Slice.name)).scalars())
    for run_id, klass, body, sender, hour in connection.execution_options(yield_per=10_000).execute(facts):
        counts.update((run_id, name, hour // DAY_HOURS, klass) for name in slices_of(body, sender) if name in known)
    key = (SliceCount.run_id, SliceCount.slice, SliceCount.day, SliceCount.klass)
    kept = connection.execute(select(*key, SliceCount.n).where(SliceCount.run_id.in_(runs)))
    return compare("predictions by slice:", kept, ((*at, n) for at, n in counts.items()))


def _template_sizes(connection: Connection) -> list[Difference]:
    """A template is counted from its second message on."""
    kept = connection.execute(select(TemplateSize.template_id, TemplateSize.n)).all()
    counted = connection.execute(
        select(MessageTemplate.template_id, func.count()).group_by(MessageTemplate.template_id).having(func.count() > 1)
    ).all()
    return compare("messages of template", kept, counted)
