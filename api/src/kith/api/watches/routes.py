from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.coverage import get_coverage
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_body, from_path, not_found, unknown
from kith.api.http.inputs import named
from kith.api.http.paging import CoveredPage, Page, after, covered_page, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.mentions.schemas import Mention, MentionsOfWatchParams, Quote
from kith.api.mentions.show import show_all, wanted
from kith.api.refs import ChannelRef, IdentityRef
from kith.api.watches.schemas import (
    Alias,
    Previewed,
    Sample,
    Watch,
    WatchCreate,
    WatchesParams,
    WatchPatch,
    WatchPreview,
)
from kith.domain.ids import NOWHERE
from kith.domain.scopes import Sight
from kith.domain.sentences import many
from kith.domain.watches.words import common
from kith.projections import mentions as projection
from kith.store import channels, identities, mentions, organizations, people
from kith.store import watches as store
from kith.store.db import Db, whole

DAYS = 90
LISTENED = 50_000  # acts of a preview
SAMPLES = 20


@get("/v1/watches", operation_id="listWatches", tags=["watches"], scopes=["watches:read"])
async def list_watches(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[WatchesParams],
) -> Response[Page[Watch]]:
    """List watches.

    The oldest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_watches(db, workspace_id, key[0] if key else None, params.limit + 1)
    async with whole(db):
        counts = await mentions.count(db, workspace_id, [row.id for row in rows])
    return page(request, params, rows, lambda row: Watch.of(row, counts[row.id]), lambda row: (row.id,))


@post("/v1/watches", operation_id="createWatch", tags=["watches"], scopes=["watches:write"], errors=["conflict"])
async def create_watch(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[WatchCreate],
    once: NamedDependency[Once],
) -> Response[Watch]:
    """Create a watch.

    It listens from now on; a job listens to the past.
    """
    if len(await store.list_watches(db, workspace_id, None, projection.MOST)) == projection.MOST:
        raise Problem("conflict", f"A workspace has {projection.MOST:,} watches at most.")
    now = datetime.now(UTC)
    since = await _since(db, workspace_id, payload.days, now)
    content = await _content(db, workspace_id, payload, since, now)
    id_ = await store.create_watch(db, workspace_id, now + timedelta(days=1), name=payload.name, **content)
    await store.ask_hear(db, workspace_id, id_)
    made = await _find(db, workspace_id, encode("watch", id_))
    headers = {"Location": f"/v1/watches/{encode('watch', id_)}", "ETag": tag(made)}
    return await once.answer(await _show(db, workspace_id, made), 201, headers)


@post(
    "/v1/watches/previews",
    operation_id="previewWatch",
    cost=50,
    safe=True,
    tags=["watches"],
    scopes=["watches:read"],
    status_code=200,
)
async def preview_watch(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[WatchPreview],
    sight: NamedDependency[Sight],
) -> Previewed:
    """Try a watch.

    Nothing is kept: it shows what the watch would have found.
    """
    now = datetime.now(UTC)
    since = await _since(db, workspace_id, payload.days, now)
    content = await _content(db, workspace_id, payload, since, now)
    found = await projection.preview(db, workspace_id, await _tried(db, workspace_id, content, now), now, LISTENED)
    return Previewed(
        since=found.since,
        acts=found.acts,
        complete=found.complete,
        mentions=len(found.found),
        in_context=sum(row.reason != "name" for row in found.found),
        speakers=len({row.actor_id for row in found.found}),
        channels=len({row.channel_id for row in found.found if row.channel_id}),
        samples=await _samples(db, workspace_id, found.found[:SAMPLES], sight),
        coverage=await get_coverage(db, workspace_id),
    )


@get(
    "/v1/watches/{watch_id:str}",
    operation_id="getWatch",
    tags=["watches"],
    scopes=["watches:read"],
    errors=["not_found"],
)
async def get_watch(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], watch_id: FromPath[str]
) -> Response[Watch]:
    """Show one watch.

    With how many mentions it has, and how right they are by the verdicts of members.
    """
    found = await _find(db, workspace_id, watch_id)
    return Response(await _show(db, workspace_id, found), headers={"ETag": tag(found)})


@patch(
    "/v1/watches/{watch_id:str}",
    operation_id="updateWatch",
    tags=["watches"],
    scopes=["watches:write"],
    errors=["not_found", "precondition_failed"],
)
async def update_watch(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    watch_id: FromPath[str],
    payload: NamedDependency[WatchPatch],
) -> Response[Watch]:
    """Change a watch.

    Unless its name alone changes, what it found is taken away and a job listens to the past again. Verdicts stay.
    """
    found = await _find(db, workspace_id, watch_id, lock=True)
    check_unchanged(request, found)
    now, asked = datetime.now(UTC), named(payload)
    if set(asked) <= {"name"}:
        await store.rename_watch(db, workspace_id, found.id, asked.get("name", found.name))
    else:
        shown = await _show(db, workspace_id, found)
        kept = {field: getattr(shown, field) for field in WatchPatch.__struct_fields__}
        changed = WatchCreate(**kept | asked)
        content = await _content(db, workspace_id, changed, found.since, now)
        after_now = now + timedelta(days=1)
        await store.update_watch(db, workspace_id, found.id, after_now, name=changed.name, **content)
        await store.ask_hear(db, workspace_id, found.id)
    saved = await _find(db, workspace_id, watch_id)
    return Response(await _show(db, workspace_id, saved), headers={"ETag": tag(saved)})


@delete(
    "/v1/watches/{watch_id:str}",
    operation_id="deleteWatch",
    tags=["watches"],
    scopes=["watches:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def delete_watch(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    watch_id: FromPath[str],
) -> Watch:
    """Delete a watch with its mentions and their verdicts.

    The answer is its last version.
    """
    found = await _find(db, workspace_id, watch_id, lock=True)
    check_unchanged(request, found)
    shown = await _show(db, workspace_id, found)
    await store.delete_watch(db, workspace_id, found.id)
    return shown


@get(
    "/v1/watches/{watch_id:str}/mentions",
    operation_id="listMentionsOfWatch",
    tags=["watches"],
    scopes=["watches:read"],
    errors=["not_found"],
)
async def list_mentions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    watch_id: FromPath[str],
    params: NamedDependency[MentionsOfWatchParams],
    sight: NamedDependency[Sight],
) -> Response[CoveredPage[Mention]]:
    """List what a watch found.

    The newest first.
    """
    found = await _find(db, workspace_id, watch_id)
    asked = await wanted(db, workspace_id, params, found.id)
    key = after(request, params, tuple[datetime, UUID])
    rows = await mentions.list_mentions(db, workspace_id, asked, key, params.limit + 1)
    shown = await show_all(db, workspace_id, rows, sight)
    coverage = await get_coverage(db, workspace_id)
    return covered_page(
        request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id), coverage
    )


async def _since(db: Db, workspace_id: UUID, days: int | None, now: datetime) -> datetime:
    """Return from when on to listen: so many days before the end of what was read.

    Raises Problem where that is before anything was read.
    """
    read = await store.read_period(db, workspace_id, now)
    if read is None:
        return now - timedelta(days=days or DAYS)
    first, last = read
    since = last - timedelta(days=days or DAYS)
    if days is None:
        return max(since, min(first, now))
    if since < first - timedelta(days=1):
        message = f"Nothing before {first.date()} was read."
        raise Problem("invalid_body", message, Fault("not_read", message, pointer="/days"))
    return since


async def _content(
    db: Db, workspace_id: UUID, payload: WatchCreate | WatchPreview, since: datetime, now: datetime
) -> dict[str, Any]:
    """Return what the store keeps of a watch. Raises Problem."""
    if not payload.aliases:
        message = "A watch needs an alias."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/aliases"))
    content = {
        "identity_id": await _person(db, workspace_id, payload.person),
        "organization_id": await _organization(db, workspace_id, payload.organization),
        "aliases": [alias.text.strip() for alias in payload.aliases],
        "rules": [alias.rule for alias in payload.aliases],
        "terms": payload.terms,
        "since": since,
    }
    for number, alias in enumerate(payload.aliases):
        if alias.rule == "always" and alias.text.strip().casefold() in common():
            raise await _too_common(db, workspace_id, number, alias, content, now)
    return content


async def _too_common(
    db: Db, workspace_id: UUID, number: int, alias: Alias, content: dict[str, Any], now: datetime
) -> Problem:
    """Refuse a common word that would be found wherever it stands, with how often that would have been."""
    alone = content | {"aliases": [alias.text.strip()], "rules": ["always"]}
    found = await projection.preview(db, workspace_id, await _tried(db, workspace_id, alone, now), now, LISTENED)
    message = (
        f"“{alias.text.strip()}” is a common word: it would have been found {many(len(found.found), 'time')} in "
        f"{many(found.acts, 'act')}. Give it the rule in_context."
    )
    return Problem("invalid_body", message, Fault("too_common", message, pointer=f"/aliases/{number}/text"))


async def _tried(db: Db, workspace_id: UUID, content: dict[str, Any], now: datetime) -> store.Watch:
    """Return a watch that is not kept."""
    identity_id = content["identity_id"]
    persons = await people.persons_of(db, workspace_id, [identity_id]) if identity_id else []
    return store.Watch(
        NOWHERE, "", identity_id, persons[0] if persons else None, content["organization_id"], content["aliases"],
        content["rules"], content["terms"], content["since"], now, 1, now, now,
    )  # fmt: skip


async def _person(db: Db, workspace_id: UUID, person: str | None) -> UUID | None:
    """Return an identity of the person: which stays theirs, whoever they are joined with."""
    if person is None:
        return None
    found = await people.identities_of(db, workspace_id, from_body("person", "/person", person))
    if not found:
        raise unknown("person", "/person")
    return min(found)


async def _organization(db: Db, workspace_id: UUID, organization: str | None) -> UUID | None:
    if organization is None:
        return None
    id_ = from_body("organization", "/organization", organization)
    if await organizations.get_organization(db, workspace_id, id_) is None:
        raise unknown("organization", "/organization")
    return id_


async def _samples(db: Db, workspace_id: UUID, rows: Sequence[mentions.Row], sight: Sight) -> list[Sample]:
    refs = await identities.get_refs(db, workspace_id, {row.actor_id for row in rows})
    ids = tuple({row.channel_id for row in rows if row.channel_id})
    listed = (
        await channels.list_channels(db, workspace_id, channels.ChannelFilter(ids=ids), None, SAMPLES) if ids else []
    )
    names = {each.id: each.name for each in listed}
    return [
        Sample(
            IdentityRef.of(refs[row.actor_id]) if row.actor_id in refs else None,
            ChannelRef(encode("channel", row.channel_id), names.get(row.channel_id)) if row.channel_id else None,
            row.occurred_at,
            cast("Any", row.reason),
            Quote(row.quote, row.quote_start, row.quote_stop) if sight.text else None,
        )
        for row in rows
    ]


async def _show(db: Db, workspace_id: UUID, row: store.Watch) -> Watch:
    async with whole(db):
        counts = await mentions.count(db, workspace_id, [row.id])
    return Watch.of(row, counts[row.id])


async def _find(db: Db, workspace_id: UUID, watch_id: str, *, lock: bool = False) -> store.Watch:
    found = await store.get_watch(db, workspace_id, from_path("watch", watch_id), lock=lock)
    if found is None:
        raise not_found("watch")
    return found


ROUTES = [
    list_watches,
    create_watch,
    preview_watch,
    get_watch,
    update_watch,
    delete_watch,
    list_mentions,
]
