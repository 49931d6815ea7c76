"""Whether two runs can be paired fold by fold."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from sqlalchemy import Connection

from core.store.queries.apart import Joint, held_out_size, joint_counts
from core.store.queries.compare import ComparedRun


class Together(enum.StrEnum):
    """Whether two runs can be paired fold by fold, and what stands against it."""

    SAME = "same"
    LABELS = "other labels"
    FOLDS = "other folds"
    MESSAGES = "other messages"


def together(
    connection: Connection, one: ComparedRun, other: ComparedRun, joint: Sequence[Joint] | None = None
) -> Together:
    """Whether two runs were tried on the same folds of the same messages.

    Which message lay in which fold is not kept. Labels, seed, and each fold's sizes are; and which messages each run
    said something of, with their labels. `joint`: these, where they were counted already.
    """
    if one.labels != other.labels:
        return Together.LABELS
    if one.folds != other.folds:
        return Together.FOLDS
    both = sum(each.n for each in joint or joint_counts(connection, one.run_id, other.run_id))
    if {held_out_size(connection, run.run_id) for run in (one, other)} != {both}:
        return Together.MESSAGES
    return Together.SAME
