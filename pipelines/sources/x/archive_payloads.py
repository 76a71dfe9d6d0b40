"""The members of the files in X's own archive that are read; numbers stand there as texts."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType

from pipelines.sources.entities import Id
from pipelines.sources.x.v1_payloads import Status


class Wrapped(Struct, gc=False):
    """An element of `tweets.js`; the archives before 2019 have the post itself."""

    tweet: msgspec.Raw | UnsetType = UNSET


class EditControl(Struct, gc=False, rename="camel"):
    edit_tweet_ids: list[str] | None = None


class Edit(Struct, gc=False, rename="camel"):
    edit_control_initial: EditControl | None = None


class EditInfo(Struct, gc=False):
    initial: EditControl | None = None
    edit: Edit | None = None


class SourceMedia(Struct, gc=False):
    source_status_id_str: Id | None = None
    source_status_id: Id | None = None


class SourceEntities(Struct, gc=False):
    media: list[SourceMedia] | None = None


class More(Struct, gc=False):
    """What an archived post has beside what v1.1 has."""

    edit_info: EditInfo | None = None
    extended_entities: SourceEntities | None = None


class AccountOf(Struct, gc=False, rename="camel"):
    account_id: Id
    username: str = ""
    account_display_name: str = ""
    created_at: str | None = None


class AccountEntry(Struct, gc=False):
    account: AccountOf


class Description(Struct, gc=False):
    bio: str = ""
    website: str = ""


class ProfileOf(Struct, gc=False):
    description: Description | None = None


class ProfileEntry(Struct, gc=False):
    profile: ProfileOf


class ArchiveInfo(Struct, gc=False, rename="camel"):
    generation_date: str | None = None


class Manifest(Struct, gc=False, rename="camel"):
    archive_info: ArchiveInfo | None = None


class NoteUrl(Struct, gc=False, rename="camel"):
    expanded_url: str | None = None
    short_url: str | None = None


class NoteMention(Struct, gc=False, rename="camel"):
    screen_name: str | None = None


class NoteHashtag(Struct, gc=False):
    text: str | None = None


class NoteCore(Struct, gc=False):
    text: str
    urls: list[NoteUrl] | None = None
    mentions: list[NoteMention] | None = None
    hashtags: list[NoteHashtag] | None = None


class Note(Struct, gc=False, rename="camel"):
    created_at: str
    core: NoteCore


class NoteEntry(Struct, gc=False, rename="camel"):
    note_tweet: Note


status_decoder = msgspec.json.Decoder(Status, strict=False)
more_decoder = msgspec.json.Decoder(More)
wrapped_decoder = msgspec.json.Decoder(Wrapped)
accounts_decoder = msgspec.json.Decoder(list[AccountEntry])
profiles_decoder = msgspec.json.Decoder(list[ProfileEntry])
manifest_decoder = msgspec.json.Decoder(Manifest)
note_decoder = msgspec.json.Decoder(NoteEntry)
