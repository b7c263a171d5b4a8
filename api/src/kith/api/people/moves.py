"""Ids of people who were joined with others lead to the living person, for ever; of those who were erased, nowhere."""

from typing import Any
from uuid import UUID

from litestar import Request
from litestar.response import Redirect

from kith.api.http.absent import absent
from kith.api.http.ids import encode, from_path, not_found
from kith.store import people
from kith.store.db import Db


async def lead_on(request: Request[Any, Any, Any], db: Db, workspace_id: UUID, *person_ids: str) -> Redirect:
    """Lead from a path with these ids to that of the living people. Raises Problem where it would lead nowhere else."""
    asked = path = request.scope["path"]
    for person_id in person_ids:
        living = await people.living_person(db, workspace_id, from_path("person", person_id))
        if living is None:
            raise await absent(request, db, "person", person_id)
        path = path.replace(person_id, encode("person", living))
    if path == asked:
        raise not_found("person")
    query = request.scope["query_string"].decode("latin-1")
    return Redirect(f"{path}?{query}" if query else path, status_code=308)
