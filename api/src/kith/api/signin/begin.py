"""Beginning a session, once somebody has shown who they are."""

from typing import Any
from uuid import UUID

from litestar import Response
from litestar.connection import Request

from kith.api.pages import cookies
from kith.api.pages.render import go
from kith.api.signin.telling import tell, where
from kith.store import sessions, sign_in_steps
from kith.store.db import Db
from kith.store.sign_ins import SignIn


async def begin(
    request: Request[Any, Any, Any], db: Db, sign_in_id: UUID, method: str, workspace_id: UUID | None = None
) -> str:
    """Begin a session and return its cookie: a new one, so that whoever knew the old one is not let in with it.

    Where this sign-in had a session in this browser, the new one takes its place, and keeps the workspace.
    """
    known = cookies.visitor(request)
    old = await sessions.find_session(db, known) if known else None
    if old:
        await sessions.end_session(db, old.sign_in_id, old.id)
        if old.sign_in_id == sign_in_id:
            workspace_id = workspace_id or old.workspace_id
    cookie = await sessions.create_session(
        db, sign_in_id, method,
        user_agent=request.headers.get("user-agent"), address=where(request), workspace_id=workspace_id,
    )  # fmt: skip
    await tell(request, db, sign_in_id, "signIn", method=method)
    return cookie


async def go_on(request: Request[Any, Any, Any], db: Db, sign_in: SignIn, method: str, onward: str) -> Response[str]:
    """Begin a session and lead on, or ask for the second factor first where there is one."""
    if not sign_in.has_totp:
        return go(request, onward, cookie=await begin(request, db, sign_in.id, method))
    browser, new = cookies.ensure_visitor(request)
    step = {"sign_in": str(sign_in.id), "method": method, "next": onward}
    await sign_in_steps.put(db, browser, "second_factor", step)
    return go(request, "/sign-in/second-factor", cookie=browser if new else None)
