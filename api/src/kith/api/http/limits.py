"""Rate limits: each workspace, each token in it, and each address that shows no valid token, has units to use.

A read costs 1, a change 5, and what a route says where that is more. What a client has left, every answer says.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

import structlog
from litestar.connection import Request
from redis.asyncio import Redis

from kith.api.http.addresses import address_of, site_of
from kith.api.http.buckets import ANSWER_SECONDS, Bucket, Buckets
from kith.api.http.problems import Problem
from kith.api.http.quotas import Quotas
from kith.runtime import metrics
from kith.runtime.settings import Settings
from kith.store.tokens import Token

Key = TypeVar("Key")
Kept = TypeVar("Kept")

log: structlog.stdlib.BoundLogger = structlog.get_logger()

SECONDS = 60.0  # in which a bucket fills
KEPT = 20_000  # buckets, and clients, that a process remembers
READ, CHANGE = 1, 5
REFUSALS = 20  # a second, of one bucket
HOLD_BACK_SECONDS, MOST_HELD_BACK = 10.0, 500
TELL_SECONDS = 10.0  # between two lines in the log on one bucket


class Limits:
    """The limits of one process. Quotas of 0 are none."""

    def __init__(self, settings: Settings) -> None:
        self.trusted = settings.proxies
        self._settings = settings
        self._buckets = Buckets(_valkey(settings.redis_url))
        self._known = OrderedDict[tuple[str, str], Bucket]()
        self._of_tokens = OrderedDict[UUID, Quotas]()
        self._told: dict[str, float] = {}
        self._held_back = 0
        self.empty: dict[bytes, tuple[float, Quotas]] = {}
        """By the Authorization header: until when there is no unit left. The edge looks here before all else."""
        self.strangers: dict[str, float] = {}
        """Addresses that have no unit left, and until when."""

    async def close(self) -> None:
        await self._buckets.close()

    async def refuse(self, asked: Mapping[bytes, bytes], scope: Any) -> Problem | None:
        """Return the refusal of who has no unit left, once it is its turn."""
        if (found := self.empty.get(asked.get(b"authorization", b""))) is None or found[0] <= time.monotonic():
            return None
        scope["kith.quotas"] = found[1]
        return await self._refusal(found[1].nearest(), READ)

    async def _refusal(self, bucket: Bucket, cost: int) -> Problem:
        """Return a refusal when those before it have gone out, REFUSALS a second: so they cost others little.

        Meanwhile nothing more is read of its connection. Where it would wait too long, or too many wait, that ends.
        """
        if metrics.counting:
            metrics.counting.limited(bucket.name)
        wait = max(1, math.ceil(bucket.wait(cost)))
        detail = f"The {bucket.name} has too few units; {bucket.rate:g} a second come back."
        problem = Problem("rate_limited", detail, headers={"Retry-After": str(wait)})
        now = time.monotonic()
        at = max(now, bucket.refused_at + 1 / REFUSALS)
        if at - now > HOLD_BACK_SECONDS or self._held_back >= MOST_HELD_BACK:
            problem.headers["Connection"] = "close"
            return problem
        bucket.refused_at = at
        if at > now:
            self._held_back += 1
            try:
                await asyncio.sleep(at - now)
            finally:
                self._held_back -= 1
        return problem

    def admit_at_once(self, scope: Any, token: Token) -> bool:
        """Take what a request costs of its token and its workspace, where this process has enough units of both."""
        scope["kith.quotas"] = quotas = self._of_tokens.get(token.holder) or self._of_token(token)
        return quotas.take_at_once(cost_of(scope["route_handler"].opt, scope["method"]))

    async def admit(self, scope: Any, token: Token) -> None:
        """Take what a request costs of its token and its workspace. Raises Problem."""
        if not self.admit_at_once(scope, token):
            await self._take(scope, scope["kith.quotas"], cost_of(scope["route_handler"].opt, scope["method"]))

    async def admit_stranger(self, request: Request[Any, Any, Any]) -> None:
        """Take a unit of the address of a request without a valid token. Raises Problem."""
        quotas = self._of("address", self._settings.rate_address, self._site(request.scope))
        request.scope["kith.quotas"] = quotas  # type: ignore[typeddict-unknown-key]  # our own key
        await self._take(request.scope, quotas, READ)

    async def admit_app(self, scope: Any, app_id: UUID) -> None:
        """Take a unit of an app that has proven who it is, and give its address back what it took. Raises Problem.

        A server renews tokens for many members from one address.
        """
        for bucket in scope["kith.quotas"].buckets:
            bucket.units += READ
        scope["kith.quotas"] = quotas = self._of("app", self._settings.rate_token, str(app_id))
        await self._take(scope, quotas, READ)

    async def check_stranger(self, request: Request[Any, Any, Any]) -> None:
        """Refuse a token that is still to be looked up where its address has used up its units. Raises Problem."""
        text = request.headers.get("authorization", "").partition(" ")[2].strip()
        if text and not request.app.state.tokens.knows(text):
            site = self._site(request.scope)
            if self.strangers.get(site, 0.0) > time.monotonic():
                raise await self._refusal(self._bucket("address", self._settings.rate_address, site), READ)

    async def _take(self, scope: Any, quotas: Quotas, cost: int) -> None:
        for number, bucket in enumerate(quotas.buckets):
            if await self._buckets.take(bucket, cost):
                continue
            for taken in quotas.buckets[:number]:
                taken.units += cost
            self._remember(scope, quotas, bucket)
            raise await self._refusal(bucket, cost)

    def _remember(self, scope: Any, quotas: Quotas, bucket: Bucket) -> None:
        """Have this client refused at once as long as there is not even one unit."""
        now = time.monotonic()
        if now - self._told.get(bucket.key, -TELL_SECONDS) >= TELL_SECONDS:
            self._told = {key: told for key, told in self._told.items() if now - told < TELL_SECONDS}
            self._told[bucket.key] = now
            log.warning("rate_limited", bucket=bucket.key)
        if not (wait := bucket.wait(READ)):
            return
        if bucket.name == "address":
            self.strangers = {site: until for site, until in self.strangers.items() if until > now}
            self.strangers[self._site(scope)] = now + wait
        elif bucket.name != "app":
            self.empty = {key: found for key, found in self.empty.items() if found[0] > now}
            self.empty[next(value for name, value in scope["headers"] if name == b"authorization")] = now + wait, quotas

    def _of_token(self, token: Token) -> Quotas:
        named = (
            ("token", self._settings.rate_token, token.holder),
            ("workspace", self._settings.rate_workspace, token.workspace_id),
        )
        quotas = Quotas(tuple(self._bucket(name, quota, str(key)) for name, quota, key in named if quota), SECONDS)
        return _kept(self._of_tokens, token.holder, quotas)

    def _of(self, name: str, quota: int, key: str) -> Quotas:
        return Quotas((self._bucket(name, quota, key),) if quota else (), SECONDS)

    def _bucket(self, name: str, quota: int, key: str) -> Bucket:
        return self._known.get((name, key)) or _kept(self._known, (name, key), Bucket(name, key, quota, SECONDS))

    def _site(self, scope: Any) -> str:
        return site_of(address_of(scope, self.trusted)) or "unknown"


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Limits]:
    limits = Limits(settings)
    try:
        yield limits
    finally:
        await limits.close()


async def guard(
    request: Request[Any, Any, Any], authenticate: Callable[[Request[Any, Any, Any]], Awaitable[None]]
) -> None:
    """Let a request pass that its token, or its address, has units for. Raises Problem."""
    limits: Limits = request.app.state.limits
    if limits.strangers:
        await limits.check_stranger(request)
    try:
        await authenticate(request)
    finally:
        if (token := request.scope.get("kith.token")) is not None:
            await limits.admit(request.scope, token)  # type: ignore[arg-type]  # our own key
        elif request.route_handler.opt.get("cost") != 0:
            await limits.admit_stranger(request)


def cost_of(opt: Mapping[str, Any], method: str) -> int:
    """Return how many units an operation costs."""
    cost: int = opt.get("cost") or (READ if method == "GET" else CHANGE)
    return cost


def _kept(known: OrderedDict[Key, Kept], key: Key, value: Kept) -> Kept:
    known[key] = value
    if len(known) > KEPT:
        known.popitem(last=False)
    return value


def _valkey(url: str | None) -> Redis | None:
    if url is None:
        return None
    found: Redis = Redis.from_url(url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS)
    return found
