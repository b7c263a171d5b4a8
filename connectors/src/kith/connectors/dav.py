"""Calendars and address books on a server (RFC 4918, 4791, 6352): which there are, what they hold, whether it changed.

For partners' connectors as for ours. Nothing is ever written there. With a folder for copies, only what has changed is
asked for (RFC 6578, else by the marks of all that a collection holds).
"""

import io
from collections.abc import AsyncIterator, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

import msgspec

from kith.connectors._answers import Answer
from kith.connectors._copies import Copies, Copy, Listing
from kith.connectors._errors import Fatal, Missing, Refused, Retry
from kith.connectors._exchange import place_of
from kith.connectors._http import Http
from kith.connectors._secrets import Auth

Kind = Literal["addressbook", "calendar"]

BATCH = 100  # objects of one request
_LIST_BYTES = 64 << 20  # of the names of all objects of a collection
_DAV = "{DAV:}"
_OF: dict[Kind, str] = {
    "addressbook": "urn:ietf:params:xml:ns:carddav",
    "calendar": "urn:ietf:params:xml:ns:caldav",
}
_DATA: dict[Kind, str] = {"addressbook": "address-data", "calendar": "calendar-data"}
_SPACES = "".join(
    f' xmlns:{name}="{space}"'
    for name, space in (
        ("d", "DAV:"), ("addressbook", _OF["addressbook"]), ("calendar", _OF["calendar"]),
        ("s", "http://calendarserver.org/ns/"),
    )
)  # fmt: skip


class Collection(msgspec.Struct, frozen=True):
    """An address book or a calendar. mark: changes whenever something in it does; empty where the server has none.

    token: from which on the server tells what has changed; empty where it does not.
    """

    url: str
    name: str | None
    mark: str
    token: str = ""


class Entry(msgspec.Struct, frozen=True):
    """An object of a collection, and what names its version."""

    url: str
    mark: str


class Object(msgspec.Struct, frozen=True):
    """An object as it is. modified: as the server says it, a date as in HTTP; perhaps empty."""

    url: str
    data: str
    modified: str


class _Response(msgspec.Struct, frozen=True):
    """What a server tells of one address: its properties that are there, or the status of it as a whole."""

    url: str
    found: dict[str, Xml.Element]
    status: str = ""

    def text(self, name: str) -> str:
        element = self.found.get(name)
        return "" if element is None else (element.text or "").strip()

    def href(self, name: str) -> str | None:
        """Return the first address that a property names."""
        element = self.found.get(name)
        inner = None if element is None else element.find(f"{_DAV}href")
        return None if inner is None else urljoin(self.url, (inner.text or "").strip())


class Dav:
    """Reads collections of a kind with the credentials of one source. folder: for copies of what was read."""

    def __init__(self, http: Http, kind: Kind, auth: Auth | None, folder: Path | None = None) -> None:
        self._http, self._kind, self._auth, self._copies = http, kind, auth, Copies(folder)
        self._space = f"{{{_OF[kind]}}}"
        self._about_it = (
            "<d:resourcetype/><d:displayname/><d:sync-token/><s:getctag/><d:current-user-principal/>"
            f"<{kind}:{kind}-home-set/>"
        )

    async def collections(self, url: str) -> list[Collection]:
        """Return the collection at an address; else all that the person who signs in has. Raises Fatal for none."""
        own = await self._about(url)
        if own and self._is_wanted(own):
            return [self._collection(own)]
        home = own.href(f"{self._space}{self._kind}-home-set") if own else None
        if home is None and (own or urlsplit(url).path in ("", "/")):
            home = await self._home(own, url)
        found = [one async for one in self._properties(home, 1, self._about_it)] if home else []
        wanted = [self._collection(one) for one in found if self._is_wanted(one)]
        if not wanted:
            raise Fatal(f"{place_of(url)} is no {self._kind}, and leads to none.")
        return sorted(wanted, key=lambda one: one.url)

    async def survey(self, url: str) -> tuple[list[tuple[Collection, list[Entry] | None]], str]:
        """Return the collections, and what changes whenever anything in them does.

        Where one has no mark, what it holds is its mark, and comes with it.
        """
        listed: list[tuple[Collection, list[Entry] | None]] = []
        digest = blake2b(digest_size=16)
        for collection in await self.collections(url):
            entries = None if collection.mark else await self.entries(collection)
            listed.append((collection, entries))
            digest.update(msgspec.json.encode((collection.url, collection.mark, entries)))
        return listed, digest.hexdigest()

    async def entries(self, collection: Collection) -> list[Entry]:
        """Return what a collection holds, by address."""
        listing = await self._copies.listing(collection.url) if collection.token else None
        if listing is not None and listing.token != collection.token:
            listing = await self._changed(collection, listing)
        if listing is None:
            listing = Listing(collection.token, await self._listed(collection))
        await self._copies.keep_listing(collection.url, listing)
        return [Entry(*entry) for entry in sorted(listing.marks.items())]

    async def objects(self, collection: Collection, entries: Sequence[Entry]) -> list[Object]:
        """Return some objects, ``BATCH`` at most; those that are gone meanwhile are left out."""
        found = {one.url: one for one in await self._copies.objects([(one.url, one.mark) for one in entries])}
        if missing := [entry for entry in entries if entry.url not in found]:
            asked = await self._asked(collection, missing)
            await self._copies.keep(collection.url, asked)
            found |= {one.url: one for one in asked}
        return [Object(one.url, one.data, one.modified) for _, one in sorted(found.items())]

    async def _listed(self, collection: Collection) -> dict[str, str]:
        """Return the marks of all that a collection holds, by address."""
        folder = f"{_DAV}collection"
        return {
            one.url: one.text(f"{_DAV}getetag")
            async for one in self._properties(collection.url, 1, "<d:resourcetype/><d:getetag/>")
            if not _same(one.url, collection.url) and folder not in _inside(one.found.get(f"{_DAV}resourcetype"))
        }

    async def _changed(self, collection: Collection, before: Listing) -> Listing | None:
        """Return what a collection holds now, by what has changed; None where the server knows the token no longer."""
        token, marks, more = before.token, dict(before.marks), True
        while more:
            body = (
                f"<d:sync-collection{_SPACES}><d:sync-token>{escape(token)}</d:sync-token>"
                "<d:sync-level>1</d:sync-level><d:prop><d:resourcetype/><d:getetag/></d:prop></d:sync-collection>"
            )
            try:
                answer = await self._ask("REPORT", collection.url, 0, body)
            except Fatal:
                return None
            more = False
            for one in _responses(answer):
                if _same(one.url, collection.url):
                    more |= " 507" in f" {one.status}"
                elif " 404" in f" {one.status}":
                    marks.pop(one.url, None)
                elif f"{_DAV}collection" not in _inside(one.found.get(f"{_DAV}resourcetype")):
                    marks[one.url] = one.text(f"{_DAV}getetag")
            following = (Xml.fromstring(answer.body).findtext(f"{_DAV}sync-token") or "").strip()  # noqa: S314 - checked
            if not following or (more and following == token):
                return None
            token = following
        return Listing(token, marks)

    async def _asked(self, collection: Collection, entries: Sequence[Entry]) -> list[Copy]:
        data = _DATA[self._kind]
        hrefs = "".join(f"<d:href>{escape(urlsplit(entry.url).path)}</d:href>" for entry in entries)
        body = (
            f"<{self._kind}:{self._kind}-multiget{_SPACES}><d:prop><d:getetag/><d:getlastmodified/>"
            f"<{self._kind}:{data}/></d:prop>{hrefs}</{self._kind}:{self._kind}-multiget>"
        )
        answer = await self._ask("REPORT", collection.url, 1, body)
        return [
            Copy(
                one.url,
                one.text(f"{_DAV}getetag"),
                one.found[self._space + data].text or "",
                one.text(f"{_DAV}getlastmodified"),
            )
            for one in _responses(answer)
            if self._space + data in one.found
        ]

    async def _home(self, own: _Response | None, url: str) -> str | None:
        """Return where the collections of the person who signs in are."""
        name = f"{_DAV}current-user-principal"
        principal = own.href(name) if own else None
        if principal is None:
            service = "carddav" if self._kind == "addressbook" else "caldav"
            known = await self._about(urljoin(url, f"/.well-known/{service}"))
            principal = known.href(name) if known else None
        person = await self._about(principal) if principal else None
        return person.href(f"{self._space}{self._kind}-home-set") if person else None

    async def _about(self, url: str) -> _Response | None:
        """Return what a server tells of an address; None where there is nothing, or nothing of this kind of server."""
        try:
            return await anext(self._properties(url, 0, self._about_it), None)
        except Missing:
            return None

    async def _properties(self, url: str, depth: int, names: str) -> AsyncIterator[_Response]:
        body = f"<d:propfind{_SPACES}><d:prop>{names}</d:prop></d:propfind>"
        for one in _responses(await self._ask("PROPFIND", url, depth, body)):
            yield one

    async def _ask(self, method: str, url: str, depth: int, body: str) -> Answer:
        answer = await self._http.request(
            method,
            url,
            headers={"depth": str(depth)},
            xml=f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode(),
            auth=self._auth,
            allow=(405, 501),
            max_bytes=_LIST_BYTES,
        )
        if answer.status in (405, 501):
            raise Refused(f"{place_of(url)} knows no {method}: it is no server of calendars or address books.")
        return answer

    def _is_wanted(self, one: _Response) -> bool:
        return self._space + self._kind in _inside(one.found.get(f"{_DAV}resourcetype"))

    def _collection(self, one: _Response) -> Collection:
        token = one.text(f"{_DAV}sync-token")
        mark = token or one.text("{http://calendarserver.org/ns/}getctag")
        return Collection(one.url, one.text(f"{_DAV}displayname") or None, mark, token)


def _responses(answer: Answer) -> Iterator[_Response]:
    """Yield what an answer tells of each address. Raises Retry where it breaks off or is something else."""
    if b"<!DOCTYPE" in answer.body[:4096]:
        raise Fatal(f"{place_of(answer.url)} answers XML with a document type, which is not read.")
    try:
        for event, element in Xml.iterparse(io.BytesIO(answer.body), ("start", "end")):  # noqa: S314 - checked above
            if event == "start":
                continue
            if element.tag == f"{_DAV}response":
                href = (element.findtext(f"{_DAV}href") or "").strip()
                status = element.findtext(f"{_DAV}status") or ""
                yield _Response(urljoin(answer.url, href), dict(_found(element)), status)
                element.clear()
    except (Xml.ParseError, ValueError, LookupError) as error:
        raise Retry(f"{place_of(answer.url)} answered something else than XML: {error}.") from error


def _found(response: Xml.Element) -> Iterator[tuple[str, Xml.Element]]:
    """Yield the properties that are there: those of status 200."""
    for part in response.iterfind(f"{_DAV}propstat"):
        if " 200" in f" {part.findtext(f'{_DAV}status') or ''}":
            for prop in part.iterfind(f"{_DAV}prop"):
                yield from ((one.tag, one) for one in prop)


def _inside(element: Xml.Element | None) -> set[str]:
    return set() if element is None else {one.tag for one in element}


def _same(url: str, other: str) -> bool:
    return url.rstrip("/") == other.rstrip("/")
