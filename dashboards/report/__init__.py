"""One account's numbers as one file to mail: the panels of the boards, and a paragraph in plain words."""

from __future__ import annotations

from dashboards.report.account import Account, find_account
from dashboards.report.page import report

__all__ = ["Account", "find_account", "report"]
