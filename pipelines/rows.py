"""What the fold gives: facts with what was decided about them, and rows to be stored."""

from __future__ import annotations

from msgspec import Struct, field

from pipelines.alerts.change import Change
from pipelines.events import (
    BrandVersion,
    Click,
    Conversion,
    Delete,
    Edit,
    Effort,
    Follow,
    Gap,
    Like,
    Post,
    PostStats,
    Profile,
    Unfollow,
    Vote,
)
from pipelines.maturity import AGE_NAMES, Maturing, Reactions
from pipelines.window_rows import WindowBlock

Act = Like | Follow | Unfollow | Click | Conversion | Effort | Vote

OFFSET_BITS, INDEX_BITS = 40, 16
EPOCH_SHIFT = OFFSET_BITS + INDEX_BITS


def version_of(epoch: int, offset: int, index: int) -> int:
    """Return a row's version: epoch (8 bits), offset (40), index of the document in its message (16)."""
    return (epoch << (OFFSET_BITS + INDEX_BITS)) | (offset << INDEX_BITS) | index


def offset_of(version: int) -> int:
    """Return the offset in a version."""
    return (version >> INDEX_BITS) & ((1 << OFFSET_BITS) - 1)


def in_epoch_of(version: int, place: int) -> int:
    """Return a place in the log, told in whatever epoch, in the epoch of a version of the same log."""
    return (version >> EPOCH_SHIFT << EPOCH_SHIFT) | (place & ((1 << EPOCH_SHIFT) - 1))


class Decision(Struct, frozen=True):
    """What was decided about any fact: its place in the log, the watermark then (None: no tick), if late.

    `counted`: of a deletion, whether it counted in `deleted_posts` when it arrived.
    """

    version: int
    watermark: int | None
    late: bool
    counted: bool = False


class PostDecision(Struct, frozen=True, kw_only=True):
    """What was decided about a post. `adds_*`: 1 where it adds to the measure of its (thread's) headline.

    `counted`: when it arrived. `thread_place`: how many posts of its thread were known before it.
    `fingerprint`: by which near-duplicates are told; 0: by none.
    """

    version: int
    watermark: int | None
    late: bool
    counted: bool
    brand: str
    kind: str
    relation: str
    asks: bool
    has_mention: bool
    has_link: bool
    promotional: bool
    cross_post: bool
    fingerprint: int
    near_duplicate: bool
    relevance_milli: int | None
    topic: str
    on_topic: bool
    root: int
    thread_place: int
    adds_link: bool
    adds_promotion: bool
    adds_broadcast: bool


class MaturedRow(Struct, frozen=True, kw_only=True):
    """An own post at an age. `reactions` is None where nobody told its counts by then."""

    network: str
    account: str
    id: str
    age: str
    due_at: int
    occurred_at: int
    kind: str
    relevance_milli: int | None
    on_topic: bool
    followers: int | None
    reactions: Reactions | None
    version: int
    late: bool = False
    """Decided by a recount: of these rows the newest stays."""

    @classmethod
    def of(cls, network: str, account: str, maturing: Maturing, *, at: int, version: int) -> MaturedRow:
        """Return the row of a post that reached an age; `at`: when it is counted."""
        post = maturing.post
        return cls(
            network=network,
            account=account,
            id=post.id,
            age=AGE_NAMES[maturing.age_ms],
            due_at=at,
            occurred_at=post.occurred_at,
            kind=post.kind,
            relevance_milli=post.relevance_milli,
            on_topic=post.on_topic,
            followers=post.followers,
            reactions=maturing.reactions,
            version=version,
        )


class AlertRow(Struct, frozen=True):
    """The state of one alert of an account, as it was known at `version`."""

    network: str
    account: str
    change: Change
    version: int


class BatchCounts(Struct):
    """The ledger of one message: every document is one of these."""

    documents: int = 0
    facts: int = 0
    duplicates: int = 0
    late: int = 0
    dead: int = 0
    control: int = 0
    erased: int = 0
    skipped: int = 0


class LedgerRow(Struct, frozen=True):
    """One message of one partition, accounted for."""

    epoch: int
    partition: int
    offset: int
    counts: BatchCounts


class RecountRow(Struct, frozen=True, kw_only=True):
    """A minute of an account that was set anew.

    `upto`: the place of the last document whose facts were read, in the epoch of `version`.
    """

    network: str
    account: str
    minute: int
    upto: int
    facts_written_s: int
    recounted_at: int
    version: int


class Erasure(Struct, frozen=True):
    """Somebody or something that was erased, by its HMAC, and where the log says so."""

    digest: str
    version: int


class BrandRow(Struct, frozen=True):
    """A version of the brand file, as a partition met it."""

    event: BrandVersion
    partition: int
    version: int


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A document that can never be counted: where it stood, why, and how it begins."""

    epoch: int
    partition: int
    offset: int
    index: int
    source: str
    place: str
    reason: str
    document: str
    at: int


class Rows(Struct):
    """Everything to be inserted, gathered between two flushes."""

    posts: list[tuple[Post, PostDecision]] = field(default_factory=list)
    post_stats: list[tuple[PostStats, Decision]] = field(default_factory=list)
    profiles: list[tuple[Profile, Decision]] = field(default_factory=list)
    interactions: list[tuple[Act, Decision]] = field(default_factory=list)
    post_edits: list[tuple[Edit, Decision]] = field(default_factory=list)
    deletions: list[tuple[Delete, Decision]] = field(default_factory=list)
    matured: list[MaturedRow] = field(default_factory=list)
    alerts: list[AlertRow] = field(default_factory=list)
    windows: list[WindowBlock] = field(default_factory=list)
    brands: list[BrandRow] = field(default_factory=list)
    gaps: list[tuple[Gap, Decision]] = field(default_factory=list)
    recounts: list[RecountRow] = field(default_factory=list)
    erasures: list[Erasure] = field(default_factory=list)
    ledger: list[LedgerRow] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)

    def __len__(self) -> int:
        lists = (getattr(self, name) for name in self.__struct_fields__ if name != "windows")
        return sum(map(len, lists)) + sum(map(len, self.windows))


class Heartbeat(Struct, frozen=True, kw_only=True):
    """A part is alive: `name` is the source of an ingest or the partition of a worker.

    `every_s`: ingest: seconds between two ticks; worker: between two heartbeats. `poll_s`: seconds between
    two polls of counts; None: it does not poll. `snapshot_at`: when all counts that were due had been read.
    `watermark`: until when it knows everything.
    """

    part: str
    name: str
    network: str
    every_s: float
    at: int
    poll_s: float | None = None
    snapshot_at: int | None = None
    watermark: int | None = None


class Figure(Struct, frozen=True, kw_only=True):
    """What a part counts of itself at an instant; `partition` -1: the part as a whole."""

    at: int
    part: str
    name: str
    value: float
    partition: int = -1
