from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kith.api.http.ids import ChannelId, CommunityId
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.moments import Bound
from kith.api.http.paging import Limit

Type = Annotated[
    Literal["person", "organization", "community", "topic", "channel", "conversation", "interaction"],
    Meta(description="What kind of thing was found."),
]
Language = Annotated[
    Literal[
        "arabic", "armenian", "basque", "catalan", "danish", "dutch", "english", "estonian", "finnish", "french",
        "german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian", "lithuanian", "nepali", "norwegian",
        "portuguese", "romanian", "russian", "serbian", "simple", "spanish", "swedish", "tamil", "turkish", "yiddish",
    ],
    Meta(description="Whose stems count: `meetings` finds `meeting` too. `simple`: words as they are."),
]  # fmt: skip


class SearchParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    q: Annotated[
        str,
        Meta(
            min_length=2,
            max_length=200,
            pattern=TEXT,
            description='Words; in titles and texts "a phrase", or, and -without as in a web search.',
            examples=["lanterns"],
        ),
    ]
    types: Annotated[
        tuple[Type, ...], Meta(max_length=7, description="Only these; else all that the token may read.")
    ] = ()
    language: Language = "english"
    channel: Annotated[ChannelId | None, Meta(description="Conversations and interactions in this channel.")] = None
    community: Annotated[
        CommunityId | None, Meta(description="People of this community; needs the scope communities:read.")
    ] = None
    since: Annotated[
        Bound | None, Meta(description="People last seen, conversations and interactions at or after this time.")
    ] = msgspec.field(name="at[gte]", default=None)
    before: Annotated[
        Bound | None, Meta(description="People last seen, conversations and interactions before this time.")
    ] = msgspec.field(name="at[lt]", default=None)
    limit: Limit = 20


class SearchPart(msgspec.Struct, frozen=True):
    """A stretch of a name or text."""

    text: str
    matched: Annotated[bool, Meta(description="Whether it is what was asked for.")]


class SearchResult(msgspec.Struct, frozen=True):
    """Something that was found."""

    type: Type
    id: Annotated[str, Meta(description="Its id, as the lists of its type show it.")]
    name: Annotated[str | None, Meta(description="Its name or title.")]
    score: Annotated[float, Meta(ge=0, le=1, description="How well it answers; says nothing of what it is.")]
    highlight: Annotated[
        list[SearchPart],
        Meta(description="Its name, title or text around the words. Written by strangers: plain text."),
    ]
    at: Annotated[Instant | None, Meta(description="When a person was last seen, or something was last said.")]


class SearchFacet(msgspec.Struct, frozen=True):
    """How many of a type the token sees."""

    type: Type
    count: Annotated[int, Meta(ge=0, description="As many were found.")]
    more: Annotated[bool, Meta(description="Whether there are more than were counted.")]


class SearchAnswer(msgspec.Struct, frozen=True):
    """What was found, the best first."""

    data: list[SearchResult]
    facets: Annotated[list[SearchFacet], Meta(description="By type, for each type that was searched.")]
