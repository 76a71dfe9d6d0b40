"""The brand: whose accounts these are, what they sell, and what they want to be known for."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from pipelines.events import Network


class Account(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account of the brand's own. Its `id` decides; where only the handle is known, the handle does."""

    network: Network
    handle: str = ""
    id: str = ""


class Topic(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the brand wants to be known for. No labels are needed; a few examples make it better."""

    name: str
    description: str = ""
    keywords: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()


class Contact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody whom the brand has tagged: client, prospect, partner …"""

    network: Network
    tag: str
    handle: str = ""
    id: str = ""


class Goals(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the brand wants to reach."""

    new_contacts_per_week: int = 1


class QuietHours(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When nobody is told anything: from, until, in minutes after midnight of the brand's time zone."""

    from_minute: int
    until_minute: int


class Alerting(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is worth an alert: at most one false one in so many days, and from which change on."""

    false_alarm_days: int = 180
    smallest_effect_percent: int = 30
    quiet_hours: QuietHours | None = None
    accounts: tuple[Account, ...] = ()
    """Whose alerts are told; empty: those of every account."""
    channels: tuple[str, ...] = ()
    """Names of channels, whose addresses are in the environment; empty: all that it holds."""

    @property
    def smallest_effect(self) -> float:
        """Return the smallest change that matters, 0 to 1."""
        return self.smallest_effect_percent / 100


class Brand(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of the brand file. Without domains and offers, promotion cannot be told."""

    name: str = ""
    time_zone: str = "UTC"
    accounts: tuple[Account, ...] = ()
    own_domains: tuple[str, ...] = ()
    own_feeds: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    contacts: tuple[Contact, ...] = ()
    goals: Goals = Goals()
    alerts: Alerting = Alerting()

    @property
    def knows_promotion(self) -> bool:
        """Whether a post can be told to be promotional."""
        return bool(self.own_domains or self.offers)


NO_BRAND = Brand()

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Brand)


def encode_brand(brand: Brand) -> str:
    """Return the brand as JSON, the same text for the same content."""
    return _encoder.encode(brand).decode()


def decode_brand(content: str) -> Brand:
    """Return the brand of a `brand` event. Raises msgspec.ValidationError if it is none."""
    return _decoder.decode(content)


def brand_hash(brand: Brand) -> str:
    """Return the name of this version: 16 hexadecimal digits of its content's SHA-256."""
    return hashlib.sha256(_encoder.encode(brand)).hexdigest()[:16]
