from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

from litestar import Request, Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.decisions.show import author, show
from kith.api.http.absent import absent
from kith.api.http.auth import require, sight_of
from kith.api.http.coverage import get_coverage
from kith.api.http.ids import encode, from_path, from_query, many_from_query
from kith.api.http.inputs import named
from kith.api.http.paging import CoveredPage, Page, after, covered_page, page
from kith.api.http.revisions import check_content, is_conditional
from kith.api.http.shapes import shape
from kith.api.identities.detail import STANDINGS_SHOWN
from kith.api.identities.schemas import Identity, Standing
from kith.api.interactions.schemas import TimelineItem, TimelineParams, shape_timeline
from kith.api.people.moves import lead_on
from kith.api.people.schemas import (
    IdentitiesOfPersonParams,
    PeopleParams,
    Person,
    PersonChannel,
    PersonDetail,
    PersonField,
    PersonIdentity,
    PersonPatch,
    SuspectedDouble,
    ThenParams,
)
from kith.domain.scopes import Sight
from kith.projections import ledger, merges, project
from kith.store import corrections, identities, interactions, standings, suggestions
from kith.store import people as store
from kith.store.db import Db, narrowed
from kith.store.tokens import Token

IDENTITIES_SHOWN = 200
CHANNELS_SHOWN = 50
DOUBLES_SHOWN = 20
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@get("/v1/people", operation_id="listPeople", tags=["people"], scopes=["people:read"])
async def list_people(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[PeopleParams],
) -> Response[CoveredPage[Person]]:
    """List the people of this workspace.

    Each is one human (or bot), whatever the number of accounts. `q` searches all names and handles; `ids` looks up
    people that other answers mention, also by ids that were retired.
    """
    if params.attribute is not None:
        require(request, "notes:read")
    if params.community is not None:
        require(request, "communities:read")
    wanted = store.PeopleFilter(
        words=params.q,
        networks=params.network,
        attribute_id=from_query("attribute", "attribute", params.attribute),
        community_id=from_query("community", "community", params.community),
        kinds=params.kind,
        seen_since=params.seen_since,
        seen_before=params.seen_before,
        ids=many_from_query("person", "ids", params.ids),
    )
    n = params.limit + 1
    coverage = await get_coverage(db, workspace_id)
    total = await store.count_people(db, workspace_id, wanted) if params.include else None
    if params.sort == "name":
        last = after(request, params, tuple[str | None, UUID])
        rows = await store.list_people_by_name(db, workspace_id, wanted, last, n)
        return covered_page(request, params, rows, Person.of, lambda row: (row.name, row.id), coverage, total)
    seen = after(request, params, tuple[datetime | None, UUID])
    rows = await store.list_people(db, workspace_id, wanted, seen, n)
    return covered_page(request, params, rows, Person.of, lambda row: (row.last_seen, row.id), coverage, total)


@get(
    "/v1/people/{person_id:str}",
    operation_id="getPerson",
    tags=["people"],
    scopes=["people:read"],
    errors=["not_found"],
    moves=True,
)
async def get_person(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[ThenParams],
) -> PersonDetail | Redirect:
    """Show one person with identities and channels.

    The id of a person that was joined with another answers 308 with the address of the living one. With `as_of` or
    `known_at`, the person is put together as it was decided then; names are those of now.
    """
    key = from_path("person", person_id)
    if params.as_of is not None or params.known_at is not None:
        members = await ledger.persons_then(db, workspace_id, key, as_of=params.as_of, known_at=params.known_at)
        if not members:
            raise await absent(request, db, "person", person_id)
        person = await store.get_person_then(db, workspace_id, members, params.as_of, params.known_at)
    else:
        living = await store.get_person(db, workspace_id, key)
        if living is None:
            return await lead_on(request, db, workspace_id, person_id)
        person, members = living, await store.identities_of(db, workspace_id, key)
    return await _show(request, db, workspace_id, person, members, params.as_of and params.as_of.date())


@patch(
    "/v1/people/{person_id:str}",
    operation_id="updatePerson",
    tags=["people"],
    scopes=["people:write"],
    errors=["not_found", "precondition_failed"],
    moves=True,
)
async def update_person(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    person_id: FromPath[str],
    payload: NamedDependency[PersonPatch],
) -> PersonDetail | Redirect:
    """Correct a person.

    No sync ever overwrites a correction. The identity whose id the person has keeps it, and takes it along; what kind
    it is, each of its identities keeps.
    """
    key = from_path("person", person_id)
    conditional = await is_conditional(request, db, workspace_id)
    if (present := await store.get_person(db, workspace_id, key)) is None:
        return await lead_on(request, db, workspace_id, person_id)
    members = await store.identities_of(db, workspace_id, key)
    if conditional:
        check_content(request, await _show(request, db, workspace_id, present, members))
    given = cast("dict[corrections.Name, str | None]", named(payload))
    kind: dict[corrections.Name, str | None] = {name: value for name, value in given.items() if name == "kind"}
    rest: dict[corrections.Name, str | None] = {name: value for name, value in given.items() if name != "kind"}
    await corrections.correct(db, workspace_id, members, kind, author(token))
    await corrections.correct(db, workspace_id, [key], rest, author(token))
    await project.settle(db, workspace_id, datetime.now(UTC), members)
    person = await store.get_person(db, workspace_id, key)
    if person is None:
        raise LookupError(key)
    return await _show(request, db, workspace_id, person, await store.identities_of(db, workspace_id, key))


async def _show(
    request: Request[Any, Any, Any], db: Db, workspace_id: UUID, person: store.Person, members: Sequence[UUID],
    until: date | None = None,
) -> PersonDetail:  # fmt: skip
    wanted = identities.IdentityFilter(ids=tuple(members))
    sight = sight_of(request)
    async with narrowed(db, sight.rows):
        behind = await identities.list_identities(db, workspace_id, wanted, None, IDENTITIES_SHOWN)
        uses = await store.list_channels_of(db, workspace_id, members, CHANNELS_SHOWN, until)
        fields = await corrections.list_fields(db, workspace_id, members)
        rated = await standings.list_standings(db, workspace_id, members, STANDINGS_SHOWN)
        doubles = await _suspected_doubles(db, workspace_id, members)
        coverage = await get_coverage(db, workspace_id)
    contact = sight.contact
    return shape(
        PersonDetail,
        person,
        id=encode("person", person.id),
        avatar_url=_avatar(behind),
        standings=[Standing.of(row) for row in rated],
        identities=[Identity.of(identity, contact) for identity in behind],
        fields=[PersonField.of(field) for field in fields if contact or field.field != "address"],
        channels=[PersonChannel.of(use) for use in uses],
        suspected_doubles=doubles,
        coverage=coverage,
    )


def _avatar(behind: Sequence[identities.Identity]) -> str | None:
    shown = [each for each in behind if each.avatar_url]
    newest = max(shown, key=lambda each: (each.seen_at or _LONG_AGO, each.id), default=None)
    return newest.avatar_url if newest else None


async def _suspected_doubles(db: Db, workspace_id: UUID, members: Sequence[UUID]) -> list[SuspectedDouble]:
    found = await suggestions.doubles(db, workspace_id, members, DOUBLES_SHOWN)
    refs = await store.get_refs(db, workspace_id, [double.person_id for double in found])
    return [
        SuspectedDouble(
            encode("person", double.person_id),
            refs[double.person_id].name,
            encode("suggestion", double.suggestion_id),
            double.probability,
        )
        for double in found
        if double.person_id in refs
    ]


@get(
    "/v1/people/{person_id:str}/identities",
    operation_id="listIdentitiesOfPerson",
    tags=["people"],
    scopes=["people:read", "identities:read"],
    errors=["not_found"],
    moves=True,
)
async def list_identities_of_person(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[IdentitiesOfPersonParams],
) -> Response[Page[PersonIdentity]] | Redirect:
    """List the identities of a person, with reasons.

    Each has the chain of decisions that leads to it, with their evidence.
    """
    key, then = from_path("person", person_id), {"as_of": params.as_of, "known_at": params.known_at}
    if params.as_of is None and params.known_at is None:
        members = await store.identities_of(db, workspace_id, key)
        if not members:
            return await lead_on(request, db, workspace_id, person_id)
    else:
        members = await ledger.persons_then(db, workspace_id, key, **then)
        if not members:
            raise await absent(request, db, "person", person_id)
    last = after(request, params, tuple[UUID])
    shown = tuple([member for member in members if last is None or member > last[0]][: params.limit + 1])
    wanted = identities.IdentityFilter(ids=shown)
    rows = await identities.list_identities(db, workspace_id, wanted, None, params.limit + 1) if shown else []
    chains = merges.chains(min(members), await merges.joins_of(db, workspace_id, members, **then))
    rests = {row.id: row for member in shown for row in chains.get(member, ())}
    seen = {item.id: item for item in await show(db, workspace_id, list(rests.values()))}
    contact = sight_of(request).contact

    def item(row: identities.Identity) -> PersonIdentity:
        chain = [seen[encode("decision", decision.id)] for decision in chains.get(row.id, ())]
        return PersonIdentity(Identity.of(row, contact), chain)

    return page(request, params, rows, item, lambda row: (row.id,))


@get(
    "/v1/people/{person_id:str}/timeline",
    operation_id="listTimeline",
    tags=["people"],
    scopes=["people:read", "interactions:read"],
    errors=["not_found"],
    moves=True,
    sealed=True,
)
async def list_timeline(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[TimelineParams],
    sight: NamedDependency[Sight],
) -> Response[Page[TimelineItem]] | Redirect:
    """List the timeline of a person.

    Acts by and towards the person on all networks, newest first.
    """
    mine = await store.identities_of(db, workspace_id, from_path("person", person_id))
    if not mine:
        return await lead_on(request, db, workspace_id, person_id)
    wanted = interactions.InteractionFilter(
        identity_ids=mine, kinds=params.kind, since=params.since, before=params.before
    )
    key = after(request, params, tuple[datetime, UUID])
    rows = await interactions.list_interactions(db, workspace_id, wanted, key, params.limit + 1)
    shown = await shape_timeline(db, workspace_id, rows, mine, sight)
    return page(request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id))


ROUTES = [
    list_people,
    get_person,
    update_person,
    list_identities_of_person,
    list_timeline,
]
