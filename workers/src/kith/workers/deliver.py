"""The job ``deliver``: hands events on to a webhook (Standard Webhooks), until nothing more is due."""

import asyncio
import base64
import hmac
import random
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from kith.connectors import ConnectorError, Limits
from kith.connectors._exchange import Dropped, Manners, Reply, Request
from kith.domain.events import heard_with
from kith.domain.ids import encode
from kith.runtime.vault import Sealed, Unreadable
from kith.store import apps, events, webhooks
from kith.store.webhooks import Outcome, Waiting, Webhook
from kith.workers.work import Failed, Unfinished, Work

AT_ONCE = 8
BATCH = 64
WAITS = (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Seconds after each attempt that failed; after the last one, three days later, it is given up."""
LONGEST_WAIT = 24 * 3600
GIVE_UP = timedelta(days=5)
"""A webhook that has taken nothing for so long is disabled."""
_PREFIX = "whsec_"
_MANNERS = Manners(read_seconds=10, total_seconds=15)
_MOST_BYTES = 64 << 10  # of an answer; nothing in it is read


async def deliver(work: Work) -> dict[str, Any]:
    """Hand on what waits, the events of one thing in their order. args: webhook_id."""
    webhook_id, workspace_id = UUID(work.job.args["webhook_id"]), work.job.workspace_id
    done = work.job.done
    async with _Sender(work.ground.limits) as sender:
        while True:
            async with work.transaction() as db:
                webhook = await webhooks.get_webhook(db, workspace_id, webhook_id, lock=True)
                if webhook is None or webhook.status != "active":
                    return {"delivered": done}
                scopes = set(webhook.scopes)
                if webhook.app_id:
                    scopes &= set(await apps.approved(db, workspace_id, webhook.app_id) or ())
                last = await events.number(db, workspace_id)
                await webhooks.take_up(db, workspace_id, webhook, heard_with(scopes, webhook.types), last)
                waiting = await webhooks.due(db, workspace_id, webhook_id, BATCH)
                if not waiting:
                    if later := await webhooks.next_due(db, workspace_id, webhook_id):
                        await webhooks.ask(db, workspace_id, webhook_id, later)
                    return {"delivered": done}
            keys = _keys(work, webhook)
            outcomes = await sender.send(webhook.url, keys, waiting)
            done += sum(one.delivered for one in outcomes)
            async with work.transaction() as db:
                await work.advance(db, done, None, "events")
                failing_since = await webhooks.note(db, workspace_id, webhook_id, outcomes)
                if reason := _hopeless(outcomes, failing_since):
                    await webhooks.disable(db, workspace_id, webhook_id, reason)
                    told = {"webhook_id": encode("webhook", webhook_id), "reason": reason}
                    await events.add(db, workspace_id, [("webhook.disabled", told)])
            if work.must_rest:
                raise Unfinished


async def deliver_later(work: Work) -> dict[str, Any]:
    """Have what failed before tried again. args: webhook_id."""
    async with work.transaction() as db:
        await webhooks.ask(db, work.job.workspace_id, UUID(work.job.args["webhook_id"]))
    return {}


class _Sender:
    """Sends requests to one address. No redirect is followed, and no private address reached that sources may not."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def __aenter__(self) -> "_Sender":
        from kith.connectors._wire import Network

        self._network = Network(self._limits, _MANNERS)
        self._free = asyncio.Semaphore(AT_ONCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._network.close()

    async def send(self, url: str, keys: list[bytes], waiting: list[Waiting]) -> list[Outcome]:
        return list(await asyncio.gather(*(self._send(url, keys, one) for one in waiting)))

    async def _send(self, url: str, keys: list[bytes], one: Waiting) -> Outcome:
        async with self._free:
            began = time.monotonic()
            status, problem, asked = None, None, None
            try:
                reply = await self._network.send(request(url, keys, one, datetime.now(UTC)))
                status, asked = reply.status, _asked(reply)
                problem = None if 200 <= status < 300 else f"It answered {status}."
            except (Dropped, ConnectorError) as error:
                problem = str(error)[:500]
            except Exception as error:  # an address that the HTTP library does not take
                problem = f"{type(error).__name__}: it could not be sent."
        again = None if problem is None else _again(one.attempts, asked)
        spent = round((time.monotonic() - began) * 1000)
        return Outcome(one.event_id, one.attempts + 1, problem is None, status, problem, spent, again)


def request(url: str, keys: list[bytes], one: Waiting, now: datetime) -> Request:
    """Return the request that hands an event on, signed with each key."""
    id_, seconds = encode("event", one.event_id), int(now.timestamp())
    body = msgspec.json.encode({"id": id_, "type": one.type, "timestamp": one.occurred_at, "data": one.data})
    signatures = " ".join(f"v1,{_sign(key, id_, seconds, body)}" for key in keys)
    headers = (
        ("content-type", "application/json"),
        ("user-agent", _MANNERS.agent),
        ("webhook-id", id_),
        ("webhook-timestamp", str(seconds)),
        ("webhook-signature", signatures),
    )
    return Request("POST", url, headers, body, _MOST_BYTES)


def _sign(key: bytes, id_: str, seconds: int, body: bytes) -> str:
    signed = f"{id_}.{seconds}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()


def _keys(work: Work, webhook: Webhook) -> list[bytes]:
    """Return the keys to sign with, the present one first. Raises Failed."""
    sealed = [Sealed(webhook.key_id, webhook.wrapped, webhook.sealed)]
    if webhook.old_until and webhook.old_until > datetime.now(UTC):
        sealed.append(Sealed(webhook.old_key_id or "", webhook.old_wrapped or b"", webhook.old_sealed or b""))
    where = webhooks.place(work.job.workspace_id, webhook.id)
    try:
        texts = [work.ground.open(one, where) for one in sealed]
    except Unreadable as error:
        raise Failed("credential_unreadable", f"The secret of the webhook cannot be read. {error}") from error
    return [base64.b64decode(text.removeprefix(_PREFIX)) for text in texts]


def _asked(reply: Reply) -> float | None:
    """Return how many seconds the receiver asks to wait."""
    text = reply.headers.get("retry-after", "")
    return float(text) if reply.status in (429, 503) and text.isdecimal() and len(text) < 9 else None


def _again(attempts: int, asked: float | None) -> float | None:
    """Return after how many seconds to try again; None: not at all."""
    if attempts >= len(WAITS):
        return None
    wait = WAITS[attempts] * random.uniform(0.9, 1.1)  # noqa: S311 -- spreads load, keeps no secret
    return min(max(wait, asked or 0.0), LONGEST_WAIT)


def _hopeless(outcomes: list[Outcome], failing_since: datetime | None) -> str | None:
    """Return why a webhook is to be disabled."""
    if any(one.status == 410 for one in outcomes):
        return "It answered 410: it is gone."
    if failing_since and datetime.now(UTC) - failing_since > GIVE_UP:
        return f"It has taken nothing since {failing_since:%Y-%m-%d}."
    return None
