"""`rapport erase` carried out: the order into the log, stubs and deletions in ClickHouse, and the proof.

    order ──▶ log ──▶ workers obey ──▶ work list ──▶ stubs in, names out ──▶ old parts off the disk ──▶ proof

Cut short anywhere, it can be begun again: the work list keeps whom it is about until every table is done.
"""

from pipelines.forgetting.proof import Proof
from pipelines.forgetting.run import erase

__all__ = ["Proof", "erase"]
