"""The source that a request writes: its app's own, or the one of members who write themselves."""

import time
from typing import Any

from litestar import Request

from kith.api.http.problems import Problem
from kith.domain.quotas import Quotas
from kith.store import sources, workspaces
from kith.store.db import Db
from kith.store.sources import Source
from kith.store.tokens import Token

BY_HAND = "By hand"
COUNTED_SECONDS = 60.0
"""How long a count of what a workspace has is relied on: to count it takes longer than to write."""


async def written_by(db: Db, token: Token) -> Source:
    """Return the source, made when it is first written. Raises Problem where it is not to be written now."""
    found = await sources.written_by(db, token.workspace_id, token.app_id, token.name if token.app_id else BY_HAND)
    if found.status != "active":
        raise Problem("conflict", f"The source {found.name!r}, which holds what is written so, is {found.status}.")
    return found


async def open_written(request: Request[Any, Any, Any], db: Db, token: Token) -> Source:
    """Return the source to be written, as ``written_by`` does. Raises Problem where a quota is reached."""
    await check_quotas(request, db, token)
    return await written_by(db, token)


async def check_quotas(request: Request[Any, Any, Any], db: Db, token: Token) -> None:
    """Refuse to take more where a quota of the workspace is reached. Raises Problem."""
    settings = request.app.state.settings
    quotas = Quotas(settings.quota_people, settings.quota_interactions, settings.quota_megabytes)
    if any(quotas):
        known, now = request.app.state.counted, time.monotonic()
        at, reason = known.get(token.workspace_id, (0.0, None))
        if not at or now - at > COUNTED_SECONDS:
            reason = quotas.reached((await workspaces.count(db, token.workspace_id)).of_quotas)
            known[token.workspace_id] = now, reason
        if reason:
            raise Problem("quota_exceeded", reason)
