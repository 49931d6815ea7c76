"""The desk: the one service that hands messages out and takes verdicts, each call one transaction.

Every method gives a future, done after COMMIT: a page acknowledges nothing earlier. Call `.result()` where waiting is
fine.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future

from sqlalchemy import Connection

from core.store import Store
from core.store.savepoint import savepoint
from labeling import claims, group_verdicts, tasks, verdicts
from labeling.claims import HandOut
from labeling.finishing import finish
from labeling.group_verdicts import GroupGiven, GroupTaken
from labeling.people import PersonId
from labeling.verdicts import Given, Taken

log = logging.getLogger(__name__)


class Desk:
    """The desk of a room.

    Args:
        store: the room's store.
        classes: the room's classes; a verdict names one of them.
    """

    def __init__(self, store: Store, classes: Sequence[str]) -> None:
        self._store = store
        self._classes = tuple(classes)

    def claim(self, person: PersonId, count: int = 1, queue_id: int | None = None) -> Future[list[HandOut]]:
        """Hand messages out (of one queue, or of all) until the person holds `count`; the future has all they hold."""
        return self._store.submit(lambda connection: claims.claim(connection, person, count, queue_id))

    def judge(self, person: PersonId, given: Given) -> Future[Taken]:
        """Take a label, a skip, a 'cannot tell' or a flag, or a change of mind about one of the first three."""

        def work(connection: Connection) -> Taken:
            taken = verdicts.judge(connection, person, given, self._classes)
            finish(connection)
            return taken

        return self._store.submit(work)

    def judge_and_claim(self, person: PersonId, given: Given, count: int) -> Future[tuple[Taken, list[HandOut] | None]]:
        """Take a verdict and hand out what comes next, in one transaction: half the waiting of two.

        The verdict counts whatever becomes of the claim; what was handed out is None where that failed.
        """

        def both(connection: Connection) -> tuple[Taken, list[HandOut] | None]:
            taken = verdicts.judge(connection, person, given, self._classes)
            try:
                with savepoint(connection):
                    return taken, claims.claim_next(connection, person, count)
            except Exception:
                log.exception("no messages beside a verdict")
                return taken, None

        return self._store.submit(both)

    def undo(self, person: PersonId, uuid: str) -> Future[HandOut | None]:
        """Take back the person's last verdict, or group of verdicts; the future has its message again, or None."""
        return group_verdicts.undo(self._store, person, uuid)

    def judge_group(self, person: PersonId, given: GroupGiven, spot_check_share: float) -> Future[GroupTaken]:
        """Give one verdict to the look-alikes that the person was shown, each a row of its own."""
        return group_verdicts.judge_group(self._store, person, given, self._classes, spot_check_share)

    def heartbeat(self, person: PersonId, lease_ids: Sequence[int]) -> Future[int]:
        """Hold leases on; the future has how many are still held."""
        return self._store.submit(lambda connection: claims.heartbeat(connection, person, lease_ids))

    def release(self, person: PersonId, lease_ids: Sequence[int]) -> Future[int]:
        """Give messages back unjudged; the future has how many were held."""
        return self._store.submit(lambda connection: claims.release(connection, person, lease_ids))

    def reap(self) -> Future[int]:
        """Take expired leases back; claims do it too."""
        return self._store.submit(tasks.reap)
