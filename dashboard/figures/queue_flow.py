"""The queues: what waits, what is done, how fast it goes and when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dashboard.figures.figure import Figure, Rows
from labeling.models import QueueState
from labeling.queue_list import queue_rows

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource

    from dashboard.reading import Reading


class QueueFlowFigure(Figure):
    """A bar a queue that is not closed, and who is at a desk: numbers for all, names for leads."""

    name: ClassVar[str] = "queue_flow"
    title: ClassVar[str] = "Queues"
    note: ClassVar[str] = "done of all, pace of the last hour, when it ends"
    empty: ClassVar[str] = "There is no open queue. A lead makes one on the Queues page."
    panes: ClassVar[frozenset[str]] = frozenset({"flow"})
    place: ClassVar[int] = 20
    script: ClassVar[str] = "queue_flow.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"verdict", "queued", "queue"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """No Bokeh source."""
        return {}

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row a queue; the first is handed out first."""
        found = queue_rows(reading.connection, reading.common.project.dataset_id, closed=0)
        return {
            "rows": {
                str(row.queue_id): {
                    "name": row.name,
                    "paused": row.state != QueueState.OPEN,
                    "total": row.total,
                    "done": row.done,
                    "held": row.held,
                    "pace": row.pace,
                    "left": row.left,
                    "done_at": row.done_at,
                    "in_time": row.in_time,
                }
                for row in found
            }
        }

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """How many are at a desk."""
        office = reading.common.office
        return {
            "flow-people": f"{office.people:,}",
            "flow-simulated": f"and {office.simulated:,} simulated" if office.simulated else "in the last ten minutes",
        }

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:  # noqa: ARG002 - it has none
        """Nothing of Bokeh's."""
        return None
