"""The boards, and the two faces that draw them: Grafana and a local page."""

from __future__ import annotations

from dashboards.overview import OVERVIEW
from dashboards.panels import Dashboard

DASHBOARDS: tuple[Dashboard, ...] = (OVERVIEW,)
