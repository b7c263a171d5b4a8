"""An app as its makers would write it, and the browser of its member."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import httpx2

from kith.domain.ids import encode
from kith.store import apps, exchanges
from kith.store.app_tokens import Kind
from kith.store.apps import App
from kith.store.db import Db, Pool, workspace
from kith.store.exchanges import Exchange
from tests.integration.pages.browser import Browser, Page, to
from tests.integration.pages.conftest import House

SCOPES = ["people:read", "relationships:read", "interactions:read"]
CALLBACK = "https://app.example/callback"


@dataclass
class Registered:
    """An app and its secret."""

    app: App
    secret: str | None

    @property
    def id(self) -> str:
        return encode("app", self.app.id)

    @property
    def basic(self) -> dict[str, str]:
        """The header by which it proves who it is; nothing where it has no secret."""
        if self.secret is None:
            return {}
        return {"Authorization": f"Basic {base64.b64encode(f'{self.id}:{self.secret}'.encode()).decode()}"}


async def register(pool: Pool, home: UUID, kind: Any = "browser", **content: Any) -> Registered:
    """Return an app that a workspace owns and approved."""
    content = {"name": f"A {kind} app", "scopes": SCOPES, **content}
    if kind != "machine":
        content.setdefault("redirect_uris", [CALLBACK])
    async with workspace(pool, home) as db:
        app = await apps.create_app(db, home, kind=kind, **content)
        await apps.approve(db, home, app.id, content["scopes"], "test")
        secret = (await apps.add_secret(db, home, app.id, 0))[1] if kind in ("server", "machine") else None
    return Registered(app, secret)


async def issue(db: Db, home: UUID, grant_id: UUID, scopes: list[str], kind: Kind = "access") -> str:
    """Return a token of a grant, without the way that leads to one."""
    made = exchanges.new_token(home, kind, scopes=scopes, resources=[], thumbprint=None)
    await exchanges.exchange(db, home, Exchange(brought="grant", key=grant_id, family_id=uuid4(), tokens=[made]))
    return made.text


@dataclass
class Pkce:
    verifier: str
    challenge: str

    @classmethod
    def new(cls) -> "Pkce":
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        return cls(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


class Desk:
    """What apps and browsers do here."""

    def __init__(self, house: House, issuer: str) -> None:
        self.house, self.issuer = house, issuer
        self.http = httpx2.AsyncClient(transport=to(house.app), base_url=issuer)

    async def __aenter__(self) -> "Desk":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    def address(self, app: Registered, pkce: Pkce, **changed: Any) -> str:
        """Return where an app sends its member's browser. changed: parameters, left out where None."""
        given: dict[str, Any] = {
            "response_type": "code",
            "client_id": app.id,
            "redirect_uri": app.app.redirect_uris[0] if app.app.redirect_uris else None,
            "scope": " ".join(app.app.scopes),
            "state": "s t&te=1",
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
            **changed,
        }
        pairs = {name: value for name, value in given.items() if value is not None}
        return f"/oauth/authorize?{urlencode(pairs, doseq=True)}"

    async def ask(self, browser: Browser, app: Registered, pkce: Pkce, **changed: Any) -> httpx2.Response:
        """Return what the browser gets, a page or a way back, without following it."""
        return await browser.http.get(self.address(app, pkce, **changed))

    async def answer(self, browser: Browser, shown: httpx2.Response, decision: str = "allow") -> dict[str, str]:
        """Press a button of the consent page; return what the app's callback gets."""
        if shown.status_code == 200:
            page = Page(shown)
            form = page.form("Allow")
            key = next(e.attributes["value"] for e in form.find("input") if e.attributes["name"] == "form_key")
            fields = {"form_key": key, "decision": decision}
            shown = await browser.http.post(form.attributes["action"], data=fields)
        return sent_back(shown)

    async def code(self, browser: Browser, app: Registered, pkce: Pkce, **changed: Any) -> str:
        return (await self.answer(browser, await self.ask(browser, app, pkce, **changed)))["code"]

    async def token(self, app: Registered, headers: dict[str, str] | None = None, **form: Any) -> httpx2.Response:
        """Ask for tokens."""
        given = {"client_id": app.id, **form} if app.secret is None else form
        given = {name: value for name, value in given.items() if value is not None}
        return await self.http.post("/oauth/token", data=given, headers={**app.basic, **(headers or {})})

    async def exchange(self, app: Registered, code: str, pkce: Pkce, /, **changed: Any) -> httpx2.Response:
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": app.app.redirect_uris[0],
            "code_verifier": pkce.verifier,
            **changed,
        }
        return await self.token(app, **given)

    async def let_in(self, app: Registered, browser: Browser | None = None, **changed: Any) -> dict[str, Any]:
        """Return the tokens that a member lets an app have."""
        browser = browser or await self.house.enter()
        pkce = Pkce.new()
        answer = await self.exchange(app, await self.code(browser, app, pkce, **changed), pkce)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def refresh(self, app: Registered, token: str, **form: Any) -> httpx2.Response:
        return await self.token(app, grant_type="refresh_token", refresh_token=token, **form)

    async def me(self, token: str) -> httpx2.Response:
        return await self.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


def sent_back(answer: httpx2.Response) -> dict[str, str]:
    """Return the parameters with which a browser is sent back to the app."""
    assert answer.status_code == 303, answer.text
    pairs = parse_qsl(urlsplit(answer.headers["location"]).query, strict_parsing=True)
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)
