"""Beginning a session, once somebody has shown who they are."""

from typing import Any
from uuid import UUID

from litestar.connection import Request

from kith.api.http.addresses import address_of
from kith.api.pages import cookies
from kith.store import sessions
from kith.store.db import Db


async def begin(request: Request[Any, Any, Any], db: Db, sign_in_id: UUID, method: str) -> str:
    """Begin a session and return its cookie: a new one, so that whoever knew the old one is not let in with it.

    Where this sign-in had a session in this browser, the new one takes its place, and keeps the workspace.
    """
    known = cookies.visitor(request)
    old = await sessions.find_session(db, known) if known else None
    chosen = None
    if old:
        await sessions.end_session(db, old.sign_in_id, old.id)
        chosen = old.workspace_id if old.sign_in_id == sign_in_id else None
    return await sessions.create_session(
        db, sign_in_id, method,
        user_agent=request.headers.get("user-agent"), address=where(request), workspace_id=chosen,
    )  # fmt: skip


def where(request: Request[Any, Any, Any]) -> str:
    """Return the network address that a request comes from."""
    return address_of(request.scope, request.app.state.settings.proxies) or "unknown"
