"""The REST API, below api/v1: labels, queues, verdicts, models, for scripts."""

from __future__ import annotations

import re

from dashboard.routes.api.base import ApiHandler
from dashboard.routes.api.desk import QueueMessages, Queues, Verdicts
from dashboard.routes.api.labels import Labels, LabelSets
from dashboard.routes.api.live import Live
from dashboard.routes.api.models import Runs, Score, TheChampion
from dashboard.routes.api.openapi import OpenApi
from dashboard.routes.api.rules import Rules

HANDLERS: tuple[type[ApiHandler], ...] = (
    Labels,
    LabelSets,
    Queues,
    QueueMessages,
    Verdicts,
    Runs,
    TheChampion,
    Score,
    Live,
    Rules,
    OpenApi,
)
API_ROUTES = tuple((re.sub(r"{\w+}", "(.+)", f"/api/v1{handler.path}"), handler) for handler in HANDLERS)

__all__ = ["API_ROUTES", "HANDLERS", "ApiHandler"]
