"""Signing in by another provider: one that runs here and speaks OpenID Connect."""

import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from kith.api.signin.provider import NotTrusted, Provider, Waiting
from kith.runtime.settings import Settings
from kith.store.db import instance
from tests.integration.api.conftest import serving
from tests.integration.pages.browser import Browser, Page
from tests.integration.pages.conftest import House
from tests.integration.pages.test_audits import entries
from tests.integration.pages.test_sessions import changed


@dataclass
class Idp:
    """A provider of identity. claims: what its tokens say, or do not where None. wrong: what it does otherwise."""

    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"}))
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.wrong.get("issuer", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=a",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }

    def token(self) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer, "sub": "4711", "aud": "kith", "iat": now, "exp": now + 60, "nonce": self.asked["nonce"],
            "email": "Olga@example.org", "email_verified": True,
        } | self.claims  # fmt: skip
        key: Any = self.wrong.get("key", self.key)
        header = self.wrong.get("header", {"alg": "ES256", "kid": "one"})
        return jwt.encode(header, {n: v for n, v in said.items() if v is not None}, key, algorithms=["ES256", "HS256"])

    def answer(self, path: str, headers: Any, body: str) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            return 200, self.metadata()
        if path == "/jwks":
            return 200, dict(KeySet([self.key]).as_dict(private=False))
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked |= {f"token_{name}": value for name, value in form.items()}
        self.asked["authorization"] = headers["authorization"]
        if form.get("code") != "good":
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.token(), "token_type": "Bearer", "access_token": "a"}


@pytest.fixture
def idp() -> Iterator[Idp]:
    made = Idp()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            self.do_POST()

        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, said = made.answer(self.path, self.headers, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
async def linked(house: House, settings: Settings, idp: Idp) -> AsyncIterator[House]:
    """The same house, with the provider."""
    provider = {"oidc_issuer": idp.issuer, "oidc_name": "Acme", "oidc_client_id": "kith", "oidc_client_secret": "s"}
    async with serving(changed(settings, **provider)) as app:
        made = House(app, house.pool, house.workspace_id, house.owner)
        yield made
        for browser in made.browsers:
            await browser.http.aclose()


async def go(idp: Idp, browser: Browser, address: str = "/sign-in?next=/workspaces", by: str = "with Acme") -> str:
    """Go to the provider; return the state to come back with."""
    page = await browser.open(address)
    form = page.form(f"Sign in {by}")
    fields = {e.attributes["name"]: e.attributes["value"] for e in form.find("input")}
    sent = Page(await browser.http.post("/sign-in/provider", data=fields))
    (meta,) = [e for e in sent.root.find("meta") if e.attributes.get("http-equiv") == "refresh"]
    target = meta.attributes["content"].removeprefix("0; url=")
    assert target.startswith(f"{idp.issuer}/authorize?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    idp.asked |= asked
    assert asked["redirect_uri"] == "http://localhost:8000/sign-in/provider/return"
    assert (asked["tenant"], asked["client_id"], asked["code_challenge_method"]) == ("a", "kith", "S256")
    return asked["state"]


async def back(browser: Browser, state: str, **more: str) -> Page:
    query = str(httpx2.QueryParams({"state": state, "code": "good"} | more))
    return await browser.open(f"/sign-in/provider/return?{query}")


async def test_who_the_provider_knows_by_a_verified_address_is_let_in(linked: House, idp: Idp) -> None:
    browser = linked.browser()
    page = await back(browser, await go(idp, browser), iss=idp.issuer)
    assert page.address == "/workspaces"
    assert idp.asked["authorization"] == "Basic a2l0aDpz"
    idp.claims = {"email": "other@example.org"}  # from now on it is the subject that counts
    again = linked.browser()
    assert (await back(again, await go(idp, again))).address == "/workspaces"


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}, {"email": "nobody@example.org"}]
)
async def test_who_is_not_known_is_told_so(linked: House, idp: Idp, claims: dict[str, Any]) -> None:
    idp.claims = claims
    browser = linked.browser()
    page = await back(browser, await go(idp, browser))
    assert (page.status, page.title) == (403, "You are not known here yet")


async def test_an_address_that_nobody_verified_here_links_nobody(linked: House, idp: Idp) -> None:
    async with instance(linked.pool) as db:
        await db.execute("UPDATE sign_ins SET verified_at = NULL")
    browser = linked.browser()
    assert (await back(browser, await go(idp, browser))).status == 403


async def test_who_has_signed_in_links_the_provider_themselves_and_unlinks_it(linked: House, idp: Idp) -> None:
    idp.claims = {"email": None}
    browser = await linked.enter()
    page = await back(browser, await go(idp, browser, "/security", "with Acme too"))
    assert page.title == "Security"
    other = linked.browser()
    assert (await back(other, await go(idp, other))).address == "/workspaces"
    await browser.press(await browser.open("/security"), f"Sign in with {idp.issuer} no more")
    third = linked.browser()
    assert (await back(third, await go(idp, third))).status == 403
    told = [entry.operation for entry in await entries(linked)]
    assert told == ["signIn", "linkProvider", "signIn", "signIn", "removeProvider"]


async def test_signing_in_where_another_has_signed_in_links_nothing_to_them(linked: House, idp: Idp) -> None:
    idp.claims = {"email": None}
    browser = await linked.enter()
    assert (await back(browser, await go(idp, browser))).status == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"aud": None}, {"exp": 1}, {"exp": None}, {"nonce": "x"},
        {"nonce": None}, {"nonce": "é"}, {"sub": ""}, {"sub": None}, {"iss": None},
        {"iat": int(time.time() // 86400 * 86400) + 10**9},
    ],
    ids=lambda claims: "-".join(f"{name}:{value}"[:12] for name, value in claims.items()),
)  # fmt: skip
async def test_a_token_that_is_not_for_us_now_lets_nobody_in(linked: House, idp: Idp, claims: dict[str, Any]) -> None:
    idp.claims = claims
    browser = linked.browser()
    page = await back(browser, await go(idp, browser))
    assert (page.status, page.title) == (502, "The provider did not let you in")


async def test_keys_and_algorithms_of_others_let_nobody_in(linked: House, idp: Idp) -> None:
    public = json.dumps(idp.key.as_dict(private=False)).encode()
    for wrong in (
        {"key": ECKey.generate_key("P-256")},
        {"key": OctKey.import_key(public), "header": {"alg": "HS256", "kid": "one"}},
        {"issuer": "https://evil.example"},
    ):
        idp.wrong = wrong
        browser = linked.browser()
        page = await browser.open("/sign-in")
        if "issuer" in wrong:
            assert (await browser.press(page, "Sign in with Acme")).status == 502
        else:
            assert (await back(browser, await go(idp, browser))).status == 502


async def test_a_new_key_of_the_provider_is_believed_at_once(linked: House, idp: Idp) -> None:
    browser = linked.browser()
    state = await go(idp, browser)
    idp.key = ECKey.generate_key("P-256", {"kid": "two", "alg": "ES256"})
    idp.wrong = {"header": {"alg": "ES256", "kid": "two"}}
    assert (await back(browser, state)).address == "/workspaces"


async def test_an_answer_counts_once_and_for_its_browser_alone(linked: House, idp: Idp) -> None:
    browser, other = linked.browser(), linked.browser()
    await other.open("/sign-in")
    state = await go(idp, browser)
    assert (await back(other, state)).status == 502
    assert (await back(browser, "another")).status == 502
    assert (await back(browser, state)).status == 502  # a wrong answer uses the request up
    await go(idp, browser)
    assert (await back(browser, "é")).status == 502
    state = await go(idp, browser)
    assert (await back(browser, state, iss="https://evil.example")).status == 502
    assert (await back(browser, await go(idp, browser), code="bad")).status == 502
    assert (await back(browser, await go(idp, browser), code="", error="access_denied")).status == 502


async def test_the_verifier_fits_the_challenge(settings: Settings, idp: Idp) -> None:
    named = changed(settings, oidc_issuer=idp.issuer + "/", oidc_client_id="kith")
    async with httpx2.AsyncClient() as http:
        provider = Provider(named, http)
        _, waiting = await provider.begin("/", None)
        idp.asked["nonce"] = waiting.nonce
        known = await provider.finish(waiting, "good", None)
        assert (known.subject, known.address) == ("4711", "olga@example.org")
        assert idp.asked["token_code_verifier"] == waiting.verifier
        with pytest.raises(NotTrusted, match="another request"):
            await provider.finish(Waiting("a", "b", "c", "/", None), "good", None)


async def test_a_provider_that_is_away_is_said(settings: Settings) -> None:
    async with httpx2.AsyncClient() as http:
        with pytest.raises(NotTrusted, match="cannot be used"):
            await Provider(changed(settings, oidc_issuer="http://127.0.0.1:1"), http).begin("/", None)
