"""What the room's rules are worth: looked at with the line, kept in the store, and read from there by whoever asks.

A look reads the newest messages and the newest that somebody has judged, once. It is made anew when the rules are
others, a quarter more messages have come, or enough has been judged since.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np
from scipy import sparse

from core.errors import TallyroomError
from core.file_look import look_of
from core.fingerprint import fingerprint
from core.pipeline.rule_accuracies import GIVEN, Look, look
from core.pipeline.stage import CODE_VERSION, LineTask
from core.pipeline.workshop import Progress, silent
from core.project import Project
from core.rules import Estimates, Hits, RuleReport, RuleSet, Scanner, estimate, report
from core.rules.kept_look import KeptLook
from core.store.models import HOUR_MS
from core.store.queries.rule_looks import KeptReport, newest_look
from core.store.queries.training import labels_since, newest_label
from core.store.queries.walk import newest_message
from core.store.records.rule_looks import keep_look

NAME = "JudgeRules"
MEETS_MOST = 12
"""Of so many other rules it is told how often they hit the same messages; the matrix of all pairs is kept with it."""
BINS = 12
UNITS = (("week", 7 * 24, 96), ("day", 24, 0), ("hour", 1, 0))
"""What hits are counted by: hours long, and from which hour since 1970 (weeks begin on Mondays, UTC)."""
LEAST_BINS = 3


class JudgeRules(LineTask):
    """Look at what the rules are worth, where that may have changed."""

    def made_from(self) -> str:
        """The dataset and the rule file; it follows messages and verdicts."""
        rules = self.project.folder / self.project.settings.pipeline.rules
        return fingerprint("judging rules", int(self.project.dataset_id), look_of(rules))

    def complete(self) -> bool:
        """Whether the look that is kept still holds."""
        rules = self.project.ruleset()
        return rules is None or not _due(self.project, rules, _kept(self.project))

    def work(self) -> int:
        """Look; gives how many rules there are."""
        return len(judge_rules(self.project, lambda _stage, done, of: self.tell(done, of)))


def can_be_judged(project: Project) -> bool:
    """Whether there are rules; not where their file cannot be read, which tagging tells of."""
    try:
        return project.ruleset() is not None
    except TallyroomError:
        return False


def judge_rules(project: Project, progress: Progress = silent) -> list[RuleReport]:
    """Coverage, overlaps, conflicts and accuracy of each rule, from the look that is kept or else from a new one.

    Nothing for a room without rules.
    """
    rules = project.ruleset()
    if rules is None:
        return []
    kept = _kept(project)
    if kept is not None and not _due(project, rules, kept):
        told = kept.report["rules"]
    else:
        told = _look(project, rules, progress)
    names = {each.name for each in fields(RuleReport)}
    return [RuleReport(**{name: value for name, value in each.items() if name in names}) for each in told]


def look_key(project: Project, rules: RuleSet) -> str:
    """The fingerprint of what a look is made from beside messages and labels."""
    return fingerprint(NAME, CODE_VERSION, rules.fingerprint, project.dictionary().fingerprint)


def _kept(project: Project) -> KeptReport | None:
    with project.store.read() as connection:
        return newest_look(connection, project.dataset_id)


def _due(project: Project, rules: RuleSet, kept: KeptReport | None) -> bool:
    if kept is None or kept.made_from != look_key(project, rules):
        return True
    then, known = kept.report, int(kept.report["known"])
    if newest_message(project.store) - then["newest"] > then["messages"] // 4:
        return True
    enough = max(project.settings.pipeline.retrain_after, known // 20)
    return labels_since(project.store, then["label"], GIVEN, enough) >= enough


def _look(project: Project, rules: RuleSet, progress: Progress) -> list[dict[str, Any]]:
    """Look, and keep it; gives what it says of each rule."""
    scanner = Scanner(rules, project.folder / ".cache")
    newest, label = newest_message(project.store), newest_label(project.store)
    seen = look(project, scanner)
    progress(NAME, 0, len(seen.ids))
    found = estimate(rules, seen.hits, seen.truth)
    told = _told(scanner, seen, found)
    unit, starts = _bins(seen.hours[seen.newest])
    of_time = _over_time(seen, unit, starts)
    summary = {
        "newest": newest,
        "label": label,
        "messages": int(seen.newest.sum()),
        "hit": int((np.diff(seen.hits.matrix[seen.newest].tocsr().indptr) > 0).sum()),
        "known": seen.known,
        "unit": UNITS[unit][0],
        "starts": [int(start) * HOUR_MS for start in starts],
        "length": UNITS[unit][1] * HOUR_MS,
        "rules": [{**each, "over_time": counts} for each, counts in zip(told, of_time, strict=True)],
    }
    codes = np.array(rules.codes)
    names = [rule.name for rule in rules.rules]
    kept = KeptLook(names, codes, seen.ids, seen.hits.matrix, seen.truth, seen.newest).to_bytes()
    key, dataset = look_key(project, rules), project.dataset_id
    project.store.write(lambda connection: keep_look(connection, dataset, key, summary, kept))
    progress(NAME, len(seen.ids), len(seen.ids))
    return told


def _told(scanner: Scanner, seen: Look, found: Estimates) -> list[dict[str, Any]]:
    """What there is to say of each rule: its report, how often it was right, whom it meets."""
    rules = scanner.ruleset
    among = Hits(seen.hits.matrix[seen.newest], seen.hits.timed_out)
    reports = report(rules, among, scanner.engines, seen.truth[seen.newest], found, seen.verdicts)
    meets = _meets(rules, among.matrix)
    return [
        {
            **asdict(each),
            "pattern": rules.rules[n].pattern,
            "right": int(found.right[n]),
            "agreement": float(found.agreement[n]),
            "meets": meets[n],
        }
        for n, each in enumerate(reports)
    ]


def _meets(rules: RuleSet, matrix: sparse.csr_matrix) -> list[list[dict[str, Any]]]:
    """Of each rule the others that hit the same messages the most often: their name, how often, whether against it."""
    ones = matrix.astype(np.int64)
    both = (ones.T @ ones).tocsr()
    codes = rules.codes
    found = []
    for one in range(len(codes)):
        row = both[[one]].tocoo()
        others = sorted((-int(n), int(other)) for other, n in zip(row.col, row.data, strict=True) if other != one)
        found.append(
            [
                {"rule": rules.rules[other].name, "n": -n, "against": codes[other] != codes[one]}
                for n, other in others[:MEETS_MOST]
            ]
        )
    return found


def _bins(hours: np.ndarray) -> tuple[int, np.ndarray]:
    """Which of `UNITS` these hours since 1970 are counted by, and the first hour of each of the newest such bins."""
    if not len(hours):
        return len(UNITS) - 1, np.array([], dtype=np.int64)
    span = int(hours.max() - hours.min()) + 1
    unit = next((n for n, (_, size, _) in enumerate(UNITS) if span >= LEAST_BINS * size), len(UNITS) - 1)
    _, size, since = UNITS[unit]
    last, first = ((int(each) - since) // size for each in (hours.max(), hours.min()))
    return unit, np.arange(max(first, last - BINS + 1), last + 1, dtype=np.int64) * size + since


def _over_time(seen: Look, unit: int, starts: np.ndarray) -> list[list[int]]:
    """Of each rule its hits in each bin."""
    if not len(starts):
        return [[] for _ in range(seen.hits.matrix.shape[1])]
    at = (seen.hours[seen.newest] - starts[0]) // UNITS[unit][1]
    there = np.flatnonzero(at >= 0)
    of_bin = sparse.csr_matrix((np.ones(len(there), np.int64), (at[there], there)), shape=(len(starts), len(at)))
    counts = (of_bin @ seen.hits.matrix[seen.newest].astype(np.int64)).toarray()
    return [[int(n) for n in column] for column in counts.T]
