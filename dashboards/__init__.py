"""The boards, and the two faces that draw them: Grafana and a local page."""

from __future__ import annotations

from dashboards.alerts import ALERTS
from dashboards.compare import COMPARE
from dashboards.consistency import CONSISTENCY
from dashboards.content import CONTENT
from dashboards.conversation import CONVERSATION
from dashboards.health import HEALTH
from dashboards.interaction import INTERACTION
from dashboards.overview import OVERVIEW
from dashboards.panels import Dashboard

DASHBOARDS: tuple[Dashboard, ...] = (
    OVERVIEW,
    INTERACTION,
    CONVERSATION,
    CONTENT,
    CONSISTENCY,
    ALERTS,
    COMPARE,
    HEALTH,
)
