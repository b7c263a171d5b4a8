"""Mailing lists that are known by their address: what is sent to them is said in a room, to nobody."""

import re

_HOSTED = re.compile(
    r"[^@]+@(?:(?:mail(?:ing)?-?)?lists?[\d-]*\..+|(?:.*\.)?(?:vger\.kernel\.org|googlegroups\.com|groups\.io"
    r"|lists\.linux\.dev|freelists\.org|yahoogroups\.com)|(?:.*\.)?listserv\..+)"
)
_NAMED = re.compile(r"[^@]+-(?:list|dev|devel|users|announce)@(?P<host>.+)")
#: Where anybody may have an address, and call it as they like.
_FREE = re.compile(
    r"(?:.*\.)?(?:noreply\..+|g(?:oogle)?mail\.com|outlook\.\w+|hotmail\.[\w.]+|live\.\w+|yahoo\.[\w.]+|gmx\.\w+|web\.de"
    r"|icloud\.com|me\.com|proton(?:mail)?\.\w+|qq\.com|163\.com|126\.com|fastmail\.\w+|posteo\.\w+|mail\.ru|yandex\.\w+)"
)


def is_list(address: str) -> bool:
    """Whether an address in lower case is a list's: by its host, or by the last word of its local part."""
    if _HOSTED.fullmatch(address):
        return True
    named = _NAMED.fullmatch(address)
    return named is not None and _FREE.fullmatch(named["host"]) is None
