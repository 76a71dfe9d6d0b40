"""Boards and alert rules sent to a Grafana by its HTTP API, without touching what is not ours."""

from __future__ import annotations

from dashboards.push.api import Api, open_api
from dashboards.push.changes import Change, Plan
from dashboards.push.plan import look
from dashboards.push.send import send

__all__ = ["Api", "Change", "Plan", "look", "open_api", "send"]
