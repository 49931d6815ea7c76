"""message -> template: which messages say the same, found once for each message, as it comes.

The state is the store's: where mining stands, and the templates under their keys. It is read a page at a time, so the
stage begins at once, needs the same memory at 15 million messages as at 15 thousand, and may be stopped anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, select

from core.fingerprint import fingerprint
from core.pipeline.stage import LineTask
from core.pipeline.workshop import Progress, silent, workshop
from core.project import Project
from core.store import Store
from core.store.models import DatasetId, Stage
from core.store.queries.templates import MessageBody, bodies_after, buckets, founders, wider_patterns
from core.store.queries.walk import newest_message
from core.store.records.stages import done, set_progress
from core.store.records.templates import add_members, add_templates, widen
from core.templates import VERSION, Known, Mined, Sketch, forms, generalise, mine, pattern_of, sketches
from core.templates.pattern import shape_of

NAME = "Templates"
# On SQLite a page is one transaction of some 40 ms, so that the desk gets its turn; PostgreSQL writes beside it.
PAGE = {"sqlite": 400, "postgresql": 4_000}


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of messages with all that is to be written for it."""

    last: int
    members: pd.DataFrame
    founded: pd.DataFrame
    keys: pd.DataFrame
    wider: pd.DataFrame


class Templates(LineTask):
    """Find the template of each message that has none."""

    def made_from(self) -> str:
        """The dataset and how templates are mined."""
        return fingerprint("mining", _key(self.project.dataset_id))

    def complete(self) -> bool:
        """Whether every message has one."""
        project = workshop.project(self.room)
        with project.store.read() as connection:
            found = done(connection, _key(project.dataset_id))
        return (int(found["up_to"]) if found else 0) >= newest_message(project.store)

    def work(self) -> int:
        """Gives how many messages got theirs."""
        return mine_templates(self.project, lambda _stage, done, of: self.tell(done, of))


def mine_templates(project: Project, progress: Progress = silent) -> int:
    """Find the template of each message that has none; gives how many messages that were."""
    store, dataset = project.store, project.dataset_id
    newest = newest_message(store)
    count = 0
    while (seen := _standing(store, dataset)) < newest:
        page = _mined(store, dataset, seen)
        if page is None:
            break
        if store.write(lambda c, page=page, seen=seen: _write(c, dataset, seen, page)):  # type: ignore[misc]
            count += len(page.members)
            progress(NAME, page.last, newest)
    return count


def _key(dataset: DatasetId) -> str:
    return fingerprint("templates", VERSION, int(dataset))


def _standing(store: Store, dataset: DatasetId) -> int:
    with store.read() as connection:
        return _mark(connection, dataset)


def _mark(connection: Connection, dataset: DatasetId) -> int:
    """The last message whose template is found; held until the transaction ends, where there is one."""
    query = select(Stage.result).where(Stage.fingerprint == _key(dataset))
    found = connection.execute(query.with_for_update()).scalar_one_or_none()
    return int(found["up_to"]) if found else 0


def _mined(store: Store, dataset: DatasetId, seen: int) -> _Page | None:
    """Mine the page after `seen`, outside of any transaction that writes; None where no message is left."""
    with store.read() as connection:
        messages = bodies_after(connection, dataset, seen, PAGE[store.dialect])
        if not messages:
            return None
        sketched = sketches([forms(message.body) for message in messages], int(dataset))
        under = buckets(connection, [key for sketch in sketched for key in sketch.keys])
        first = founders(connection, [template_id for bucket in under.values() for template_id in bucket])
        shapes = {template_id: shape_of(pattern) for template_id, (pattern, _) in first.items()}
        mined = mine([message.message_id for message in messages], sketched, Known(under, shapes))
        old = wider_patterns(connection, mined.template_ids)
    by_id = {message.message_id: message for message in messages}
    new_patterns = {each.template_id: pattern_of(by_id[each.template_id].body) for each in mined.founded}
    began = {template_id: at for template_id, (_, at) in first.items()} | {
        template_id: by_id[template_id].at for template_id in new_patterns
    }
    patterns = {template_id: pattern for template_id, (pattern, _) in first.items()} | new_patterns
    return _Page(
        messages[-1].message_id,
        _members(messages, mined, began),
        pd.DataFrame({"id": list(new_patterns), "dataset_id": int(dataset), "pattern": list(new_patterns.values())}),
        pd.DataFrame(
            [(key, each.template_id) for each in mined.founded for key in each.keys], columns=["key", "template_id"]
        ),
        _widened(mined, sketched, patterns, old),
    )


def _members(messages: Sequence[MessageBody], mined: Mined, began: dict[int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "message_id": [message.message_id for message in messages],
            "template_id": mined.template_ids,
            "at": [message.at for message in messages],
            "founder_at": [began[template_id] for template_id in mined.template_ids],
        }
    )


def _widened(
    mined: Mined, sketched: Sequence[Sketch], patterns: dict[int, str], old: dict[int, tuple[int, str]]
) -> pd.DataFrame:
    """The patterns that this page's messages made wider, one row a template."""
    before = patterns | {template_id: pattern for template_id, (_, pattern) in old.items()}
    now: dict[int, str] = {}
    for template_id, sketch in zip(mined.template_ids, sketched, strict=True):
        pattern = now.get(template_id, before[template_id])
        wider = generalise(pattern, sketch.shape)
        if wider != pattern:
            now[template_id] = wider
    rows = [(template_id, pattern, old.get(template_id, (None, ""))[0]) for template_id, pattern in now.items()]
    frame = pd.DataFrame(rows, columns=["template_id", "pattern", "supersedes"])
    return frame.astype({"supersedes": "Int64"})


def _write(connection: Connection, dataset: DatasetId, seen: int, page: _Page) -> bool:
    """Store a page, if nobody else has stored it meanwhile."""
    if seen == 0:  # the row that two who begin at once wait at
        set_progress(connection, NAME, _key(dataset), {"up_to": _mark(connection, dataset)})
    if _mark(connection, dataset) != seen:
        return False
    add_templates(connection, page.founded, page.keys)
    add_members(connection, page.members)
    widen(connection, page.wider)
    set_progress(connection, NAME, _key(dataset), {"up_to": page.last})
    return True
