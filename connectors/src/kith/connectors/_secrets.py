"""Secrets: settings that nobody can read back, and the ways in which a request may use them."""

import base64
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import msgspec

_STARS = "•••"
SHORTEST = 4  # characters; what is shorter hides nothing and would turn every text into stars


class Secret:
    """A password or token. It prints as stars, is never part of a record, and only a request's ``auth`` uses it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"Secret({_STARS})"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> Any:
        raise TypeError("A secret is not pickled.")

    def reveal(self) -> str:
        """Return the text itself. Keep it out of records, errors, logs and cursors."""
        return self._value

    def become(self, value: str) -> None:
        """Hold another text from now on: kith has renewed a token. All that holds this secret has the new one."""
        self._value = value


class Auth(Protocol):
    """How a request proves who it comes from."""

    def headers(self) -> Iterable[tuple[str, str]]: ...

    def secrets(self) -> Iterable[str]:
        """Return the texts that must be seen nowhere."""
        ...


class Bearer(msgspec.Struct, frozen=True):
    """``Authorization: Bearer TOKEN``; scheme: another word in place of Bearer."""

    token: Secret
    scheme: str = "Bearer"

    def headers(self) -> Iterator[tuple[str, str]]:
        yield "authorization", f"{self.scheme} {self.token.reveal()}"

    def secrets(self) -> Iterator[str]:
        yield self.token.reveal()


class Basic(msgspec.Struct, frozen=True):
    """A name and a password (RFC 7617)."""

    name: str
    password: Secret

    def headers(self) -> Iterator[tuple[str, str]]:
        yield "authorization", f"Basic {self._encoded()}"

    def secrets(self) -> Iterator[str]:
        yield self.password.reveal()
        yield self._encoded()

    def _encoded(self) -> str:
        return base64.b64encode(f"{self.name}:{self.password.reveal()}".encode()).decode()


class KeyHeader(msgspec.Struct, frozen=True):
    """A key in a header of its own, such as ``PRIVATE-TOKEN``."""

    name: str
    key: Secret

    def headers(self) -> Iterator[tuple[str, str]]:
        yield self.name, self.key.reveal()

    def secrets(self) -> Iterator[str]:
        yield self.key.reveal()


def redact(text: str, secrets: Iterable[str]) -> str:
    """Put stars in place of each secret, the longest first."""
    for secret in sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, _STARS)
    return text
