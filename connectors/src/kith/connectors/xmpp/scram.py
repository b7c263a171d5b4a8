"""SCRAM (RFC 5802, 7677): proof of a password that does not tell it, and of the server that it knows it."""

import hmac
from base64 import b64decode, b64encode
from hashlib import new, pbkdf2_hmac
from secrets import token_urlsafe
from unicodedata import normalize

from kith.connectors import Fatal, Retry

#: What the names of the mechanisms stand for, the best first.
HASHES = {"SCRAM-SHA-512": "sha512", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}
_ROUNDS = 1_000_000  # more would hold everybody up


class Scram:
    def __init__(self, mechanism: str, user: str, password: str, nonce: str | None = None) -> None:
        self._hash, self._password = HASHES[mechanism], normalize("NFKC", password).encode()
        self._nonce = nonce or token_urlsafe(24)
        name = user.replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={name},r={self._nonce}"
        self._signature = b""

    def first(self) -> str:
        return _encoded(f"n,,{self._bare}".encode())

    def answer(self, challenge: str) -> str:
        """Return the proof that a challenge asks for. Raises Retry where it is none, Fatal where it asks too much."""
        try:
            said = b64decode(challenge, validate=True).decode()
            parts = dict(part.split("=", 1) for part in said.split(","))
            nonce, salt, rounds = parts["r"], b64decode(parts["s"], validate=True), int(parts["i"])
        except (ValueError, KeyError) as error:
            raise Retry("The server sends no challenge that SCRAM knows.") from error
        if not nonce.startswith(self._nonce) or not 0 < rounds <= _ROUNDS:
            raise Fatal("The server answers another sign-in than ours, or asks for too much work.")
        salted = pbkdf2_hmac(self._hash, self._password, salt, rounds)
        final = f"c=biws,r={nonce}"
        signed = f"{self._bare},{said},{final}".encode()
        key = self._mac(salted, b"Client Key")
        proof = bytes(a ^ b for a, b in zip(key, self._mac(new(self._hash, key).digest(), signed), strict=True))
        self._signature = self._mac(self._mac(salted, b"Server Key"), signed)
        return _encoded(f"{final},p={_encoded(proof)}".encode())

    def is_of_server(self, success: str) -> bool:
        """Whether the server has shown that it knows the password, too."""
        shown = _encoded(b"v=" + b64encode(self._signature))
        return bool(self._signature) and hmac.compare_digest(success.encode(), shown.encode())

    def _mac(self, key: bytes, text: bytes) -> bytes:
        return hmac.digest(key, text, self._hash)


def _encoded(text: bytes) -> str:
    return b64encode(text).decode()
