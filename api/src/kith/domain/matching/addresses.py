"""E-mail addresses: one spelling for each mailbox, and which of them say nothing about who writes."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from kith.domain.kinds.places import NOWHERE, is_machine
from kith.domain.kinds.words import FREE_MAIL, NOBODY_LOCALS, ROLES, SHARED
from kith.domain.matching.vocabulary import SECOND_LEVEL

AddressKind = Literal["mailbox", "shared", "machine", "nowhere", "code_host"]

_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_LIST_LOCAL = re.compile(
    r"(?:^|[-_.])(?:list|lists|devel|users|announce|discuss|bounces?|request|owner|subscribe|maintainers)$"
)
_LIST_DOMAIN = re.compile(
    r"^(?:lists?|groups|mailman|listserv)\.|(?:^|\.)(?:googlegroups\.com|groups\.io|vger\.kernel\.org)$"
)
_CODE_HOST = re.compile(r"^(?:users\.)?noreply\.(?P<host>.+)$")
_CODE_HOST_LOCAL = re.compile(r"^(?:(?P<account>\d+)[+-])?(?P<handle>[^@]+)$")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;]+")


_CACHED = 2**15  # domains, of which a few have most addresses


class Address(NamedTuple):
    """One mailbox.

    `text` is its single spelling, `local` the local part as written; `handle` and `account` are set for a code host's
    no-reply address.
    """

    text: str
    local: str
    domain: str
    kind: AddressKind
    network: str = ""
    handle: str = ""
    account: str = ""


def find_address(text: str) -> str:
    """Return the first e-mail address inside `text`, also when written ``jane [at] example [dot] org``, or ""."""
    if "@" not in text:
        text = re.sub(r"\s*[\[(]\s*(?:at|@)\s*[\])]\s*", "@", text, flags=re.IGNORECASE)
        text = re.sub(r"\s*[\[(]\s*dot\s*[\])]\s*", ".", text, flags=re.IGNORECASE)
    found = _ADDRESS.search(text)
    return found.group().rstrip(".") if found else ""


def parse_address(raw: str) -> Address | None:
    """Read one address; None when `raw` holds none. Case, plus-tags, Gmail's dots and second domain do not count."""
    text = raw.strip(" \t<>[]\"'").lower()
    local, at, domain = text.rpartition("@")
    if not at:
        local, at, domain = text.partition(" at ")
    local, domain = local.strip(), domain.strip(" .")
    if not (local and domain):
        return None
    if host := _CODE_HOST.match(domain):
        return _code_host(local, domain, host["host"])
    local = local.partition("+")[0] or local
    mailbox = local
    if domain in _GMAIL:
        mailbox, domain = local.replace(".", ""), "gmail.com"
    return Address(f"{mailbox}@{domain}", local, domain, _kind(local, domain))


@lru_cache(maxsize=_CACHED)
def organization_domain(domain: str) -> str:
    """Return the part of `domain` that one owner registers (``cs.ox.ac.uk`` gives ``ox.ac.uk``); "" for free mail."""
    labels = domain.split(".")
    size = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVEL else 2
    owner = ".".join(labels[-size:])
    return "" if owner in FREE_MAIL or domain in FREE_MAIL else owner


def _code_host(local: str, domain: str, host: str) -> Address:
    found = _CODE_HOST_LOCAL.match(local)
    handle, account = (found["handle"], found["account"] or "") if found else (local, "")
    if handle in ROLES:
        return Address(f"{local}@{domain}", handle, domain, "nowhere")
    network = host.removesuffix(".com").removesuffix(".org")
    return Address(f"{local}@{domain}", handle, domain, "code_host", network, handle, account)


def _kind(local: str, domain: str) -> AddressKind:
    machine = is_machine(domain)
    if domain in NOWHERE or (local in NOBODY_LOCALS and (machine or "reply" in local or "mail" in local)):
        return "nowhere"
    if machine:
        return "machine"
    if local in NOBODY_LOCALS or local in SHARED or _LIST_LOCAL.search(local) or _is_list_host(domain):
        return "shared"
    return "mailbox"


@lru_cache(maxsize=_CACHED)
def _is_list_host(domain: str) -> bool:
    return _LIST_DOMAIN.search(domain) is not None
