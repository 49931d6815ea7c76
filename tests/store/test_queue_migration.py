"""A store of the first version, with rows in it, becomes one of today and loses nothing."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from core.store import Store, schema
from core.store.engine import open_engine, parse_url

ROWS = (
    "INSERT INTO dataset (id, name) VALUES (1, 'messages')",
    "INSERT INTO person (id, name, role) VALUES (1, 'Ada', 'reviewer')",
    "INSERT INTO queue (id, dataset_id, name, purpose, order_name, overlap, blind_share, lease_ms, state)"
    " VALUES (1, 1, 'review', 'training', 'random', 1, 0.1, 180000, 'open')",
    "INSERT INTO message (id, dataset_id, source, key, body, text) VALUES (1, 1, 's', '1', 'a', 'a')",
    "INSERT INTO message (id, dataset_id, source, key, body, text) VALUES (2, 1, 's', '2', 'b', 'b')",
    "INSERT INTO task (id, queue_id, message_id, rank, draw_probability, overlap, free, judged, created_at)"
    " VALUES (1, 1, 1, 0, 0.5, 1, 0, 1, 7), (2, 1, 2, 1, 0.5, 1, 1, 0, 7)",
    "INSERT INTO lease (id, task_id, slot, person_id, blind, expires_at) VALUES (1, 1, 0, 1, false, 9)",
    "INSERT INTO verdict (uuid, kind, lease_id, task_id, queue_id, message_id, person_id, klass, blind, late)"
    " VALUES ('u', 'label', 1, 1, 1, 1, 1, 'spam', false, false)",
)


def test_queues_tasks_and_verdicts_of_the_first_version_go_on(bare_url: str) -> None:
    engine = open_engine(parse_url(bare_url, Path.cwd()))
    with engine.execution_options(write=True).begin() as connection:
        command.upgrade(schema._config(connection), "0001")
        for statement in ROWS:
            connection.execute(text(statement))
    engine.dispose()
    with Store.open(bare_url, create=True) as store, store.read() as connection:
        queue = connection.execute(text("SELECT assigned, priority, adaptive, explore_share FROM queue")).one()
        assert tuple(queue) == ("all", 0, False, 1.0)
        tasks = connection.execute(text("SELECT drawn, gold, drawn_at, draw_probability FROM task ORDER BY id")).all()
        assert [tuple(task) for task in tasks] == [(True, False, 7, 0.25)] * 2
        counted = connection.execute(text("SELECT n FROM tally WHERE name = 'queue:1:verdicts'")).scalar_one()
        assert counted == 1
