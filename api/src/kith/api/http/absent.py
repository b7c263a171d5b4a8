"""What is not there: it never was, or it was of somebody who was erased."""

from typing import Any

from litestar import Request

from kith.api.http.auth import token_of
from kith.api.http.ids import from_path, not_found
from kith.api.http.problems import Problem
from kith.store import suppressions
from kith.store.db import Db


async def absent(request: Request[Any, Any, Any], db: Db, noun: str, text: str) -> Problem:
    """Return how to refuse the id of a person or identity that is not there: it never was, or was erased."""
    token = token_of(request)
    if await suppressions.is_erased(db, token.workspace_id, token.id_key, from_path(noun, text)):
        return Problem("erased")
    return not_found(noun)
