"""A feed as its parts, whatever its format."""

import calendar
import io
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from time import struct_time
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from kith.connectors import Answer

#: Words that nobody writes: patterns of the library take the square of their length.
_LONG_WORD = re.compile(rb"([\w.+-]{400})[\w.+-]+")
#: References to halves of characters, over which the library stumbles.
_HALF = re.compile(
    rb"&#(?:x0*d[89a-f][0-9a-f]{2}|0*5(?:5(?:29[6-9]|[3-9]\d\d)|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]));", re.IGNORECASE
)
#: How a document ends that was not cut off: the last entry of another may be half.
_END = re.compile(rb"</\s*([\w.-]+:)?(rss|feed|rdf)\s*>|</channel\s*>", re.IGNORECASE)
_LISTED = 1000  # feeds of one list


class Author(msgspec.Struct, frozen=True):
    """Who wrote something, as far as the feed says."""

    name: str = ""
    address: str = ""
    page: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A post or comment. answers: the id of what it comments on. cut: the document breaks off within it."""

    id: str
    link: str
    title: str
    html: str
    authors: tuple[Author, ...]
    published: datetime | None
    updated: datetime | None
    answers: str
    cut: bool = False


class Feed(msgspec.Struct, frozen=True):
    """What a document holds. older: the page or archive before it, if it names one.

    whole: it is well-formed; of another, part may be missing. shortened: how many words were too long. hub: who pushes
    what is new; topic: as what it is known there.
    """

    title: str
    link: str
    authors: tuple[Author, ...]
    entries: tuple[Entry, ...]
    older: str | None
    whole: bool = True
    shortened: int = 0
    hub: str = ""
    topic: str = ""


class Listed(msgspec.Struct, frozen=True):
    """A list of feeds."""

    addresses: tuple[str, ...]


class NoFeed(ValueError):
    """The document is neither a feed nor a list of feeds."""


def parse(answer: Answer) -> Feed | Listed:
    """Return the parts of a document. Raises NoFeed. Takes a while for a long one: call it in a thread."""
    start = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:512]
    if start.startswith(b"{"):
        return _json_feed(answer)
    if b"<opml" in start.lower():
        return _opml(answer)
    return _xml_feed(answer)


def _xml_feed(answer: Answer) -> Feed:
    import feedparser

    told = {"content-type": answer.headers.get("content-type", ""), "content-location": answer.url}
    body, shortened = _LONG_WORD.subn(rb"\1", answer.body)
    body = _HALF.sub(b"", body)
    try:
        found = feedparser.parse(io.BytesIO(body), response_headers=told)
    except Exception as error:  # what the library stumbles over is a document that nobody can read
        raise NoFeed(f"{answer.url.partition('?')[0]} cannot be parsed: {type(error).__name__}: {error}.") from error
    if not found.get("version") and not found.entries:
        raise NoFeed(f"{answer.url.partition('?')[0]} is neither a feed nor a list of feeds.")
    head = found.feed
    harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    whole = not found.bozo or isinstance(found.get("bozo_exception"), harmless)
    cut = not whole and not _END.search(answer.body[-200:])
    links = {link.get("rel"): link.get("href") for link in reversed(head.get("links", ()))}
    return Feed(
        title=str(head.get("title") or ""),
        link=str(head.get("link") or ""),
        authors=_authors(head),
        entries=_marked(tuple(_xml_entry(entry) for entry in found.entries), cut),
        older=links.get("prev-archive") or links.get("next"),
        whole=whole,
        shortened=shortened,
        hub=str(links.get("hub") or ""),
        topic=str(links.get("self") or ""),
    )


def _marked(entries: tuple[Entry, ...], cut: bool) -> tuple[Entry, ...]:
    """Mark the last entry of a document that breaks off."""
    return (*entries[:-1], msgspec.structs.replace(entries[-1], cut=True)) if cut and entries else entries


def _xml_entry(entry: Any) -> Entry:
    content = entry.get("content") or [entry.get("summary_detail") or {}]
    html = max((str(part.get("value") or "") for part in content), key=len)
    answered = entry.get("thr_in-reply-to") or {}
    return Entry(
        id=str(entry.get("id") or ""),
        link=str(entry.get("link") or ""),
        title=str(entry.get("title") or ""),
        html=html,
        authors=_authors(entry),
        published=_moment(entry.get("published_parsed")) or _moment(entry.get("created_parsed")),
        updated=_moment(entry.get("updated_parsed")) if "updated_parsed" in entry.keys() else None,  # noqa: SIM118 - "in" alone falls back
        answers=str(answered.get("ref") or "") if isinstance(answered, Mapping) else "",
    )


def _authors(part: Any) -> tuple[Author, ...]:
    found = [
        Author(
            str(one.get("name") or "").strip(), str(one.get("email") or "").strip(), str(one.get("href") or "").strip()
        )
        for one in part.get("authors") or ()
    ]
    return tuple(author for author in found if author != Author())


def _moment(parsed: struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    with suppress(ValueError, OverflowError, OSError, TypeError):
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    return None


class _JsonAuthor(msgspec.Struct, frozen=True):
    name: str | None = None
    url: str | None = None


class _JsonItem(msgspec.Struct, frozen=True):
    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    summary: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    author: _JsonAuthor | None = None
    authors: list[_JsonAuthor] | None = None


class _JsonHub(msgspec.Struct, frozen=True):
    type: str = ""
    url: str = ""


class _JsonFeed(msgspec.Struct, frozen=True):
    version: str = ""
    title: str | None = None
    home_page_url: str | None = None
    next_url: str | None = None
    feed_url: str | None = None
    hubs: list[_JsonHub] | None = None
    author: _JsonAuthor | None = None
    authors: list[_JsonAuthor] | None = None
    items: list[msgspec.Raw] = []


def _json_feed(answer: Answer) -> Feed:
    head: _JsonFeed = answer.json(_JsonFeed)
    if "jsonfeed.org" not in head.version:
        raise NoFeed(f"{answer.url.partition('?')[0]} is JSON, and no JSON Feed.")
    return Feed(
        title=head.title or "",
        link=urljoin(answer.url, head.home_page_url or ""),
        authors=_json_authors(head.author, head.authors),
        entries=tuple(_json_entry(item, answer.url) for item in head.items),
        older=head.next_url and urljoin(answer.url, head.next_url),
        hub=next((hub.url for hub in head.hubs or () if hub.type.lower() == "websub"), ""),
        topic=head.feed_url or "",
    )


def _json_entry(raw: msgspec.Raw, base: str) -> Entry:
    try:
        item = msgspec.json.decode(raw, type=_JsonItem)
    except msgspec.ValidationError:  # it has no date then, and is told among the errors
        return Entry("", "", bytes(raw)[:200].decode(errors="replace"), "", (), None, None, "")
    link = item.url or item.external_url or ""
    text = (item.content_text or item.summary or "").replace("&", "&amp;").replace("<", "&lt;")
    return Entry(
        id="" if item.id is None else str(item.id),
        link=urljoin(base, link) if link else "",
        title=item.title or "",
        html=item.content_html or text,
        authors=_json_authors(item.author, item.authors),
        published=_rfc3339(item.date_published),
        updated=_rfc3339(item.date_modified),
        answers="",
    )


def _json_authors(one: _JsonAuthor | None, many: list[_JsonAuthor] | None) -> tuple[Author, ...]:
    found = (Author(author.name or "", "", author.url or "") for author in (many or [one or _JsonAuthor()]))
    return tuple(author for author in found if author != Author())


def _rfc3339(text: str | None) -> datetime | None:
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat((text or "").strip())
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    return None


def _opml(answer: Answer) -> Listed:
    from html.parser import HTMLParser

    addresses: dict[str, None] = {}

    class Outlines(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            named = dict(attrs)  # names in lower case
            if tag == "outline" and (address := (named.get("xmlurl") or "").strip()):
                addresses[urljoin(answer.url, address)] = None

    Outlines().feed(answer.text)
    if len(addresses) > _LISTED:
        raise NoFeed(f"The list names {len(addresses):,} feeds; {_LISTED:,} are allowed: split it.")
    return Listed(tuple(address for address in addresses if urlsplit(address).scheme in ("http", "https")))


def digest(parts: Iterable[str]) -> str:
    """Return a short name for some texts."""
    return blake2b("\0".join(parts).encode(errors="surrogatepass"), digest_size=8).hexdigest()
