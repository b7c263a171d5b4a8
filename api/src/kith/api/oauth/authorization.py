"""What an app asks a member for: read strictly, the same from an address and pushed beforehand."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from kith.api.oauth.errors import Refused
from kith.api.oauth.parameters import Parameters, with_query
from kith.domain import redirects
from kith.domain.apps import CODE, GRANT_TYPES
from kith.domain.scopes import IDENTITY, KNOWN, ordered
from kith.store.apps import App

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # Base64 of a SHA-256 (RFC 7636, 4.2)
_LONGEST = 2000  # characters of a parameter that is given back
PROMPTS = frozenset({"none", "login", "consent", "select_account"})


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """scopes: as far as the app may ask for them. since: when the member must have shown who they are, at the earliest,
    as seconds before now. thumbprint: of the key that the tokens shall be bound to.
    """

    redirect_uri: str
    state: str | None
    challenge: str
    scopes: list[str]
    resources: list[str]
    nonce: str | None
    prompts: frozenset[str]
    max_age: int | None
    thumbprint: str | None


def redirect_of(parameters: Parameters, app: App) -> str:
    """Return where the browser may be sent back to. Raises Refused, which only a page may show."""
    uri = parameters.values.get("redirect_uri")
    if uri is None:
        raise Refused("invalid_request", "The parameter redirect_uri is missing.")
    if not redirects.allows(app.redirect_uris, uri):
        raise Refused("invalid_request", "The app has not registered this redirect_uri.")
    return uri


def read_authorization(parameters: Parameters, app: App, issuer: str) -> Authorization:
    """Return what an app asks for. Raises Refused; once ``redirect_of`` has passed, the app may learn of it."""
    given = parameters.values
    redirect_uri = redirect_of(parameters, app)
    for name in ("request", "request_uri", "registration"):
        if name in given:
            raise Refused(f"{name}_not_supported", f"The parameter {name} is not supported here.")
    if "response_type" not in given:
        raise Refused("invalid_request", "The parameter response_type is missing.")
    if given["response_type"] != "code":
        raise Refused("unsupported_response_type", "There is the response type code alone.")
    if given.get("response_mode", "query") != "query":
        raise Refused("invalid_request", "There is the response mode query alone.")
    if CODE not in GRANT_TYPES[app.kind]:
        raise Refused("unauthorized_client", "An app of this kind gets no authorization codes.")
    for name in ("state", "nonce"):
        if len(given.get(name, "")) > _LONGEST:
            raise Refused("invalid_request", f"The parameter {name} is too long.")
    return Authorization(
        redirect_uri=redirect_uri,
        state=given.get("state"),
        challenge=_challenge(parameters),
        scopes=read_scopes(given.get("scope"), app),
        resources=read_resources(parameters.all("resource"), issuer),
        nonce=given.get("nonce"),
        prompts=_prompts(given.get("prompt")),
        max_age=_seconds(given.get("max_age")),
        thumbprint=_thumbprint(given.get("dpop_jkt")),
    )


def _challenge(parameters: Parameters) -> str:
    """PKCE is for every app, and ``plain``, the default of its specification, protects nobody."""
    challenge = parameters.values.get("code_challenge")
    if challenge is None:
        raise Refused("invalid_request", "PKCE is required: the parameter code_challenge is missing.")
    if parameters.values.get("code_challenge_method") != "S256":
        raise Refused("invalid_request", "The code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise Refused("invalid_request", "The code_challenge is no S256 challenge.")
    return challenge


def read_scopes(text: str | None, app: App) -> list[str]:
    """Return the scopes that are asked for; all that the app may have where none is named. Raises Refused.

    An app that registered itself may ask for whatever the metadata name: it gets what it may have.
    """
    asked = set(text.split(" ")) - {""} if text else set(app.scopes)
    if unknown := sorted(asked - KNOWN):
        raise Refused("invalid_scope", f"There is no scope {unknown[0]}.")
    beyond = sorted(asked - set(app.scopes) - IDENTITY.keys())
    if beyond and (app.owner_id is not None or len(beyond) == len(asked)):
        raise Refused("invalid_scope", f"The app has not registered the scope {beyond[0]}.")
    return ordered(asked - set(beyond))


def read_resources(asked: Sequence[str], issuer: str) -> list[str]:
    """Return the addresses that the tokens shall be for. Raises Refused: there is only this server."""
    for address in asked:
        parts = urlsplit(address)
        if "#" in address or len(address) > _LONGEST or f"{parts.scheme}://{parts.netloc}".lower() != issuer.lower():
            raise Refused("invalid_target", f"A resource is an address of {issuer}, without a fragment.")
    return sorted(set(asked))


def _prompts(text: str | None) -> frozenset[str]:
    found = frozenset((text or "").split())
    if found - PROMPTS or ("none" in found and len(found) > 1):
        raise Refused("invalid_request", "The parameter prompt has a value that it cannot have.")
    return found


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refused("invalid_request", "The parameter max_age is a number of seconds.")
    return int(text)


def _thumbprint(text: str | None) -> str | None:
    if text is not None and not _CHALLENGE.fullmatch(text):
        raise Refused("invalid_request", "The parameter dpop_jkt is no thumbprint.")
    return text


def back(redirect_uri: str, issuer: str, state: str | None, **answer: str) -> str:
    """Return where to send the browser with an answer. It names the issuer (RFC 9207) and repeats the state."""
    given = [*answer.items(), *([("state", state)] if state is not None else []), ("iss", issuer)]
    return with_query(redirect_uri, given)
