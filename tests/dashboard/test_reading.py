"""What the live page reads costs the same whatever is in the store."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rooms import add_champion, add_messages
from servers import make_folder

from core import Project
from core.store import Store
from core.store.models import HOUR_MS
from core.store.queries import live
from core.store.records.predictions import add_predictions
from dashboard.reading import Reading, look
from dashboard.samples import Samples
from dashboard.views import SPANS, USUAL_SPAN, View

HOURS = SPANS[USUAL_SPAN]


def test_hours_that_no_page_shows_are_not_read(store: Store, store_url: str, tmp_path: Path) -> None:
    """Messages that say they were sent in years to come are as many hours as somebody likes."""
    run_id = add_champion(store, [])
    with store.read() as connection:
        now = live.clock(connection) // HOUR_MS
    hours = [now - HOURS - 2, now - HOURS, now, now + 1, now + 2, *range(now + 10_000, now + 10_050)]
    ids = add_messages(store, [f"message {n}" for n in range(len(hours))])
    said = pd.DataFrame({"message_id": ids, "klass": "spam", "confidence": 0.9, "hour": hours})
    store.write(lambda c: add_predictions(c, run_id, said))
    project = Project(make_folder(tmp_path, store_url))
    with look(project, Samples(project.classes)) as common:
        assert set(Reading(common, View()).predicted) == {now - HOURS, now, now + 1}
    project.close()
