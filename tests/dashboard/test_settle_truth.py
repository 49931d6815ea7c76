"""A run derives the truth by the room's consensus where a training is due, and leaves it alone otherwise."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from rooms import CLASSES, add_champion, add_messages, add_queue
from servers import make_folder
from sqlalchemy import select

from core import Project
from core.store import Store
from dashboard.commands.run import settle_truth
from labeling.desk import Desk
from labeling.models import TruthRebuild, VerdictKind
from labeling.people import add_person
from labeling.verdicts import Given


@pytest.mark.parametrize(("way", "times"), [("crowdlab", 1), ("dawid_skene", 1), ("majority", 0)])
def test_the_truth_is_derived_before_a_training_and_only_then(tmp_path: Path, way: str, times: int) -> None:
    url = f"sqlite:///{tmp_path / 'tallyroom.db'}"
    folder = make_folder(tmp_path, url)
    settings = folder / "tallyroom.toml"
    settings.write_text(settings.read_text() + f'consensus = "{way}"\n')
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"m{n}" for n in range(40)])
        add_champion(store, ids, "spam", 0.6)
        add_queue(store, ids, overlap=2)
        project = Project(folder)
        settle_truth(project)
        for name in ("Ada", "Bela"):
            person = add_person(store, name).id
            for number in range(40):
                message = Desk(store, CLASSES).claim(person, 1).result()[0]
                klass = CLASSES[number % 3]
                given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)
                Desk(store, CLASSES).judge(person, given).result()
        for _ in range(2):
            settle_truth(project)
        project.close()
        with store.read() as connection:
            methods = connection.execute(select(TruthRebuild.method)).scalars().all()
    assert methods == [way] * times
