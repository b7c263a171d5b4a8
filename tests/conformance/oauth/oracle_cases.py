"""What kith and another authorization server are asked alike, and how their answers are put into a word or two."""

import base64
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey

from tests.integration.oauth.client import Pkce

CALLBACK = "https://app.example/callback"


@dataclass
class Party:
    """An authorization server: where it answers, which apps it knows, and a browser in which a member has signed in.

    agree: presses what the server asks a human, and returns where the browser is sent back to.
    """

    issuer: str
    metadata: dict[str, Any]
    apps: dict[str, tuple[str, str | None]]
    http: httpx2.AsyncClient
    browser: httpx2.AsyncClient
    agree: Callable[[httpx2.AsyncClient, str, bool], Awaitable[str]]

    def address(self, pkce: Pkce, app: str = "server", **changed: Any) -> str:
        """Return where an app sends a browser. changed: parameters, left out where None."""
        given: dict[str, Any] = {
            "response_type": "code", "client_id": self.apps[app][0], "redirect_uri": CALLBACK,
            "scope": "openid people:read", "state": "s", "code_challenge": pkce.challenge,
            "code_challenge_method": "S256", **changed,
        }  # fmt: skip
        pairs = {name: value for name, value in given.items() if value is not None}
        return f"{self.metadata['authorization_endpoint']}?{urlencode(pairs, doseq=True)}"

    async def authorize(self, browser: httpx2.AsyncClient | None = None, **changed: Any) -> str:
        """Say what a browser gets that an app sends here."""
        return said_to_browser(await (browser or self.browser).get(self.address(Pkce.new(), **changed)))

    async def code(self, app: str = "server", **changed: Any) -> tuple[str, Pkce]:
        pkce = Pkce.new()
        back = await self.agree(self.browser, self.address(pkce, app, **changed), True)
        return dict(parse_qsl(urlsplit(back).query))["code"], pkce

    def basic(self, app: str, secret: str | None = None) -> dict[str, str]:
        pair = f"{self.apps[app][0]}:{secret or self.apps[app][1]}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    async def post(self, endpoint: str, app: str | None, headers: dict[str, str] | None = None, **form: Any) -> Any:
        """Send a form as an app would, which proves who it is if it can. app: None for nobody."""
        found = dict(headers or {})
        if app is not None and self.apps[app][1] is not None:
            found = self.basic(app) | found
        elif app is not None:
            form = {"client_id": self.apps[app][0]} | form
        given = {name: value for name, value in form.items() if value is not None}
        return await self.http.post(self.metadata[endpoint], data=given, headers=found)

    async def token(self, app: str | None = "server", headers: dict[str, str] | None = None, **form: Any) -> Any:
        return await self.post("token_endpoint", app, headers, **form)

    async def exchange(self, app: str | None = "server", /, **changed: Any) -> Any:
        """Get a code and exchange it. changed: fields of the form."""
        code, pkce = await self.code(app or "server")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": pkce.verifier,
        }
        return await self.token(app, **form | changed)

    async def tokens(self, app: str = "server", **asked: Any) -> dict[str, Any]:
        code, pkce = await self.code(app, **asked)
        answer = await self.token(
            app, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=pkce.verifier
        )
        found: dict[str, Any] = answer.json()
        return found

    async def refresh(self, token: str, app: str = "server", **form: Any) -> Any:
        return await self.token(app, grant_type="refresh_token", refresh_token=token, **form)

    async def active(self, token: str) -> bool:
        answer = await self.post("introspection_endpoint", "server", token=token)
        return bool(answer.json()["active"])

    def proof(self, endpoint: str = "token_endpoint", **changed: Any) -> dict[str, str]:
        """Return the header that proves possession of a key. changed: of header and claims; None leaves out."""
        key = changed.pop("key", None) or ECKey.generate_key("P-256")
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=changed.pop("private", False))}
        claims = {"jti": str(uuid4()), "htm": "POST", "htu": self.metadata[endpoint], "iat": int(time.time())}
        for name, value in changed.items():
            (header if name in ("typ", "alg") else claims)[name] = value
        claims = {name: value for name, value in claims.items() if value is not None}
        if header["alg"] == "none":
            parts = [
                base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)
            ]
            return {"DPoP": ".".join([*parts, ""])}
        return {"DPoP": jws.serialize_compact(header, json.dumps(claims), key, algorithms=["ES256"])}


def said_to_browser(answer: httpx2.Response) -> str:
    """Say what an answer to a browser amounts to: a way back to the app, a page for a human, or a refusal."""
    place = answer.headers.get("location", "")
    if answer.status_code in (302, 303) and place.startswith("https://app.example/"):
        split = urlsplit(place)
        found = dict(parse_qsl(split.query or split.fragment))
        what = found.get("error") or ("code" if "code" in found else "nothing")
        more = [name for name in ("state", "iss") if name not in found]
        return " ".join(
            ["back:", what, *(f"without {name}" for name in more), *(["in the fragment"] if split.fragment else [])]
        )
    if answer.status_code in (200, 302, 303):
        return "back in a form" if 'action="https://app.example' in answer.text else "asks the human"
    return "refuses in a page"


def said(answer: httpx2.Response, *fields: str) -> str:
    """Say what an answer to an app amounts to: its status, its error or these of its fields."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    challenge = answer.headers.get("www-authenticate", "")
    scheme, named = challenge.partition(" ")[0], re.search('error="([a-z_]+)"', challenge)
    error = body.get("error") or (named and named[1])
    parts = [str(answer.status_code), *([error] if error else [f"{name}={body.get(name)}" for name in fields])]
    return " ".join([*parts, *([f"({scheme})"] if scheme else [])])


Case = Callable[[Party], Awaitable[str]]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    def keep(function: Case) -> Case:
        assert name not in CASES
        CASES[name] = function
        return function

    return keep


def _asked(name: str, **changed: Any) -> None:
    CASES[f"authorize: {name}"] = lambda party: party.authorize(**changed)


_asked("all is right", scope="openid people:read relationships:read", prompt="consent")
_asked("an app that nobody knows", client_id="app_00000000000000000000000000")
_asked("no app", client_id=None)
_asked("another redirect URI", redirect_uri="https://app.example/other")
_asked("a redirect URI with a query", redirect_uri=f"{CALLBACK}?x=1")
_asked("no redirect URI, where one is registered", redirect_uri=None)
_asked("no response type", response_type=None)
_asked("response type token", response_type="token")
_asked("response type code id_token", response_type="code id_token")
_asked("no challenge", code_challenge=None, code_challenge_method=None)
_asked("challenge plain", code_challenge_method="plain")
_asked("a challenge without a method", code_challenge_method=None)
_asked("a challenge that is too short", code_challenge="short")
_asked("a scope that nobody knows", scope="openid nonsense")
_asked("a scope that the app may not ask for", scope="openid groups:read")
_asked("no scope", scope=None)
_asked("prompt bogus", prompt="bogus")
_asked("prompt none with login", prompt="none login")
_asked("max_age that is no number", max_age="soon")
_asked("max_age below zero", max_age="-1")
_asked("response mode fragment", response_mode="fragment")
_asked("response mode form_post", response_mode="form_post")
_asked("response mode bogus", response_mode="bogus")
_asked("a request object", request="e30.e30.")
_asked("a request URI that nobody pushed", request_uri="urn:ietf:params:oauth:request_uri:unknown")
_asked("scope twice", scope=["openid", "people:read"])
_asked("a resource that is no address", resource="nowhere")
_asked("another's resource", resource="https://elsewhere.example/")
_asked("a thumbprint that is none", dpop_jkt="short")
_asked("registration", registration="{}")
_asked("display and ui_locales", display="popup", ui_locales="de fr", prompt="consent")
_asked("an id_token_hint that is none", id_token_hint="e30.e30.x")


@case("authorize: prompt none, signed out")
async def _(party: Party) -> str:
    async with httpx2.AsyncClient() as stranger:
        return await party.authorize(stranger, prompt="none")


@case("authorize: signed out")
async def _(party: Party) -> str:
    async with httpx2.AsyncClient() as stranger:
        return await party.authorize(stranger)


@case("authorize: prompt none, before consent")
async def _(party: Party) -> str:
    return await party.authorize(app="quiet", prompt="none")


@case("authorize: prompt none, after consent")
async def _(party: Party) -> str:
    await party.code()
    return await party.authorize(prompt="none")


@case("authorize: prompt none and max_age 0")
async def _(party: Party) -> str:
    await party.code()
    return await party.authorize(prompt="none", max_age="0")


@case("authorize: prompt login")
async def _(party: Party) -> str:
    await party.code()
    return await party.authorize(prompt="login")


@case("authorize: the member says no")
async def _(party: Party) -> str:
    back = await party.agree(party.browser, party.address(Pkce.new(), "quiet", state="deny"), False)
    return said_to_browser(httpx2.Response(303, headers={"location": back}))


@case("authorize: by POST")
async def _(party: Party) -> str:
    address, _, query = party.address(Pkce.new(), prompt="none").partition("?")
    return said_to_browser(await party.browser.post(address, data=dict(parse_qsl(query))))


def _pushed(name: str, app: str | None = "server", **changed: Any) -> None:
    async def run(party: Party) -> str:
        form = {
            "response_type": "code", "client_id": party.apps[app or "server"][0], "redirect_uri": CALLBACK,
            "scope": "openid people:read", "code_challenge": Pkce.new().challenge, "code_challenge_method": "S256",
        } | changed  # fmt: skip
        return said(await party.post("pushed_authorization_request_endpoint", app, **form))

    CASES[f"pushed: {name}"] = run


_pushed("all is right")
_pushed("by a public app", "browser")
_pushed("nobody proves who it is", None)
_pushed("another redirect URI", redirect_uri="https://app.example/other")
_pushed("challenge plain", code_challenge_method="plain")
_pushed("no challenge", code_challenge=None, code_challenge_method=None)
_pushed("a request URI within", request_uri="urn:ietf:params:oauth:request_uri:x")
_pushed("response type token", response_type="token")
_pushed("a scope that nobody knows", scope="openid nonsense")
_pushed("another's app", client_id="app_00000000000000000000000000")


@case("pushed: used")
async def _(party: Party) -> str:
    return await party.authorize(**await _push(party))


@case("pushed: used twice")
async def _(party: Party) -> str:
    pushed = await _push(party)
    await party.agree(party.browser, _bare(party, pushed), True)
    return said_to_browser(await party.browser.get(_bare(party, pushed)))


@case("pushed: used by another app")
async def _(party: Party) -> str:
    pushed = await _push(party) | {"client_id": party.apps["quiet"][0]}
    return said_to_browser(await party.browser.get(_bare(party, pushed)))


async def _push(party: Party) -> dict[str, Any]:
    answer = await party.post(
        "pushed_authorization_request_endpoint", "server", response_type="code", client_id=party.apps["server"][0],
        redirect_uri=CALLBACK, scope="openid people:read", state="s", prompt="consent",
        code_challenge=Pkce.new().challenge, code_challenge_method="S256",
    )  # fmt: skip
    nothing = dict.fromkeys(
        ("response_type", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
    )
    return nothing | {"request_uri": answer.json()["request_uri"], "client_id": party.apps["server"][0]}


def _bare(party: Party, pushed: dict[str, Any]) -> str:
    return party.address(Pkce.new(), **pushed)


def _exchanged(name: str, **changed: Any) -> None:
    async def run(party: Party) -> str:
        return said(await party.exchange(**changed), "token_type")

    CASES[f"code: {name}"] = run


_exchanged("all is right")
_exchanged("another verifier", code_verifier=secrets.token_urlsafe(32))
_exchanged("no verifier", code_verifier=None)
_exchanged("a verifier that is too short", code_verifier="short")
_exchanged("another redirect URI", redirect_uri="https://app.example/other")
_exchanged("no redirect URI", redirect_uri=None)
_exchanged("another code", code="unknown")
_exchanged("no code", code=None)
_exchanged("no grant type", grant_type=None)


@case("code: by another app")
async def _(party: Party) -> str:
    code, pkce = await party.code()
    form: dict[str, Any] = {"code": code, "redirect_uri": CALLBACK, "code_verifier": pkce.verifier}
    return said(await party.token("quiet", grant_type="authorization_code", **form))


@case("code: twice")
async def _(party: Party) -> str:
    code, pkce = await party.code()
    form: dict[str, Any] = {"code": code, "redirect_uri": CALLBACK, "code_verifier": pkce.verifier}
    form["grant_type"] = "authorization_code"
    first = (await party.token(**form)).json()
    again = said(await party.token(**form))
    lives = await party.active(first["access_token"]), (await party.refresh(first["refresh_token"])).status_code == 200
    return f"{again}, first access token lives: {lives[0]}, its refresh token: {lives[1]}"


@case("code: a public app")
async def _(party: Party) -> str:
    return said(await party.exchange("browser"), "token_type")


@case("code: a public app that sends a secret")
async def _(party: Party) -> str:
    return said(await party.exchange("browser", client_secret="x"), "token_type")


def _proven(
    name: str, app: str | None = None, headers: Callable[[Party], dict[str, str]] | None = None, **form: Any
) -> None:
    """Ask for tokens of a machine, which proves who it is in some way."""

    async def run(party: Party) -> str:
        found = {key: value(party) if callable(value) else value for key, value in form.items()}
        given = {"grant_type": "client_credentials", "scope": "people:read"} | found
        return said(await party.token(app, headers(party) if headers else None, **given), "token_type")

    CASES[f"machine: {name}"] = run


_proven("all is right", "machine")
_proven("another secret", headers=lambda party: party.basic("machine", "wrong"))
_proven("another secret, in the form", client_id=lambda party: party.apps["machine"][0], client_secret="wrong")
_proven("nobody")
_proven("an app that nobody knows", client_id="app_00000000000000000000000000", client_secret="x")
_proven("its id alone", client_id=lambda party: party.apps["machine"][0])
_proven("its secret in the header and in the form", "machine", client_secret=lambda party: party.apps["machine"][1])
_proven("a header that is none", headers=lambda _: {"Authorization": "Basic !!!"})
_proven("another app in the form", "machine", client_id=lambda party: party.apps["server"][0])
_proven("a scope that nobody knows", "machine", scope="nonsense")
_proven("openid", "machine", scope="openid")
_proven("no scope", "machine", scope=None)
_proven("an app with members", "server")
_proven("a public app", "browser")
_proven("the password grant", "machine", grant_type="password", username="olga", password="x")
_proven("a grant that nobody knows", "machine", grant_type="urn:example:unknown")


@case("machine: by GET")
async def _(party: Party) -> str:
    answer = await party.http.get(f"{party.metadata['token_endpoint']}?grant_type=client_credentials")
    return str(answer.status_code)


@case("machine: JSON for a form")
async def _(party: Party) -> str:
    body = {"grant_type": "client_credentials", "scope": "people:read"}
    answer = await party.http.post(party.metadata["token_endpoint"], json=body, headers=party.basic("machine"))
    return said(answer)


@case("machine: a field twice")
async def _(party: Party) -> str:
    body = "grant_type=client_credentials&scope=people:read&scope=people:read"
    headers = party.basic("machine") | {"Content-Type": "application/x-www-form-urlencoded"}
    return said(await party.http.post(party.metadata["token_endpoint"], content=body, headers=headers), "token_type")


@case("refresh: all is right")
async def _(party: Party) -> str:
    old = (await party.tokens())["refresh_token"]
    answer = await party.refresh(old)
    return f"{said(answer, 'scope')}, another: {answer.json()['refresh_token'] != old}"


@case("refresh: twice")
async def _(party: Party) -> str:
    old = (await party.tokens())["refresh_token"]
    new = (await party.refresh(old)).json()
    again = said(await party.refresh(old))
    return f"{again}, the new one lives: {(await party.refresh(new['refresh_token'])).status_code == 200}"


@case("refresh: fewer scopes, then more again")
async def _(party: Party) -> str:
    old = (await party.tokens())["refresh_token"]
    fewer = await party.refresh(old, scope="openid")
    more = await party.refresh(fewer.json()["refresh_token"], scope="openid people:read")
    return f"{said(fewer, 'scope')}, {said(more, 'scope')}"


@case("refresh: more scopes than granted")
async def _(party: Party) -> str:
    old = (await party.tokens())["refresh_token"]
    return said(await party.refresh(old, scope="openid people:read relationships:read"))


@case("refresh: by another app")
async def _(party: Party) -> str:
    return said(await party.refresh((await party.tokens())["refresh_token"], "quiet"))


@case("refresh: an access token")
async def _(party: Party) -> str:
    return said(await party.refresh((await party.tokens())["access_token"]))


@case("refresh: no token")
async def _(party: Party) -> str:
    return said(await party.token(grant_type="refresh_token"))


@case("refresh: a public app")
async def _(party: Party) -> str:
    return said(await party.refresh((await party.tokens("browser"))["refresh_token"], "browser"), "token_type")


def _device(name: str, app: str | None = "device", **form: Any) -> None:
    async def run(party: Party) -> str:
        answer = await party.post("device_authorization_endpoint", app, **({"scope": "people:read"} | form))
        known = ("device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in")
        whole = answer.status_code == 200 and all(name in answer.json() for name in known)
        return f"{said(answer)}{', whole' if whole else ''}"

    CASES[f"device: {name}"] = run


_device("all is right")
_device("nobody", None)
_device("an app without devices", "server")
_device("a scope that nobody knows", scope="nonsense")
_device("no scope", scope=None)

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@case("device: asks, and asks again at once")
async def _(party: Party) -> str:
    code = (await party.post("device_authorization_endpoint", "device", scope="people:read")).json()["device_code"]
    tries = [said(await party.token("device", grant_type=DEVICE, device_code=code)) for _ in range(2)]
    return ", ".join(tries)


@case("device: another code")
async def _(party: Party) -> str:
    return said(await party.token("device", grant_type=DEVICE, device_code="unknown"))


@case("device: no code")
async def _(party: Party) -> str:
    return said(await party.token("device", grant_type=DEVICE))


@case("device: the code of another app")
async def _(party: Party) -> str:
    code = (await party.post("device_authorization_endpoint", "device", scope="people:read")).json()["device_code"]
    return said(await party.token("gadget", grant_type=DEVICE, device_code=code))


@case("revoke: a refresh token")
async def _(party: Party) -> str:
    tokens = await party.tokens()
    answer = said(await party.post("revocation_endpoint", "server", token=tokens["refresh_token"]))
    lives = await party.active(tokens["access_token"]), await party.active(tokens["refresh_token"])
    return f"{answer}, access token lives: {lives[0]}, refresh token: {lives[1]}"


@case("revoke: an access token")
async def _(party: Party) -> str:
    tokens = await party.tokens()
    answer = said(await party.post("revocation_endpoint", "server", token=tokens["access_token"]))
    lives = await party.active(tokens["access_token"]), await party.active(tokens["refresh_token"])
    return f"{answer}, access token lives: {lives[0]}, refresh token: {lives[1]}"


@case("revoke: a token of another app")
async def _(party: Party) -> str:
    token = (await party.tokens())["access_token"]
    answer = said(await party.post("revocation_endpoint", "quiet", token=token))
    return f"{answer}, it lives: {await party.active(token)}"


@case("revoke: another kind than the hint says")
async def _(party: Party) -> str:
    token = (await party.tokens())["access_token"]
    answer = await party.post("revocation_endpoint", "server", token=token, token_type_hint="refresh_token")
    return f"{said(answer)}, it lives: {await party.active(token)}"


def _about(endpoint: str, name: str, app: str | None = "server", **form: Any) -> None:
    async def run(party: Party) -> str:
        return said(await party.post(f"{endpoint}_endpoint", app, **form), *(["active"] if "intro" in endpoint else []))

    CASES[f"{'introspect' if 'intro' in endpoint else 'revoke'}: {name}"] = run


for each in ("revocation", "introspection"):
    _about(each, "a token that nobody knows", token="unknown")
    _about(each, "no token")
    _about(each, "nobody", None, token="unknown")
    _about(each, "a hint that nobody knows", token="unknown", token_type_hint="bogus")
_about("introspection", "a public app", "browser", token="unknown")


@case("introspect: its own token")
async def _(party: Party) -> str:
    answer = await party.post("introspection_endpoint", "server", token=(await party.tokens())["access_token"])
    body = answer.json()
    told = sorted(body.keys() & {"sub", "iss", "exp", "iat", "client_id", "aud"})
    return f"{said(answer, 'active', 'scope', 'token_type')}, with {' '.join(told)}"


@case("introspect: its refresh token")
async def _(party: Party) -> str:
    return said(
        await party.post("introspection_endpoint", "server", token=(await party.tokens())["refresh_token"]), "active"
    )


@case("introspect: a token of another app")
async def _(party: Party) -> str:
    return said(
        await party.post("introspection_endpoint", "quiet", token=(await party.tokens())["access_token"]), "active"
    )


def _bound(name: str, **changed: Any) -> None:
    async def run(party: Party) -> str:
        given = {"grant_type": "client_credentials", "scope": "people:read"}
        return said(await party.token("machine", party.proof(**changed), **given), "token_type")

    CASES[f"proof: {name}"] = run


_bound("all is right")
_bound("another method", htm="GET")
_bound("another address", htu="https://elsewhere.example/token")
_bound("no address", htu=None)
_bound("an hour old", iat=int(time.time()) - 3600)
_bound("an hour ahead", iat=int(time.time()) + 3600)
_bound("no time", iat=None)
_bound("no id", jti=None)
_bound("another type", typ="jwt")
_bound("no signature", alg="none")
_bound("the private key within", private=True)


@case("proof: that is none")
async def _(party: Party) -> str:
    given = {"grant_type": "client_credentials", "scope": "people:read"}
    return said(await party.token("machine", {"DPoP": "x.y.z"}, **given))


@case("proof: twice")
async def _(party: Party) -> str:
    proof, given = party.proof(), {"grant_type": "client_credentials", "scope": "people:read"}
    tries = [said(await party.token("machine", proof, **given), "token_type") for _ in range(2)]
    return ", ".join(tries)


@case("proof: a public app renews with another key")
async def _(party: Party) -> str:
    key = ECKey.generate_key("P-256")
    code, pkce = await party.code("browser")
    form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": pkce.verifier}
    first = await party.token("browser", party.proof(key=key), grant_type="authorization_code", **form)
    given = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
    tries = [
        said(await party.token("browser", headers, **given), "token_type")
        for headers in (party.proof(), None, party.proof(key=key))
    ]
    return f"{said(first, 'token_type')}; another key: {tries[0]}; none: {tries[1]}; the same: {tries[2]}"


@case("proof: a code that is bound to another key")
async def _(party: Party) -> str:
    key = ECKey.generate_key("P-256")
    code, pkce = await party.code("browser", dpop_jkt=key.thumbprint())
    form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": pkce.verifier}
    return said(await party.token("browser", party.proof(), grant_type="authorization_code", **form))


async def _userinfo(party: Party, headers: dict[str, str], **options: Any) -> str:
    return said(await party.http.get(party.metadata["userinfo_endpoint"], headers=headers, **options))


@case("userinfo: all is right")
async def _(party: Party) -> str:
    return await _userinfo(party, {"Authorization": f"Bearer {(await party.tokens())['access_token']}"})


@case("userinfo: no token")
async def _(party: Party) -> str:
    return await _userinfo(party, {})


@case("userinfo: another token")
async def _(party: Party) -> str:
    return await _userinfo(party, {"Authorization": "Bearer unknown"})


@case("userinfo: without openid")
async def _(party: Party) -> str:
    token = (await party.tokens(scope="people:read", prompt="consent"))["access_token"]
    return await _userinfo(party, {"Authorization": f"Bearer {token}"})


@case("userinfo: a token in the address")
async def _(party: Party) -> str:
    return await _userinfo(party, {}, params={"access_token": (await party.tokens())["access_token"]})


@case("userinfo: a bound token as if it were not")
async def _(party: Party) -> str:
    code, pkce = await party.code()
    form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": pkce.verifier}
    answer = await party.token("server", party.proof(), grant_type="authorization_code", **form)
    return await _userinfo(party, {"Authorization": f"Bearer {answer.json()['access_token']}"})
