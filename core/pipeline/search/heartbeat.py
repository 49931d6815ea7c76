"""That a search's process lives, told to the store every few seconds: who is silent is taken for dead by the others."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from core.errors import TallyroomError
from core.store import Store
from core.store.records.trials import beat

BEAT_SECONDS = 2.0
log = logging.getLogger(__name__)


class Heartbeat:
    """A thread that tells it, from the beginning to the end of a search."""

    def __init__(self, store: Store, search_id: int) -> None:
        self._store = store
        self._search_id = search_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="search-heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                if not self._store.write(lambda connection: beat(connection, self._search_id)):
                    return  # it is over
            except TallyroomError as error:  # the store is away, or the task is somebody else's
                log.info("search %s cannot tell that it lives: %s", self._search_id, error)
            except Exception:  # a full disk, say, for a moment: who falls silent for good is closed by the others
                log.exception("search %s cannot tell that it lives", self._search_id)
