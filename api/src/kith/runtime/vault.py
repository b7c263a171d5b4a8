"""The vault: texts and files sealed with keys that the database never sees.

Each text has a key of its own (AES-256-GCM), and that key is wrapped with the operator's. To change the operator's key,
only the wrapping is done again.
"""

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from kith.runtime.settings import Settings, SettingsError

KEY_BYTES = 32
_NONCE_BYTES = 12
_FILE = "secret.keys"


class Sealed(NamedTuple):
    """key_id: which of the operator's keys wraps the text's own."""

    key_id: str
    wrapped: bytes
    text: bytes


class Box:
    """What comes in many pieces, under one key of its own; each piece is sealed for its place."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, piece: bytes, place: str) -> bytes:
        return _encrypt(self._key, piece, place)

    def open(self, sealed: bytes, place: str) -> bytes:
        """Return the piece. Raises Unreadable."""
        return _decrypt(self._key, sealed, place)


class Unreadable(Exception):
    """A sealed text cannot be opened here; the message says what is missing."""


class Vault:
    """Seals with the current key, and opens with any that it has."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self.current = next(iter(self._keys))

    def seal(self, text: str, place: str) -> Sealed:
        """Seal a text. place: where it belongs; moved elsewhere, it opens no more."""
        key = secrets.token_bytes(KEY_BYTES)
        return Sealed(self.current, self._wrap(key, place), _encrypt(key, text.encode(), place))

    def open(self, sealed: Sealed, place: str) -> str:
        """Return the text. Raises Unreadable."""
        return _decrypt(self._unwrap(sealed, place), sealed.text, place).decode()

    def rewrap(self, sealed: Sealed, place: str) -> Sealed:
        """Return the same text under the current key. Raises Unreadable."""
        return Sealed(self.current, self._wrap(self._unwrap(sealed, place), place), sealed.text)

    def new_box(self, place: str) -> tuple[str, bytes, Box]:
        """Return a box with a new key, after the name of the operator's key and how that wraps it."""
        key = secrets.token_bytes(KEY_BYTES)
        return self.current, self._wrap(key, place), Box(key)

    def open_box(self, key_id: str, wrapped: bytes, place: str) -> Box:
        """Return a box that was made for this place. Raises Unreadable."""
        return Box(self._unwrap(Sealed(key_id, wrapped, b""), place))

    def derive(self, purpose: str) -> bytes:
        """Return a key for a purpose of its own, which changes with the current key."""
        return hmac.digest(self._keys[self.current], f"kith {purpose}".encode(), sha256)

    def _wrap(self, key: bytes, place: str) -> bytes:
        return _encrypt(self._keys[self.current], key, f"{self.current} {place}")

    def _unwrap(self, sealed: Sealed, place: str) -> bytes:
        if sealed.key_id not in self._keys:
            raise Unreadable(f"It is sealed with the key {sealed.key_id!r}, which KITH_SECRET_KEYS does not hold.")
        return _decrypt(self._keys[sealed.key_id], sealed.wrapped, f"{sealed.key_id} {place}")


def open_vault(settings: Settings) -> Vault:
    """Return the vault of the settings; without any keys among them, of a file in the home folder, made where missing.

    Raises SettingsError.
    """
    if settings.secret_keys:
        return Vault(_read(settings.secret_keys.replace(",", "\n"), "KITH_SECRET_KEYS"))
    path = settings.home / _FILE
    if not path.exists():
        _create(path)
    return Vault(_read(path.read_text(), str(path)))


def new_key() -> str:
    """Return a new key as the settings take it: a name, a colon, 32 random bytes in Base64."""
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _create(path: Path) -> None:
    """Write a first key; of two processes that do so at once, one wins and both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(new_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read(text: str, source: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, encoded = line.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not name or len(key) != KEY_BYTES or name in keys:
            raise SettingsError(f"{source}: each key is a name of its own, a colon and 32 bytes in Base64.")
        keys[name] = key
    if not keys:
        raise SettingsError(f"{source} holds no key.")
    return keys


def _encrypt(key: bytes, text: bytes, place: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, place.encode())


def _decrypt(key: bytes, sealed: bytes, place: str) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable("It does not open with its key: it was changed, moved, or sealed by another key.") from error
