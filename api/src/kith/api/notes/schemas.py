from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import NoteId, encode
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.shapes import shape
from kith.api.subjects import About, AboutBody, SubjectParams, shown
from kith.store import notes as store

Text = Annotated[
    str,
    Meta(
        min_length=1, max_length=20_000, pattern=TEXT, description="Text of the note.",
        examples=["Prefers to be called."],
    ),
]  # fmt: skip


class NotesParams(SubjectParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class NoteCreate(AboutBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A note to write."""

    text: Text


class NotePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note to change."""

    text: Text


class Note(About, frozen=True):
    """A note on a person, a relationship or an organization."""

    id: NoteId
    text: Text
    author: Annotated[
        str, Meta(description="Member, app or token that wrote it.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])
    ]
    created_at: Annotated[Instant, Meta(description="When it was written.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]

    @classmethod
    def of(cls, row: store.Note) -> "Note":
        return shape(cls, row, id=encode("note", row.id), **shown(row))
