"""Addresses of repositories: which ones kith takes, what they are called, and how git is kept to the host named."""

import re
from base64 import b64encode
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from kith.connectors import Fatal, Limits

_HOST = r"(?P<host>[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\])"
_URL = re.compile(rf"(?P<scheme>https|ssh|git)://(?:(?P<user>\w[^/@\s]*)@)?{_HOST}(?::(?P<port>\d{{1,5}}))?/[^\s]+")
_SCP = re.compile(rf"(?:(?P<user>\w[\w.-]*)@)?{_HOST}:(?!//)[^\s:-][^\s]*")
_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]+@")
_PORTS = {"https": 443, "ssh": 22, "git": 9418}
#: Of every git that reaches out: no redirects, and five silent minutes are the end.
OPTIONS = ("-c", "http.followRedirects=false", "-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=300")
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=30 -oServerAliveInterval=30 -oServerAliveCountMax=4"


class Address(NamedTuple):
    """Where a remote repository is. port: None where the address names none. secret: user and password of https."""

    url: str
    scheme: str
    host: str
    port: int | None
    secret: str = ""


class Network(NamedTuple):
    """What one git may reach. options: of git itself. settings: further ones, which no list of processes shows."""

    protocols: str = "none"
    options: tuple[str, ...] = ()
    ssh: str = _SSH
    settings: tuple[tuple[str, str], ...] = ()


#: Nothing may be fetched: a local repository's own configuration would say how.
OFFLINE = Network()


def address_of(repository: str) -> Address | None:
    """Return the address, None for a path; raises Fatal where it is neither."""
    if repository.startswith("/"):
        return None
    if match := _URL.fullmatch(repository):
        port = int(match["port"]) if match["port"] else None
        if match["scheme"] == "https" and match["user"]:
            return Address(redacted(repository), "https", match["host"], port, match["user"])
        return Address(repository, match["scheme"], match["host"], port)
    if match := _SCP.fullmatch(repository):
        return Address(repository, "ssh", match["host"], None)
    raise Fatal(f"{redacted(repository)!r} is neither an absolute path nor an https, ssh or git address.")


def reach(address: Address, limits: Limits) -> Network:
    """Look the host up and keep git to that answer, as far as git can be kept; raises Forbidden or Retry.

    Redirects are refused, for they would lead elsewhere. With ``git://`` git looks the host up once more by itself.
    """
    settings = _signing_in(address)
    if limits.private_addresses:  # and names may be aliases, known to ssh alone
        return Network(address.scheme, OPTIONS, settings=settings)
    port = address.port or _PORTS[address.scheme]
    answers = limits.addresses(address.host, port)
    pinned: tuple[str, ...] = ()
    if address.scheme == "https" and not address.host.startswith("["):
        shown = ",".join(f"[{answer}]" if ":" in answer else answer for answer in answers)
        pinned = ("-c", f"http.curloptResolve={address.host}:{port}:{shown}")
    key = f"[{address.host}]:{port}" if port != _PORTS["ssh"] else address.host
    return Network(address.scheme, OPTIONS + pinned, f"{_SSH} -oHostName={answers[0]} -oHostKeyAlias={key}", settings)


def _signing_in(address: Address) -> tuple[tuple[str, str], ...]:
    """Return what an address said of user and password, which an older kith took, as a header for that host alone."""
    if not address.secret:
        return ()
    user, _, password = address.secret.partition(":")
    basic = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    host = address.url.split("/")[2]
    return ((f"http.https://{host}/.extraHeader", f"Authorization: Basic {basic}"),)


def public_name(url: str) -> str:
    """Return the name that all clones share: ``github.com/git/git`` for every way to write that address.

    Of a folder, its own name, which others may have too.
    """
    key = public_key(url)
    return (Path(key).name or "repository") if key.startswith("/") else key


def public_key(url: str) -> str:
    """Return what tells this repository from all others: its public name, or the whole path of a folder."""
    url = redacted(url.strip()).rstrip("/").removesuffix(".git").removesuffix("/")
    if match := re.fullmatch(r"(?!file)\w+://([^/:]+)(?::\d+)?/(.+)", url):
        return f"{match[1].lower()}/{match[2]}"
    if "/" in url.partition(":")[0] or not _SCP.fullmatch(url):
        return f"/{url.removeprefix('file://').strip('/')}"
    host, _, path = url.rpartition("@")[2].partition(":")
    return f"{host.lower()}/{path.lstrip('/')}"


def redacted(text: str) -> str:
    """Return the text without the passwords that addresses may carry."""
    return _CREDENTIALS.sub(r"\1", text)
