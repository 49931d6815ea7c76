"""What the rules are worth: coverage, overlaps, conflicts, and precision where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.rules.ruleset import RuleSet
from core.rules.scan import Hits


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule over n messages.

    `share` of the messages that it hits, `alone` where no other rule hits, `overlaps` where another one does,
    `conflicts` where one for another class does; `precision` among its `judged` hits (None where none is judged);
    `engine` that matched it, and on how many messages the clock stopped it.
    """

    name: str
    klass: str
    hits: int
    share: float
    alone: int
    overlaps: int
    conflicts: int
    judged: int
    precision: float | None
    engine: str
    timed_out: int


def report(ruleset: RuleSet, hits: Hits, engines: list[str], truth: np.ndarray | None = None) -> list[RuleReport]:
    """A report a rule.

    Args:
        ruleset: the rules.
        hits: of n messages.
        engines: of each rule, from the scanner.
        truth: n class codes, -1 where unknown.
    """
    matrix = hits.matrix.astype(np.int64)
    n_messages = matrix.shape[0]
    hitting = np.asarray(matrix.sum(axis=1)).ravel()
    codes = np.array(ruleset.codes)
    by_class = np.zeros((len(codes), len(ruleset.classes)), dtype=np.int64)
    by_class[np.arange(len(codes)), codes] = 1
    votes = matrix @ by_class
    reports = []
    for number, rule in enumerate(ruleset.rules):
        rows = matrix[:, number].nonzero()[0]
        judged = rows[truth[rows] >= 0] if truth is not None else rows[:0]
        right = int((truth[judged] == codes[number]).sum()) if truth is not None else 0
        reports.append(
            RuleReport(
                name=rule.name,
                klass=rule.klass,
                hits=len(rows),
                share=len(rows) / n_messages if n_messages else 0.0,
                alone=int((hitting[rows] == 1).sum()),
                overlaps=int((hitting[rows] > 1).sum()),
                conflicts=int((hitting[rows] > votes[rows, codes[number]]).sum()),
                judged=len(judged),
                precision=right / len(judged) if len(judged) else None,
                engine=engines[number],
                timed_out=hits.timed_out.get(number, 0),
            )
        )
    return reports
