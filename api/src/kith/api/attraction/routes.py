from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency

from kith.api.attraction.schemas import AttractedTie, Attraction, AttractionParams, Draw, TiesBegun
from kith.api.dialogue.show import MONTH, share
from kith.api.http.coverage import get_coverage, seen_until
from kith.api.http.ids import encode, encode_optional
from kith.api.refs import ChannelRef, PersonRef
from kith.api.selections import identities_of
from kith.domain.dialogue.shares import each
from kith.store import attraction as store
from kith.store import people
from kith.store.attraction import NewTie
from kith.store.db import Db

TIES = 2_000
_SHOWN = 100
_DRAWS = 20
_LASTS = (31, 180)
"""Contact between these days after the first is what makes a tie last."""


@get(
    "/v1/attraction",
    operation_id="getAttraction",
    tags=["dialogue"],
    scopes=["dialogue:read", "relationships:read"],
    errors=["not_found"],
    cost=20,
)
async def get_attraction(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], params: NamedDependency[AttractionParams]
) -> Attraction:
    """Show who was attracted without being chased.

    Ties that others began, what drew them, and how many lasted, beside the ties that we began.
    """
    mine = await identities_of(db, workspace_id, params.of, "of")
    us = await people.persons_of(db, workspace_id, mine)
    until = (await seen_until(db, workspace_id, params.as_of)).date()
    since = until - min(params.months * MONTH, until - until.min)
    ties = await store.list_new_ties(db, workspace_id, mine, us, since, until, _LASTS, TIES + 1)
    looked_at = ties[:TIES]
    came = [tie for tie in looked_at if tie.came]
    refs = await people.get_refs(db, workspace_id, [tie.other_id for tie in came[:_SHOWN]])
    draws = Counter(tie.drawn_by for tie in came if tie.drawn_by)
    return Attraction(
        since,
        until,
        _begun(came),
        _begun([tie for tie in looked_at if not tie.came]),
        len(ties) > TIES,
        [_tie(tie, PersonRef.of(refs[tie.other_id])) for tie in came[:_SHOWN] if tie.other_id in refs],
        [
            Draw(encode("interaction", id_), count)
            for id_, count in sorted(draws.items(), key=lambda one: (-one[1], one[0]))[:_DRAWS]
        ],
        await get_coverage(db, workspace_id),
    )


def _begun(ties: Sequence[NewTie]) -> TiesBegun:
    told = [tie.lasted for tie in ties if tie.lasted is not None]
    return TiesBegun(len(ties), share(each(len(told), sum(told))))


def _tie(tie: NewTie, person: PersonRef) -> AttractedTie:
    return AttractedTie(
        person,
        tie.first_day,
        encode("interaction", tie.act_id),
        ChannelRef(encode("channel", tie.channel_id), tie.channel_name) if tie.channel_id else None,
        encode_optional("interaction", tie.drawn_by),
        tie.lasted,
    )


ROUTES = [get_attraction]
