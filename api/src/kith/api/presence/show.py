"""Presence as it is shown: whether our people were there, and what shows it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kith.api.http.ids import encode_optional
from kith.api.presence.schemas import Presence
from kith.domain.watches.presence import NEAR, Signs, presence
from kith.store import presence as store
from kith.store.db import Db


class Moment(NamedTuple):
    """What is asked about. act_id: what was said there then, if anything. people: who said it, and to whom.

    private: only these people could see it.
    """

    channel_id: UUID | None
    at: datetime
    act_id: UUID | None = None
    people: Collection[UUID] = ()
    private: bool = False


async def show_all(
    db: Db, workspace_id: UUID, moments: Sequence[Moment], ours: Collection[UUID] | None = None
) -> list[Presence]:
    """Return whether our people were there at each moment. ours: their identities, where these are known."""
    if not moments:
        return []
    us = set(await store.team(db, workspace_id) if ours is None else ours)
    traces = await store.trace(db, workspace_id, us, [(each.channel_id, each.at) for each in moments], NEAR)
    nothing = (False, None, None, None, None, None)
    found = {each.number: each for each in traces}
    return [_shown(each, us, found.get(n, store.Trace(n, *nothing))) for n, each in enumerate(moments)]


def _shown(moment: Moment, us: set[UUID], trace: store.Trace) -> Presence:
    signs = Signs(
        ours=bool(us),
        addressed=bool(us.intersection(moment.people)),
        acted=trace.acted,
        member=trace.joined_id is not None,
        listed=trace.listed_at is not None,
        received=moment.channel_id is None and moment.private and len(set(moment.people)) > 1,
    )
    state, evidence = presence(signs)
    shown = {
        None: (None, None),
        "addressed": (moment.act_id, moment.at),
        "acted": (trace.acted_id, trace.acted_at),
        "member": (trace.joined_id, trace.joined_at),
        "member_list": (None, trace.listed_at),
        "recipients": (None, moment.at),
    }
    id_, at = shown[evidence]
    return Presence(state, evidence, encode_optional("interaction", id_), at)
