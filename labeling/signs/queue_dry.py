"""Whether there is anything left to hand out."""

from __future__ import annotations

import math
from typing import ClassVar

from labeling.listing import queues
from labeling.models import QueueState
from labeling.signs.sign import Look, Measured, Sign


class QueueDry(Sign):
    """Messages that nobody has in hand, in the queue that the rule names or in all that are open."""

    name: ClassVar[str] = "queue_dry"
    title: ClassVar[str] = "A queue (or all together) has fewer messages to hand out than the limit"
    usual: ClassVar[float] = 1.0
    of_queue: ClassVar[bool] = True

    def measure(self, look: Look) -> Measured | None:
        """A queue that was closed or paused on purpose is not dry."""
        known = queues(look.connection, look.dataset)
        asked = [queue for queue in known if queue.name == look.queue] if look.queue else known
        if look.queue and not asked:
            return Measured(0.0, f"there is no queue {look.queue}")
        opened = [queue for queue in asked if queue.state == QueueState.OPEN]
        if look.queue and not opened:
            return Measured(math.inf, f"the queue {look.queue} is {asked[0].state}")
        left = sum(max(0, queue.total - queue.done - queue.held) for queue in opened)
        where = f"the queue {look.queue}" if look.queue else f"the {len(opened)} open queues together"
        return Measured(float(left), f"{where} can hand out {left:,} more messages", {"left": left})
