"""What the room's rules are worth: looked at with the line, kept in the store, and read from there by whoever asks.

A look reads the newest messages and the newest that somebody has judged, once. It is made anew when the rules are
others, a quarter more messages have come, or enough has been judged since.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from core.errors import TallyroomError
from core.file_look import look_of
from core.fingerprint import fingerprint
from core.pipeline.rule_accuracies import GIVEN, Look, look
from core.pipeline.stage import CODE_VERSION, LineTask
from core.pipeline.workshop import Progress, silent
from core.project import Project
from core.rules import Estimates, Hits, RuleReport, RuleSet, Scanner, estimate, report
from core.rules.kept_look import KeptLook
from core.rules.meetings import Meeting, meetings
from core.rules.over_time import bins_of, hits_over_time
from core.store.models import HOUR_MS
from core.store.queries.rule_looks import KeptReport, newest_look
from core.store.queries.training import labels_since, newest_label
from core.store.queries.walk import newest_message
from core.store.records.rule_looks import keep_look

NAME = "JudgeRules"
MEETS_MOST = 12
"""Of so many other rules it is told how often they hit the same messages; the matrix of all pairs is kept with it."""


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
    hours, among = seen.hours[seen.newest], seen.hits.matrix[seen.newest].tocsr()
    bins = bins_of(hours)
    of_time = hits_over_time(among, hours, bins).tolist()
    summary = {
        "newest": newest,
        "label": label,
        "messages": int(seen.newest.sum()),
        "hit": int((np.diff(among.indptr) > 0).sum()),
        "known": seen.known,
        "unit": bins.unit.name,
        "starts": [int(start) * HOUR_MS for start in bins.starts],
        "length": bins.unit.hours * HOUR_MS,
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
    meets = meetings(among.matrix, rules.codes, MEETS_MOST)
    return [
        {
            **asdict(each),
            "pattern": rules.rules[n].pattern,
            "right": int(found.right[n]),
            "agreement": float(found.agreement[n]),
            "meets": [_met(rules, meeting) for meeting in meets[n]],
        }
        for n, each in enumerate(reports)
    ]


def _met(rules: RuleSet, meeting: Meeting) -> dict[str, Any]:
    return {"rule": rules.rules[meeting.other].name, "n": meeting.n, "against": meeting.against}
