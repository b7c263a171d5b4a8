"""OAuth as a client: what providers are, as data, and the requests that it takes. kith makes them, not connectors."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Literal, Protocol, runtime_checkable
from urllib.parse import urlencode, urlsplit

import msgspec

from kith.connectors._answers import Answer
from kith.connectors._egress import Egress
from kith.connectors._errors import Fatal, Reauthorize, Retry
from kith.connectors._exchange import Manners, place_of
from kith.connectors._http import Http
from kith.connectors._limits import Limits
from kith.connectors._secrets import Auth, Basic, Secret

_BRIEF = Manners(total_seconds=15.0, tries=2, patience=5.0)
"""Somebody waits for the answer, and others for the renewal of a token."""

_REFUSED = (400, 401, 403)
#: What says that a refresh token, or the app itself, will never be taken again (RFC 6749, 5.2; GitHub; Slack).
_DEAD = frozenset(
    {
        "invalid_grant",
        "bad_refresh_token",
        "invalid_refresh_token",
        "token_revoked",
        "token_expired",
        "bad_verification_code",
    }
)
#: What says that the app is not known as the operator has entered it.
_UNKNOWN = frozenset({"invalid_client", "unauthorized_client", "incorrect_client_credentials", "bad_client_secret"})
_BUSY = frozenset({"temporarily_unavailable", "server_error", "slow_down", "ratelimited", "internal_error"})


class ScopeNeeded(msgspec.Struct, frozen=True):
    """A scope that a connector asks for. why: what it reads by it, in one sentence. when: the setting that wants it."""

    name: str
    why: str
    when: str = ""


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of a provider of OAuth 2.

    name: lower case; connectors of one provider share the operator's app. authorize, exchange, register, pushed: the
    addresses, in which ``{site}`` stands for the instance. register: where an app registers itself, as Mastodon takes
    it or by RFC 7591; pushed: for pushed requests (RFC 9126). site: the instance, unless the setting ``site_setting``
    names another; sites: which instance is meant by an address that is another, such as that of its API. setting: the
    optional Secret of the settings that holds the token. separator: between scopes. pkce: whether the provider bears a
    code challenge. client: how the app's secret is sent. answers: below which fields of an answer the token is. extra:
    further parameters of the request. docs: where the operator registers an app.
    """

    name: str
    title: str
    authorize: str
    exchange: str
    scopes: tuple[ScopeNeeded, ...]
    site: str = ""
    site_setting: str = ""
    sites: tuple[tuple[str, str], ...] = ()
    setting: str = "token"
    separator: str = " "
    pkce: bool = True
    client: Literal["form", "basic"] = "form"
    answers: tuple[str, ...] = ()
    register: str = ""
    registers_as: Literal["mastodon", "rfc7591"] = "rfc7591"
    pushed: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    docs: str = ""

    def scopes_for(self, config: Mapping[str, Any]) -> list[str]:
        """Return the scopes that a source with these settings needs."""
        return [scope.name for scope in self.scopes if not scope.when or config.get(scope.when)]

    def site_of(self, config: Mapping[str, Any] | msgspec.Struct) -> str:
        """Return the instance that settings name, as ``https://host``."""
        given = config.get(self.site_setting) if isinstance(config, Mapping) else getattr(config, self.site_setting, "")
        parts = urlsplit(str(given or "")) if self.site_setting else None
        named = f"{parts.scheme}://{parts.netloc}".lower() if parts and parts.netloc else self.site
        return dict(self.sites).get(named, named)


@runtime_checkable
class Authorized(Protocol):
    """What a connector adds whose network lets apps in by OAuth: kith does the rest, and keeps its token fresh."""

    @property
    def provider(self) -> Provider: ...


@runtime_checkable
class AuthorizedAsSet(Protocol):
    """What a connector adds whose sources are let in by one of several providers, or by none, as they are set."""

    @property
    def providers(self) -> Sequence[Provider]: ...

    def provider_of(self, config: Mapping[str, Any] | msgspec.Struct) -> Provider | None:
        """Return the provider of a source. config: as it is stored, or the settings themselves."""
        ...


def providers_of(connector: object) -> Sequence[Provider]:
    """Return the providers that let sources of a connector in."""
    if isinstance(connector, AuthorizedAsSet):
        return connector.providers
    return (connector.provider,) if isinstance(connector, Authorized) else ()


def provider_of(connector: object, config: Mapping[str, Any] | msgspec.Struct) -> Provider | None:
    """Return the provider that lets a source in, if one does."""
    if isinstance(connector, AuthorizedAsSet):
        return connector.provider_of(config)
    return connector.provider if isinstance(connector, Authorized) else None


class App(msgspec.Struct, frozen=True):
    """The operator's app at a provider. secret: None for one that has none."""

    id: str
    secret: Secret | None = None


class Request(msgspec.Struct, frozen=True):
    """Where to send a person, and what to keep until they return."""

    url: str
    verifier: str


class Tokens(msgspec.Struct, frozen=True):
    """What a provider has given. seconds: how long the token lasts; None: until it is revoked."""

    access: Secret
    refresh: Secret | None
    seconds: int | None
    scopes: tuple[str, ...]


@asynccontextmanager
async def reach(
    provider: Provider, site: str, limits: Limits, wanted: Iterable[Secret | None] = ()
) -> AsyncIterator[Http]:
    """Lend a client that asks the addresses of a provider alone, and shows none of the secrets in an error."""
    addresses = (provider.exchange, provider.register, provider.pushed)
    hosts = {urlsplit(address.format(site=site)).hostname or "" for address in addresses if address}
    http = Http(
        Egress(tuple(hosts), limits),
        source=f"provider {provider.name}",
        connector=provider.name,
        secrets=[secret.reveal() for secret in wanted if secret],
        manners=_BRIEF,
    )
    try:
        yield http
    finally:
        await http.close()


async def ask(
    http: Http, provider: Provider, site: str, app: App, back: str, state: str, scopes: Iterable[str]
) -> Request:
    """Make the request that a person is to grant. back: the address to which they return."""
    verifier = secrets.token_urlsafe(48)
    asked = {
        "response_type": "code",
        "client_id": app.id,
        "redirect_uri": back,
        "scope": provider.separator.join(scopes),
        "state": state,
        **dict(provider.extra),
    }
    if provider.pkce:
        asked |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
    address = provider.authorize.format(site=site)
    if provider.pushed:
        answer = await _post(http, provider.pushed.format(site=site), provider, app, asked)
        asked = {"client_id": app.id, "request_uri": _text(_said(answer), "request_uri", answer)}
    return Request(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", verifier)


async def exchange(http: Http, provider: Provider, site: str, app: App, back: str, code: str, verifier: str) -> Tokens:
    """Exchange the code with which a person has returned. Raises Reauthorize, Fatal, Retry."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    if provider.pkce:
        form["code_verifier"] = verifier
    return await _tokens(http, provider, site, app, form, None)


async def renew(http: Http, provider: Provider, site: str, app: App, refresh: Secret) -> Tokens:
    """Return a new token. Raises Reauthorize where the provider takes the refresh token no longer, Fatal, Retry."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh.reveal()}
    return await _tokens(http, provider, site, app, form, refresh)


async def register(http: Http, provider: Provider, site: str, back: str, title: str) -> App:
    """Register an app at an instance that lets apps do so by themselves."""
    address, scopes = provider.register.format(site=site), provider.separator.join(one.name for one in provider.scopes)
    if provider.registers_as == "mastodon":
        form = {"client_name": title, "redirect_uris": back, "scopes": scopes}
        answer = await http.post(address, form=form, headers=_JSON)
    else:
        asked = {"client_name": title, "redirect_uris": [back], "scope": scopes, "grant_types": _GRANTS}
        answer = await http.post(address, json=asked, headers=_JSON)
    said = _said(answer)
    secret = said.get("client_secret")
    return App(_text(said, "client_id", answer), Secret(secret) if isinstance(secret, str) and secret else None)


_JSON = {"accept": "application/json"}
_GRANTS = ["authorization_code", "refresh_token"]


async def _tokens(
    http: Http, provider: Provider, site: str, app: App, form: dict[str, str], refresh: Secret | None
) -> Tokens:
    answer = await _post(http, provider.exchange.format(site=site), provider, app, form)
    said = found = _said(answer)
    for name in provider.answers:
        inner = found.get(name)
        found = inner if isinstance(inner, dict) else {}
    given, seconds, scopes = found.get("refresh_token"), found.get("expires_in"), found.get("scope", said.get("scope"))
    return Tokens(
        Secret(_text(found, "access_token", answer)),
        Secret(given) if isinstance(given, str) and given else refresh,
        int(seconds) if isinstance(seconds, int | float) and seconds > 0 else None,
        tuple(scopes.replace(",", " ").split()) if isinstance(scopes, str) else (),
    )


async def _post(http: Http, url: str, provider: Provider, app: App, form: dict[str, str]) -> Answer:
    """Send a form as the app. Raises what its refusal asks for."""
    auth: Auth | None = None
    if provider.client == "basic" and app.secret:
        auth = Basic(app.id, app.secret)
    else:
        form = {**form, "client_id": app.id} | ({"client_secret": app.secret.reveal()} if app.secret else {})
    answer = await http.post(url, form=form, headers=_JSON, auth=auth, allow=_REFUSED)
    said = _said(answer) if answer.status in _REFUSED or answer.body.lstrip()[:1] == b"{" else {}
    if isinstance(error := said.get("error"), str) and error:
        told = said.get("error_description")
        why = http.redact(f"{place_of(url)} answers {error!r}{f': {told}' if isinstance(told, str) else ''}"[:300])
        if error in _DEAD:
            raise Reauthorize(f"{why}.")
        if error in _BUSY:
            raise Retry(f"{why}.")
        hint = (
            f" Enter the app of {provider.title} again: PUT /v1/providers/{provider.name}." if error in _UNKNOWN else ""
        )
        raise Fatal(f"{why}.{hint}")
    if answer.status >= 400:
        raise Fatal(f"{place_of(url)} answers {answer.status}.")
    return answer


def _said(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = answer.json(dict[str, Any])
    return found


def _text(said: Mapping[str, Any], name: str, answer: Answer) -> str:
    if not isinstance(found := said.get(name), str) or not found:
        raise Fatal(f"{place_of(answer.url)} answers without {name!r}.")
    return found


def _challenge(verifier: str) -> str:
    """Return the S256 challenge of RFC 7636."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
