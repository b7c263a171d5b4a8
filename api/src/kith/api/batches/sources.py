"""The source that a request writes: its app's own, or the one of members who write themselves."""

from kith.api.http.problems import Problem
from kith.store import sources
from kith.store.db import Db
from kith.store.sources import Source
from kith.store.tokens import Token

BY_HAND = "By hand"


async def written_by(db: Db, token: Token) -> Source:
    """Return the source, made when it is first written. Raises Problem where it is not to be written now."""
    found = await sources.written_by(db, token.workspace_id, token.app_id, token.name if token.app_id else BY_HAND)
    if found.status != "active":
        raise Problem("conflict", f"The source {found.name!r}, which holds what is written so, is {found.status}.")
    return found
