"""Apps: what each kind of OAuth client may do."""

from typing import Literal

Kind = Literal["browser", "server", "device", "machine"]
Method = Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]

CODE, REFRESH = "authorization_code", "refresh_token"
MACHINE, DEVICE = "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"

GRANT_TYPES: dict[Kind, frozenset[str]] = {
    "browser": frozenset({CODE, REFRESH}),
    "server": frozenset({CODE, REFRESH}),
    "device": frozenset({CODE, DEVICE, REFRESH}),
    "machine": frozenset({MACHINE}),
}
"""How each kind gets tokens. None gets them by a password, or without a code."""

SECRET = frozenset({"server", "machine"})
"""Kinds that can keep a secret or a key, and have to prove it."""


def methods(kind: Kind, *, has_keys: bool = False) -> tuple[Method, ...]:
    """Return the ways in which an app of this kind says who it is; one that has keys needs no secret, and has none."""
    if has_keys and kind in SECRET:
        return ("private_key_jwt",)
    return ("client_secret_basic", "client_secret_post") if kind in SECRET else ("none",)
