"""HTTP for connectors: guarded, patient and polite. No network library is imported before the first request."""

import random
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from msgspec import structs

from kith.connectors._answers import Answer, Validators
from kith.connectors._clock import Clock, SystemClock
from kith.connectors._egress import NOWHERE, Egress
from kith.connectors._errors import Fatal, Reauthorize, Retry, error_of
from kith.connectors._exchange import POLITE, Dropped, Manners, Reply, Request, Wire, place_of
from kith.connectors._rates import Limiter, LocalLimiter, Rate
from kith.connectors._secrets import Auth, Secret, redact
from kith.connectors._waits import LATER, is_passing, rest_of, wait_of

Params = Mapping[str, str | int | float | bool | None] | Iterable[tuple[str, str]]

_REPEATED = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND", "REPORT"})
_REDIRECT = frozenset({301, 302, 303, 307, 308})
_LONGEST_BACKOFF = 30.0
_SAID = 300  # characters of a refusal that are shown


class Traffic(msgspec.Struct):
    """What requests have cost so far."""

    requests: int = 0
    repeats: int = 0
    bytes: int = 0
    unchanged: int = 0
    waited: float = 0.0


class Renewal(Protocol):
    """Who keeps the token of a source fresh: the secret of its settings then holds another text."""

    async def see_to(self) -> None:
        """Renew a token that ends soon. Raises Reauthorize where it cannot be renewed."""
        ...

    async def renew(self, used: str) -> bool:
        """Renew a token that a server has refused; return whether there is another one now. Raises as ``see_to``."""
        ...


class Http:
    """The HTTP client of one source: ``context.http``.

    It goes to the hosts of the connector's ``egress`` and of the source's settings alone, over addresses that were
    checked; follows redirects by the same rules; keeps declared rates; repeats what failed for a while; and raises what
    should be done for the rest: Retry, Reauthorize, Missing, Refused, Fatal.
    """

    def __init__(
        self,
        egress: Egress = NOWHERE,
        rates: Iterable[Rate] = (),
        *,
        source: str = "source",
        connector: str = "connector",
        secrets: Iterable[str] = (),
        limiter: Limiter | None = None,
        clock: Clock | None = None,
        manners: Manners = POLITE,
        wire: Wire | None = None,
        renewal: Renewal | None = None,
    ) -> None:
        self.traffic = Traffic()
        self.manners = manners
        self._egress = egress
        self._rates = tuple(rates)
        self._scopes = {"source": source, "connector": connector}
        self._secrets = set(secrets)
        self._clock = clock or SystemClock()
        self._limiter = limiter or LocalLimiter(self._clock)
        self._wire = wire
        self._renewal = renewal

    async def get(self, url: str, **options: Any) -> Answer:
        """Fetch a page: ``request`` with the method GET."""
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> Answer:
        """Send something: ``request`` with the method POST."""
        return await self.request("POST", url, **options)

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        xml: bytes | None = None,
        auth: Auth | None = None,
        since: Validators | None = None,
        allow: Collection[int] = (),
        max_bytes: int | None = None,
        repeat: bool | None = None,
    ) -> Answer:
        """Return the answer: of a status below 400, or one in ``allow``.

        since: answer 304, without a body, where the page is still that version. repeat: whether it does no harm twice;
        by default so for all methods but POST and PATCH. max_bytes: of the unpacked body.
        """
        body, kind = _content(json, form, xml)
        asked = Request(
            method,
            _with(url, params),
            tuple(self._headers(headers, since, kind)),
            body,
            self.manners.max_bytes if max_bytes is None else max_bytes,
        )
        repeat = method in _REPEATED if repeat is None else repeat
        if auth is None or self._renewal is None:
            return await self._ask(asked, auth, repeat, allow)
        await self._renewal.see_to()
        used = tuple(auth.secrets())
        try:
            return await self._ask(asked, auth, repeat, allow)
        except Reauthorize:
            if not await self._renewal.renew(used[0]):
                raise
        return await self._ask(asked, auth, repeat, allow)

    async def fresh(self, token: Secret, refused: str | None = None) -> bool:
        """Have a token of OAuth renewed that ends soon, or that was refused; return whether it is another one now.

        For streams: requests see to it by themselves. Raises Reauthorize where it cannot be renewed.
        """
        if self._renewal is None:
            return False
        before = refused or token.reveal()
        await (self._renewal.see_to() if refused is None else self._renewal.renew(refused))
        self._secrets.add(token.reveal())
        return token.reveal() != before

    async def _ask(self, asked: Request, auth: Auth | None, repeat: bool, allow: Collection[int]) -> Answer:
        """Send a request with its credentials, as they are now."""
        self._secrets.update(auth.secrets() if auth else ())
        signed = structs.replace(asked, headers=(*asked.headers, *(auth.headers() if auth else ())))
        try:
            url, reply = await self._persist(signed, repeat)
            return self._answer(url, reply, allow)
        except (Retry, Fatal, Reauthorize) as error:
            error.args = (self.redact(str(error)),)
            raise

    @property
    def secrets(self) -> frozenset[str]:
        """What must be seen nowhere: the secrets of this source, and those that requests have signed in with."""
        return frozenset(self._secrets)

    def redact(self, text: str) -> str:
        """Return a text with stars in place of the secrets of this source."""
        return redact(text, self._secrets)

    async def rest(self, url: str, seconds: float) -> None:
        """Ask this host nothing for so many seconds: a body has said so, such as the ``backoff`` of Stack Exchange."""
        await self._limiter.hold(self._pause(url), seconds)

    def sharing(self, share: float) -> "Http":
        """Return a client that takes at most this share of each declared rate, within the whole of it."""
        self._over()  # both are over one wire
        lesser = copy(self)
        lesser._rates = (*(_part_of(rate, share) for rate in self._rates), *self._rates)
        return lesser

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.close()

    def _headers(
        self, headers: Mapping[str, str] | None, since: Validators | None, kind: str | None
    ) -> Iterable[tuple[str, str]]:
        given = {name.lower(): value for name, value in (headers or {}).items()}
        yield from ({"user-agent": self.manners.agent, "accept": "*/*"} | given).items()
        yield "accept-encoding", "gzip"
        if kind:
            yield "content-type", kind
        if since and since.etag:
            yield "if-none-match", since.etag
        if since and since.last_modified:
            yield "if-modified-since", since.last_modified

    async def _persist(self, request: Request, repeat: bool) -> tuple[str, Reply]:
        """Send a request until it is answered, for as long as patience lasts; raises Retry then."""
        patience = self.manners.patience
        for attempt in range(1, self.manners.tries + 1):
            url = request.url
            try:
                url, reply = await self._follow(request, patience)
            except Dropped as error:
                why, wait, again = f"{error}", None, repeat or not error.sent
            else:
                if not is_passing(reply.status, reply.headers, reply.body):
                    await self._note(url, reply)
                    return url, reply
                why, wait = f"answered {reply.status}", wait_of(reply.headers, reply.body, self._clock.now())
                again = repeat or reply.status in LATER
                if wait:
                    await self._limiter.hold(self._pause(url), wait)
            least = random.uniform(0, min(_LONGEST_BACKOFF, 2.0**attempt))  # noqa: S311 - spreads load, keeps no secret
            pause = least if wait is None else wait + random.uniform(0, 1)  # noqa: S311 - likewise
            if not again or attempt == self.manners.tries or pause > patience:
                after = None if wait is None else timedelta(seconds=min(wait, 10 * 86400))
                raise Retry(f"{place_of(url)} {why}.", after=after)
            patience -= pause
            self.traffic.repeats += 1
            await self._pass(pause)
        raise AssertionError  # the last attempt has returned or raised

    async def _follow(self, request: Request, patience: float) -> tuple[str, Reply]:
        """Send a request, and go where its answers point to, by the same rules."""
        for _ in range(self.manners.redirects + 1):
            self._egress.check(request.url)
            await self._book(request.url, patience)
            self.traffic.requests += 1
            reply = await self._over().send(request)
            self.traffic.bytes += len(reply.body)
            target = reply.headers.get("location")
            if reply.status not in _REDIRECT or not target:
                return request.url, reply
            request = _redirected(request, reply.status, urljoin(request.url, target))
        raise Fatal(f"{place_of(request.url)} points on and on, more than {self.manners.redirects} times.")

    async def _book(self, url: str, patience: float) -> None:
        """Wait until the declared rates, and what the server has said, allow a request."""
        host, path = _host(url), urlsplit(url).path or "/"
        booked = [(self._pause(url), _FREE)]
        booked += [
            (_name(self._key(rate.per, host), rate), rate) for rate in self._rates if path.startswith(rate.paths)
        ]
        for key, rate in booked:
            wait = await self._limiter.take(key, rate, patience)
            if wait > patience:
                raise Retry(f"{host} may be asked again in {wait:.0f} seconds.", after=timedelta(seconds=wait))
            if wait > 0:
                await self._pass(wait)

    async def _note(self, url: str, reply: Reply) -> None:
        """Keep in mind that a limit is used up, and count."""
        self.traffic.unchanged += reply.status == 304
        if (rest := rest_of(reply.headers, self._clock.now())) is not None and rest > 0:
            await self._limiter.hold(self._pause(url), rest)

    async def _pass(self, seconds: float) -> None:
        self.traffic.waited += seconds
        await self._clock.sleep(seconds)

    def _answer(self, url: str, reply: Reply, allow: Collection[int]) -> Answer:
        answer = Answer(reply.status, url, reply.headers, reply.body)
        if reply.status < 400 or reply.status in allow:
            return answer
        raise error_of(reply.status)(f"{place_of(url)} answers {reply.status}{_said(answer)}.")

    def _pause(self, url: str) -> str:
        """Return the key of what a server says of these credentials: others on its host are not held up."""
        return f"{self._key('source', '')}:{_host(url)}"

    def _key(self, per: str, host: str) -> str:
        return f"{self._scopes['connector']}:{per}:{self._scopes.get(per, host)}"

    def _over(self) -> Wire:
        if self._wire is None:
            from kith.connectors._wire import Network

            self._wire = Network(self._egress.limits, self.manners)
        return self._wire


def _part_of(rate: Rate, share: float) -> Rate:
    """Return a share of a rate; its seconds differ, and by them its name: all who share keep it together."""
    return structs.replace(rate, seconds=rate.seconds / share, burst=max(1, int((rate.burst or rate.requests) * share)))


_FREE = Rate(1_000_000, 1)
"""Where only what servers say counts."""


def _name(key: str, rate: Rate) -> str:
    return f"{key}:{rate.requests}/{rate.seconds:g}{rate.paths}"


def _redirected(request: Request, status: int, url: str) -> Request:
    """Return the request that follows. Credentials never go to another host, or from https to http."""
    method, body = request.method, request.body
    if status == 303 or (status in (301, 302) and method == "POST"):
        method, body = "GET", b""
    keep: Callable[[str], bool] = lambda name: body != b"" or name != "content-type"  # noqa: E731 - one expression
    if _origin(url) != _origin(request.url):
        public = ("user-agent", "accept", "accept-encoding", "accept-language", "content-type")
        headers = tuple((name, value) for name, value in request.headers if name in public and keep(name))
    else:
        headers = tuple((name, value) for name, value in request.headers if keep(name))
    return Request(method, url, headers, body, request.max_bytes)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _with(url: str, params: Params | None) -> str:
    if not params:
        return url
    named = params.items() if isinstance(params, Mapping) else params
    query = urlencode([(name, _plain(value)) for name, value in named if value is not None])
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{query}{mark}{fragment}" if query else url


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _content(json: object, form: Mapping[str, str] | None, xml: bytes | None) -> tuple[bytes, str | None]:
    if xml is not None:
        return xml, "application/xml; charset=utf-8"
    if json is not None:
        return msgspec.json.encode(json), "application/json"
    if form is not None:
        return urlencode(form).encode(), "application/x-www-form-urlencoded"
    return b"", None


def _said(answer: Answer) -> str:
    """Return what a refusal says, where it is short and plain: many say what to do."""
    try:
        found = msgspec.json.decode(answer.body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    for name in ("error_description", "message", "error", "detail", "title"):
        if isinstance(said := found.get(name), str) and said:
            return ": " + re.sub(r"[\x00-\x1f\x7f]+", " ", said).rstrip(". ")[:_SAID]
    return ""
