"""The line, step by step: what each going-over asks for, in which order, and what it leaves for the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import luigi

from core.errors import StoreDownError, TallyroomError
from core.pipeline.aside import Aside
from core.pipeline.build import build
from core.pipeline.export import exports_of
from core.pipeline.fit import Fit
from core.pipeline.hold import NotNowError
from core.pipeline.indexing import Index
from core.pipeline.ingest import Ingest, Sources, listing, stale
from core.pipeline.judge_rules import JudgeRules, can_be_judged
from core.pipeline.label_errors import LabelErrors
from core.pipeline.naive import NaiveSplit
from core.pipeline.on_trial import on_trial
from core.pipeline.predict import Predict, unjudged
from core.pipeline.search.lost import close_lost
from core.pipeline.search.task import search_wanted
from core.pipeline.tag import Tag, untagged
from core.pipeline.template import Templates
from core.pipeline.training import choose_cutoff, origins
from core.pipeline.worker import Worker
from core.store.models import Origin, TaskState
from core.store.queries.tasks import stands


class Line:
    """One going-over.

    Args:
        worker: who works.
        room: the key of the room, laid out in the workshop.
        waits: whether to wait for what another process holds.
        due: whether a single new label is enough to train again.
        scheduler: a Luigi scheduler's address, empty for this process's own.
        aside: does what takes minutes, in a process of its own; None: this one does.
    """

    def __init__(
        self, worker: Worker, room: str, *, waits: bool, due: bool, scheduler: str, aside: Aside | None
    ) -> None:
        self._worker, self._room, self._project = worker, room, worker.project
        self._waits, self._due, self._scheduler, self._aside = waits, due, scheduler, aside
        self._listed: tuple[tuple[str, str], ...] = ()
        self._cutoff = 0
        self._candidates: tuple[str, ...] = ()

    def steps(self) -> Sequence[Callable[[], None]]:
        """What is done, in this order; one that fails does not keep back the others."""
        return (
            self._look,
            self._ingest,
            self._tag,
            self._tag_older,
            self._judge_rules,
            self._mine,
            self._close_lost_searches,
            self._learn,
            self._judge,
            self._judge_older,
            self._index,
            self._search,
            self._export,
            self._flatter,
        )

    def is_older_left(self) -> bool:
        """Whether there are messages left that the rules or the champion are newer than."""
        return any(older(self._project, self._room, 1) is not None for older in (untagged, unjudged))

    def _make(self, *tasks: luigi.Task | None) -> None:
        for task in tasks:
            if task is not None:
                build(self._worker, task, waits=self._waits, scheduler=self._scheduler)

    def _look(self) -> None:
        """What the sources have. The store hears of it where that goes wrong, and where it goes well again."""
        sources = Sources(room=self._room)
        try:
            self._listed = listing(self._project)
            with self._project.store.read() as connection:
                if stands(connection, sources.made_from()) == TaskState.DONE:
                    return
        except StoreDownError:
            raise
        except TallyroomError:
            pass  # the task says it
        self._worker.list_tasks([sources.listed()])
        with suppress(NotNowError):  # somebody else says it, or it was said often enough
            sources.run()

    def _ingest(self) -> None:
        self._make(Ingest(room=self._room, listed=stale(self._project, self._listed)))

    def _tag(self) -> None:
        self._make(Tag(room=self._room))

    def _tag_older(self) -> None:
        # Models that learn from the rules wait for all they say; else what comes need not wait for what is old.
        at_most = None if Origin.RULE in origins(self._project) else self._worker.at_most
        self._make(untagged(self._project, self._room, at_most))

    def _judge_rules(self) -> None:
        if can_be_judged(self._project):
            self._make(JudgeRules(room=self._room))

    def _mine(self) -> None:
        self._make(Templates(room=self._room))

    def _close_lost_searches(self) -> None:
        close_lost(self._project)

    def _learn(self) -> None:
        self._cutoff = choose_cutoff(self._project, due=self._due)
        if self._cutoff:
            self._candidates = on_trial(self._project)
            self._make(Fit(room=self._room, cutoff=self._cutoff, candidates=self._candidates))

    def _judge(self) -> None:
        self._make(LabelErrors(room=self._room), Predict(room=self._room))

    def _judge_older(self) -> None:
        self._make(unjudged(self._project, self._room, self._worker.at_most))

    def _index(self) -> None:
        self._make(Index(room=self._room))

    def _search(self) -> None:
        """Once there is a champion: what is found is tried beside it, here or when the process aside is done."""
        task = search_wanted(self._worker, self._room)
        if task is None:
            return
        if self._aside is not None:
            self._aside.begin(self._worker, task)
            return
        self._make(task)
        if on_trial(self._project) != self._candidates:
            self._learn()
            self._judge()
            self._judge_older()

    def _export(self) -> None:
        """Whoever is champion now."""
        self._make(*exports_of(self._project, self._room))

    def _flatter(self) -> None:
        if self._candidates:
            self._make(NaiveSplit(room=self._room, cutoff=self._cutoff, candidates=self._candidates))
