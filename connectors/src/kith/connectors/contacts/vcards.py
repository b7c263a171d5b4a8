"""From a vCard to what it says of somebody."""

from kith.connectors import IdentityKind, Ref, items
from kith.connectors.contacts.cards import Card, Property
from kith.connectors.contacts.people import Contact, Job, account, moment

_KINDS: dict[str, IdentityKind] = {
    "individual": "person",
    "org": "organization",
    "group": "group",
    "application": "bot",
}


def contact(card: Card, fallback: str = "") -> Contact:
    """Return what a card says. fallback: its key where it has none."""
    profiles = [one.text for name in ("X-SOCIALPROFILE", "SOCIALPROFILE") for one in card.all(name)]
    uris = [one.text for one in card.all("IMPP")] + profiles + _old_accounts(card)
    photo = next((one.text for one in card.all("PHOTO") if one.text.startswith(("https://", "http://"))), None)
    web = [one.text for one in card.all("URL")] + [one for one in uris if one.startswith(("https://", "http://"))]
    return Contact(
        key=items.clean(card.first("UID")).strip() or fallback,
        name=_name(card),
        kind=_kind(card),
        addresses=tuple(one.text for one in card.all("EMAIL")),
        numbers=tuple(one.text for one in card.all("TEL") if not one.types & {"fax", "pager"}),
        urls=tuple(_address(one) for one in web),
        accounts=tuple(dict.fromkeys(filter(None, map(_account, uris)))),
        jobs=tuple(_jobs(card)),
        avatar_url=items.address(photo),
        changed=moment(card.first("REV")),
    )


def _name(card: Card) -> str | None:
    """Return the name as it is shown, else put together from its parts, else the firm's."""
    if (name := items.line(card.first("FN"))) and "@" not in name:
        return name
    for one in card.all("N"):
        family, given, further = (*one.parts, "", "", "")[:3]
        if found := items.line(" ".join(filter(None, (given, further, family)))):
            return found
    return items.line(card.first("ORG").partition(";")[0]) if _kind(card) == "organization" else None


def _kind(card: Card) -> IdentityKind:
    told = (card.first("KIND") or card.first("X-ADDRESSBOOKSERVER-KIND")).lower()
    if told:
        return _KINDS.get(told, "unknown")
    return "organization" if card.first("X-ABSHOWAS").upper() == "COMPANY" else "person"


def _jobs(card: Card) -> list[Job]:
    """Return where somebody works. A title belongs to the firm of its group; else to the only one."""
    titles = card.all("TITLE") or card.all("ROLE")
    firms = [(one, one.parts[0]) for one in card.all("ORG") if one.parts[0]]
    return [Job(name, _title(firm, titles, len(firms) == 1)) for firm, name in firms]


def _title(firm: Property, titles: list[Property], alone: bool) -> str | None:
    for title in titles:
        if title.group == firm.group or alone:
            return title.text or None
    return None


def _old_accounts(card: Card) -> list[str]:
    return [f"{scheme}:{one.text}" for scheme in ("JABBER", "SKYPE") for one in card.all(f"X-{scheme}") if one.text]


def _account(uri: str) -> Ref | None:
    try:
        return account(uri)
    except items.Unreadable:
        return None


def _address(text: str) -> str:
    return text if "://" in text or not text else f"https://{text}"
