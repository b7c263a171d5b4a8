"""Whom a person trusts, about what and how far: a list by person and topic."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.http.auth import token_of
from kith.api.http.coverage import get_coverage
from kith.api.http.ids import from_path
from kith.api.http.paging import CoveredPage, after, covered_page
from kith.api.people.moves import lead_on
from kith.api.refs import PersonRef
from kith.api.relationships.lists import show_people
from kith.api.relationships.schemas import PersonTrust, TrustOfPersonParams
from kith.api.relationships.trust import EVIDENCE_SHOWN, Names, weigh_each
from kith.domain.trust.evidence import GIVEN, MEANINGS, RECEIVED
from kith.projections.trust import list_acts
from kith.store import channels, people, reach, topics, trust
from kith.store.db import Db
from kith.store.trust import Act

Row = tuple[UUID, str, PersonTrust]


@get(
    "/v1/people/{person_id:str}/trust",
    operation_id="listTrustOfPerson",
    tags=["people"],
    scopes=["people:read", "relationships:read"],
    errors=["not_found"],
    moves=True,
)
async def list_trust_of_person(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[TrustOfPersonParams],
) -> Response[CoveredPage[PersonTrust]] | Redirect:
    """List the trust of a person in others, by person and topic.

    Each with an interval; "not enough evidence" is an answer, and then `why` says what is missing. The numbers are
    those of `/v1/relationships/{person_id}/{other_id}/trust`, which cites every act. The order is that of ids: to rank,
    read all pages and compare `low`.
    """
    key = from_path("person", person_id)
    mine = await people.identities_of(db, workspace_id, key)
    if not mine:
        return await lead_on(request, db, workspace_id, person_id)
    last = after(request, params, tuple[UUID, str])
    asked = (params.as_of or datetime.now(UTC)).date()
    others = await trust.list_trusted(db, workspace_id, key, GIVEN, RECEIVED, asked, last and last[0], params.limit + 2)
    they = {identity: other for other, members in others for identity in members}
    acts = await list_acts(db, workspace_id, mine, they, MEANINGS, asked, EVIDENCE_SHOWN)
    reached = await reach.by_channel(db, workspace_id, {id_ for act in acts for id_ in act.channel_ids})
    names = Names(
        await topics.get_names(db, workspace_id, list({act.topic_id for act in acts if act.topic_id})),
        await channels.get_names(db, workspace_id, list({act.channel_id for act in acts if act.channel_id})),
        {},
    )
    refs = await show_people(db, workspace_id, set(they.values()))
    visible = "interactions:read" in token_of(request).scopes
    rows = await asyncio.to_thread(_weigh, acts, names, refs, reached, asked, visible)
    rows = [row for row in rows if last is None or row[:2] > last][: params.limit + 1]
    coverage = await get_coverage(db, workspace_id)
    return covered_page(request, params, rows, lambda row: row[2], lambda row: row[:2], coverage)


def _weigh(
    acts: Sequence[Act],
    names: Names,
    refs: dict[UUID, PersonRef],
    reached: dict[UUID, date],
    asked: date,
    visible: bool,
) -> list[Row]:
    """Return what a page shows, by the other's id and the topic; each pair on the day until which it was read."""
    found: list[Row] = []
    for other_id, group in groupby(sorted(acts, key=lambda act: act.other_id), key=lambda act: act.other_id):
        between = list(group)
        on = min(asked, _last_day(between, reached) or asked)
        items = weigh_each(between, names, refs[other_id], on, visible=visible)
        found += [(other_id, key, item) for key, item in items]
    return found


def _last_day(acts: Sequence[Act], reached: dict[UUID, date]) -> date | None:
    """Return the last day that can be spoken of: until which their channels were read, or of their last act."""
    read = [reached[id_] for act in acts for id_ in act.channel_ids if id_ in reached]
    return max([*read, *(act.day for act in acts)]) if read else None
