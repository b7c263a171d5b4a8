from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from kith.api.http.ids import JobId, SourceId, encode, from_path, not_found
from kith.api.http.revisions import check_unchanged, tag
from kith.store import jobs, sources
from kith.store import retention as store
from kith.store.db import Db

Days = Annotated[
    Annotated[int, Meta(ge=1, le=36_500)] | None,
    Meta(description="How many days acts are kept; null: without end.", examples=[365]),
]
Texts = Annotated[
    bool, Meta(description="Whether texts, titles and subjects are kept; false: who, when and where alone.")
]
Private = Annotated[bool, Meta(description="Whether private rooms and direct messages are kept.")]


class RetentionSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be kept of a source; what is left out is kept."""

    days: Days = None
    texts: Texts = True
    private: Private = True


class Retention(msgspec.Struct, frozen=True):
    """What is kept of what a source tells."""

    source_id: SourceId
    days: Days
    texts: Texts
    private: Private
    job_id: Annotated[
        JobId | None, Meta(description="The job that brings what is there in line, where this was just set; else null.")
    ] = None


@get(
    "/v1/sources/{source_id:str}/retention",
    operation_id="getRetention",
    tags=["sources"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def get_retention(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], source_id: FromPath[str]
) -> Response[Retention]:
    """Show what is kept of what a source tells.

    All of it, unless somebody has set otherwise.
    """
    id_ = await _find(db, workspace_id, source_id)
    policy = await store.get_policy(db, workspace_id, id_)
    return Response(_show(id_, policy), headers={"ETag": tag(policy)})


@put(
    "/v1/sources/{source_id:str}/retention",
    operation_id="setRetention",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found", "precondition_failed"],
)
async def set_retention(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    source_id: FromPath[str],
    payload: NamedDependency[RetentionSet],
) -> Response[Retention]:
    """Set what is kept of what a source tells.

    It holds for every page from now on, and a job brings what is there in line: what must not be kept is deleted with
    its earlier versions, and all that was computed from it follows. What another source tells too stays with that one.
    Reading the source again brings nothing back; to have it again, keep more, and read the source from its beginning.
    """
    id_ = await _find(db, workspace_id, source_id, lock=True)
    check_unchanged(request, await store.get_policy(db, workspace_id, id_))
    await store.set_policy(db, workspace_id, id_, days=payload.days, texts=payload.texts, private=payload.private)
    policy = await store.get_policy(db, workspace_id, id_)
    job_id = None if policy.keeps_all else encode("job", await jobs.ask_retain(db, workspace_id, id_))
    return Response(_show(id_, policy, job_id), headers={"ETag": tag(policy)})


async def _find(db: Db, workspace_id: UUID, source_id: str, *, lock: bool = False) -> UUID:
    source = await sources.get_source(db, workspace_id, from_path("source", source_id), lock=lock)
    if source is None:
        raise not_found("source")
    return source.id


def _show(source_id: UUID, policy: store.Policy, job_id: str | None = None) -> Retention:
    return Retention(encode("source", source_id), policy.days, policy.texts, policy.private, job_id)


ROUTES = [get_retention, set_retention]
