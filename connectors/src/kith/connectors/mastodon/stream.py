"""Listening to a server: posts under hashtags and of its own people, their edits and deletions, as they happen."""

from collections import OrderedDict
from collections.abc import AsyncIterator

import msgspec

from kith.connectors import Bearer, Channel, Context, InteractionRef, Received, Retry, Secret, Tombstone
from kith.connectors.mastodon.client import Client
from kith.connectors.mastodon.config import MastodonConfig
from kith.connectors.mastodon.posts import Posts
from kith.connectors.mastodon.statuses import Server, Status, act_of

_QUIET_SECONDS = 300.0  # the server asks more often whether anybody is there
_REMEMBERED = 50_000  # posts whose deletion is understood: it names a post as this server does


class _Event(msgspec.Struct, frozen=True):
    """stream: what it belongs to. payload: a post as JSON, or its id here."""

    event: str = ""
    payload: str | None = None
    stream: tuple[str, ...] = ()


async def listen(config: MastodonConfig, token: Secret, context: Context) -> AsyncIterator[Received]:
    """Yield what happens, for as long as the connection holds."""
    client = Client(config, context)
    hearing = _Hearing(config, client, Server(config, await client.domain()), context)
    url = f"ws{config.server.rstrip('/').removeprefix('http')}/api/v1/streaming"
    async with context.websocket(url, auth=Bearer(token)) as socket:
        for name in config.hashtags:
            await socket.send(_asked(stream="hashtag", tag=name.lstrip("#")))
        if config.local:
            await socket.send(_asked(stream="public:local"))
        yield Received(read=True)
        while True:
            told = await hearing.tell(await socket.receive(seconds=_QUIET_SECONDS))
            if told.records or told.skipped:
                yield told


class _Hearing:
    def __init__(self, config: MastodonConfig, client: Client, server: Server, context: Context) -> None:
        self._config, self._client, self._server, self._clock = config, client, server, context.clock
        self._known: OrderedDict[str, InteractionRef] = OrderedDict()

    async def tell(self, message: str | bytes) -> Received:
        """Return what a message of the server tells. Raises Retry where it is none."""
        try:
            event = msgspec.json.decode(message, type=_Event)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Retry(f"The server sends what is no event: {error}.") from error
        if event.event == "delete":
            ref = self._known.pop(event.payload or "", None)
            return Received((Tombstone(ref),)) if ref else Received()
        if event.event not in ("update", "status.update") or event.payload is None:
            return Received()
        posts = Posts(self._config, self._client, self._server, self._clock.now())
        told = await posts.read([msgspec.Raw(event.payload.encode())], "live post")
        if not told.skipped:
            self._remember(msgspec.json.decode(event.payload, type=Status))
        return Received((*self._channels(event), *told.records), tuple(told.skipped))

    def _channels(self, event: _Event) -> list[Channel]:
        """Return the channel of the stream that tells."""
        kind, *rest = event.stream or ("",)
        if kind == "hashtag" and rest:
            return [self._server.hashtag(rest[0])]
        return [self._server.place()] if kind == "public:local" else []

    def _remember(self, status: Status) -> None:
        if status.reblog is not None:
            return
        self._known[status.id] = act_of(status)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _asked(**stream: str) -> str:
    return msgspec.json.encode({"type": "subscribe", **stream}).decode()
