"""Requests without a network: recorded, replayed, and with faults in between."""

import asyncio
import base64
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

import msgspec

from kith.connectors._exchange import POLITE, Reply, Request, Wire
from kith.connectors._limits import ANYWHERE
from kith.connectors._records import Identity, Record
from kith.connectors._secrets import redact

#: Of an answer's headers, those that a connector may need.
_KEPT = re.compile(
    r"content-type|etag|last-modified|link|location|retry-after|.*rate-?limit.*|x-.*(page|total|next).*|date"
)
#: What servers give to those whom they let in, in JSON.
_GIVEN = re.compile(r"""("(?:access|refresh|id)_?(?:token|jwt)"\s*:\s*")[^"]+""", re.IGNORECASE)
_SHORTEST = 4  # characters of a name that is hidden: shorter ones stand in too many words


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request and its answer; ``encoded`` where the body is no text."""

    method: str
    url: str
    status: int
    headers: dict[str, str] = {}
    body: str = ""
    asked: str = ""
    encoded: bool = False

    @classmethod
    def of(cls, request: Request, reply: Reply, hide: Callable[[str], str]) -> "Exchange":
        headers = {name: hide(value) for name, value in reply.headers.items() if _KEPT.fullmatch(name)}
        asked = hide(request.body.decode(errors="replace"))
        try:
            body, encoded = hide(reply.body.decode()), False
        except UnicodeDecodeError:
            body, encoded = base64.b64encode(reply.body).decode(), True
        return cls(request.method, hide(request.url), reply.status, headers, body, asked, encoded)

    @property
    def reply(self) -> Reply:
        body = base64.b64decode(self.body) if self.encoded else self.body.encode()
        return Reply(self.status, self.headers, body)


class Recorder:
    """Passes requests on and keeps them with their answers."""

    def __init__(self, wire: Wire | None = None) -> None:
        """wire: by default the network, whose library is imported with the first request."""
        self._wire = wire
        self.exchanges: list[tuple[Request, Reply]] = []

    async def send(self, request: Request) -> Reply:
        if self._wire is None:
            from kith.connectors._wire import Network

            self._wire = Network(ANYWHERE, POLITE)
        reply = await self._wire.send(request)
        self.exchanges.append((request, reply))
        return reply

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.close()


class Replay:
    """Answers as recorded: each request by the last answer to it, 404 to what was never asked."""

    def __init__(self, exchanges: Iterable[tuple[Request, Reply]]) -> None:
        known = [((each.method, each.url, each.body), reply) for each, reply in exchanges]
        self._replies = {key: reply for key, reply in known if reply.status == 304}
        self._replies |= {key: reply for key, reply in known if reply.status != 304}
        self.requests = 0

    @classmethod
    def load(cls, path: Path) -> "Replay":
        """Read a recording, one exchange a line."""
        lines = (msgspec.json.decode(line, type=Exchange) for line in path.read_bytes().splitlines() if line.strip())
        return cls((Request(each.method, each.url, body=each.asked.encode()), each.reply) for each in lines)

    async def send(self, request: Request) -> Reply:
        await asyncio.sleep(0)
        self.requests += 1
        reply = self._replies.get((request.method, request.url, request.body), Reply(404, {}, b""))
        if (etag := reply.headers.get("etag")) and dict(request.headers).get("if-none-match") == etag:
            return Reply(304, reply.headers, b"")
        return reply

    async def close(self) -> None:
        return


class Faulty:
    """Passes requests on, but answers one of them with a fault. spoil: makes it of the true answer, or raises."""

    def __init__(self, wire: Wire, at: int, spoil: Callable[[Reply], Reply], times: int = 1) -> None:
        self._wire, self._at, self._spoil, self._left = wire, at, spoil, times
        self._count = 0

    async def send(self, request: Request) -> Reply:
        self._count += 1
        reply = await self._wire.send(request)
        if self._count < self._at or not self._left:
            return reply
        self._left -= 1
        return self._spoil(reply)

    async def close(self) -> None:
        await self._wire.close()


def write_recording(
    path: Path, exchanges: Iterable[tuple[Request, Reply]], secrets: Iterable[str], records: Iterable[Record]
) -> int:
    """Write exchanges, one a line, without secrets and with pseudonyms in place of people; return how many."""
    hidden = pseudonyms(records)
    pattern = re.compile("|".join(map(re.escape, sorted(hidden, key=len, reverse=True)))) if hidden else None
    known = list(secrets)

    def hide(text: str) -> str:
        text = _GIVEN.sub(r"\1•••", redact(text, known))
        return pattern.sub(lambda found: hidden[found[0]], text) if pattern else text

    lines = [msgspec.json.encode(Exchange.of(request, reply, hide)) for request, reply in exchanges]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return len(lines)


def pseudonyms(records: Iterable[Record]) -> Mapping[str, str]:
    """Return what is shown in place of the names, handles and addresses of people: always the same for one of them."""
    found: dict[str, str] = {}
    for record in records:
        if isinstance(record, Identity):
            for text in filter(None, (record.name, record.handle, record.address)):
                if len(text) >= _SHORTEST:
                    mark = f"person-{blake2b(text.casefold().encode(), digest_size=4).hexdigest()}"
                    found[text] = f"{mark}@example.org" if "@" in text else mark
    return found
