"""Mastodon: what a server streams, on a server of ours that streams as Mastodon does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from kith.connectors import Interaction, Reauthorize, Received, Retry, Secret, Tombstone, open_context
from kith.connectors.mastodon import MastodonConfig, MastodonConnector
from kith.connectors.testing import FakeClock
from tests.unit.connectors.test_mastodon import account, act

MASTODON = MastodonConnector()
TOKEN = "not-a-token"


def status(id_: str, **more: Any) -> dict[str, Any]:
    uri = f"https://mastodon.example/{id_}"
    tags = [{"name": "fosdem"}]
    return {
        "id": id_, "uri": uri, "url": uri, "account": account("ada"), "created_at": "2024-01-01T00:00:00.000Z",
        "content": f"<p>{id_}</p>", "visibility": "public", "tags": tags, **more,
    }  # fmt: skip


class Instance:
    """Streams to who has asked for a stream, and answers who it is."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.connection: ServerConnection | None = None

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        if urlsplit(request.path).path == "/api/v1/streaming":
            allowed = request.headers.get("authorization") == f"Bearer {TOKEN}"
            return None if allowed else Response(401, "Unauthorized", Headers({"content-length": "0"}))
        body = b'{"domain": "mastodon.example"}'
        head = Headers({"content-type": "application/json", "content-length": str(len(body)), "connection": "close"})
        return Response(200, "OK", head, body)

    async def talk(self, connection: ServerConnection) -> None:
        self.connection = connection
        async for message in connection:
            self.asked.append(json.loads(message))

    async def send(self, event: str, payload: Any) -> None:
        assert self.connection
        told = payload if isinstance(payload, str) else json.dumps(payload)
        await self.connection.send(json.dumps({"stream": ["hashtag", "fosdem"], "event": event, "payload": told}))


@asynccontextmanager
async def instance() -> AsyncIterator[tuple[Instance, str]]:
    there = Instance()
    async with serve(there.talk, "127.0.0.1", 0, process_request=there.answer) as server:
        yield there, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_posts_edits_and_deletions_are_heard() -> None:
    async with instance() as (there, url):
        config = MastodonConfig(url, Secret(TOKEN), hashtags=("#fosdem",), local=True)
        assert MASTODON.listens(config)
        async with open_context(MASTODON, config, Path("/nonexistent"), clock=FakeClock()) as context:
            told = MASTODON.live(config, [], context)
            assert await anext(told) == Received(read=True)
            await there.send("update", status("1"))
            first = await anext(told)
            assert there.asked == [
                {"type": "subscribe", "stream": "hashtag", "tag": "fosdem"},
                {"type": "subscribe", "stream": "public:local"},
            ]
            [post] = [record for record in first.records if isinstance(record, Interaction)]
            assert (post.ref, post.text) == (act("https://mastodon.example/1"), "1")
            assert post.channel in {getattr(record, "ref", None) for record in first.records}, "it is described"
            await there.send("status.update", status("1", content="<p>one</p>", edited_at="2024-01-02T00:00:00.000Z"))
            [edit] = [record for record in (await anext(told)).records if isinstance(record, Interaction)]
            assert (edit.ref, edit.text, edit.edited_at is None) == (post.ref, "one", False)
            await there.send("filters_changed", "")
            await there.send("delete", "of-another")
            await there.send("delete", "1")
            assert (await anext(told)).records == (Tombstone(post.ref),)
            assert there.connection
            await there.send("update", {"id": 7})
            assert [skip.code for skip in (await anext(told)).skipped] == ["unreadable_item"]
            await there.connection.send("no event")
            with pytest.raises(Retry, match="no event"):
                await anext(told)


async def test_a_refused_token_and_a_lost_connection_say_what_to_do() -> None:
    async with instance() as (there, url):
        config = MastodonConfig(url, Secret("another"), local=True)
        async with open_context(MASTODON, config, Path("/nonexistent")) as context:
            with pytest.raises(Reauthorize):
                await anext(MASTODON.live(config, [], context))
        config = MastodonConfig(url, Secret(TOKEN), local=True)
        async with open_context(MASTODON, config, Path("/nonexistent")) as context:
            told = MASTODON.live(config, [], context)
            assert await anext(told) == Received(read=True)
            assert there.connection
            closing = asyncio.create_task(there.connection.close())
            with pytest.raises(Retry):
                await anext(told)
            await closing
        assert not MASTODON.listens(MastodonConfig(url, local=True)), "without a token"
        assert not MASTODON.listens(MastodonConfig(url, Secret(TOKEN), accounts=("ada",)))
