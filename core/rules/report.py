"""What the rules are worth: coverage, overlaps, conflicts, and how often they are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.rules.label_model import Estimates, copies, estimate
from core.rules.ruleset import RuleSet
from core.rules.scan import Hits


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule over n messages.

    `share` of the messages that it hits, `alone` where no other rule hits, `overlaps` where another one does,
    `conflicts` where one for another class does; `precision` among its `judged` hits (None where none is judged);
    `engine` that matched it, and on how many messages the clock stopped it.

    `accuracy` is how often it is held to be right, from `low` to `high` (95 %), from `known` messages of known class,
    `verdicts` of them by people, and from how far the other rules agree. `copy_of` names a rule that hits the same.
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
    accuracy: float
    low: float
    high: float
    known: int
    verdicts: int
    copy_of: str


def report(
    ruleset: RuleSet,
    hits: Hits,
    engines: list[str],
    truth: np.ndarray | None = None,
    estimates: Estimates | None = None,
    verdicts: np.ndarray | None = None,
) -> list[RuleReport]:
    """A report a rule.

    Args:
        ruleset: the r rules.
        hits: of n messages.
        engines: of each rule, from the scanner.
        truth: n class codes, -1 where unknown.
        estimates: how often they are right, where more messages than these tell.
        verdicts: of each rule's known messages in the estimates those that people judged.
    """
    if estimates is None:
        estimates = estimate(ruleset, hits, np.full(hits.matrix.shape[0], -1) if truth is None else truth)
    twins = copies(ruleset, estimates.voices)
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
                accuracy=float(estimates.accuracies[number]),
                low=float(estimates.low[number]),
                high=float(estimates.high[number]),
                known=int(estimates.judged[number]),
                verdicts=0 if verdicts is None else int(verdicts[number]),
                copy_of=twins[number],
            )
        )
    return reports
