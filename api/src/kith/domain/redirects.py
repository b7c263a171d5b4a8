"""Redirect URIs: where a browser may be sent with an authorization code (RFC 6749, 8252, 9700)."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address

LONGEST = 2000  # characters
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):"
    r"(?://(?P<host>\[[^\]/?]*\]|[^/?:]*)(?::(?P<port>[^/?]*))?)?(?P<path>[^?]*)(?:\?(?P<query>.*))?"
)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%0[0-9A-Fa-f]|%1[0-9A-Fa-f]|%7[Ff]|%2[EeFf]|%5[Cc]")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_IPV6 = re.compile(r"\[[0-9a-f:.]+\]")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_PRIVATE = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+")  # a reversed domain, as com.example.app
_QUERY_OF_OURS = re.compile(r"(?:^|&)(?:code|state|iss|error|error_description)=")


def fault(uri: str) -> str | None:
    """Return what is wrong with a URI that an app wants to register; None where it is right."""
    found = _PARTS.fullmatch(uri)
    if len(uri) > LONGEST:
        return f"It is longer than {LONGEST:,} characters."
    if not _PRINTABLE.fullmatch(uri) or found is None:
        return "It is no URI of printable ASCII characters."
    if any(sign in uri for sign in '#\\*@<>"`{}|^'):
        return "It holds a fragment, a user, a wildcard, or a character that no URI has."
    if _ESCAPE.search(uri):
        return "It hides a control character, a dot or a slash in an escape, or has half an escape."
    if {".", ".."} & set(found["path"].split("/")):
        return "Its path goes up."
    if found["query"] and _QUERY_OF_OURS.search(found["query"]):
        return "Its query holds a parameter that the answer has."
    return _fault_of_place(found)


def _fault_of_place(found: re.Match[str]) -> str | None:
    scheme, host, port, path = found["scheme"], found["host"], found["port"], found["path"]
    if scheme not in ("http", "https"):
        if not _PRIVATE.fullmatch(scheme):
            return "Its scheme is neither https nor a reversed domain in lower case, such as com.example.app."
        if host is not None or not path.startswith("/"):
            return "After a scheme of its own, one slash and the path follow."
        return None
    if host is None or not (_NAME.fullmatch(host) or _is_ipv6(host)):
        return "Its host is no name or address in lower case."
    if port is not None and not (_PORT.fullmatch(port) and int(port) < 65536):
        return "Its port is no number from 1 to 65535."
    if path and not path.startswith("/"):
        return "Its path begins without a slash."
    if scheme == "http" and host not in LOOPBACK:
        return "Without https it must be on this machine: 127.0.0.1, [::1] or localhost."
    return None


def _is_ipv6(host: str) -> bool:
    if not _IPV6.fullmatch(host):
        return False
    try:
        return f"[{IPv6Address(host[1:-1])}]" == host
    except ValueError:
        return False


def allows(registered: Iterable[str], asked: str) -> bool:
    """Whether a request may name this URI: letter by letter, but for the port on this machine, which is free."""
    return fault(asked) is None and _without_port(asked) in {_without_port(uri) for uri in registered}


def _without_port(uri: str) -> str:
    found = _PARTS.fullmatch(uri)
    if found is None or found["scheme"] != "http" or found["host"] not in LOOPBACK or found["port"] is None:
        return uri
    start, end = found.span("port")
    return uri[: start - 1] + uri[end:]


def origin_fault(origin: str) -> str | None:
    """Return what is wrong with an origin whose pages want to call the API; None where it is right."""
    found = _PARTS.fullmatch(origin)
    if found is None or found["scheme"] not in ("http", "https") or found["path"] or found["query"] is not None:
        return "An origin is https://, a host and perhaps a port, and nothing else."
    return fault(origin)
