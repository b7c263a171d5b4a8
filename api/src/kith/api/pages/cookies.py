"""The cookie: one random text a browser. It names a session once its human has signed in, and keys the forms before."""

import base64
import hmac
from hashlib import sha256
from typing import Any

from litestar.connection import Request

from kith.runtime.settings import Settings
from kith.store.sign_ins import random_text

_SECONDS = 90 * 24 * 3600
_LENGTH = 43  # characters of 32 bytes in Base64 without padding


def name_of(settings: Settings) -> str:
    """Return the name of the cookie. With TLS no other host, not even one below ours, can set it.

    Browsers share the cookies of one host between its ports, so on a machine of one's own the port is part of the name.
    """
    return "__Host-kith_session" if settings.is_secure else f"kith_session_{settings.port}"


def visitor(request: Request[Any, Any, Any]) -> str | None:
    """Return the text of the cookie that the browser sent, if it can be one of ours."""
    text = request.cookies.get(name_of(request.app.state.settings), "")
    return text if len(text) == _LENGTH and text.isascii() else None


def ensure_visitor(request: Request[Any, Any, Any]) -> tuple[str, bool]:
    """Return the text of the browser's cookie, and whether it is new and has to be set."""
    if known := visitor(request):
        return known, False
    made: str = request.scope.setdefault("kith.visitor", random_text())  # type: ignore[typeddict-item]  # our own key
    return made, True


def header(settings: Settings, text: str) -> str:
    """Return the ``Set-Cookie`` header: for this host alone, unseen by scripts, not sent with forms of other sites."""
    secure = "; Secure" if settings.is_secure else ""
    return f"{name_of(settings)}={text}; Path=/; Max-Age={_SECONDS}; HttpOnly; SameSite=Lax{secure}"


def form_key(text: str) -> str:
    """Return the token that the forms of this browser carry: only who knows the cookie can make it."""
    mac = hmac.digest(text.encode(), b"kith form", sha256)
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
