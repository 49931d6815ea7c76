"""rules -> label: the rules vote on every message, once: on what comes as it comes, on what lies below in shards.

Other rules, or the same ones held to be right otherwise than before, take a turn of their own
(`core.store.records.turns`) and go through all messages again; only labels that come out differently are written.
"""

from __future__ import annotations

from dataclasses import dataclass

import luigi

from core.errors import StoreError, TallyroomError
from core.fingerprint import fingerprint
from core.pipeline.rule_accuracies import kept_model, label_model, last_model
from core.pipeline.shards import Backlog, Shard, go_down, go_up, is_up_to_date, left_below
from core.pipeline.stage import LineTask
from core.pipeline.voting import Voters, Voting, voters
from core.pipeline.workshop import Progress, silent, workshop
from core.project import Project
from core.rules import LabelModel, Scanner
from core.store.queries.walk import newest_message
from core.store.records.turns import OvertakenError, Turn, take_turn, turn_of

NAME = "Tag"


class Tag(LineTask):
    """Give the rules their turn, where it is not, and let them vote on the messages that came since it began."""

    def made_from(self) -> str:
        """The dataset and the rule file, which may be what is amiss; it follows the messages."""
        try:
            rules = (self.project.folder / self.project.settings.pipeline.rules).read_text(encoding="utf-8")
        except (OSError, ValueError):
            rules = ""
        return fingerprint("tagging", int(self.project.dataset_id), rules)

    def complete(self) -> bool:
        """Whether it is the turn of the room's rules, and they have voted on every message above."""
        project = workshop.project(self.room)
        try:
            voting = voters(project)
        except StoreError:
            raise
        except TallyroomError:
            return False  # the task says what is amiss
        if voting is None:
            return True
        model = kept_model(project, voting.rules)
        turn = _turn(project)
        if model is None or turn is None:
            return False
        if turn.mark != (mark := voting.mark(model)):
            # Whoever came last votes: two machines with different rules do not take turns for ever.
            return workshop.worker(self.room).voted == mark
        return is_up_to_date(project, turn.key)

    def work(self) -> int:
        """Gives how many labels changed."""
        project = self.project
        voting = voters(project)
        if voting is None:
            return 0
        chore, mark = _take(project, voting)
        workshop.worker(self.room).voted = mark
        try:
            return go_up(project.store, project.dataset_id, chore, self.tell)
        except OvertakenError as error:
            self.log(error.sentence)
            return 0


class TagShard(Shard):
    """Let the rules vote on a stretch of the messages that were there before their turn, downwards."""

    turn: int = luigi.IntParameter(description="whose turn it is, by its number")

    def key(self) -> str:
        """The turn's."""
        return Turn(workshop.project(self.room).dataset_id, self.turn, "").key

    def complete(self) -> bool:
        """Whether they have voted on all of it, or it is no longer their turn."""
        turn = _turn(workshop.project(self.room))
        return turn is None or turn.number != self.turn or super().complete()

    def made_from(self) -> str:
        """The turn, and which stretch."""
        return fingerprint("tagging below", int(self.project.dataset_id), self.turn, self.first)

    def work(self) -> int:
        """Gives how many labels changed."""
        project = self.project
        chore = workshop.keep(self.room, f"turn {self.turn}", lambda: _join(workshop.project(self.room)))
        if chore is None or chore.key != self.key():
            return 0
        try:
            return go_down(project.store, project.dataset_id, chore, self.first, self.tell)
        except OvertakenError as error:
            self.log(error.sentence)
            return 0


class Untagged(Backlog):
    """Shards that the rules have yet to vote on."""

    turn: int = luigi.IntParameter()

    def shard(self, first: int) -> TagShard:
        """One of them."""
        return TagShard(room=self.room, turn=self.turn, first=first)


def untagged(project: Project, room: str, at_most: int | None) -> Untagged | None:
    """What the rules have yet to vote on of the messages before their turn, `at_most` so many; None: nothing.

    Nothing as well where it is the turn of others than this room's.
    """
    own = _own(project)
    if own is None or not (firsts := left_below(project, own.turn.key, at_most)):
        return None
    return Untagged(room=room, firsts=firsts, turn=own.turn.number)


def tag(project: Project, progress: Progress = silent) -> int:
    """Let the rules vote, in this process alone, on all messages they have not seen; gives how many labels changed."""
    voting = voters(project)
    if voting is None:
        return 0
    chore, _ = _take(project, voting)
    store, dataset = project.store, project.dataset_id

    def tell(done: int, of: int) -> None:
        progress(NAME, done, of)

    changed = go_up(store, dataset, chore, tell)
    return changed + sum(go_down(store, dataset, chore, first, tell) for first in left_below(project, chore.key))


def _take(project: Project, voting: Voters) -> tuple[Voting, str]:
    """To vote in the turn of these rules, which begins where it is not theirs already; and its mark."""
    store, dataset = project.store, project.dataset_id
    scanner = _scanner(project, voting)
    model = label_model(project, scanner)
    mark, newest = voting.mark(model), newest_message(store)
    turn = store.write(lambda connection: take_turn(connection, dataset, mark, newest))
    return Voting(turn, model, scanner), mark


def _join(project: Project) -> Voting | None:
    """To vote in the turn that it is; None where it is the turn of others."""
    own = _own(project)
    return None if own is None else Voting(own.turn, own.model, _scanner(project, own.voters))


@dataclass(frozen=True, slots=True)
class _Own:
    """The turn of this room's rules, and how they are weighed in it."""

    turn: Turn
    voters: Voters
    model: LabelModel


def _own(project: Project) -> _Own | None:
    """The turn that it is, where it is that of the room's rules."""
    try:
        voting = voters(project)
    except StoreError:
        raise
    except TallyroomError:
        return None  # the task Tag says what is amiss
    model = None if voting is None else last_model(project, voting.rules)
    turn = _turn(project)
    if voting is None or model is None or turn is None or turn.mark != voting.mark(model):
        return None
    return _Own(turn, voting, model)


def _scanner(project: Project, voting: Voters) -> Scanner:
    return Scanner(voting.rules, project.folder / ".cache")


def _turn(project: Project) -> Turn | None:
    with project.store.read() as connection:
        return turn_of(connection, project.dataset_id)
