"""From the entries of a feed to records."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from kith.connectors import Channel, Conversation, Identity, Interaction, InteractionRef, Record, Ref, Skip
from kith.connectors.feeds.entries import Author, Entry, Feed, digest
from kith.connectors.html import CHARACTERS, html_text

NETWORK = "feed"
_LONGEST = 1000
_ADDRESS = 320
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class Site:
    """One feed, by the address at which it is configured: its keys stay when the site behind it changes."""

    def __init__(self, address: str, feed: Feed) -> None:
        self.host = (urlsplit(feed.link).hostname or urlsplit(address).hostname or "").removeprefix("www.")
        self.channel = Ref(NETWORK, _key(address))
        self._address = address
        self._feed = feed

    def records(self) -> Iterator[Record]:
        """Yield the feed itself."""
        name = _plain(self._feed.title) or self._address
        yield Channel(self.channel, "feed", name[:_LONGEST], _address(self._feed.link), visibility="public")

    def entry(self, entry: Entry) -> list[Record | Skip]:
        """Return the records of an entry, and what of it is left out and why."""
        place = f"entry {entry.id or entry.link or entry.title}"[:200]
        occurred_at = entry.published or entry.updated
        if occurred_at is None and entry.cut:
            return [Skip(place, "ill_formed", "The document breaks off within this entry.")]
        if occurred_at is None:
            return [Skip(place, "no_date", "The entry has no date that can be read.", entry.title[:_LONGEST])]
        actor = self._identity((*entry.authors, *self._feed.authors), occurred_at)
        act = self._act(entry, actor.ref, occurred_at)
        found: list[Record | Skip] = [actor, act]
        if not entry.answers and act.conversation is not None:
            found.append(Conversation(act.conversation, self.channel, act.title, act.url))
        if cut := _cut(entry):
            found.append(Skip(place, "cut", f"The entry is kept without {cut}."))
        return found

    def key(self, entry: Entry) -> str:
        """Return the id of an entry, else its link, else a hash of what it says."""
        if entry.id or entry.link:
            return _key(entry.id or entry.link)
        return digest((entry.title, entry.html))

    def ref(self, key: str, kind: str) -> InteractionRef:
        """Return the key of an act; an id that no other site can give needs no host."""
        host = "" if _SCHEME.match(key) else self.host
        return InteractionRef(NETWORK, key, kind, host)  # type: ignore[arg-type]  # post or comment

    def _act(self, entry: Entry, actor: Ref, occurred_at: datetime) -> Interaction:
        key = self.key(entry)
        above = self.ref(_key(entry.answers), "post") if entry.answers else None
        thread = above or self.ref(key, "post")
        later = entry.updated if entry.updated and entry.updated > occurred_at else None
        return Interaction(
            self.ref(key, "comment" if above else "post"),
            actor,
            occurred_at,
            channel=self.channel,
            conversation=Ref(NETWORK, thread.key, thread.host),
            reply_to=above,
            title=_plain(entry.title) or None,
            text=_clean(html_text(entry.html)) or None,
            url=_address(entry.link),
            visibility="public",
            edited_at=later,
        )

    def _identity(self, authors: tuple[Author, ...], seen_at: datetime) -> Identity:
        """Return the first author; where there is none, the feed itself."""
        for one in authors:
            name, page = _plain(one.name)[:_LONGEST] or None, _address(one.page)
            if "@" in one.address:
                address = _clean(one.address.lower())[:_ADDRESS]
                ref = Ref("mail", _key(address))
                return Identity(ref, "unknown", name, address=address, url=page, seen_at=seen_at)
            if _SCHEME.match(one.page):
                return Identity(Ref("web", _key(one.page.rstrip("/"))), "unknown", name, url=page, seen_at=seen_at)
            if name:
                return Identity(Ref(NETWORK, _key(name.casefold()), self.host), "unknown", name, seen_at=seen_at)
        name = _plain(self._feed.title)[:_LONGEST] or None
        return Identity(self.channel, "unknown", name, seen_at=seen_at)


def _cut(entry: Entry) -> str:
    """Return what of an entry is left out."""
    markup = len(entry.html) - CHARACTERS
    further = len({one.name.casefold() or one.address or one.page for one in entry.authors}) - 1
    beyond = [
        f"{further:,} authors beyond the first" * (further > 0),
        f"{markup:,} characters of its HTML beyond {CHARACTERS:,}" * (markup > 0),
        f"its address, which has more than {_LONGEST:,} characters" * (len(_clean(entry.link)) > _LONGEST),
    ]
    return " and ".join(filter(None, beyond))


def _address(text: str) -> str | None:
    """Return an address that can be kept: the beginning of one leads nowhere."""
    text = _clean(text)
    return text if 0 < len(text) <= _LONGEST else None


def _plain(html: str) -> str:
    """Return a title or name without markup."""
    text = html_text(html) if "<" in html or "&" in html else html
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    """Return a text without what PostgreSQL and JSON refuse: NUL, and halves of characters."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _key(text: str) -> str:
    """Return a text as a key: what is too long by its hash."""
    text = _clean(text.strip())
    return text if 0 < len(text) <= _LONGEST else digest((text,))
