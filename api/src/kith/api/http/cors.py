"""Pages of other origins: who may call from a browser. Tokens travel in a header, never in cookies: no credentials."""

import time
from collections.abc import Collection
from contextlib import suppress

from kith.api.http.turns import Turns
from kith.store.apps import allowed_origins
from kith.store.db import ABSENT

KNOWN_SECONDS = 10.0  # how long the origins of apps are remembered
AGAIN_SECONDS = 1.0  # an origin that is not among them is looked for that often at most
OPEN = ("/.well-known/", "/oauth/jwks")  # what everybody may read
CLOSED = ("/oauth/authorize", "/oauth/device", "/oauth/logout")  # pages, which no script shall read
METHODS = b"GET, HEAD, POST, PATCH, DELETE"
ASKED = (
    b"Authorization, Content-Type, DPoP, Idempotency-Key, If-Match, If-None-Match, Request-Id, traceparent, "
    b"Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum"
)
EXPOSED = (
    b"ETag, Link, Location, Retry-After, Request-Id, Idempotency-Replayed, WWW-Authenticate, DPoP-Nonce, Deprecation, "
    b"Sunset, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, traceparent, "
    b"Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires, Tus-Resumable, Tus-Version, Tus-Extension, "
    b"Tus-Max-Size, Tus-Checksum-Algorithm"
)
MAX_AGE = b"3600"  # seconds


class Origins:
    """The origins of the settings, and those that apps name. turns: given once there is a database."""

    def __init__(self, configured: str | None) -> None:
        self.turns: Turns | None = None
        self._configured = {origin.strip() for origin in (configured or "").split(",") if origin.strip()}
        self._of_apps: set[str] = set()
        self._known_at = float("-inf")

    async def admit(self, origin: str, path: str) -> str | None:
        """Return what Access-Control-Allow-Origin says; None where it is not sent."""
        if path.startswith(OPEN):
            return "*"
        if path in CLOSED:
            return None
        if "*" in self._configured:
            return "*"
        if origin in self._configured or await self._is_of_app(origin):
            return origin
        return None

    def may_send(self, origin: str, of_app: Collection[str]) -> bool:
        """Whether a page may send a token: it comes from where the settings say, or from its own app's origin.

        Pages that nobody names are not the question here: browsers let them send none.
        """
        if "*" in self._configured or origin in self._configured or origin in of_app:
            return True
        return origin not in self._of_apps

    async def _is_of_app(self, origin: str) -> bool:
        age = time.monotonic() - self._known_at
        known = origin in self._of_apps
        if self.turns is not None and age > (KNOWN_SECONDS if known else AGAIN_SECONDS):
            with suppress(*ABSENT, TimeoutError):
                async with self.turns.instance() as db:
                    self._of_apps = await allowed_origins(db)
                self._known_at = time.monotonic()
        return origin in self._of_apps


def preflight(allowed: str | None) -> list[tuple[bytes, bytes]]:
    """Return the headers that answer a preflight; without those of CORS the browser goes no further."""
    if allowed is None:
        return []
    return [
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", ASKED),
        (b"access-control-max-age", MAX_AGE),
    ]
