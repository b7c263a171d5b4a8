"""The keyring: keys that sign ID tokens and receipts (ES256). The vault seals their private halves."""

import base64
import hashlib
import json
from typing import Any

from kith.runtime.vault import Sealed, Vault

ALGORITHM = "ES256"


class Signer:
    """The private half of a key."""

    def __init__(self, id_: str, private: dict[str, Any]) -> None:
        self.id, self.private = id_, private


def new_signing_key(vault: Vault) -> tuple[str, dict[str, Any], Sealed]:
    """Return a new key: its id, its public half as JWKS show it, and the private one, sealed."""
    from cryptography.hazmat.primitives.asymmetric import ec

    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    point = numbers.public_numbers
    public: dict[str, Any] = {"crv": "P-256", "kty": "EC", "x": _text(point.x), "y": _text(point.y)}
    id_ = thumbprint(public)
    sealed = vault.seal(json.dumps({**public, "d": _text(numbers.private_value)}), place(id_))
    return id_, {**public, "kid": id_, "use": "sig", "alg": ALGORITHM}, sealed


def open_signer(vault: Vault, id_: str, sealed: Sealed) -> Signer:
    """Return the private half. Raises Unreadable."""
    return Signer(id_, {**json.loads(vault.open(sealed, place(id_))), "kid": id_})


def sign(signer: Signer, kind: str, payload: dict[str, Any]) -> str:
    """Return a payload, signed: a JWS (RFC 7515) in its compact form. kind: its ``typ``."""
    from joserfc import jws
    from joserfc.jwk import ECKey

    header = {"alg": ALGORITHM, "kid": signer.id, "typ": kind}
    return jws.serialize_compact(header, json.dumps(payload, default=str), ECKey.import_key(signer.private))


def place(id_: str) -> str:
    """Return where a key belongs: sealed for it, it opens nowhere else."""
    return f"signing {id_}"


def thumbprint(public: dict[str, Any]) -> str:
    """Return the thumbprint of a public EC key (RFC 7638)."""
    needed = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(needed.encode()).digest()).decode().rstrip("=")


def _text(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")
