"""The store keeps what it acknowledged, tells of it, and refuses what it cannot keep."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text

from core.errors import StoreDownError, StoreError, StoreSchemaError
from core.store import Feed, Store, emit
from core.store.models import Base, Dataset, now_ms


def test_the_migrations_make_exactly_the_tables_of_the_models(store: Store) -> None:
    with store.read() as connection:
        # The search's index is of each database's own kind, and an index on an expression cannot be read back.
        own = {"ix_message_time"}

        def of_models(name: str | None, _kind: str, _parents: object) -> bool:
            return name not in own and not (name or "").startswith("message_search")

        opts = {"version_table": "tallyroom_schema", "include_name": of_models}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


def test_a_result_is_there_for_everyone_once_write_returns(store: Store) -> None:
    dataset_id = store.write(lambda c: c.execute(insert(Dataset).values(name="sms").returning(Dataset.id)).scalar_one())
    with store.read() as connection:
        assert connection.execute(select(Dataset.id)).scalar_one() == dataset_id


def test_a_failing_piece_of_work_leaves_the_others_of_its_group_alone(store: Store) -> None:
    gate = threading.Event()
    waiting = store.submit(lambda _c: gate.wait(5))
    good = store.submit(lambda c: c.execute(insert(Dataset).values(name="good")))
    bad = store.submit(lambda c: c.execute(text("INSERT INTO nowhere VALUES (1)")))
    also_good = store.submit(lambda c: c.execute(insert(Dataset).values(name="also good")))
    gate.set()
    for future in (waiting, good, also_good):
        future.result(10)
    assert bad.exception(10) is not None
    with store.read() as connection:
        assert set(connection.execute(select(Dataset.name)).scalars()) == {"good", "also good"}


def test_a_group_that_sqlite_rolled_back_by_itself_is_acknowledged_to_nobody(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'tallyroom.db'}", create=True) as store:
        gathered = threading.Event()

        def good(connection: Connection) -> None:
            connection.execute(insert(Dataset).values(name="kept"))
            gathered.wait(10)

        def full(connection: Connection) -> None:
            connection.exec_driver_sql("ROLLBACK")  # as SQLite does when the disk is full
            raise OSError("no room")

        futures = [store.submit(work) for work in (good, full)]
        gathered.set()
        for future in futures:
            assert future.exception(20) is not None
        with store.read() as connection:
            assert connection.execute(select(Dataset.name)).all() == []
        store.write(lambda c: c.execute(insert(Dataset).values(name="kept")))


def test_work_that_was_taken_back_before_it_began_is_not_done(store: Store) -> None:
    going = threading.Event()
    running = [store.submit(lambda _connection: going.wait(20)) for _ in range(8)]  # as many as write at once
    done: list[int] = []
    wanted, unwanted = (store.submit(lambda _connection, n=n: done.append(n)) for n in (1, 2))
    assert unwanted.cancel()
    going.set()
    for future in (*running, wanted):
        future.result(20)
    store.write(lambda _connection: None)
    assert done == [1]


def test_an_event_written_by_another_process_reaches_the_feed(store: Store, store_url: str) -> None:
    feed = Feed(store.engine)
    with Store.open(store_url) as other:
        other.write(lambda c: emit(c, "verdict", klass="spam"))
        events = feed.wait(5)
    assert [(event.kind, event.payload) for event in events] == [("verdict", {"klass": "spam"})]
    assert feed.wait(0.05) == []
    feed.close()


def test_an_event_that_commits_after_a_later_one_is_not_lost(store: Store) -> None:
    if store.dialect == "sqlite":
        pytest.skip("SQLite has one writer: ids commit in their order")
    feed = Feed(store.engine)
    with store.engine.connect() as slow:
        emit(slow, "slow")
        store.write(lambda c: emit(c, "fast"))
        assert [event.kind for event in feed.wait(5)] == ["fast"]
        slow.commit()
    assert [event.kind for event in feed.wait(5)] == ["slow"]
    feed.close()


def test_the_clock_is_the_databases_and_moves(store: Store) -> None:
    with store.read() as connection:
        first = connection.execute(select(now_ms())).scalar_one()
        assert 1_700_000_000_000 < first <= connection.execute(select(now_ms())).scalar_one()


def test_a_store_without_tables_says_which_command_makes_them(bare_url: str) -> None:
    with pytest.raises(StoreSchemaError, match="tallyroom store upgrade"):
        Store.open(bare_url)


def test_a_store_of_a_newer_version_is_left_alone(store: Store, store_url: str) -> None:
    store.write(lambda c: c.execute(text("UPDATE tallyroom_schema SET version_num = '9999'")))
    with pytest.raises(StoreSchemaError, match="newer version"):
        Store.open(store_url)
    with pytest.raises(StoreSchemaError, match="newer version"):
        Store.open(store_url, create=True)


def test_a_database_that_is_down_is_told_in_one_sentence_without_its_password() -> None:
    with pytest.raises(StoreDownError) as caught:
        Store.open("postgresql://me:secret@127.0.0.1:1/room")
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", "sqlite://"])
def test_an_address_that_is_no_store_is_refused_with_the_fix(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"sqlite:///tallyroom\.db"):
        Store.open(url, tmp_path)
