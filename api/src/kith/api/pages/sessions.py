"""Who sits at the browser: ``session_of`` for pages of a workspace, ``sign_in_of`` for those before one is chosen.

A page asks for them first::

    async def get_consent(request: Request[Any, Any, Any]) -> Response[str]:
        here = await session_of(request)          # or the browser is sent to /sign-in and comes back to this address
        here.member.role, here.workspace.name, here.sign_in.name, here.session.proven_at
        return render(request, "oauth/consent.html", scopes=...)

A page that gives rights away asks ``session_of(request, recent=True)``: who has not shown who they are for RECENT
does so again. Forms are read by ``kith.api.pages.forms.read_form``, which checks that they come from a page of ours.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from litestar.connection import Request

from kith.api.http.turns import Turns
from kith.api.pages import cookies
from kith.store import members, sessions, sign_ins, workspaces
from kith.store.members import Member
from kith.store.sessions import Session
from kith.store.sign_ins import SignIn
from kith.store.workspaces import Workspace

RECENT = timedelta(minutes=15)
_LONGEST_NEXT = 8000  # characters


class Visitor(NamedTuple):
    """Who has signed in, before a workspace is chosen."""

    session: Session
    sign_in: SignIn


class SignedIn(NamedTuple):
    """Who has signed in, and what they are in the workspace that they chose."""

    session: Session
    sign_in: SignIn
    member: Member
    workspace: Workspace


class SeeOther(Exception):
    """The browser has to go elsewhere first."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


async def find_visitor(request: Request[Any, Any, Any]) -> Visitor | None:
    """Return who has signed in with this browser, if anybody has."""
    if "kith.visitor_found" not in request.scope:
        request.scope["kith.visitor_found"] = await _find_visitor(request)  # type: ignore[typeddict-unknown-key]  # ours
    found: Visitor | None = request.scope["kith.visitor_found"]  # type: ignore[typeddict-item]  # ours
    return found


async def sign_in_of(request: Request[Any, Any, Any], *, recent: bool = False) -> Visitor:
    """Return who has signed in. Raises SeeOther: to the page for that, which leads back here.

    recent: who has not shown who they are for RECENT does so again.
    """
    found = await find_visitor(request)
    if found is None or (recent and datetime.now(UTC) - found.session.proven_at > RECENT):
        raise SeeOther(f"/sign-in?next={_here(request)}")
    return found


async def session_of(request: Request[Any, Any, Any], *, recent: bool = False) -> SignedIn:
    """Return who has signed in, and what they are in the workspace that they chose. Raises SeeOther."""
    visitor = await sign_in_of(request, recent=recent)
    found = await _find_member(request.app.state.turns, visitor)
    if found is None:
        raise SeeOther(f"/workspaces?next={_here(request)}")
    return found


def safe_next(text: str | None, otherwise: str = "/security") -> str:
    """Return where to go after signing in: a path of ours, whatever a link says."""
    if not text or len(text) > _LONGEST_NEXT or not text.startswith("/") or text.startswith(("//", "/\\")):
        return otherwise
    if "\\" in text or any(not " " < character < "\x7f" for character in text):
        return otherwise
    return text


def _here(request: Request[Any, Any, Any]) -> str:
    """Return the address to come back to: this one, where it can be asked for again."""
    if request.method != "GET":
        return ""
    query = request.scope["query_string"].decode("latin-1")
    return quote(f"{request.scope['path']}?{query}" if query else request.scope["path"], safe="")


async def _find_visitor(request: Request[Any, Any, Any]) -> Visitor | None:
    if (text := cookies.visitor(request)) is None:
        return None
    async with request.app.state.turns.instance() as db:
        session = await sessions.find_session(db, text)
        if session is None:
            return None
        sign_in = await sign_ins.get_sign_in(db, session.sign_in_id)
    return Visitor(session, sign_in) if sign_in else None


async def _find_member(turns: Turns, visitor: Visitor) -> SignedIn | None:
    """Return the member of the workspace that was chosen, or of the only one there is to choose."""
    chosen = visitor.session.workspace_id
    if chosen is None:
        async with turns.instance() as db:
            possible = await members.list_workspaces(db, visitor.sign_in.id)
            if len(possible) != 1:
                return None
            chosen = possible[0]
            await sessions.choose_workspace(db, visitor.session.id, chosen)
    async with turns.view(chosen) as db:
        member = await members.find_member(db, chosen, visitor.sign_in.id)
        workspace = await workspaces.get_workspace(db, chosen)
    return SignedIn(visitor.session, visitor.sign_in, member, workspace) if member and workspace else None
