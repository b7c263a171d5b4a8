from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.coverage import get_coverage, seen_until
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.shapes import shape
from kith.api.presence.schemas import OneOfUs, PresenceInChannel, PresenceParams
from kith.api.presence.show import Moment, show_all
from kith.api.refs import PersonRef
from kith.domain.watches.presence import NEAR
from kith.store import channels, people
from kith.store import presence as store
from kith.store.db import Db


@get(
    "/v1/channels/{channel_id:str}/presence",
    operation_id="getPresence",
    tags=["channels"],
    scopes=["watches:read", "channels:read"],
    errors=["not_found"],
)
async def get_presence(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    channel_id: FromPath[str],
    params: NamedDependency[PresenceParams],
) -> PresenceInChannel:
    """Tell whether our people are in a channel.

    Our people are the group `team`. Nothing is read from a network in order to answer.
    """
    found = await channels.get_channel(db, workspace_id, from_path("channel", channel_id))
    if found is None:
        raise not_found("channel")
    at = params.at or await seen_until(db, workspace_id, None)
    ours = await store.team(db, workspace_id)
    (shown,) = await show_all(db, workspace_id, [Moment(found.id, at)], ours)
    rows = await store.list_ours(db, workspace_id, ours, found.id, at, NEAR)
    refs = await people.get_refs(db, workspace_id, [row.person_id for row in rows])
    return PresenceInChannel(
        channel_id=encode("channel", found.id),
        at=at,
        presence=shown,
        people=[shape(OneOfUs, row, person=PersonRef.of(refs[row.person_id])) for row in rows if row.person_id in refs],
        coverage=await get_coverage(db, workspace_id),
    )


ROUTES = [get_presence]
