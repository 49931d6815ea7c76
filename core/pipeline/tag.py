"""rules -> label: the rules vote on every message, once, and on new ones as they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from core.errors import StoreError, TallyroomError
from core.fingerprint import fingerprint
from core.pipeline.rule_accuracies import kept_model, label_model
from core.pipeline.stage import CODE_VERSION, LineTask, Progress, look_of, silent, workshop
from core.project import Project
from core.rules import ABSTAIN, LabelModel, RuleSet, Scanner
from core.store.paced import write_paced
from core.store.queries.walk import above, newest_message, rule_labels, withdrawn_rules
from core.store.records.labels import add_rule_labels
from core.store.records.stages import done, set_progress

NAME = "Tag"
PAGE = 5_000


class Tag(LineTask):
    """Let the rules vote on the messages that they have not seen."""

    def made_from(self) -> str:
        """The dataset and the rule file, which may be what is amiss; it follows the messages."""
        rules = self.project.folder / self.project.settings.pipeline.rules
        return fingerprint("tagging", int(self.project.dataset_id), look_of(rules))

    def complete(self) -> bool:
        """Whether the rules have voted on every message."""
        project = workshop.project(self.room)
        try:
            voting = _now(project)
        except StoreError:
            raise
        except TallyroomError:
            return False  # the task says what is amiss
        if voting is None:
            return True
        model = kept_model(project, voting.rules)
        return model is not None and _seen(project, voting.mark(model)) >= newest_message(project.store)

    def work(self) -> int:
        """Gives how many labels changed."""
        return tag(self.project, lambda _stage, done, of: self.tell(done, of))


@dataclass(frozen=True, slots=True)
class _Voting:
    """The rules that vote, and what else decides from which message on they do."""

    rules: RuleSet
    parts: tuple[str, ...]

    def mark(self, model: LabelModel) -> str:
        """The fingerprint under which the store keeps how far they are."""
        return fingerprint("tag", CODE_VERSION, *self.parts, *filter(None, [model.fingerprint]))


def _now(project: Project) -> _Voting | None:
    """Who votes now; None where no rule does."""
    with project.store.read() as connection:
        withdrawn = withdrawn_rules(connection)
    rules = _voting(project, withdrawn.names)
    if rules is None:
        return None
    # After a withdrawal, and after one is taken back, they vote from the first message again.
    parts = (rules.fingerprint, project.dictionary().fingerprint, *map(str, filter(None, [withdrawn.epoch])))
    return _Voting(rules, parts)


def _seen(project: Project, mark: str) -> int:
    """The message up to which the rules have voted."""
    with project.store.read() as connection:
        return int((done(connection, mark) or {}).get("up_to", 0))


def tag(project: Project, progress: Progress = silent) -> int:
    """Let the rules vote on the messages they have not seen; gives how many labels changed.

    Follows the messages: where it stopped is kept in the store under the fingerprint of the rules and of how often each
    is held to be right, so changed ones begin at the first message again, and only labels that come out differently are
    written.
    """
    store = project.store
    voting = _now(project)
    if voting is None:
        return 0
    scanner = Scanner(voting.rules, project.folder / ".cache")
    model = label_model(project, scanner)
    mark = voting.mark(model)
    seen, newest = _seen(project, mark), newest_message(store)
    changed = 0
    while seen < newest:
        page = above(store, project.dataset_id, seen, PAGE)
        if page.empty:
            break
        with store.read() as connection:
            before = rule_labels(connection, int(page["message_id"].iloc[0]), int(page["message_id"].iloc[-1]))
        differs = _differing(_votes(model, scanner, page), before)
        changed += sum(write_paced(store, differs, add_rule_labels))
        seen = int(page["message_id"].iloc[-1])
        store.write(lambda c, up_to=seen: _mark(c, mark, up_to))  # type: ignore[misc]
        progress(NAME, seen, newest)
    return changed


def _voting(project: Project, withdrawn: frozenset[str]) -> RuleSet | None:
    """The room's rules without those that were withdrawn; None where none is left."""
    rules = project.ruleset()
    if rules is None or not withdrawn:
        return rules
    left = tuple(rule for rule in rules.rules if rule.name not in withdrawn)
    return RuleSet(left, rules.classes) if left else None


def _mark(connection: Connection, made_from: str, seen: int) -> None:
    set_progress(connection, NAME, made_from, {"up_to": seen})


def _votes(model: LabelModel, scanner: Scanner, page: pd.DataFrame) -> pd.DataFrame:
    """What the rules say: message_id, hour, klass (None where they abstain), origin_ref (the rule)."""
    rules = model.ruleset
    votes = model.vote(scanner.scan(page["text"].tolist()))
    names = np.array([rule.name for rule in rules.rules] + [""], dtype=object)
    classes = np.array([*rules.classes, None], dtype=object)
    decided = votes.codes != ABSTAIN
    return pd.DataFrame(
        {
            "message_id": page["message_id"].to_numpy(),
            "hour": page["hour"].to_numpy(),
            "klass": classes[np.where(decided, votes.codes, len(classes) - 1)],
            "origin_ref": names[np.where(decided, votes.rules, len(names) - 1)],
        }
    )


def _differing(votes: pd.DataFrame, before: dict[int, tuple[str | None, str]]) -> pd.DataFrame:
    """The rows whose class is not what the rules had said before (nothing, where they never voted), and that: `was`."""
    was = [before.get(int(message_id), (None, ""))[0] for message_id in votes["message_id"]]
    # A list, not a column: pandas would turn None into NaN, which differs from itself.
    now = [klass if isinstance(klass, str) else None for klass in votes["klass"]]
    differs = np.array([new != old for new, old in zip(now, was, strict=True)], dtype=bool)
    return votes.assign(was=pd.Series(was, index=votes.index, dtype=object))[differs]
