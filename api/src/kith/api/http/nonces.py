"""Nonces in proofs of possession (RFC 9449, 8), where the operator wants them: none can be made long before its use.

No process remembers one: each is a hash of the time, with a key that all processes have.
"""

import hmac
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from litestar.connection import Request

from kith.api.http.proofs import Proof, Unproven
from kith.runtime.vault import open_vault

HEADER = "DPoP-Nonce"
SECONDS = 300
"""For so long one is given out, and for as long again it is taken."""


class Stale(Unproven):
    """A proof lacks a nonce, or has an old one. headers: name the one to use."""

    def __init__(self, nonce: str) -> None:
        super().__init__("The proof has to hold the nonce that this answer names.")
        self.headers = {HEADER: nonce}


def check_nonce(request: Request[Any, Any, Any], proof: Proof) -> None:
    """Raises Stale."""
    settings, state = request.app.state.settings, request.app.state
    if settings.dpop_nonce == "off":
        return
    if "nonce_key" not in state:
        state.nonce_key = open_vault(settings).derive("dpop nonce")
    now = int(time.time() // SECONDS)
    living = [_nonce(state.nonce_key, window) for window in (now, now - 1)]
    if not any(hmac.compare_digest(proof.nonce.encode(), one.encode()) for one in living):
        raise Stale(living[0])


def _nonce(key: bytes, window: int) -> str:
    return urlsafe_b64encode(hmac.digest(key, str(window).encode(), sha256)[:18]).decode()
