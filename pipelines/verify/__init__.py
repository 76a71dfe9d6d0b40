"""Prove on the stored data that nothing was lost or counted twice, and that numbers follow from facts."""

from pipelines.verify.proof import verify
from pipelines.verify.report import VERDICTS, Finding, Report

__all__ = ["VERDICTS", "Finding", "Report", "verify"]
