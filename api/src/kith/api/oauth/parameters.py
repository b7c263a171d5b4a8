"""Parameters of the protocol: each is given once, wherever it comes from."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from litestar.connection import Request

from kith.api.oauth.errors import Refused

FORM = "application/x-www-form-urlencoded"
_MOST = 50
_REPEATED = frozenset({"resource"})  # RFC 8707 lets this one be given several times


class Parameters(NamedTuple):
    """values: by name. pairs: as they were given. What is empty counts as left out (RFC 6749, 3.1)."""

    values: dict[str, str]
    pairs: list[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """Return every value of a parameter that may be repeated."""
        return [value for given, value in self.pairs if given == name]


def with_query(uri: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return an address with further parameters."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(pairs)}" if pairs else uri


async def read_form(request: Request[Any, Any, Any]) -> Parameters:
    """Return the parameters of a form. Raises Refused.

    Parameters in the address are refused: logs keep addresses.
    """
    if request.scope["query_string"]:
        raise Refused("invalid_request", "Parameters belong into the body, not into the address.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused("invalid_request", f"Send {FORM}.")
    return read(await request.body())


def read_query(request: Request[Any, Any, Any]) -> Parameters:
    """Return the parameters of an address. Raises Refused."""
    return read(request.scope["query_string"])


def read(raw: bytes) -> Parameters:
    """Raises Refused."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST, errors="strict")
    except ValueError as error:
        raise Refused("invalid_request", "The parameters cannot be read.") from error
    return checked(pairs)


def checked(pairs: Sequence[tuple[str, str]]) -> Parameters:
    """Raises Refused where a parameter is given twice, or holds U+0000."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values and name not in _REPEATED:
            raise Refused("invalid_request", f"The parameter {name} is given more than once.")
        if "\x00" in value:
            raise Refused("invalid_request", f"The parameter {name} holds U+0000.")
        values[name] = value
    return Parameters(
        {name: value for name, value in values.items() if value}, [(name, value) for name, value in pairs if value]
    )
