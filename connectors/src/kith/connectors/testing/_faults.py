"""What networks do to connectors that ask them: the part of the kit that injects faults."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from kith.connectors import (
    Connector,
    ConnectorError,
    Egress,
    Forbidden,
    Limits,
    Page,
    Reauthorize,
    Retry,
    open_context,
    pages_of,
)
from kith.connectors._clock import FakeClock
from kith.connectors._exchange import Dropped, Reply, Request, Wire
from kith.connectors._secrets import SHORTEST
from kith.connectors._settings import secrets_of
from kith.connectors._streams import Dial
from kith.connectors.testing._dials import Tapped
from kith.connectors.testing._facts import Facts
from kith.connectors.testing._wires import Faulty, Replay

PLACES = 6  # requests of a run at which faults are tried, spread over the whole of it

Spoil = Callable[[Reply], Reply]


def _answer(status: int, body: bytes = b"", **headers: str) -> Spoil:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Reply(status, named, body)


def _drop(_: Reply) -> Reply:
    raise Dropped("broke off")


def _turned(change: Callable[[bytes], bytes]) -> Spoil:
    return lambda reply: Reply(reply.status, reply.headers, change(reply.body))


#: After these the run goes on as if nothing had been.
PASSING: dict[str, Spoil] = {
    "429 with seconds": _answer(429, retry_after="7"),
    "429 with a date that has passed": _answer(429, retry_after="Thu, 01 Jan 1970 00:00:00 GMT"),
    "429 with a body": _answer(429, b'{"retry_after_ms": 1500}'),
    "403 for too many requests": _answer(403, b'{"message": "API rate limit exceeded"}', x_ratelimit_remaining="0"),
    "500": _answer(500),
    "503": _answer(503, b"<html>down</html>"),
    "a line that drops": _drop,
}
_GONE = "410"
_REDIRECT = "a redirect into a private network"
#: What has to be raised, where the run ends.
_RAISED: dict[str, type[ConnectorError]] = {"401": Reauthorize, _REDIRECT: Forbidden}
#: After these a run may end, if it says what to do.
LASTING: dict[str, Spoil] = {
    "401": _answer(401),
    "403": _answer(403),
    _GONE: _answer(410),
    "500 for good": _answer(500),
    _REDIRECT: _answer(302, location="http://10.0.0.1/"),
    "half of an answer": _turned(lambda body: body[: len(body) // 2]),
    "no answer": _turned(lambda _: b""),
    "a page for people": _turned(lambda _: b"<!DOCTYPE html><html><body>Sign in</body></html>"),
    "JSON of another shape": _turned(lambda _: b'{"error": null, "data": [null, {"id": null}]}'),
    "a list of another shape": _turned(lambda _: b'[null, 1, "x", {"id": {"a": []}}]'),
    "nulls in place of texts": _turned(lambda body: body.replace(b'"', b"\0")),
    "bytes that are no text": _turned(lambda body: b"\xff\xfe" + body[:1000] + b"\xc3"),
}


def _break() -> bytes:
    raise Retry("The connection broke off.")


#: What streams do; a run may end after them, if it says what to do.
STREAMS: dict[str, Callable[[], bytes]] = {
    "a stream that breaks off": _break,
    "the end of a stream": lambda: b"",
    "bytes of another protocol": lambda: b"\xff\xfe\x00<html>\r\n",
}


async def network_faults(
    connector: Connector,
    config: msgspec.Struct,
    exchanges: Sequence[tuple[Request, Reply]],
    requests: int,
    whole: Facts,
    dial: Dial | None,
    reads: int,
) -> AsyncIterator[str]:
    """Yield what a connector does not keep when its network misbehaves, in one sentence each.

    exchanges: of a run and of resumed ones; requests, reads: how many of the run, reads being those of streams.
    """
    case = _Case(connector, config, exchanges, whole, dial)
    for at in _spread(requests):
        for name, spoil in PASSING.items():
            if reason := await case.passes(at, spoil):
                yield f"After {name} at request {at}, {reason}."
        for name, spoil in LASTING.items():
            if name == _REDIRECT and not case.is_public:
                continue
            if reason := await case.says_what_to_do(at, name, spoil):
                yield f"After {name} at request {at}, {reason}."
    for at in _spread(reads):
        for name, tap in STREAMS.items():
            if reason := await case.bears(at, tap):
                yield f"After {name} at read {at}, {reason}."


class _Case:
    """A connector with what its network answers, and all that this tells."""

    def __init__(
        self,
        connector: Connector,
        config: msgspec.Struct,
        exchanges: Sequence[tuple[Request, Reply]],
        whole: Facts,
        dial: Dial | None,
    ) -> None:
        self._connector, self._config, self._exchanges, self._whole = connector, config, exchanges, whole
        self._secrets = [secret for secret in secrets_of(config) if len(secret) >= SHORTEST]
        self._dial = dial
        self.is_public = bool(exchanges) and all(_is_public(request.url) for request, _ in exchanges)

    async def passes(self, at: int, spoil: Spoil) -> str | None:
        """Return what differs although the fault has passed."""
        pages, error = await self._read(None, Faulty(self._replay(), at, spoil))
        if error is not None:
            return f"the run ends: {type(error).__name__}: {error}"
        found = Facts(pages)
        return None if found == self._whole else self._whole.difference(found)

    async def says_what_to_do(self, at: int, name: str, spoil: Spoil) -> str | None:
        """Return what is wrong with how the run ends under a fault that stays, and with how it is taken up again."""
        pages, error = await self._read(None, Faulty(self._replay(), at, spoil, times=10**9))
        if error is not None and not isinstance(error, ConnectorError):
            return f"it breaks: {type(error).__name__}: {error}"
        if error is not None and not isinstance(error, _RAISED.get(name, ConnectorError)):
            return f"it raises {type(error).__name__}"
        return await self._taken_up(pages, error, skips=error is None and name == _GONE)

    async def bears(self, at: int, spoil: Callable[[], bytes]) -> str | None:
        """Return what is wrong after a stream has failed."""
        pages, error = await self._read(None, self._replay(), Tapped(self._dial, at, spoil))
        if error is not None and not isinstance(error, ConnectorError):
            return f"it breaks: {type(error).__name__}: {error}"
        return await self._taken_up(pages, error)

    async def _taken_up(self, pages: list[Page], error: Exception | None, *, skips: bool = False) -> str | None:
        """Return what is wrong with what was told, or with the run that follows. skips: it may lack something."""
        if any(secret in _told(pages, error) for secret in self._secrets):
            return "it tells a secret"
        if skips or any(page.skipped for page in pages):
            return None
        rest, again = await self._read(pages[-1].cursor if pages else None, self._replay())
        if again is not None or not self._holds_all(Facts([*pages, *rest])):
            return "and taken up again, it does not tell all"
        return None

    def _holds_all(self, found: Facts) -> bool:
        """Whether all acts are told as they are; coverage may be told in other pieces after a fault."""
        return found.interactions == self._whole.interactions and found.gone == self._whole.gone

    def _replay(self) -> Replay:
        return Replay(self._exchanges)

    async def _read(
        self, cursor: msgspec.Raw | None, wire: Wire, dial: Dial | None = None
    ) -> tuple[list[Page], Exception | None]:
        """Read to the end, or to what is raised; each time with an empty folder."""
        pages: list[Page] = []
        limits = Limits(private_addresses=not self.is_public)
        clock = FakeClock(still=True)
        with tempfile.TemporaryDirectory(prefix="kith-", ignore_cleanup_errors=True) as folder:
            try:
                async with open_context(
                    self._connector,
                    self._config,
                    Path(folder),
                    limits,
                    clock=clock,
                    wire=wire,
                    dial=dial or self._dial,
                ) as context:
                    async for page in pages_of(self._connector, self._config, cursor, context):
                        pages.append(page)  # noqa: PERF401 - what came before an error counts
            except Exception as error:  # whatever it is, it is told
                return pages, error
        return pages, None


def _is_public(url: str) -> bool:
    try:
        Egress(("*",), Limits(private_addresses=False)).check(url)
    except Forbidden:
        return False
    return True


def _told(pages: Iterable[Page], error: BaseException | None) -> str:
    texts = [msgspec.json.encode((page.records, page.cursor, page.skipped)).decode() for page in pages]
    while error is not None:
        texts.append(f"{error!r} {error}")
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def _spread(count: int) -> list[int]:
    return sorted({1 + round(step * (count - 1) / (PLACES - 1)) for step in range(PLACES)}) if count else []
