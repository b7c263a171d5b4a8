"""Where the people of a group or a community meet."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from kith.api.dialogue.schemas import AsOf, Months
from kith.api.http.coverage import get_coverage, seen_until
from kith.api.http.ids import encode, from_path
from kith.api.http.kinds import Instant
from kith.api.http.paging import CoveredPage, Listing, after, covered_page
from kith.api.refs import ChannelRef
from kith.api.selections import identities_of_people, pattern, people_of
from kith.store import meeting as store
from kith.store.db import Db
from kith.store.meeting import MeetingChannel as Row

PEOPLE = 10_000
_MONTH = timedelta(days=30)


class MeetingParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    other: Annotated[
        Annotated[str, Meta(pattern=pattern("group", "community"))] | None,
        Meta(description="Count the conversations shared with this group or community."),
    ] = msgspec.field(name="with", default=None)
    months: Months = 12
    as_of: AsOf = None


class MeetingChannel(msgspec.Struct, frozen=True):
    """What people of a group or community do in a channel."""

    channel: ChannelRef
    conversations: Annotated[int, Meta(ge=1, description="Conversations in which they acted.")]
    people: Annotated[int, Meta(ge=1, description="How many of them acted.")]
    acts: Annotated[int, Meta(ge=1, description="What they did: talk and help.")]
    shared: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="Conversations in which people of `with` acted, too; null without `with`."),
    ]
    months: Annotated[list[int], Meta(description="Conversations with an act of theirs, by month, the oldest first.")]
    us_at: Annotated[
        Instant | None, Meta(description="The last act of our group `team` in it until then; null: we are not there.")
    ]

    @classmethod
    def of(cls, row: Row, *, compared: bool) -> "MeetingChannel":
        channel = ChannelRef(encode("channel", row.channel_id), row.name)
        shared = row.shared if compared else None
        return cls(channel, row.conversations, row.people, row.acts, shared, row.months, row.us_at)


@get(
    "/v1/groups/{group_id:str}/channels",
    operation_id="listChannelsOfGroup",
    tags=["groups"],
    scopes=["groups:read", "channels:read", "dialogue:read"],
    errors=["not_found"],
    cost=20,
)
async def list_channels_of_group(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    group_id: FromPath[str],
    params: NamedDependency[MeetingParams],
) -> Response[CoveredPage[MeetingChannel]]:
    """List the channels in which a group meets.

    Those with most conversations first, month by month, and whether we are there.
    """
    return await _list(request, db, workspace_id, encode("group", from_path("group", group_id)), params)


@get(
    "/v1/communities/{community_id:str}/channels",
    operation_id="listChannelsOfCommunity",
    tags=["communities"],
    scopes=["communities:read", "channels:read", "dialogue:read"],
    errors=["not_found"],
    cost=20,
)
async def list_channels_of_community(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    community_id: FromPath[str],
    params: NamedDependency[MeetingParams],
) -> Response[CoveredPage[MeetingChannel]]:
    """List the channels in which a community meets.

    Those with most conversations first, month by month, and whether we are there.
    """
    return await _list(request, db, workspace_id, encode("community", from_path("community", community_id)), params)


async def _list(
    request: Request[Any, Any, Any], db: Db, workspace_id: UUID, id_: str, params: MeetingParams
) -> Response[CoveredPage[MeetingChannel]]:
    mine, theirs = [
        await identities_of_people(db, workspace_id, await people_of(db, workspace_id, text, name, PEOPLE))
        if text
        else []
        for text, name in ((id_, "id"), (params.other, "with"))
    ]
    key = after(request, params, tuple[int, UUID])
    starts = _starts((await seen_until(db, workspace_id, params.as_of)).date(), params.months)
    found = await store.list_channels(db, workspace_id, mine, theirs, starts)
    rows = [row for row in found if key is None or (-row.conversations, row.channel_id) > (-key[0], key[1])]
    return covered_page(
        request,
        params,
        rows[: params.limit + 1],
        lambda row: MeetingChannel.of(row, compared=params.other is not None),
        lambda row: (row.conversations, row.channel_id),
        await get_coverage(db, workspace_id),
    )


def _starts(until: date, months: int) -> list[datetime]:
    """Return where each month begins, and where the last one ends: with a day."""
    end = datetime.combine(until, time.max, UTC)
    fit = min(months, (end - datetime.min.replace(tzinfo=UTC)) // _MONTH)
    return [end - n * _MONTH for n in range(fit, -1, -1)]


ROUTES = [list_channels_of_group, list_channels_of_community]
