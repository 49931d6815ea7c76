"""The routes beside Bokeh's own, below each app.

They are added to Bokeh's list of routes an app has (as Panel adds its own), so that they are there through
`tallyroom serve`, `panel serve bokeh_app` and `bokeh serve bokeh_app` alike. Import this before a server is built.
"""

from __future__ import annotations

from bokeh.server.urls import per_app_patterns

from dashboard.routes.alarms import Acknowledge, Alarms
from dashboard.routes.api import API_ROUTES
from dashboard.routes.assets import Assets
from dashboard.routes.at_desk import PeopleAtDesk
from dashboard.routes.base import Handler
from dashboard.routes.changed import Changes
from dashboard.routes.compare import READS
from dashboard.routes.compare_acts import ACTS
from dashboard.routes.compare_feed import COMPARE_FEED
from dashboard.routes.desk import Claim, DeskSocket, Heartbeat, History, Judge, Panel, Translation, Undo, WholeMessage
from dashboard.routes.door import Door, Leave, Me
from dashboard.routes.drift import DriftWords
from dashboard.routes.feed import FeedSocket
from dashboard.routes.health import Health
from dashboard.routes.lookalikes import GroupChecks, JudgeGroup, Lookalikes, OpenGroup
from dashboard.routes.messages import MESSAGES_ROUTES
from dashboard.routes.metrics import Metrics
from dashboard.routes.office import OFFICE_ROUTES
from dashboard.routes.people import PEOPLE_ROUTES
from dashboard.routes.pipeline import PIPELINE_ROUTES
from dashboard.routes.provider import FromProvider, ToProvider
from dashboard.routes.queues import QUEUES_ROUTES
from dashboard.routes.registry import REGISTRY_ROUTES
from dashboard.routes.rules import RULES_ROUTES
from dashboard.routes.search import SEARCH_ROUTES
from dashboard.routes.state import LiveStateRoute

ROUTES = (
    (r"/door", Door),
    (r"/door/provider", ToProvider),
    (r"/door/callback", FromProvider),
    (r"/leave", Leave),
    (r"/me.json", Me),
    (r"/assets/([0-9a-f]+)/(.+)", Assets),
    (r"/feed", FeedSocket),
    (r"/healthz", Health),
    (r"/metrics", Metrics),
    (r"/state/live.json", LiveStateRoute),
    (r"/drift/words.json", DriftWords),
    (r"/at-desk.json", PeopleAtDesk),
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
    (r"/desk/message.txt", WholeMessage),
    (r"/desk/changed.json", Changes),
    (r"/desk/feed", DeskSocket),
    (r"/alarms.json", Alarms),
    (r"/alarms/acknowledge", Acknowledge),
    *PEOPLE_ROUTES,
    *QUEUES_ROUTES,
    *OFFICE_ROUTES,
    *MESSAGES_ROUTES,
    *READS,
    *ACTS,
    *COMPARE_FEED,
    *PIPELINE_ROUTES,
    *REGISTRY_ROUTES,
    *RULES_ROUTES,
    *SEARCH_ROUTES,
    *API_ROUTES,
)
for _pattern, _handler in ROUTES:
    if issubclass(_handler, Handler):
        _handler.pattern = _pattern.replace("(.+)", "*").replace("([0-9a-f]+)", "*")

__all__ = ["ROUTES", "Handler", "register"]


def register() -> None:
    """Add the routes; safe to repeat."""
    from dashboard.access.guard import guarded  # here: the guard is made of our routes' base

    ours = {route[0] for route in ROUTES}
    # In front: Bokeh takes the first pattern that fits. What is Bokeh's own gets the guard in front.
    per_app_patterns[:] = [*ROUTES, *(guarded(pattern) for pattern in per_app_patterns if pattern[0] not in ours)]
