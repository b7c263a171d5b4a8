"""Archives that give the mails of a span of time as one mbox: public-inbox, and HyperKitty of Mailman 3."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from kith.connectors import Context, Missing, TooLarge
from kith.connectors.lists.archives import Dates, Place, Portion, mails_of

START = datetime(1975, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(days=7)  # by which mails may come late
MOST_DAYS, LEAST_DAYS = 10_000.0, 0.01
BYTES = 8 << 20  # of one answer, packed or not
_SMALL = 1 << 20


class _Between(Protocol):
    async def __call__(self, since: datetime, until: datetime) -> bytes | None:
        """Return the mails of that time as an mbox, None where there are none. Raises TooLarge."""
        ...


async def _portions(url: str, place: Place | None, now: datetime, between: _Between) -> AsyncIterator[Portion]:
    """Walk through time, in steps that become shorter where much was said."""
    at, days = (place.at, place.days) if isinstance(place, Dates) else (START, MOST_DAYS)
    at = max(START, at - OVERLAP)
    while at < now:
        until = min(at + timedelta(days=days), now)
        try:
            body = await between(at, until)
        except TooLarge:
            if days <= LEAST_DAYS:
                raise
            days = max(LEAST_DAYS, min(days, (until - at) / timedelta(days=1)) / 4)
            continue
        if body is None or len(body) < _SMALL:
            days = min(MOST_DAYS, 2 * days)
        where = f"{url} {at:%Y-%m-%d %H:%M}"
        yield Portion(where, iter(()) if body is None else mails_of(body, where), Dates(until, days))
        at = until


class PublicInbox:
    """Searches by the time at which mails came (``rt:``), so that none is missed whose date is wrong."""

    def __init__(self, url: str, place: Place | None, context: Context) -> None:
        self._url, self._place = url.rstrip("/"), place
        self._http, self._now = context.http, context.clock.now()

    async def check(self) -> str:
        answer = await self._http.get(f"{self._url}/new.atom")
        return f"{answer.body.count(b'<entry')} new mails are listed."

    async def portions(self) -> AsyncIterator[Portion]:
        await self.check()
        async for portion in _portions(self._url, self._place, self._now, self._between):
            yield portion

    async def _between(self, since: datetime, until: datetime) -> bytes | None:
        asked = {"q": f"rt:{since.timestamp():.0f}..{until.timestamp():.0f}", "x": "m"}
        try:
            answer = await self._http.post(f"{self._url}/", params=asked, max_bytes=BYTES, repeat=True)
        except Missing:  # nothing came in that time
            return None
        return answer.body

    async def is_gone(self, id_: str) -> bool:
        try:
            await self._http.get(f"{self._url}/{quote(id_, safe='')}/raw")
        except Missing:
            return True
        except TooLarge:
            return False
        return False


class HyperKitty:
    """Asks by the day that mails are dated of."""

    def __init__(self, url: str, place: Place | None, context: Context) -> None:
        self._url, self._place = url.rstrip("/"), place
        self._http, self._now = context.http, context.clock.now()

    async def check(self) -> str:
        await self._http.get(f"{self._url}/")
        return "The archive is there."

    async def portions(self) -> AsyncIterator[Portion]:
        await self.check()
        async for portion in _portions(self._url, self._place, self._now, self._between):
            yield portion

    async def _between(self, since: datetime, until: datetime) -> bytes:
        name = unquote(urlsplit(self._url).path.rpartition("/")[2])
        days = {"start": f"{since:%Y-%m-%d}", "end": f"{until + timedelta(days=1):%Y-%m-%d}"}
        answer = await self._http.get(f"{self._url}/export/{name}.mbox.gz", params=days, max_bytes=BYTES)
        return answer.body

    async def is_gone(self, id_: str) -> bool:
        return False
