"""Runs, the champion, and what it says of a text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from core.cleaning import clean
from core.store.models import RunId
from core.store.queries.live import Champion, champion
from core.store.queries.models import model_content
from core.store.queries.runs import runs
from dashboard.room import room
from dashboard.routes.api.base import ApiHandler, NotFoundError, Operation
from dashboard.routes.api.schemas import ChampionOut, RunOut, RunsOut, RunsQuery, Said, ScoreIn, ScoreOut
from dashboard.routes.base import aside
from labeling.models import Role

if TYPE_CHECKING:
    from core.learning import Model


class Runs(ApiHandler):
    """The runs."""

    path: ClassVar[str] = "/runs"
    operations: ClassVar[Mapping[str, Operation]] = {
        "get": Operation("Runs, the newest first", RunsOut, query=RunsQuery)
    }

    async def get(self) -> None:
        """A page."""
        wanted, project = self.query(RunsQuery), room().project

        def read() -> RunsOut:
            with project.store.read() as connection:
                found = runs(connection, project.dataset_id, before=wanted.before, most=wanted.limit)
            return RunsOut(runs=[RunOut.model_validate(each) for each in found])

        self.tell(await aside(read))


class TheChampion(ApiHandler):
    """The model in charge."""

    path: ClassVar[str] = "/champion"
    operations: ClassVar[Mapping[str, Operation]] = {
        "get": Operation("The model in charge", ChampionOut, errors=(HTTPStatus.NOT_FOUND,))
    }

    async def get(self) -> None:
        """404 before the first."""
        self.tell(ChampionOut.model_validate(await aside(reigning)))


class Score(ApiHandler):
    """What the champion says."""

    role = Role.REVIEWER
    path: ClassVar[str] = "/score"
    operations: ClassVar[Mapping[str, Operation]] = {
        "post": Operation(
            "The classes of texts, by the champion", ScoreOut, body=ScoreIn, errors=(HTTPStatus.NOT_FOUND,)
        )
    }

    async def post(self) -> None:
        """At most 1,000 texts; nothing of them is kept."""
        asked = self.asked(ScoreIn)
        self.tell(await aside(lambda: score(asked.texts)))


def reigning() -> Champion:
    """The champion.

    Raises:
        NotFoundError: there is none yet.
    """
    project = room().project
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
    if current is None:
        raise NotFoundError("there is no champion yet", fix="'tallyroom run' trains one.")
    return current


def score(texts: list[str]) -> ScoreOut:
    """What the champion says of texts, cleaned first as the messages were that it learned from.

    Raises:
        NotFoundError: there is no champion yet.
        PipelineError: its model cannot be read.
    """
    current = reigning()
    model = _model(room().project.fingerprint, int(current.run_id))
    said = model.predict(clean(texts, room().project.dictionary().steps))
    each = zip(said.codes, said.confidence, said.probabilities, strict=True)
    predictions = [
        Said(klass=model.classes[code], confidence=float(sure), probabilities=[float(value) for value in all_of_them])
        for code, sure, all_of_them in each
    ]
    classes = list(model.classes)
    return ScoreOut(model=current.title, run_id=current.run_id, classes=classes, predictions=predictions)


@lru_cache(maxsize=2)
def _model(_room: str, run_id: int) -> Model:
    from core.learning import Model  # here: scikit-learn takes seconds to import

    return Model.from_bytes(model_content(room().project.store, RunId(run_id)))
