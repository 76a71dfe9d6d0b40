"""One partition of the log: its position, its clocks, its brand, and its accounts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pipelines.account import AccountState
from pipelines.brand import NO_BRAND, decode_brand
from pipelines.checkpoint import AccountCheckpoint, Checkpoint, Position
from pipelines.dues import Dues, Key
from pipelines.errors import Fatal
from pipelines.events import AnyEvent, BrandVersion, Erase, Event, Forgotten, Gap, Post, Recount, Tick
from pipelines.metrics.vectors import Vector
from pipelines.own_posts import Arrival, Scored
from pipelines.recounting import minutes_needed, take_recount, unknown_measures
from pipelines.resting import Resting
from pipelines.rows import (
    INDEX_BITS,
    BatchCounts,
    BrandRow,
    DeadLetter,
    Decision,
    Rows,
    offset_of,
    version_of,
)
from pipelines.scoring.post import BrandRules, features_of, rules_of
from pipelines.settling import settle_windows

Relevance = tuple[int | None, str, bool]
"""Relevance in thousandths (None: not scored), its topic, whether it reaches the threshold."""
NOT_SCORED: Relevance = (None, "", False)


class PartitionState:
    """What must be known to fold the next message of one partition."""

    def __init__(self, partition: int, epoch: int, position: Position | None) -> None:
        self.partition = partition
        self.epoch = epoch
        self.offset = -1
        self.version = 0
        self.watermarks: dict[str, int] = {}
        self.brand_content = ""
        self.rules: BrandRules = rules_of(NO_BRAND)
        self.fresh = self.whole_from = 0
        if position is not None:
            self._resume(position)
        self.accounts: dict[Key, AccountState] = {}
        self._resting = Resting()
        self._dues = Dues()
        self._changed: set[Key] = set()
        self._saved_minutes: dict[Key, dict[int, Vector]] = {}

    def _resume(self, position: Position) -> None:
        self.version = position.version
        if position.version >> 56 == self.epoch:
            self.offset = position.offset
        self.watermarks = dict(position.watermarks)
        self.fresh, self.whole_from = position.fresh, position.whole_from
        self.brand_content = position.brand
        self.rules = rules_of(decode_brand(position.brand) if position.brand else NO_BRAND)

    @property
    def oldest_version(self) -> int:
        """What was saved at a lower version is of no meaning here: a replay began after it."""
        return version_of(self.fresh, 0, 0)

    # ---- accounts that are elsewhere -------------------------------------------------------------

    def expect(self, network: str, account: str, version: int, next_due: int | None) -> None:
        """Note that an account has been saved; it is loaded when something happens to it."""
        if version < self.oldest_version:
            return
        self._resting.add((network, account), version)
        self._dues.set((network, account), next_due)

    def missing(self, events: Iterable[AnyEvent | None]) -> list[Key]:
        """Return the saved accounts that must be loaded before these events are folded."""
        return self._resting.needed_by(events, self._dues)

    def recent(self, most: int) -> list[Key]:
        """Return the saved accounts that are elsewhere and changed last."""
        return self._resting.recent(most)

    def install(self, states: Iterable[AccountState]) -> None:
        """Take accounts that were loaded."""
        for state in states:
            key = (state.network, state.account)
            self.accounts[key] = state
            self._resting.discard(key)

    def minutes_missing(self, events: Iterable[AnyEvent | None]) -> dict[Key, int]:
        """Return whose saved minutes must be given before these events are folded, and from when on."""
        needed: dict[Key, int] = {}
        for event in events:
            if isinstance(event, Recount):
                key = (event.network, event.subject)
                since = minutes_needed(event, self._head_of(key))
                needed[key] = min(since, needed.get(key, since))
        return needed

    def give_minutes(self, key: Key, minutes: dict[int, Vector]) -> None:
        """Take an account's saved minutes, until the next message is folded."""
        self._saved_minutes[key] = minutes

    def _head_of(self, key: Key) -> int:
        state = self.accounts.get(key)
        return self.watermarks.get(key[0], 0) if state is None else state.head

    def let_go(self, keep: int) -> None:
        """Drop accounts that are saved and unchanged, oldest first, until `keep` are left."""
        for key in list(self.accounts):
            if len(self.accounts) <= keep:
                return
            if key not in self._changed:
                self._resting.add(key, self.accounts.pop(key).version)

    # ---- one message -----------------------------------------------------------------------------

    def check_offset(self, offset: int) -> bool:
        """Tell whether a message is new (False: it is folded already). Raises Fatal where one is missing."""
        if offset <= self.offset:
            return False
        if offset != self.offset + 1:
            raise Fatal(
                f"partition {self.partition}: offset {offset} came after {self.offset}; what lies between is"
                " missing from the log, so going on would lose it"
            )
        return True

    def fold(
        self,
        offset: int,
        events: Sequence[AnyEvent | None],
        relevances: Sequence[Relevance],
        rows: Rows,
        told_as: Mapping[int, int] | None = None,
    ) -> BatchCounts:
        """Fold the events of one message (None: a dead letter) and move the position behind it.

        `told_as`: of events that are stubs, by index, the identity of what was told.
        """
        told_as = told_as or {}
        counts, windows = BatchCounts(documents=len(events)), len(rows.windows)
        for index, (event, relevance) in enumerate(zip(events, relevances, strict=True)):
            version = version_of(self.epoch, offset, index)
            if event is None:
                counts.dead += 1
            elif isinstance(event, Forgotten):
                counts.erased += 1
            elif isinstance(event, Tick | BrandVersion | Gap | Erase):
                if self._control(event, version, rows):
                    counts.control += 1
                else:
                    counts.dead += 1
            elif isinstance(event, Recount) and unknown_measures(event):
                counts.dead += 1
                reason = f"`$.minutes`: no measure is named {', '.join(sorted(unknown_measures(event)))}"
                rows.dead_letters.append(self._dead_letter(event, version, reason, ""))
            else:
                arrival = Arrival(version, self.watermarks.get(event.network), self.rules, told_as.get(index))
                self._count(self._fold_event(event, relevance, arrival, rows), counts)
            self.version = version
        self.offset = offset
        self._saved_minutes = {}
        if self.whole_from:
            rows.windows[windows:] = [block.begun_since(self.whole_from) for block in rows.windows[windows:]]
        return counts

    @staticmethod
    def _count(outcome: str, counts: BatchCounts) -> None:
        match outcome:
            case "fact":
                counts.facts += 1
            case "late":
                counts.late += 1
            case "duplicate":
                counts.duplicates += 1
            case "control":
                counts.control += 1
            case _:
                counts.skipped += 1

    def _fold_event(self, event: AnyEvent, relevance: Relevance, arrival: Arrival, rows: Rows) -> str:
        key, version = (event.network, event.subject), arrival.version
        state = self.accounts.get(key)
        if state is None:
            if key in self._resting:
                raise Fatal(f"{key} has an event but was not loaded")
            # before the first tick nothing is settled, whatever the order of the events
            head = arrival.watermark or 0
            state = self.accounts[key] = AccountState(*key, head=head)
        if version <= state.version:
            return "skipped"
        if isinstance(event, Recount):
            take_recount(state, event, self._saved_minutes.get(key, {}), version, rows)
            outcome = "control"
        else:
            scored = Scored(features_of(event, self.rules), *relevance) if isinstance(event, Post) else None
            outcome = state.fold(event, scored, arrival, rows)
        if outcome != "duplicate":
            self._changed.add(key)
            self._dues.set(key, state.next_due())
        return outcome

    def _control(self, event: AnyEvent, version: int, rows: Rows) -> bool:
        """Take a control event; False where it is none that anybody could obey."""
        if isinstance(event, BrandVersion):
            return self._take_brand(event, version, rows)
        if isinstance(event, Tick):
            self._tick(event.network, event.occurred_at, version, rows)
        elif isinstance(event, Erase):
            self._forget((event.network, event.id))
        elif isinstance(event, Gap) and event.until > event.occurred_at:
            rows.gaps.append((event, Decision(version, self.watermarks.get(event.network), late=False)))
        return True

    def _forget(self, key: Key) -> None:
        """Drop an account that was erased: nothing of it is loaded or saved any more."""
        self.accounts.pop(key, None)
        self._resting.discard(key)
        self._dues.set(key, None)
        self._changed.discard(key)

    def _take_brand(self, event: BrandVersion, version: int, rows: Rows) -> bool:
        try:
            brand = decode_brand(event.content)
        except msgspec.DecodeError as error:  # the brand before stays
            rows.dead_letters.append(
                self._dead_letter(event, version, f"`$.content`: {error}", event.content)
            )
            return False
        self.brand_content = event.content
        self.rules = rules_of(brand)
        rows.brands.append(BrandRow(event, self.partition, version))
        return True

    def _dead_letter(self, event: Event, version: int, reason: str, document: str) -> DeadLetter:
        offset, index = offset_of(version), version & ((1 << INDEX_BITS) - 1)
        return DeadLetter(
            epoch=self.epoch,
            partition=self.partition,
            offset=offset,
            index=index,
            source="worker",
            place=f"partition {self.partition}, offset {offset}, document {index}",
            reason=reason,
            document=document[:1_000],
            at=event.ingested_at,
        )

    def _tick(self, network: str, at: int, version: int, rows: Rows) -> None:
        if at <= self.watermarks.get(network, -1):
            return
        self.watermarks[network] = at
        due = {key: self._loaded(key) for key in self._dues.take(network, at)}
        passing = {key: state for key, state in due.items() if version > state.version}
        for state in passing.values():
            state.pass_time(at, version, rows, self.rules.brand.alerts)
        settle_windows([*passing.values()], at, rows)
        self._changed.update(passing)
        for key, state in due.items():
            self._dues.set(key, state.next_due())

    def _loaded(self, key: Key) -> AccountState:
        state = self.accounts.get(key)
        if state is None:
            raise Fatal(f"{key} is due but was not loaded")
        return state

    # ---- saved -----------------------------------------------------------------------------------

    def take_checkpoint(self) -> Checkpoint | None:
        """Return everything that changed since the last one; None if the position has not moved at all."""
        if self.offset < 0:
            return None
        accounts = tuple(self._account_checkpoints())
        self._changed = set()
        position = Position(
            self.partition,
            self.version,
            self.offset,
            dict(self.watermarks),
            self.rules.hash,
            self.brand_content,
            self.fresh,
            self.whole_from,
        )
        return Checkpoint(accounts, position)

    def _account_checkpoints(self) -> Iterable[AccountCheckpoint]:
        return (self.accounts[key].take_checkpoint() for key in sorted(self._changed))
