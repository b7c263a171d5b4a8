from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.decisions.show import author
from kith.api.erasures.schemas import AskedErasure, Erasure, ErasuresParams
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.shapes import shape
from kith.api.people.moves import lead_on
from kith.store import erasures as store
from kith.store import jobs, people
from kith.store.db import Db
from kith.store.tokens import Token


@post(
    "/v1/people/{person_id:str}/erasures",
    operation_id="erasePerson",
    tags=["erasures"],
    scopes=["erasures:write"],
    errors=["not_found"],
    moves=True,
    status_code=202,
)
async def erase_person(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    person_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[AskedErasure] | Redirect:
    """Erase a person for good.

    It cannot be taken back. A job takes the person out of every answer, event and queue, within seconds in most
    workspaces; another then takes what was deleted out of the files. No reading and no restored backup brings the
    person back.
    """
    key = from_path("person", person_id)
    if await people.get_person(db, workspace_id, key) is None:
        return await lead_on(request, db, workspace_id, person_id)
    known = await store.open_for(db, workspace_id, key)
    if known is None:
        erasure_id, job_id = await store.ask(db, workspace_id, key, [], "asked", author(token))
    else:
        erasure_id, job_id = known.id, await jobs.ask_erase(db, workspace_id, known.id)
    asked = Erasure.of(await _find(db, workspace_id, encode("erasure", erasure_id)))
    body = shape(AskedErasure, asked, job_id=encode("job", job_id))
    return await once.answer(body, 202, {"Location": f"/v1/erasures/{asked.id}"})


@get("/v1/erasures", operation_id="listErasures", tags=["erasures"], scopes=["erasures:read"])
async def list_erasures(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[ErasuresParams],
) -> Response[Page[Erasure]]:
    """List erasures.

    The newest first. They name nobody.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_erasures(db, workspace_id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Erasure.of, lambda row: (row.id,))


@get(
    "/v1/erasures/{erasure_id:str}",
    operation_id="getErasure",
    tags=["erasures"],
    scopes=["erasures:read"],
    errors=["not_found"],
)
async def get_erasure(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], erasure_id: FromPath[str]
) -> Response[Erasure]:
    """Show one erasure, with its signed receipt.

    While it is open, `Retry-After` says when to ask again.
    """
    found = await _find(db, workspace_id, erasure_id)
    return Response(Erasure.of(found), headers=None if found.status == "erased" else {"Retry-After": "1"})


async def _find(db: Db, workspace_id: UUID, erasure_id: str) -> store.Erasure:
    found = await store.get_erasure(db, workspace_id, from_path("erasure", erasure_id))
    if found is None:
        raise not_found("erasure")
    return found


ROUTES = [erase_person, list_erasures, get_erasure]
