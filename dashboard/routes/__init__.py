"""The routes beside Bokeh's own, below each app.

They are added to Bokeh's list of routes an app has (as Panel adds its own), so that they are there through
`tallyroom serve`, `panel serve bokeh_app` and `bokeh serve bokeh_app` alike. Import this before a server is built.
"""

from __future__ import annotations

from bokeh.server.urls import per_app_patterns

from dashboard.routes.api import API_ROUTES
from dashboard.routes.base import Handler
from dashboard.routes.changed import Changes
from dashboard.routes.desk import Claim, Heartbeat, History, Judge, Panel, Translation, Undo
from dashboard.routes.door import Door, Leave
from dashboard.routes.feed import FeedSocket
from dashboard.routes.health import Health
from dashboard.routes.lookalikes import GroupChecks, JudgeGroup, Lookalikes, OpenGroup
from dashboard.routes.messages import Messages
from dashboard.routes.office import Decide, OfficeState
from dashboard.routes.queues import ChangeQueue, MakeQueue, QueuesState
from dashboard.routes.state import LiveStateRoute

ROUTES = (
    (r"/door", Door),
    (r"/leave", Leave),
    (r"/feed", FeedSocket),
    (r"/healthz", Health),
    (r"/messages.json", Messages),
    (r"/state/live.json", LiveStateRoute),
    (r"/desk/claim", Claim),
    (r"/desk/verdict", Judge),
    (r"/desk/undo", Undo),
    (r"/desk/heartbeat", Heartbeat),
    (r"/desk/panel.json", Panel),
    (r"/desk/history.json", History),
    (r"/desk/lookalikes", Lookalikes),
    (r"/desk/lookalikes/open", OpenGroup),
    (r"/desk/lookalikes/judge", JudgeGroup),
    (r"/desk/lookalikes/checks.json", GroupChecks),
    (r"/desk/translation", Translation),
    (r"/queues.json", QueuesState),
    (r"/queues/make", MakeQueue),
    (r"/queues/change", ChangeQueue),
    (r"/desk/changed.json", Changes),
    (r"/office.json", OfficeState),
    (r"/office/decide", Decide),
    *API_ROUTES,
)

__all__ = ["ROUTES", "Handler", "register"]


def register() -> None:
    """Add the routes; safe to repeat."""
    known = {pattern[0] for pattern in per_app_patterns}
    # In front: Bokeh takes the first pattern that fits.
    per_app_patterns[:0] = [route for route in ROUTES if route[0] not in known]
