from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.groups.schemas import (
    Group,
    GroupCreate,
    GroupPatch,
    GroupSearch,
    GroupsParams,
    MixParams,
    MonthMix,
    PeopleOfGroupParams,
    RelationshipMix,
    WordCount,
    WordShare,
)
from kith.api.http.auth import require
from kith.api.http.coverage import get_coverage
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, from_query, many_from_query, not_found, unknown
from kith.api.http.inputs import named
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.refs import PersonRef
from kith.domain import ids
from kith.domain.days import day_of
from kith.domain.scopes import Sight
from kith.projections import strength
from kith.store import groups as store
from kith.store import people
from kith.store.channels import get_channel
from kith.store.db import Db, narrowed
from kith.store.errors import NameTaken, NoSuch


@get("/v1/groups", operation_id="listGroups", tags=["groups"], scopes=["groups:read"])
async def list_groups(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[GroupsParams],
) -> Response[Page[Group]]:
    """List groups.

    By name.
    """
    key = after(request, params, tuple[str, UUID])
    wanted = many_from_query("group", "ids", params.ids)
    rows = await store.list_groups(db, workspace_id, wanted, key, params.limit + 1)
    total = await store.count_groups(db, workspace_id, wanted) if params.include else None
    return page(request, params, rows, Group.of, lambda row: (row.name, row.id), total)


@post("/v1/groups", operation_id="createGroup", tags=["groups"], scopes=["groups:write"], errors=["conflict"])
async def create_group(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[GroupCreate],
    once: NamedDependency[Once],
    sight: NamedDependency[Sight],
) -> Response[Group]:
    """Create a group.

    Its people are listed one by one, affiliated with an organization, active in a channel, or found by a search, now
    and later. A search by a tag or field needs `notes:read`, one by a community `communities:read`.
    """
    _check_search(request, payload.search)
    await _check_channel(db, workspace_id, payload.channel, sight)
    made = await save(store.create_group(db, workspace_id, **content(msgspec.structs.asdict(payload))))
    headers = {"Location": f"/v1/groups/{encode('group', made.id)}", "ETag": tag(made)}
    return await once.answer(Group.of(made), 201, headers)


@get(
    "/v1/groups/{group_id:str}",
    operation_id="getGroup",
    tags=["groups"],
    scopes=["groups:read"],
    errors=["not_found"],
)
async def get_group(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], group_id: FromPath[str]
) -> Response[Group]:
    """Show one group."""
    found = await find(db, workspace_id, group_id)
    return Response(Group.of(found), headers={"ETag": tag(found)})


@patch(
    "/v1/groups/{group_id:str}",
    operation_id="updateGroup",
    tags=["groups"],
    scopes=["groups:write"],
    errors=["not_found", "conflict", "precondition_failed"],
)
async def update_group(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    group_id: FromPath[str],
    payload: NamedDependency[GroupPatch],
    sight: NamedDependency[Sight],
) -> Response[Group]:
    """Change a group.

    Omitted fields keep their values; `people` and `search` are replaced as a whole.
    """
    found = await find(db, workspace_id, group_id, lock=True)
    check_unchanged(request, found)
    shown = Group.of(found)
    kept = {name: getattr(shown, name) for name in GroupPatch.__struct_fields__}
    asked = named(payload)
    if payload.search:
        _check_search(request, payload.search)
    await _check_channel(db, workspace_id, asked.get("channel"), sight)
    saved = await save(store.update_group(db, workspace_id, found.id, **content(kept | asked)))
    async with narrowed(db, sight.rows):
        seen = await find(db, workspace_id, group_id)
    return Response(Group.of(seen), headers={"ETag": tag(saved)})


@delete(
    "/v1/groups/{group_id:str}",
    operation_id="deleteGroup",
    tags=["groups"],
    scopes=["groups:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def delete_group(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    group_id: FromPath[str],
    sight: NamedDependency[Sight],
) -> Group:
    """Delete a group.

    The answer is its last version.
    """
    async with narrowed(db, sight.rows):
        found = await find(db, workspace_id, group_id, lock=True)
    check_unchanged(request, found)
    await store.delete_group(db, workspace_id, found.id)
    return Group.of(found)


@get(
    "/v1/groups/{group_id:str}/people",
    operation_id="listPeopleOfGroup",
    tags=["groups"],
    scopes=["groups:read", "people:read"],
    errors=["not_found"],
)
async def list_people(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    group_id: FromPath[str],
    params: NamedDependency[PeopleOfGroupParams],
) -> Response[Page[PersonRef]]:
    """List the people of a group.

    By id, each person once.
    """
    found = await find(db, workspace_id, group_id)
    key = after(request, params, tuple[UUID])
    rows = await store.list_people(db, workspace_id, found.id, key[0] if key else None, params.limit + 1)
    refs = await people.get_refs(db, workspace_id, rows)
    return page(request, params, rows, lambda id_: PersonRef.of(refs[id_]), lambda id_: (id_,))


@get(
    "/v1/groups/{group_id:str}/relationship-mix",
    operation_id="getRelationshipMix",
    cost=20,
    tags=["groups"],
    scopes=["groups:read", "relationships:read"],
    errors=["not_found"],
    transaction=True,  # what it counts it keeps in temporary tables
)
async def get_mix(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    group_id: FromPath[str],
    params: NamedDependency[MixParams],
) -> RelationshipMix:
    """Show the relationship mix of two groups.

    How many are strong, steady or fading, who gives and who takes, now and at the end of past months.
    """
    found = await find(db, workspace_id, group_id)
    other = None if params.other == "others" else from_query("group", "with", params.other)
    if other is not None and await store.get_group(db, workspace_id, other) is None:
        raise not_found("group")
    shares = await store.mix(db, workspace_id, found.id, other)
    total, today = sum(share.pairs for share in shares), datetime.now(UTC).date()
    as_of = max((share.as_of for share in shares), default=today)
    months = None
    if total <= strength.PAIRS:
        pairs = await store.pairs_between(db, workspace_id, found.id, other, strength.PAIRS)
        days = ends(as_of, params.months)
        counted = await strength.words_on(db, workspace_id, pairs, [day_of(day) for day in days])
        months = [
            MonthMix(day, [WordCount(word, count) for word, count in sorted(counts.items()) if count])  # type: ignore[arg-type]  # the words of Word
            for day, counts in zip(days, counted, strict=True)
        ]
    shown = [WordShare.of(share) for share in shares]
    return RelationshipMix(total, as_of, shown, months, await get_coverage(db, workspace_id))


def ends(last: date, months: int) -> list[date]:
    """Return the last days of so many past months, and the last day."""
    days = [last]
    first = last.replace(day=1)
    for _ in range(months):
        days.append(first - timedelta(1))
        first = days[-1].replace(day=1)
    return days[::-1]


async def find(db: Db, workspace_id: UUID, group_id: str, *, lock: bool = False) -> store.Group:
    found = await store.get_group(db, workspace_id, from_path("group", group_id), lock=lock)
    if found is None:
        raise not_found("group")
    return found


def _check_search(request: Request[Any, Any, Any], search: GroupSearch | None) -> None:
    """Refuse to save a search that the caller may not ask for, or that finds everybody."""
    if search is None:
        return
    if search.attribute is not None:
        require(request, "notes:read")
    if search.community is not None:
        require(request, "communities:read")
    if search == GroupSearch():
        raise Problem(
            "invalid_body", "A search needs something to look for.", Fault("invalid", "It is empty.", "/search")
        )


async def _check_channel(db: Db, workspace_id: UUID, channel: str | None, sight: Sight) -> None:
    """Refuse a channel that the caller does not see as one that does not exist."""
    channel_id = ids.decode("channel", channel) if channel else None
    if channel_id is not None:
        async with narrowed(db, sight.rows):
            found = await get_channel(db, workspace_id, channel_id)
        if found is None:
            raise unknown("channel", "/channel")


async def save(saving: Any) -> store.Group:
    """Await what writes a group. Raises Problem for a name that is taken, and for what does not exist."""
    try:
        saved: store.Group = await saving
    except NameTaken as error:
        raise Problem("conflict", str(error)) from error
    except NoSuch as error:
        raise unknown(error.field.rpartition("/")[2], f"/{error.field}") from error
    return saved


def content(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a body as the store takes them. Ids have the form that their pattern demands."""

    def key(noun: str) -> UUID | None:
        return ids.decode(noun, fields[noun]) if fields[noun] else None

    search: GroupSearch = fields["search"] or GroupSearch()
    return {
        "name": fields["name"],
        "description": fields["description"],
        "organization_id": key("organization"),
        "channel_id": key("channel"),
        "words": search.q,
        "attribute_id": search.attribute and ids.decode("attribute", search.attribute),
        "community_id": search.community and ids.decode("community", search.community),
        "listed": [id_ for text in fields["people"] if (id_ := ids.decode("person", text)) is not None],
    }


ROUTES = [list_groups, create_group, get_group, update_group, delete_group, list_people, get_mix]
