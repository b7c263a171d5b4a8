import asyncio
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.http import pictures
from kith.api.http.auth import token_of
from kith.api.http.coverage import get_coverage
from kith.api.http.ids import from_path, from_query
from kith.api.http.paging import CoveredPage, Page, after, page
from kith.api.interactions.schemas import TimelineItem, shape_timeline
from kith.api.people.moves import lead_on
from kith.api.relationships import history, trust
from kith.api.relationships.explain import explain
from kith.api.relationships.lists import list_strongest
from kith.api.relationships.pairs import day_asked, find_pair, find_two, no_contact, show_two, why
from kith.api.relationships.schemas import (
    EvidenceParams,
    HistoryParams,
    HistoryPictureParams,
    ModelQuality,
    MomentParams,
    Relationship,
    RelationshipDetail,
    RelationshipHistory,
    RelationshipsOfPersonParams,
    RelationshipsParams,
    Trust,
)
from kith.api.relationships.trusted import list_trust_of_person
from kith.domain.scopes import Sight
from kith.domain.strength.model import shipped
from kith.domain.trust.evidence import MEANINGS
from kith.projections import strength
from kith.projections import trust as trust_store
from kith.store import calibration, channels, communities, interactions, objections, people, reach, topics
from kith.store.db import Db

SVG = "image/svg+xml"
EVIDENCE_SHOWN = 10
SUBJECTS_OF = 1_000
SUBJECTS_SHOWN = 20
SUBJECT_EVIDENCE = 3
LAST = UUID(int=(1 << 128) - 1)


@get("/v1/relationships", operation_id="listRelationships", tags=["relationships"], scopes=["relationships:read"])
async def list_relationships(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[RelationshipsParams],
) -> Response[CoveredPage[Relationship]]:
    """List relationships.

    The strongest first, those below the floor of evidence last. Each pair once; with `person`, seen from that person.
    """
    return await list_strongest(request, db, workspace_id, params, from_query("person", "person", params.person))


@get(
    "/v1/people/{person_id:str}/relationships",
    operation_id="listRelationshipsOfPerson",
    tags=["people"],
    scopes=["people:read", "relationships:read"],
    errors=["not_found"],
    moves=True,
)
async def list_relationships_of_person(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[RelationshipsOfPersonParams],
) -> Response[CoveredPage[Relationship]] | Redirect:
    """List the relationships of a person.

    The strongest first, those below the floor of evidence last.
    """
    key = from_path("person", person_id)
    found = await list_strongest(request, db, workspace_id, params, key)
    if not found.content.data and await people.living_person(db, workspace_id, key) != key:
        return await lead_on(request, db, workspace_id, person_id)
    return found


@get("/v1/relationships/quality", operation_id="getQuality", tags=["relationships"], scopes=["relationships:read"])
async def get_quality(db: NamedDependency[Db], workspace_id: NamedDependency[UUID]) -> ModelQuality:
    """Show how reliable strength is here.

    A back-test on this workspace's own past: what would have been said 90 days before the last contact that was read,
    judged by what happened since.
    """
    model = await strength.current_model(db, workspace_id)
    made = await calibration.get_judgment(db, workspace_id)
    return ModelQuality.of(model.version, model.version != shipped().version, made)


@get(
    "/v1/relationships/{person_id:str}/{other_id:str}",
    operation_id="getRelationship",
    cost=2,
    tags=["relationships"],
    scopes=["relationships:read"],
    errors=["not_found", "objected"],
    moves=True,
)
async def get_relationship(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    other_id: FromPath[str],
    params: NamedDependency[MomentParams],
    sight: NamedDependency[Sight],
) -> RelationshipDetail | Redirect:
    """Show one relationship and its explanation.

    For today, or for any day as it was known at any moment: contributions that add up, the latest interactions that
    they rest on with what the number would be without each, who starts and who answers, where, and about what. Without
    `interactions:read` the evidence is one hidden sum; the number is the same.
    """
    pair = await find_pair(db, workspace_id, person_id, other_id, params)
    if pair is None:
        return await lead_on(request, db, workspace_id, person_id, other_id)
    scopes, until = token_of(request).scopes, (datetime.combine(pair.as_of, time.max, UTC), LAST)
    acts = subjects = None
    limit = SUBJECTS_OF if "topics:read" in scopes else EVIDENCE_SHOWN
    ids = await interactions.ids_between(db, workspace_id, *pair.identities, until, limit)
    if "topics:read" in scopes:
        subjects = await topics.list_subjects(db, workspace_id, ids, params.known_at, SUBJECT_EVIDENCE)
    if "interactions:read" in scopes:
        rows = await interactions.get_many(db, workspace_id, ids[:EVIDENCE_SHOWN])
        rows = [row for row in rows if params.known_at is None or row.learnt_at <= params.known_at]
        shown = await shape_timeline(db, workspace_id, rows, pair.identities[0], sight)
        acts = [(row, shown[row.id]) for row in rows]
    return await asyncio.to_thread(
        explain,
        await strength.current_model(db, workspace_id),
        pair.tie,
        pair.as_of,
        pair.side,
        await channels.get_names(db, workspace_id, pair.tie.channels),
        None if subjects is None else subjects[:SUBJECTS_SHOWN],
        acts,
        person=pair.people[0],
        other=pair.people[1],
        as_of_why=why(pair.asked, pair.as_of),
        computed_at=datetime.combine(pair.asked, time(), UTC),
        known_at=params.known_at,
        left_out=await objections.count_met(db, workspace_id, [id_ for each in pair.identities for id_ in each]),
        coverage=await get_coverage(db, workspace_id),
    )


@get(
    "/v1/relationships/{person_id:str}/{other_id:str}/history",
    operation_id="getHistory",
    cost=5,
    tags=["relationships"],
    scopes=["relationships:read"],
    errors=["not_found", "objected"],
    moves=True,
)
async def get_history(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    other_id: FromPath[str],
    params: NamedDependency[HistoryParams],
) -> RelationshipHistory | Redirect:
    """Show the history of a relationship.

    By week or month: contact in each direction, and the strength at the end, as it was then.
    """
    pair = await find_pair(db, workspace_id, person_id, other_id, params)
    if pair is None:
        return await lead_on(request, db, workspace_id, person_id, other_id)
    model = await strength.current_model(db, workspace_id)
    parts = await asyncio.to_thread(history.series, model, pair.tie, pair.as_of, pair.side, params.period, params.since)
    return RelationshipHistory(
        *pair.people, params.period, model.version, pair.as_of,
        why(pair.asked, pair.as_of), parts, await get_coverage(db, workspace_id),
    )  # fmt: skip


@get(
    "/v1/relationships/{person_id:str}/{other_id:str}/history.svg",
    operation_id="drawHistory",
    cost=5,
    tags=["relationships"],
    scopes=["relationships:read"],
    errors=["not_found", "objected"],
    moves=True,
    media_type=SVG,
    also=[pictures.BYTES],
)
async def draw_history(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    other_id: FromPath[str],
    params: NamedDependency[HistoryPictureParams],
) -> Response[str] | Redirect:
    """Draw the history of a relationship.

    By week: what went each way, and the strength as a line; SVG with a legend and alternative text.
    """
    pair = await find_pair(db, workspace_id, person_id, other_id, params)
    if pair is None:
        return await lead_on(request, db, workspace_id, person_id, other_id)
    model = await strength.current_model(db, workspace_id)
    parts = await asyncio.to_thread(history.series, model, pair.tie, pair.as_of, pair.side, "week", params.since)
    return pictures.answer(request, history.draw(*pair.people, parts), SVG)


@get(
    "/v1/relationships/{person_id:str}/{other_id:str}/trust",
    operation_id="getTrust",
    cost=5,
    tags=["relationships"],
    scopes=["relationships:read"],
    errors=["not_found", "objected"],
    moves=True,
)
async def get_trust(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    other_id: FromPath[str],
    params: NamedDependency[MomentParams],
) -> Trust | Redirect:
    """Show the trust of one person in another.

    Topic by topic, and in each community to which both belong, with an interval: from work passed, advice taken,
    thanks, vouching, introductions and conflict; messages alone say nothing. "not enough evidence" is an answer.
    For today, or for any day as it was known at any moment.
    Without `interactions:read` the acts are one hidden sum; the numbers are the same.
    """
    identities = await find_two(db, workspace_id, person_id, other_id, params.known_at)
    if identities is None:
        return await lead_on(request, db, workspace_id, person_id, other_id)
    scopes, asked = token_of(request).scopes, day_asked(params)
    acts = await trust_store.list_acts(
        db,
        workspace_id,
        identities[0],
        dict.fromkeys(identities[1], min(identities[1])),
        MEANINGS,
        asked,
        SUBJECT_EVIDENCE,
        params.known_at,
    )
    until = await reach.of_channels(db, workspace_id, {id_ for act in acts for id_ in act.channel_ids})
    as_of = min(asked, max([until or asked, *[act.day for act in acts]]))
    names = trust.Names(
        await topics.get_names(db, workspace_id, [act.topic_id for act in acts if act.topic_id]),
        await channels.get_names(db, workspace_id, [act.channel_id for act in acts if act.channel_id]),
        await communities.list_shared(db, workspace_id, [min(members) for members in identities]),
    )
    scope, shown, further, shared = trust.weigh(acts, names, as_of, visible="interactions:read" in scopes)
    return Trust(
        *await show_two(db, workspace_id, identities, params.known_at), as_of, why(asked, as_of), params.known_at,
        scope, shown, further, shared if "communities:read" in scopes else None, await get_coverage(db, workspace_id),
    )  # fmt: skip


@get(
    "/v1/relationships/{person_id:str}/{other_id:str}/interactions",
    operation_id="listEvidence",
    tags=["relationships"],
    scopes=["relationships:read", "interactions:read"],
    errors=["not_found"],
    moves=True,
)
async def list_evidence(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    other_id: FromPath[str],
    params: NamedDependency[EvidenceParams],
    sight: NamedDependency[Sight],
) -> Response[Page[TimelineItem]] | Redirect:
    """List the interactions that a relationship rests on.

    Newest first, in both directions, seen from the first person.
    """
    keys = from_path("person", person_id), from_path("person", other_id)
    mine, theirs = [await people.identities_of(db, workspace_id, key) for key in keys]
    if not mine or not theirs:
        return await lead_on(request, db, workspace_id, person_id, other_id)
    key = after(request, params, tuple[datetime, UUID])
    rows = await interactions.list_between(db, workspace_id, mine, theirs, key, params.limit + 1)
    if not rows and key is None:
        raise no_contact()
    shown = await shape_timeline(db, workspace_id, rows, mine, sight)
    return page(request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id))


ROUTES = [
    list_relationships,
    list_relationships_of_person,
    list_trust_of_person,
    get_quality,
    get_relationship,
    get_history,
    draw_history,
    get_trust,
    list_evidence,
]
