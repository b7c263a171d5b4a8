"""What a source may read: files below certain folders, addresses of the open internet.

A setting marked as a location is looked at when a source is created and again each time that it is read, before the
connector is asked anything.
"""

import os
import re
import socket
import stat
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import urlsplit

import msgspec
from msgspec import inspect

from kith.connectors._errors import Fatal, Retry

_MARK = "kith_location"
_FORMAT = "kith-location"
_SERVER = r"^(\[[0-9a-fA-F:.]+\]|[^\s/@:\[\]]+):[0-9]{1,5}$"

#: A setting that names a file or folder on kith's machine, by its absolute path.
LocalPath = Annotated[
    str,
    msgspec.Meta(
        pattern="^/", max_length=4000, extra={_MARK: True}, extra_json_schema={"format": _FORMAT, "pattern": "^/"}
    ),
]
#: A setting that names an address of the web. What a source reads may lie on its host, and on no other that it names.
Url = Annotated[
    str,
    msgspec.Meta(
        pattern="^https?://",
        max_length=1000,
        extra={_MARK: True},
        extra_json_schema={"format": "uri", "pattern": "^https?://"},
    ),
]
#: A setting that names a server of another kind, as ``imap.example.org:993``.
Server = Annotated[
    str,
    msgspec.Meta(
        pattern=_SERVER,
        max_length=300,
        extra={_MARK: True},
        extra_json_schema={"pattern": _SERVER, "examples": ["imap.example.org:993"]},
    ),
]
#: A setting that names either such a path or an address; the connector says which addresses it takes.
Location = Annotated[
    str, msgspec.Meta(min_length=1, max_length=1000, extra={_MARK: True}, extra_json_schema={"format": _FORMAT})
]

_URL_AUTHORITY = re.compile(r"(?:(?P<user>.*)@)?(?P<host>\[[^\]\s]*\]|[^:\s@]*)(?::\d*)?")
_SCP_AUTHORITY = re.compile(r"(?:(?P<user>[^@:/\s]*)@)?(?P<host>\[[^\]\s]*\]|[^:/\s]+):(?P<path>.*)")
#: What an address carries to sign in with: before its host, or as a parameter.
_SIGN_IN = re.compile(r"(\w+://)[^/?#\s]*@")
_SECRET_VALUE = re.compile(
    r"([?&#;](?:[^=&#\s]*(?:token|secret|passw|pwd|api_?key|access_?key|signature|credential)[^=&#\s]*|auth|key|sig)=)"
    r"[^&#\s]+",
    re.IGNORECASE,
)
#: A user and a password before a host, with or without a scheme.
_PASSWORD = re.compile(r"(?:\w:|^|[\s'\"<(])//[^/?#\s@]*:[^/?#\s@]*@")
_HIDDEN = (
    "The address holds a password or a token, which would be shown and logged: leave it out. A connector that signs in "
    "has a setting of its own for that."
)
_NAT64 = ip_network("64:ff9b::/96")


class Forbidden(Fatal):
    """A setting names what the operator does not let sources read. field: of the settings."""

    code = "forbidden_location"

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SecretInAddress(Forbidden):
    """A setting names an address with a password or a token in it, where it would be shown and logged."""

    code = "secret_in_address"


class Limits(msgspec.Struct, frozen=True):
    """roots: folders below which files may be read; None: anywhere. private_addresses: whether own networks may be."""

    roots: tuple[Path, ...] | None = None
    private_addresses: bool = True

    def check_path(self, path: str | Path) -> None:
        """Follow links and dots; raises Forbidden where that leads out of every root, or to a pipe or a device."""
        try:
            real = Path(path).resolve()
            inside = self.roots is None or any(real.is_relative_to(root.resolve()) for root in self.roots)
            mode = real.stat().st_mode if inside and real.exists() else stat.S_IFREG
        except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, links in a circle
            raise Forbidden(f"{str(path)!r} is no path: {error}.") from error
        if not inside:
            raise Forbidden(
                f"{path} lies outside the folders that sources may read: "
                "put it below one of them, or name its folder in KITH_SOURCE_ROOTS."
            )
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISSOCK(mode)):
            raise Forbidden(f"{path} is no regular file: sources read files and folders, no pipes and no devices.")

    def open(self, path: str | Path) -> BinaryIO:
        """Open a regular file. Raises Forbidden as ``check_path`` does, also where it was put there meanwhile; OSError.

        Waits for nobody: a pipe is refused, not read.
        """
        self.check_path(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            opened = Path(f"/proc/self/fd/{descriptor}")
            self.check_path(opened if opened.exists() else path)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Forbidden(f"{path} is no regular file.")  # noqa: TRY301 - what was opened is closed in one place
        except BaseException:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "rb")

    def check_host(self, host: str) -> None:
        """Raises Forbidden where a host is private by its very name; asks no server."""
        name = host.strip("[]").rstrip(".").lower()
        try:
            is_private = _is_private(ip_address(name))
        except ValueError:  # 127.1 and 0x7f000001 are addresses to the system's resolver
            is_private = name in ("localhost", "") or name.endswith(".localhost") or _is_number(name)
        if is_private and not self.private_addresses:
            raise Forbidden(_private(host))

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Look a host up; raises Forbidden where an answer lies in a private network, Retry where there is none.

        Blocks. Connect to what it returns and look nothing up again: the next answer may be another one.
        """
        self.check_host(host)
        try:
            found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Retry(f"The host {host} could not be found: {error}.") from error
        answers = tuple(dict.fromkeys(str(answer[4][0]) for answer in found))
        if not self.private_addresses and any(_is_private(ip_address(answer)) for answer in answers):
            raise Forbidden(_private(host))
        return answers


#: Whatever the operator's own machine may read.
ANYWHERE = Limits()


def location_fields(kind: type[msgspec.Struct]) -> list[str]:
    """Return the fields of settings that name a location."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - a struct has no other; this tells the type checker
    return [field.name for field in found.fields if _is_marked(field.type)]


def locations(config: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """Yield the fields that name a location, with what they name."""
    for field in location_fields(type(config)):
        value = getattr(config, field)
        for location in (value,) if isinstance(value, str) else value or ():
            yield field, location


def check_locations(config: msgspec.Struct, limits: Limits) -> None:
    """Raises Forbidden for the first setting that names what must not be read; asks no server.

    Whatever a setting is for, an address in it carries no password.
    """
    for field, text in _texts(msgspec.to_builtins(config, enc_hook=lambda _: None)):
        if _PASSWORD.search(text):
            raise SecretInAddress(_HIDDEN, field)
    for field, location in locations(config):
        try:
            if location.startswith("/"):
                limits.check_path(location)
            else:
                limits.check_host(_host(location))
        except Forbidden as error:
            raise type(error)(str(error), field) from error


def _texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts of settings, however deep, each with the setting that it belongs to."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _texts(part, field or str(name))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part, field)


def is_address(location: str) -> bool:
    """Whether a location is an address, ``https://host/path`` or ``host:path``, and no path."""
    return "://" in location or (":" in location and "/" not in location.partition(":")[0])


def host_of(location: str) -> str | None:
    """Return the host that a location names, where it is an address."""
    if not is_address(location):
        return None
    if "://" in location:
        return urlsplit(location).hostname
    named = _SCP_AUTHORITY.fullmatch(location)
    return named["host"].strip("[]").lower() if named else None


def host_and_port(server: str) -> tuple[str, int]:
    """Return the two parts of a ``Server``; raises Forbidden for a port beyond 65535."""
    host, _, port = server.rpartition(":")
    if not 0 < int(port) < 65536:
        raise Forbidden(f"{server} is no address of a server.")
    return host.strip("[]").lower(), int(port)


def without_secrets(text: str) -> str:
    """Return a text with stars in place of what addresses in it carry to sign in with."""
    return _SIGN_IN.sub(r"\1***@", _SECRET_VALUE.sub(r"\1***", text))


def _host(location: str) -> str:
    """Return the host of an address. Raises Forbidden where it is none, SecretInAddress where it carries a secret."""
    if not is_address(location):
        raise Forbidden(f"{without_secrets(location)!r} is neither an absolute path nor an address.")
    scheme, is_url, rest = location.partition("://")
    if is_url:
        authority = _URL_AUTHORITY.fullmatch(re.split("[/?#]", rest, maxsplit=1)[0])
        user = authority["user"] if authority else None
        signs_in = user is not None and (scheme.lower() != "ssh" or ":" in user)
        hides = authority is None and "@" in rest  # a password with a slash in it
    else:
        authority = _SCP_AUTHORITY.fullmatch(location)
        signs_in = False
        hides = authority is not None and authority["user"] is None and "@" in authority["path"].partition("/")[0]
    if signs_in or hides or _SECRET_VALUE.search(location):
        raise SecretInAddress(_HIDDEN)
    if authority is None:
        raise Forbidden(f"{without_secrets(location)!r} is no address.")
    return authority["host"]


def _is_marked(kind: Any) -> bool:
    if isinstance(kind, inspect.Metadata):
        return bool((kind.extra or {}).get(_MARK)) or _is_marked(kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(_is_marked(one) for one in kind.types)
    return isinstance(kind, inspect.ListType | inspect.VarTupleType) and _is_marked(kind.item_type)


def _is_private(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to no public network; one that wraps an IPv4 address is that address."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return _is_private(IPv4Address(int(address) & 0xFFFFFFFF))
        wrapped = (address.ipv4_mapped, address.sixtofour, address.teredo[1] if address.teredo else None)
        for inner in filter(None, wrapped):
            return _is_private(inner)
    return not address.is_global or address.is_multicast


def _is_number(name: str) -> bool:
    try:
        socket.inet_aton(name)
    except (OSError, UnicodeError):
        return False
    return True


def _private(host: str) -> str:
    return f"{host} belongs to a private network, which sources may not read: KITH_PRIVATE_ADDRESSES=true allows it."
