"""The page on which a member consents, and what follows from the answer."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Request, Response, get, post

from kith.api.apps.logos import path_of
from kith.api.oauth import parameters as read
from kith.api.oauth.authorization import Authorization, back, read_authorization, redirect_of
from kith.api.oauth.errors import Refused, SentBack
from kith.api.oauth.parameters import Parameters
from kith.api.oauth.server import REQUEST_URI
from kith.api.pages.forms import read_form
from kith.api.pages.render import render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import SeeOther, SignedIn, find_visitor, session_of
from kith.api.signin.telling import tell_of_app
from kith.domain.ids import decode, encode
from kith.domain.members import scopes_of
from kith.domain.scopes import IDENTITY, lasting, ordered, sentences, unseen
from kith.store import app_tokens, apps, devices, grants
from kith.store.apps import App
from kith.store.db import Db, new_id

APPROVERS = ("owner", "admin")
_SINCE = "kith_since"  # our own parameter: when the member was sent to show who they are


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: Literal["allow", "deny"]


class Wish(NamedTuple):
    """What is asked, of whom. possible: the scopes that there are to grant; None where the workspace has no such app.

    approving: nobody has approved the app here yet, and this member may.
    """

    app: App
    asked: Authorization
    here: SignedIn
    possible: list[str] | None
    approving: bool
    granted: list[str]

    @property
    def is_granted(self) -> bool:
        return not self.approving and self.possible is not None and set(self.possible) <= set(self.granted)


def show_refusal(request: Request[Any, Any, Any], error: Refused) -> Response[str]:
    """Show what only a human may learn: where the browser could be sent, is not known."""
    return render(request, "oauth/refused.html", status=error.status, detail=str(error), error=error.error)


def send_back(_: Request[Any, Any, Any], error: SentBack) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"Location": error.location})


CONSENT: dict[str, Any] = {
    **PAGE,
    "raw": True,
    "exception_handlers": {**PAGE["exception_handlers"], Refused: show_refusal, SentBack: send_back},
}


@get("/oauth/authorize", operation_id="showConsent", **CONSENT)
async def show_consent(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask the member, unless they have granted as much before."""
    wish = await _read(request)
    if wish.is_granted and "consent" not in wish.asked.prompts and _is_private(wish.asked.redirect_uri):
        return await _allow(request, wish)
    if "none" in wish.asked.prompts:
        raise _back(request, wish.asked, "consent_required", "The member has to consent.")
    return _page(request, wish)


@post("/oauth/authorize", operation_id="decideConsent", **CONSENT)
async def decide_consent(request: Request[Any, Any, Any]) -> Response[Any]:
    """Send the browser back with a code, or with a refusal."""
    wish = await _read(request)
    form = await read_form(request, Decision)
    if form.decision == "deny":
        async with request.app.state.turns.workspace(wish.here.workspace.workspace_id) as db:
            await tell_of_app(request, db, wish.here, "refuseApp", wish.app.id)
        raise _back(request, wish.asked, "access_denied", "The member has refused.")
    return await _allow(request, wish)


async def _read(request: Request[Any, Any, Any]) -> Wish:
    """Raises Refused, SentBack, SeeOther."""
    given = read.read_query(request)
    issuer = request.app.state.settings.issuer
    async with request.app.state.turns.instance() as db:
        app = await _app(db, given)
        given = await _unfold(db, app, given)
    redirect_uri = redirect_of(given, app)
    try:
        asked = read_authorization(given, app, issuer)
    except Refused as error:
        state = given.values.get("state")
        told = {"error": error.error, "error_description": error.description}
        raise SentBack(back(redirect_uri, issuer, state, **told)) from error
    here = await _member(request, asked)
    async with request.app.state.turns.workspace(here.workspace.workspace_id) as db:
        return await _judge(db, app, asked, here)


async def _app(db: Db, given: Parameters) -> App:
    if "client_id" not in given.values:
        raise Refused("invalid_request", "The parameter client_id is missing.")
    app_id = decode("app", given.values["client_id"])
    app = await apps.find_app(db, app_id) if app_id else None
    if app is None:
        raise Refused("invalid_client", "There is no such app.")
    return app


async def _unfold(db: Db, app: App, given: Parameters) -> Parameters:
    """Return what was pushed, where the request only names it."""
    name = given.values.get("request_uri")
    if name is None:
        return given
    pushed = await devices.find_pushed(db, app.id, name.removeprefix(REQUEST_URI))
    if pushed is None or not name.startswith(REQUEST_URI):
        raise Refused("invalid_request_uri", "The pushed request is unknown, another app's, or too old.")
    since = [(_SINCE, given.values[_SINCE])] if _SINCE in given.values else []
    return read.checked([*((name, value) for name, value in pushed["pairs"] if name != _SINCE), *since])


async def _member(request: Request[Any, Any, Any], asked: Authorization) -> SignedIn:
    """Return who sits at the browser, who may have to show it again. Raises SentBack, SeeOther."""
    if "none" in asked.prompts:
        visitor = await find_visitor(request)
        try:
            here = await session_of(request) if visitor else None
        except SeeOther:
            raise _back(request, asked, "interaction_required", "The member has to choose a workspace.") from None
        if here is None or not _is_recent(request, asked, here):
            raise _back(request, asked, "login_required", "Nobody has signed in.")
        return here
    here = await session_of(request)
    if not _is_recent(request, asked, here):
        query = [pair for pair in read.read_query(request).pairs if pair[0] != _SINCE]
        address = f"{request.scope['path']}?{urlencode([*query, (_SINCE, int(time.time()))])}"
        raise SeeOther(f"/sign-in?{urlencode({'next': address})}")
    return here


def _is_recent(request: Request[Any, Any, Any], asked: Authorization, here: SignedIn) -> bool:
    """Whether the member has shown who they are as lately as the app wants: at the latest since it was asked for."""
    if "login" not in asked.prompts and asked.max_age is None:
        return True
    since = read.read_query(request).values.get(_SINCE, "")
    if since.isdecimal() and len(since) < 12:
        return here.session.proven_at.timestamp() >= int(since)
    limit = timedelta(seconds=0 if "login" in asked.prompts else asked.max_age or 0)
    return datetime.now(UTC) - here.session.proven_at <= limit


async def _judge(db: Db, app: App, asked: Authorization, here: SignedIn) -> Wish:
    home, member = here.workspace.workspace_id, here.member
    approved = await apps.approved(db, home, app.id)
    approving = approved is None and may_approve(app, here)
    if approving:
        approved = app.scopes
    granted = await grants.granted(db, home, app.id, member.id)
    if approved is None:
        return Wish(app, asked, here, None, False, granted)
    limit = (set(approved) & scopes_of(member.role)) | IDENTITY.keys()
    return Wish(app, asked, here, [scope for scope in asked.scopes if scope in limit], approving, granted)


def may_approve(app: App, here: SignedIn) -> bool:
    """Whether a member may approve an app for the workspace in which they are."""
    known_here = app.owner_id in (None, here.workspace.workspace_id) or app.shared
    return known_here and here.member.role in APPROVERS


def _page(request: Request[Any, Any, Any], wish: Wish) -> Response[str]:
    if wish.possible is None:
        return render(
            request,
            "oauth/unapproved.html",
            status=403,
            app=wish.app,
            app_id=encode("app", wish.app.id),
            workspace=wish.here.workspace,
        )
    asked, known = lasting(wish.possible), lasting(wish.granted) if wish.granted else set()
    return render(
        request, "oauth/consent.html", forms_to=[_target(wish.asked.redirect_uri)],
        app=wish.app, logo=logo_of(wish.app, approving=wish.approving),
        domain=domain_of(wish.app, wish.asked.redirect_uri), workspace=wish.here.workspace,
        member=wish.here.sign_in, new=sentences(asked - known), known=sentences(asked & known),
        unseen=unseen(set(wish.possible) | set(wish.granted)), approving=wish.approving,
        query=request.scope["query_string"].decode("latin-1"), registered=wish.app.owner_id is None,
    )  # fmt: skip


async def _allow(request: Request[Any, Any, Any], wish: Wish) -> Response[bytes]:
    """Keep what was granted and send the browser back with a code."""
    if wish.possible is None:
        raise _back(request, wish.asked, "access_denied", "The workspace has not approved this app.")
    home, asked = wish.here.workspace.workspace_id, wish.asked
    async with request.app.state.turns.workspace(home) as db:
        if wish.approving:
            author = f"member:{wish.here.member.id}"
            await apps.approve(db, home, wish.app.id, ordered(set(wish.app.scopes)), author)
        grant_id = await grants.add(db, home, wish.app.id, wish.here.member.id, wish.possible)
        code = app_tokens.Code(
            family_id=new_id(), grant_id=grant_id, app_id=wish.app.id, redirect_uri=asked.redirect_uri,
            challenge=asked.challenge, scopes=wish.possible, resources=asked.resources, nonce=asked.nonce,
            thumbprint=asked.thumbprint, signed_in_at=wish.here.session.proven_at,
        )  # fmt: skip
        text = await app_tokens.add_code(db, home, code)
        if name := read.read_query(request).values.get("request_uri"):
            await devices.forget_pushed(db, name.removeprefix(REQUEST_URI))
        if wish.approving:
            await tell_of_app(request, db, wish.here, "approveApp", wish.app.id, scopes=wish.app.scopes)
        if not wish.is_granted:
            await tell_of_app(request, db, wish.here, "grantApp", wish.app.id, grant_id, scopes=wish.possible)
    location = back(asked.redirect_uri, request.app.state.settings.issuer, asked.state, code=text)
    return Response(b"", status_code=303, headers={"Location": location})


def _back(request: Request[Any, Any, Any], asked: Authorization, error: str, description: str) -> SentBack:
    issuer = request.app.state.settings.issuer
    return SentBack(back(asked.redirect_uri, issuer, asked.state, error=error, error_description=description))


def logo_of(app: App, *, approving: bool) -> str | None:
    """Return where an app's logo is; none of one that nobody vouches for or has approved: a picture asks for trust."""
    return None if approving and app.owner_id is None else path_of(app.id, app.logo_hash)


def _is_private(redirect_uri: str) -> bool:
    """Whether nobody but the app receives what is sent there: on a member's machine other programs may listen too."""
    return redirect_uri.startswith("https://")


def _target(redirect_uri: str) -> str:
    """Return what a page's policy names to let a form lead there."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def domain_of(app: App, redirect_uri: str | None) -> str | None:
    """Return where an app is at home: where the code goes, for that is what nobody can pretend."""
    parts = urlsplit(redirect_uri or app.homepage or "")
    return parts.hostname or parts.scheme or None


ROUTES = [show_consent, decide_consent]
