"""Proofs of possession (DPoP, RFC 9449): that who sends a token also has the key that it is bound to."""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from kith.runtime.keyring import ALGORITHM, thumbprint

HEADER = "dpop"
OLDEST_SECONDS = 300  # how old a proof may be
AHEAD_SECONDS = 60  # how far the clock of its maker may be ahead
_LONGEST = 4096  # characters
_POINT = {"kty", "crv", "x", "y"}


class Unproven(Exception):
    """A proof is not what it must be; the message says why."""


class Proof(NamedTuple):
    """thumbprint: of the key that made it. id: its maker's own, to be used once within ``seconds``. nonce: empty for
    none.
    """

    thumbprint: str
    id: str
    seconds: float
    nonce: str


def read_proof(text: str, method: str, address: str, token: str | None = None) -> Proof:
    """Check a proof for one request, and for the token that it sends. Raises Unproven."""
    if len(text) > _LONGEST:
        raise Unproven("The proof is too long.")
    key = _key(text)
    try:
        signed = jws.deserialize_compact(text, ECKey.import_key(key), algorithms=[ALGORITHM])
        claims: Any = msgspec.json.decode(signed.payload)
    except (JoseError, ValueError, RecursionError) as error:
        raise Unproven("The proof is not signed by its key.") from error
    if not isinstance(claims, dict):
        raise Unproven("The proof holds no claims.")
    return _judge(claims, thumbprint(key), method, address, token)


def is_key(public: dict[str, Any]) -> bool:
    """Whether a JWK is the public half of a key on P-256."""
    try:
        key = ECKey.import_key(public)
        return public["crv"] == "P-256" and not key.is_private and key.public_key is not None
    except (JoseError, ValueError, KeyError, TypeError):
        return False


def _key(text: str) -> dict[str, Any]:
    """Return the public key that a proof names in its header."""
    try:
        head = text.split(".")[0]
        header: Any = msgspec.json.decode(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        given = header["jwk"]
        kind = (header["typ"], header["alg"], given["kty"], given["crv"])
        key = {name: str(given[name]) for name in sorted(_POINT)}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unproven("The proof names no key.") from error
    if kind != ("dpop+jwt", ALGORITHM, "EC", "P-256") or "d" in given:
        raise Unproven(f"A proof is a dpop+jwt, signed with {ALGORITHM} by a key of which it names the public half.")
    return key


def _judge(claims: dict[str, Any], key: str, method: str, address: str, token: str | None) -> Proof:
    id_, at = claims.get("jti"), claims.get("iat")
    if not isinstance(id_, str) or not id_ or not isinstance(at, int | float):
        raise Unproven("The proof lacks jti or iat.")
    if (claims.get("htm"), str(claims.get("htu")).partition("#")[0].partition("?")[0]) != (method, address):
        raise Unproven("The proof is for another request.")
    now = time.time()
    if not now - OLDEST_SECONDS <= at <= now + AHEAD_SECONDS:
        raise Unproven("The proof is too old, or from the future.")
    if token is not None and not hmac.compare_digest(str(claims.get("ath")).encode(), _hash(token)):
        raise Unproven("The proof is for another token.")
    return Proof(key, id_, OLDEST_SECONDS - (now - at), str(claims.get("nonce", "")))


def _hash(token: str) -> bytes:
    return urlsafe_b64encode(sha256(token.encode("ascii", "replace")).digest()).rstrip(b"=")
