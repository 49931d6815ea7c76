"""The reviewers' logs against the store: nothing lost, nothing doubled, nothing handed out twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import distinct, func, select

import labeling.check
from bench.load.reviewers import Log
from core.store import Store, check
from labeling.models import Lease, Task, Verdict


@dataclass(frozen=True, slots=True)
class Audit:
    """What the store has against what the reviewers were told; the first four are to be 0."""

    lost: int
    doubled: int
    handed_out_twice: int
    differences: int
    verdicts: int
    unacknowledged: int

    @property
    def clean(self) -> bool:
        """Whether everything is as it should be."""
        return not (self.lost or self.doubled or self.handed_out_twice or self.differences)


def audit(store: Store, log: Log) -> Audit:
    """Compare. With an overlap of 1 and leases that never ran out, a task belongs to one person."""
    with store.read() as connection:
        rows = connection.execute(select(Verdict.uuid, Verdict.lease_id)).all()
        kept = {row.uuid: row.lease_id for row in rows}
        several = (
            select(Verdict.task_id)
            .join(Task, Task.id == Verdict.task_id)
            .group_by(Verdict.task_id, Task.overlap)
            .having(func.count() > Task.overlap)
            .subquery()
        )
        doubled = connection.execute(select(func.count()).select_from(several)).scalar_one()
        shared = (
            select(Lease.task_id)
            .join(Task, Task.id == Lease.task_id)
            .group_by(Lease.task_id, Task.overlap)
            .having(func.count(distinct(Lease.person_id)) > Task.overlap)
            .subquery()
        )
        twice = connection.execute(select(func.count()).select_from(shared)).scalar_one()
        differences = [*check.check(connection), *labeling.check.check(connection)]
    lost = sum(kept.get(uuid) != lease_id for uuid, lease_id in log.acknowledged.items())
    return Audit(lost, doubled, twice, len(differences), len(kept), len(kept.keys() - log.acknowledged.keys()))


def percentiles(values: list[float]) -> tuple[float, float, float]:
    """p50, p95 and the largest, in ms; zeros where there is nothing."""
    if not values:
        return 0.0, 0.0, 0.0
    p50, p95 = np.percentile(values, [50, 95])
    return round(float(p50), 1), round(float(p95), 1), round(max(values), 1)
