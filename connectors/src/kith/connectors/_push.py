"""What networks push: signatures as data, checked before anything is stored, and what connectors make of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

import msgspec

from kith.connectors._context import Context
from kith.connectors._errors import Fatal
from kith.connectors._records import Record, Skip
from kith.connectors._settings import load_config

T = TypeVar("T")


class Signature(msgspec.Struct, frozen=True):
    """How a network signs what it pushes.

    header: where the signature is, after ``prefix``. secret: which ``Secret`` setting it is made with. algorithm:
    ``token`` where the header simply holds the secret. signed: what is signed, with ``{body}`` and ``{timestamp}``.
    timestamp: the header with the seconds since 1970, which may be ``window`` seconds off.
    """

    header: str
    secret: str
    algorithm: Literal["hmac-sha256", "hmac-sha1", "hmac-sha512", "token"] = "hmac-sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = "{body}"
    timestamp: str | None = None
    window: float = 300.0

    def flaw(self, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str | None:
        """Return why a delivery is not to be believed, None if it is. headers: by lower-case name."""
        import hmac  # connectors that take no pushes need not wait for it

        given = headers.get(self.header.lower())
        if given is None:
            return f"The header {self.header} is missing."
        stamp = ""
        if self.timestamp is not None:
            stamp = headers.get(self.timestamp.lower(), "")
            if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 15:
                return f"The header {self.timestamp} holds no moment."
            if abs(now.timestamp() - int(stamp)) > self.window:
                return "The delivery is too old, or from the future."
        if not hmac.compare_digest(given.encode(), (self.prefix + self._expected(stamp, body, secret)).encode()):
            return f"The signature in {self.header} does not fit."
        return None

    def sign(self, body: bytes, secret: str, stamp: str = "") -> str:
        """Return what the header holds for a body: for tests."""
        return self.prefix + self._expected(stamp, body, secret)

    def _expected(self, stamp: str, body: bytes, secret: str) -> str:
        if self.algorithm == "token":
            return secret
        import base64
        import hmac

        before, _, after = self.signed.partition("{body}")
        text = before.replace("{timestamp}", stamp).encode() + body + after.replace("{timestamp}", stamp).encode()
        digest = hmac.digest(secret.encode(), text, self.algorithm.removeprefix("hmac-"))
        return digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()


class Delivery(msgspec.Struct, frozen=True):
    """What a network pushed. headers: by lower-case name, those that the connector asked for."""

    headers: dict[str, str]
    body: bytes
    received_at: datetime


class Received(msgspec.Struct, frozen=True):
    """What a delivery tells. read: it only says that there is news; kith then reads the source."""

    records: tuple[Record, ...] = ()
    skipped: tuple[Skip, ...] = ()
    read: bool = False


def read_delivery(delivery: Delivery, kind: type[T]) -> T:
    """Return the JSON of a delivery. Raises Fatal where it is none, or of another shape."""
    try:
        return msgspec.json.decode(delivery.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fatal(f"The delivery is not as expected: {error}.") from error


class Pushes(msgspec.Struct, frozen=True):
    """What kith has to know of a network's pushes before it stores one.

    signature: None where the scheme is unusual: then ``receive`` verifies, and raises Refused. headers: those that it
    needs. challenge: the name of the field that a network wants back when it tries the address. confirms: the network
    asks by GET whether it was asked to push, and wants its challenge back (WebSub).
    """

    signature: Signature | None
    headers: tuple[str, ...] = ()
    challenge: str | None = None
    confirms: bool = False


@runtime_checkable
class Pushed(Protocol):
    """What a connector adds whose network pushes to ``POST /v1/hooks``. Scheduled reading heals what was lost."""

    @property
    def pushes(self) -> Pushes: ...

    async def receive(self, config: Any, delivery: Delivery, context: Context) -> Received:
        """Return what a delivery tells; it may come twice and in any order. Raises Refused where it is forged."""
        ...


@runtime_checkable
class PushedAsSet(Pushed, Protocol):
    """What a connector adds whose settings say how pushes are signed; ``pushes`` is then only an example."""

    @property
    def Config(self) -> type[msgspec.Struct]: ...  # noqa: N802 - it is a class

    def pushes_of(self, config: Any) -> Pushes:
        """Return what is to be known of a source's pushes. config: without the secrets."""
        ...


def pushes_of(connector: Pushed, config: Mapping[str, Any]) -> Pushes:
    """Return what is to be known of a source's pushes. config: as it is stored, without its secrets."""
    if not isinstance(connector, PushedAsSet):
        return connector.pushes
    return connector.pushes_of(load_config(connector.Config, config))
