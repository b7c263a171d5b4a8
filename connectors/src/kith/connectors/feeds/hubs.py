"""WebSub: hubs are asked to push what is new in feeds, and what is pushed is believed where it is signed."""

import hmac
from datetime import datetime, timedelta
from urllib.parse import urljoin

import msgspec

from kith.connectors import Answer, ConnectorError, Context, Delivery, Received, Refused, Skip, links
from kith.connectors.feeds.config import FeedsConfig
from kith.connectors.feeds.entries import Feed

_AGAIN = timedelta(days=1)  # hubs may push for less long than they are asked to
_LEASE = timedelta(days=10)
_LONGEST = 500  # characters of both addresses: they are kept in the cursor
_METHODS = ("sha1", "sha256", "sha384", "sha512")


class Hub(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who pushes what is new in a feed, which it knows as ``topic``; when it was asked to."""

    url: str
    topic: str
    asked: datetime | None = None


def hub_of(answer: Answer, feed: Feed, known: Hub | None) -> Hub | None:
    """Return the hub that a feed names."""
    named = links(answer)
    url, topic = named.get("hub") or feed.hub, named.get("self") or feed.topic
    found = Hub(urljoin(answer.url, url), urljoin(answer.url, topic or answer.url))
    if not url or len(found.url) + len(found.topic) > _LONGEST:
        return None
    return known if known and (known.url, known.topic) == (found.url, found.topic) else found


async def asked(hub: Hub, config: FeedsConfig, context: Context) -> tuple[Hub, Skip | None]:
    """Ask a hub to push, unless that was done within a day; return what to tell where it refuses."""
    now = context.clock.now()
    if config.hook_secret is None or context.hook is None or (hub.asked and now < hub.asked + _AGAIN):
        return hub, None
    form = {
        "hub.mode": "subscribe",
        "hub.topic": hub.topic,
        "hub.callback": context.hook,
        "hub.secret": config.hook_secret.reveal(),
        "hub.lease_seconds": str(int(_LEASE.total_seconds())),
    }
    hub = msgspec.structs.replace(hub, asked=now)
    try:
        await context.http.post(hub.url, form=form)
    except ConnectorError as error:
        return hub, Skip(hub.url[:200], "not_pushed", str(error))
    return hub, None


def receive(config: FeedsConfig, delivery: Delivery) -> Received:
    """Return that a feed has news: reading finds it. Raises Refused where that is not signed."""
    method, _, given = delivery.headers.get("x-hub-signature", "").partition("=")
    if config.hook_secret is None or method not in _METHODS:
        raise Refused("The push is not signed.")
    expected = hmac.digest(config.hook_secret.reveal().encode(), delivery.body, method).hex()
    if not hmac.compare_digest(given.lower().encode(), expected.encode()):
        raise Refused("The signature of the push does not fit.")
    return Received(read=True)
