"""The demo's room as it stands after some days of work, made at once: for pictures, and to try pages on."""

from __future__ import annotations

import random
import uuid
from pathlib import Path

from sqlalchemy import select

from core import Project
from core.store.models import Message, Run, RunId, RunState
from dashboard.demo.room import DemoRoom, make_room
from labeling.comparisons import add_note, ask_office, open_comparison
from labeling.desk import Desk
from labeling.models import Role, VerdictKind
from labeling.people import add_person
from labeling.queues import QueueSpec, chosen, create, refill
from labeling.simulated import OFFICE, Colleague
from labeling.verdicts import Given

MESSAGES = 6_000
LABELLED = 2_400
VERDICTS = 240
PAIRS = 60
ASKED = 30
NOTES = (
    "A voucher in a delivery notice: the guide says notification.",
    "Sender and text do not go together. Is this a bank at all?",
    "Half of it is an answer to a friend.",
)


def furnish(folder: Path, *, messages: int = MESSAGES) -> Project:
    """A room in `folder` with models, verdicts, people at odds, queues and a comparison under way.

    The same each time, but for its clock: the messages end now.
    """
    from core.pipeline import judge_rules, run

    demo = make_room(folder, history=messages, labelled=min(LABELLED, messages // 2))
    project = Project(folder)
    run(project)
    _office(project, demo)
    _compare(project, demo)
    judge_rules(project)  # by now people have judged
    return project


def _office(project: Project, demo: DemoRoom) -> None:
    store, dataset = project.store, project.dataset_id
    refill(store, project.settings.desk, dataset)
    work(project, demo, VERDICTS)
    with store.read() as connection:
        ids = list(connection.execute(select(Message.id).order_by(Message.id.desc()).limit(PAIRS)).scalars())
    twice = QueueSpec("Second opinions", overlap=2, order="random", blind_share=0.3, priority=5)
    chosen(store, store.write(lambda c: create(c, dataset, twice)), ids)
    work(project, demo, 2 * PAIRS, flags=len(NOTES))
    parcels = QueueSpec("Parcels of the week", order="newest", target=200, priority=9, blind_share=0.0)
    chosen(store, store.write(lambda c: create(c, dataset, parcels)), ids)
    for name, role in (("Noor", Role.LEAD), ("Ines", Role.REVIEWER), ("Juri", Role.VIEWER)):
        add_person(store, name, role)


def _compare(project: Project, demo: DemoRoom) -> None:
    from core.pipeline import fit_run

    store, dataset = project.store, project.dataset_id
    noor = add_person(store, "Noor", Role.LEAD)
    first, second = _runs(project)
    fit_run(project, second)
    name = "Letters or words?"
    comparison = store.write(lambda c: open_comparison(c, dataset, name, first, second, by=noor.id))
    for number, text in enumerate(("The words' model is a third as large.", "Look at the short ones from abroad.")):
        made = str(uuid.UUID(int=number + 1, version=4))
        store.write(lambda c, made=made, text=text: add_note(c, comparison, made, text, by=noor.id))  # type: ignore[misc]
    asked = ask_office(store, dataset, comparison, by=noor.id, seed=demo.seed)
    work(project, demo, ASKED, queue=asked)


def _runs(project: Project) -> tuple[RunId, RunId]:
    """The champion, and another that is not of its kind."""
    from core.store.queries import live

    with project.store.read() as connection:
        champion = live.champion(connection, project.dataset_id)
        assert champion is not None, "the pipeline has promoted one"
        rows = connection.execute(select(Run.id, Run.candidate).where(Run.state == RunState.DONE).order_by(Run.id))
        others = [row.id for row in rows if row.candidate.split("-")[0] not in champion.title]
    return champion.run_id, RunId(others[-1])


def work(project: Project, demo: DemoRoom, verdicts: int, *, flags: int = 0, queue: int | None = None) -> None:
    """The simulated colleagues judge in turn, as long as there is something to judge; the first `flags` with a note."""
    desk, draw = Desk(project.store, project.classes), random.Random(demo.seed)  # noqa: S311 - a simulation
    colleagues = [Colleague(project.store, project.classes, skill, lambda _: None, demo.seed) for skill in OFFICE]
    for number in range(verdicts):
        colleague = colleagues[number % len(colleagues)]
        if held := desk.claim(colleague.person.id, 1, queue).result():
            message = held[0]
            opinion = colleague.opinion(_truth(project, demo, message.message_id), message.predicted)
            note = NOTES[number] if number < flags else None
            given = Given(
                uuid=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{message.lease_id} {note}")),
                lease_id=message.lease_id,
                kind=VerdictKind.FLAG if note else VerdictKind.LABEL,
                klass=None if note else opinion,
                note=note,
                seconds=round(draw.lognormvariate(1, 0.4), 2),
            )
            desk.judge(colleague.person.id, given).result()


def _truth(project: Project, demo: DemoRoom, message_id: int) -> str | None:
    with project.store.read() as connection:
        return demo.truth(connection.execute(select(Message.key).where(Message.id == message_id)).scalar_one())
