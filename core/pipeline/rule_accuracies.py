"""How often the room's rules are right, and what follows for the labels that they give.

Told from the newest messages and from the newest that somebody has judged. Looked at again when enough has been judged
since; the messages are labelled anew only where that would change the label of enough of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.fingerprint import fingerprint
from core.pipeline.stage import CODE_VERSION
from core.project import Project
from core.rules import ABSTAIN, Hits, LabelModel, RuleSet, Scanner, estimate
from core.store.models import Origin
from core.store.queries.known import newest_known
from core.store.queries.training import labels_since, newest_label
from core.store.queries.walk import below, newest_message
from core.store.records.stages import done, newest_of, set_progress

NAME = "RuleAccuracies"
MOST = 50_000
"""Messages that nobody has judged."""
MOST_KNOWN = 20_000
"""Messages that people have judged; and as many with an imported label."""
MATTERS = 0.001
"""So large a share of the labelled messages that were looked at must come out otherwise for all to be labelled anew."""
GIVEN = (Origin.VERDICT, Origin.IMPORTED)


@dataclass(frozen=True, slots=True)
class Look:
    """n messages by their ids: what hit them, their class codes (-1 where unknown), and of which people have said so.

    `newest` are those among the newest of all, known or not; `hours`, since 1970, are known of those alone.
    """

    ids: np.ndarray
    newest: np.ndarray
    hours: np.ndarray
    hits: Hits
    truth: np.ndarray
    by_people: np.ndarray

    @property
    def known(self) -> int:
        """Messages of known class."""
        return int((self.truth >= 0).sum())

    @property
    def verdicts(self) -> np.ndarray:
        """Of each rule's hits, those on messages that people have judged."""
        return np.asarray(self.hits.matrix[self.by_people].astype(np.int64).sum(axis=0)).ravel()


def look(project: Project, scanner: Scanner) -> Look:
    """The newest messages, and the newest whose class is known, each once."""
    known = newest_known(project.store, project.dataset_id, project.classes, MOST_KNOWN)
    page = below(project.store, project.dataset_id, newest_message(project.store) + 1, MOST)
    code = {klass: number for number, klass in enumerate(project.classes)}
    new = page[~page["message_id"].isin([each.message_id for each in known])]
    hits = scanner.scan([each.text for each in known] + new["text"].tolist())
    truth = np.full(len(known) + len(new), -1, dtype=np.int64)
    truth[: len(known)] = [code[each.klass] for each in known]
    by_people = np.zeros(len(truth), dtype=bool)
    by_people[: len(known)] = [each.by_people for each in known]
    hour = dict(zip(page["message_id"].tolist(), page["hour"].tolist(), strict=True))
    ids = np.array([each.message_id for each in known] + new["message_id"].tolist(), dtype=np.int64)
    newest = np.array([int(each) in hour for each in ids], dtype=bool)
    hours = np.array([hour.get(int(each), -1) for each in ids], dtype=np.int64)
    return Look(ids, newest, hours, hits, truth, by_people)


def label_model(project: Project, scanner: Scanner) -> LabelModel:
    """By what the rules label messages now: as it was, until it matters.

    Worked out anew after `retrain_after` new labels by people or sources, or a tenth of those there were, and once
    there are twice the messages; that costs at most `MOST` and twice `MOST_KNOWN` messages, whatever the store holds.
    """
    store, rules = project.store, scanner.ruleset
    before = _kept(project, rules)
    newest = newest_message(store)
    if before is not None and not _due(project, before, newest):
        return _model(rules, before)
    up_to = newest_label(store)
    seen = look(project, scanner)
    model = LabelModel.of(rules, estimate(rules, seen.hits, seen.truth))
    if before is not None and not matters(_model(rules, before), model, seen.hits):
        model = _model(rules, before)
    kept = {
        "dataset": int(project.dataset_id),
        "rules": [rule.name for rule in rules.rules],
        "label": up_to,
        "newest": newest,
        "known": seen.known,
        "accuracies": list(model.accuracies),
        "voices": list(model.voices),
    }
    key = _key(project, rules)
    store.write(lambda connection: set_progress(connection, NAME, key, kept))
    return model


def kept_model(project: Project, rules: RuleSet) -> LabelModel | None:
    """By what these rules label messages, where that need not be worked out anew; None where it must."""
    before = _kept(project, rules)
    if before is None or _due(project, before, newest_message(project.store)):
        return None
    return _model(rules, before)


def accuracies_by_rule(project: Project) -> dict[str, float]:
    """How often each rule is held to be right, as labels were given last; the rule file need not be there any more."""
    with project.store.read() as connection:
        kept = newest_of(connection, NAME)
    for each in kept:
        if each.get("dataset") == int(project.dataset_id):
            return dict(zip(each["rules"], each["accuracies"], strict=True))
    return {}


def last_model(project: Project, rules: RuleSet) -> LabelModel | None:
    """By what these rules label messages, though it may be time to work it out anew; None before the first time."""
    before = _kept(project, rules)
    return None if before is None else _model(rules, before)


def matters(before: LabelModel, now: LabelModel, hits: Hits) -> bool:
    """Whether enough of these messages would be labelled otherwise."""
    old, new = before.vote(hits).codes, now.vote(hits).codes
    labelled = int(((old != ABSTAIN) | (new != ABSTAIN)).sum())
    return bool((old != new).sum() > MATTERS * labelled)


def _key(project: Project, rules: RuleSet) -> str:
    return fingerprint(NAME, CODE_VERSION, rules.fingerprint, project.dictionary().fingerprint)


def _kept(project: Project, rules: RuleSet) -> dict[str, Any] | None:
    with project.store.read() as connection:
        return done(connection, _key(project, rules))


def _due(project: Project, before: dict[str, Any], newest: int) -> bool:
    then, known = int(before["newest"]), int(before["known"])
    if then < MOST and newest >= 2 * then and newest > then:
        return True
    enough = max(project.settings.pipeline.retrain_after, known // 10)
    return labels_since(project.store, before["label"], GIVEN, enough) >= enough


def _model(rules: RuleSet, kept: dict[str, Any]) -> LabelModel:
    return LabelModel(rules, tuple(kept["accuracies"]), tuple(kept["voices"]))
