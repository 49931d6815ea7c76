"""Asking the office which of two models is right: where they disagree, at random, blind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, insert, select

from core.errors import DeskError
from core.store import Store
from core.store.feed import emit
from core.store.models import DatasetId
from core.store.paced import write_paced
from core.store.queries.compare import Basis, basis_of, whole_pool
from labeling.audit import Act, audit
from labeling.comparison_models import Comparison, ComparisonAsking
from labeling.comparisons.opening import Opened, comparison_of
from labeling.models import Purpose, Role
from labeling.people import PersonId, require
from labeling.queues import QueueSpec, create, fill

if TYPE_CHECKING:
    import pandas as pd

MOST = 10_000
"""More than any office judges: so many of the disagreements are drawn, at random like all the others."""
PRIORITY = 1


def ask_office(
    store: Store,
    dataset: DatasetId,
    comparison_id: int,
    *,
    by: PersonId,
    overlap: int = 1,
    level: float | None = None,
    equivalent: float | None = None,
    seed: int | None = None,
) -> int:
    """Make a queue of the messages on which the two models disagree, in random order and blind; gives its id.

    Args:
        store: the room's store.
        dataset: the comparison's.
        comparison_id: which one.
        by: a lead.
        overlap: how many people judge each message; the majority counts.
        level: settled at an evidence of 1 / `level`; fixed before the first verdict, like the next.
        equivalent: models closer than this share of all messages are held to be equal.
        seed: of the order, for tests; otherwise nobody can know it beforehand.

    Raises:
        AccessError: the person is no lead.
        DeskError: it was asked already, or the two agree on every message.
    """
    from core.learning.settle import EQUIVALENT, LEVEL  # here: scikit-learn comes with it, and takes seconds

    with store.read() as connection:
        require(connection, by, Role.LEAD)
        comparison = comparison_of(connection, comparison_id)
        _not_asked(comparison)
        basis = basis_of(connection, comparison.first, comparison.second)
    compared, apart = whole_pool(store, basis, comparison.first, comparison.second)
    if not apart and basis is Basis.PREDICTIONS:
        basis = Basis.FOLDS
        compared, apart = whole_pool(store, basis, comparison.first, comparison.second)
    if not apart:
        raise DeskError(
            f"the two models agree on all {compared:,} messages that both can be held against",
            fix="There is nothing to ask the office.",
        )
    spec = QueueSpec(
        name=f"{comparison.name[:170]} (settle {comparison_id})",
        purpose=Purpose.SETTLE,
        overlap=overlap,
        priority=PRIORITY,
        source=f"comparison:{comparison_id}",
    )
    asking = {
        "comparison_id": comparison_id,
        "basis": basis,
        "compared": compared,
        "disagree": len(apart),
        "level": LEVEL if level is None else level,
        "equivalent": EQUIVALENT if equivalent is None else equivalent,
        "person_id": by,
    }

    def begin(connection: Connection) -> int:
        # Two leads who ask at once take turns.
        connection.execute(select(Comparison.id).where(Comparison.id == comparison_id).with_for_update(key_share=True))
        _not_asked(comparison_of(connection, comparison_id))
        queue_id = create(connection, dataset, spec, by=by)
        connection.execute(insert(ComparisonAsking), {**asking, "queue_id": queue_id})
        detail = {"queue": queue_id, "basis": str(basis), "messages": len(apart)}
        audit(connection, Act.OFFICE_ASKED, by=by, subject=f"comparison {comparison_id}", detail=detail)
        emit(connection, "comparison", comparison_id=comparison_id)
        return queue_id

    queue_id = store.write(begin)
    # A piece of a random order is in random order: if this breaks off, what came in is still a fair sample.
    for _ in write_paced(store, in_random_order(apart, seed), lambda c, piece: fill(c, queue_id, piece)):
        pass
    return queue_id


def in_random_order(message_ids: list[int], seed: int | None = None) -> pd.DataFrame:
    """The messages as `fill` takes them: each order is equally likely, each with its probability of being drawn."""
    import pandas as pd  # here: pandas takes a second to import

    drawn = np.random.default_rng(seed).permutation(np.array(message_ids, dtype=np.int64))[:MOST]
    # Each draw took one of those that were left.
    left = len(message_ids) - np.arange(len(drawn))
    return pd.DataFrame({"message_id": drawn, "rank": np.arange(len(drawn), dtype=float), "draw_probability": 1 / left})


def _not_asked(comparison: Opened) -> None:
    if comparison.queue_id is not None:
        raise DeskError(f"the office has been asked about '{comparison.name}' already")
