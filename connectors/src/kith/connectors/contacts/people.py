"""From a card or a row to what is known of somebody, and from that to records."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import blake2b
from itertools import islice

import msgspec

from kith.connectors import Affiliation, Claim, Identity, IdentityKind, Record, Ref, items

NETWORK = "contacts"
CLAIM = "same_as"

_ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")
_NUMBER = re.compile(r"\+[1-9]\d{4,14}")
_SCHEMES = {"xmpp": "xmpp", "jabber": "xmpp", "matrix": "matrix", "irc": "irc", "skype": "skype", "sip": "sip"}


class Job(msgspec.Struct, frozen=True):
    organization: str
    title: str | None = None
    since: date | None = None
    until: date | None = None


class Contact(msgspec.Struct, frozen=True):
    """One card, or one row. key: as it names itself; empty where it does not. accounts: others, with their handles."""

    key: str
    name: str | None = None
    kind: IdentityKind = "unknown"
    addresses: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    accounts: tuple[Ref, ...] = ()
    jobs: tuple[Job, ...] = ()
    avatar_url: str | None = None
    changed: datetime | None = None


class Writer:
    """Turns contacts into records, and keeps in mind who has which address, until all have been seen.

    What is on the cards of two names is claimed of neither: it may be the family's, or the firm's. An address bears no
    name, which would stand there still when no card has it any longer.
    """

    def __init__(self, host: str, calling_code: str | None) -> None:
        self._host, self._code = host, calling_code
        self._bearers: dict[Ref, dict[Ref, Contact]] = {}

    def records(self, contact: Contact) -> Iterator[Record]:
        """Yield what a contact tells of itself. Raises Unreadable where it tells nothing."""
        parts = self._parts(contact)
        if not contact.name and not parts:
            raise items.Unreadable("It holds neither a name nor an address.")
        ref = self._ref(contact, parts)
        address, url = next(filter(None, map(mail_address, contact.addresses)), None), next(iter(contact.urls), None)
        yield Identity(
            ref, contact.kind, contact.name, address=address, url=items.address(url), avatar_url=contact.avatar_url,
            seen_at=contact.changed,
        )  # fmt: skip
        for part in parts:
            self._bearers.setdefault(part, {})[ref] = Contact("", contact.name, contact.kind)
        for job in contact.jobs if _is_human(contact) else ():
            name = (items.line(job.organization) or "")[:200].strip()
            if name:
                title = (items.line(job.title) or "")[:200].strip() or None
                yield Affiliation(
                    ref, name, title=title, since=job.since, until=job.until, evidence="dated_record",
                    seen_at=contact.changed,
                )  # fmt: skip

    @property
    def parts(self) -> int:
        """How many addresses, numbers and accounts have been seen."""
        return len(self._bearers)

    def claims(self, edition: str, start: int, count: int) -> Iterator[Record]:
        """Yield what the whole book says of some of them: whose they are."""
        for part, bearers in islice(self._bearers.items(), start, start + count):
            names = {" ".join((one.name or "").casefold().split()) for one in bearers.values()}
            bearer = next(iter(bearers.values()))
            kind = "unknown" if _is_human(bearer) else bearer.kind
            address, url = (part.key if part.network == network else None for network in ("mail", "web"))
            yield Identity(part, kind, address=address, url=url)
            for ref in bearers if len(names) == 1 and _is_human(bearer) else ():
                yield Claim(ref, part, CLAIM, "One card of an address book holds both.", edition)

    def _ref(self, contact: Contact, parts: list[Ref]) -> Ref:
        """Return the key of a card: its own, else a hash of name and addresses, within its book."""
        if contact.key:
            return Ref(NETWORK, items.key(contact.key.removeprefix("urn:uuid:")))
        told = "\n".join([contact.name or "", *sorted(part.key for part in parts)])
        return Ref(NETWORK, blake2b(told.encode(), digest_size=16).hexdigest(), self._host)

    def _parts(self, contact: Contact) -> list[Ref]:
        found = [Ref("mail", address) for one in contact.addresses if (address := mail_address(one))]
        found += [Ref("phone", number) for one in contact.numbers if (number := phone_number(one, self._code))]
        found += [Ref("web", url.rstrip("/")) for one in contact.urls if (url := items.address(one.strip()))]
        return list(dict.fromkeys([*found, *contact.accounts]))


def _is_human(contact: Contact) -> bool:
    return contact.kind in ("unknown", "person")


def mail_address(text: str) -> str | None:
    """Return an address in lower case, taken out of what stands around it."""
    match = _ADDRESS.search(items.clean(text).removeprefix("mailto:"))
    return match[0].lower() if match else None


def phone_number(text: str, calling_code: str | None = None) -> str | None:
    """Return a number as ``+3611234567``; None where its country is not known, or it is none."""
    told = items.clean(text).strip().removeprefix("tel:").partition(";")[0]
    told = re.split(r"(?i)\s*(?:ext|x|#)\.?\s*\d+\s*$", told)[0].replace("(0)", "")
    number = ("+" if told.lstrip().startswith("+") else "") + "".join(one for one in told if one in "0123456789")
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number and not number.startswith("+") and calling_code:
        number = calling_code + (number if calling_code == "+1" else number.removeprefix("0"))
    return number if _NUMBER.fullmatch(number) else None


def account(uri: str) -> Ref | None:
    """Return the account that an address such as ``xmpp:ada@example.org`` names."""
    scheme, _, rest = uri.strip().partition(":")
    network, rest = _SCHEMES.get(scheme.lower()), rest.strip("/ ").partition("?")[0]
    if network is None or not rest:
        return None
    if network == "irc" and "/" in rest:  # irc://irc.example.org/ada,isnick
        server, _, nick = rest.partition("/")
        nick, _, what = nick.partition(",")
        return Ref(network, items.key(nick.lower()), server.partition(":")[0].lower()) if what == "isnick" else None
    if network == "matrix":  # matrix:u/ada:example.org
        rest = "@" + rest[2:] if rest.startswith("u/") else rest
    return Ref(network, items.key(rest if network == "matrix" else rest.lower()))


def day(text: str, form: str | None = None) -> date | None:
    """Return a day; of a month or year alone the first. None for none. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    if form:
        return datetime.strptime(text, form).replace(tzinfo=UTC).date()
    padded = text if len(text) > 7 else f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01"
    return date.fromisoformat(padded[:10])


def moment(text: str) -> datetime | None:
    """Return when a card was changed, in any form that cards use; None where it says nothing of the kind."""
    try:
        return items.moment(text.strip())
    except ValueError:
        return None
