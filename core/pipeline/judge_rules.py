"""What the room's rules are worth on its newest messages."""

from __future__ import annotations

import numpy as np

from core.pipeline.rule_accuracies import estimates
from core.pipeline.stage import Progress, silent
from core.project import Project
from core.rules import RuleReport, report
from core.store.queries.walk import below, given_truth, newest_message

NAME = "Rules"
MOST = 50_000


def judge_rules(project: Project, progress: Progress = silent, most: int = MOST) -> list[RuleReport]:
    """Coverage, overlaps and conflicts of each rule over the newest messages, `most` at most.

    Precision is measured where somebody other than a rule has said what one of these messages is; the accuracy is told
    from all such messages, and from how the rules meet. Nothing for a room without rules.
    """
    scanner = project.scanner()
    if scanner is None:
        return []
    page = below(project.store, project.dataset_id, newest_message(project.store) + 1, most)
    if page.empty:
        return report(scanner.ruleset, scanner.scan([]), scanner.engines)
    ids = page["message_id"]
    progress(NAME, 0, len(page))
    truth = given_truth(project.store, int(ids.min()), int(ids.max()))
    codes = {klass: code for code, klass in enumerate(project.classes)}
    known = np.array([codes.get(truth.get(int(message_id), ""), -1) for message_id in ids])
    hits = scanner.scan(page["text"].tolist())
    estimated, verdicts = estimates(project, scanner)
    reports = report(scanner.ruleset, hits, scanner.engines, known, estimated, verdicts)
    progress(NAME, len(page), len(page))
    return reports
