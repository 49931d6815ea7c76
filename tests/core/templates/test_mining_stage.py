"""Mining into the store: every message once, whatever was interrupted, and the counts agree."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from rooms import add_messages
from servers import make_folder
from sqlalchemy import select

from core import Project
from core.pipeline import template
from core.pipeline.template import mine_templates
from core.store import Store, check
from core.store.models import MessageTemplate, TemplatePattern, TemplateSize
from core.store.queries.templates import template_facts

BODIES = [
    text
    for n in range(30)
    for text in (f"Dear {'Anna' if n % 2 else 'Bo Li'} your bill of {n} is due on Monday", f"see you at {n}", "x" * n)
]


@pytest.fixture
def project(store: Store, store_url: str, tmp_path: Path) -> Project:
    folder = tmp_path / "room"
    folder.mkdir()
    return Project(make_folder(folder, store_url))


def mined(store: Store) -> dict[int, int]:
    with store.read() as connection:
        assert check.check(connection) == []
        rows = connection.execute(select(MessageTemplate.message_id, MessageTemplate.template_id))
        return dict(rows.all())


def test_each_message_is_mined_once_and_counted(store: Store, project: Project) -> None:
    ids = add_messages(store, BODIES)
    assert mine_templates(project) == len(ids)
    assert mine_templates(project) == 0
    found = mined(store)
    assert [found[message_id] for message_id in ids[::3]] == [ids[0]] * 30
    with store.read() as connection:
        facts = template_facts(connection, ids[0])
        n, first, last = connection.execute(
            select(TemplateSize.n, TemplateSize.first_seen, TemplateSize.last_seen).where(
                TemplateSize.template_id == ids[0]
            )
        ).one()
        rows = connection.execute(select(TemplatePattern.id, TemplatePattern.supersedes)).all()
    assert (facts.pattern, facts.size) == ("Dear * your bill of * is due on Monday", 30)
    assert (n, last - first) == (30, 87 * 60_000)
    assert [row.supersedes for row in rows] == [None]
    project.close()


def test_a_run_that_was_cut_off_goes_on_to_the_same_templates(store: Store, project: Project) -> None:
    add_messages(store, BODIES)
    with patch.dict(template.PAGE, {"sqlite": 7, "postgresql": 7}):
        page = template._mined(store, project.dataset_id, 0)
        assert page is not None
        assert store.write(lambda c: template._write(c, project.dataset_id, 0, page))
        assert not store.write(lambda c: template._write(c, project.dataset_id, 0, page)), "another was faster"
        assert mine_templates(project) == len(BODIES) - 7
    in_pieces = mined(store)
    from core.templates import Known, forms, mine, sketches

    whole = mine(sorted(in_pieces), sketches([forms(body) for body in BODIES], 1), Known({}, {}))
    assert [in_pieces[message_id] for message_id in sorted(in_pieces)] == list(whole.template_ids)
    project.close()
