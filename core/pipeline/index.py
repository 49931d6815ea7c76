"""message -> search: the words of each message into the index, the newest first, beside everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from core.pipeline.workshop import Progress, silent
from core.project import Project
from core.search import terms_of
from core.store import Store
from core.store.models import DatasetId
from core.store.paced import write_paced
from core.store.queries.walk import above, below, newest_message
from core.store.records.search import NAME, Covered, begin_index, index_changed, index_messages

if TYPE_CHECKING:
    import pandas as pd

PAGE = 4_000
PIECE_MOST = 4_000


def index_texts(project: Project, progress: Progress = silent, *, at_most: int | None = None) -> int:
    """Bring the search up to date: what changed, what came, then what lies below, downwards; gives how many messages.

    Args:
        project: the room.
        progress: told of work as it goes.
        at_most: stop after about so many, so that a watcher can look at what is more urgent in between.
    """
    store, dataset = project.store, project.dataset_id
    newest = newest_message(store)
    if newest == 0:
        return 0
    covered = store.write(lambda connection: begin_index(connection, dataset, newest))
    count = 0
    while changed := store.write(lambda connection: index_changed(connection, dataset)):
        count += changed
    while at_most is None or count < at_most:
        page = _page(store, dataset, covered, newest)
        if page.empty:
            break
        before = covered
        covered = _index(store, dataset, covered, page)
        count += covered.n - before.n
        progress(NAME, covered.n, newest)
        if covered.n - before.n < len(page):  # somebody else is at it
            break
    return count


def _page(store: Store, dataset: DatasetId, covered: Covered, newest: int) -> pd.DataFrame:
    """The next messages: those that came, rising; where none did, those below, falling."""
    page = above(store, dataset, covered.high, PAGE) if covered.high < newest else None
    return below(store, dataset, covered.low, PAGE) if page is None or page.empty else page


def _index(store: Store, dataset: DatasetId, covered: Covered, page: pd.DataFrame) -> Covered:
    """Put a page into the index, piece by piece; gives what is covered now."""
    terms = {row.message_id: terms_of(str(row.body)) for row in page.itertuples()}  # outside of the transactions
    done = [covered]

    def write(connection: Connection, piece: pd.DataFrame) -> Covered | None:
        return _write(connection, dataset, done[-1], {each: terms[each] for each in piece["message_id"].tolist()})

    for after in write_paced(store, page, write, most=PIECE_MOST):
        if after is None:
            break
        done.append(after)
    return done[-1]


def _write(connection: Connection, dataset: DatasetId, before: Covered, terms: dict[int, list[str]]) -> Covered | None:
    ids = list(terms)
    after = Covered(min(before.low, *ids), max(before.high, *ids), before.n + len(ids))
    return after if index_messages(connection, dataset, before, after, terms) else None
