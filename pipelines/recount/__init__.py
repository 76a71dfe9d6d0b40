"""Minutes recounted from the facts, late ones in and withdrawn ones out, and sent through the log."""

from pipelines.recount.findings import Reach
from pipelines.recount.run import Recounted, recount, recount_unsettled, serve, wait_until_folded

__all__ = ["Reach", "Recounted", "recount", "recount_unsettled", "serve", "wait_until_folded"]
