"""The client API of a server."""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from kith.connectors import Answer, Bearer, Context
from kith.connectors.matrix.config import MatrixConfig
from kith.connectors.matrix.events import Event

LIMIT = 100  # events of one request
_LARGEST = 64 << 20  # bytes of the first sync, which holds the members of all rooms


class Timeline(msgspec.Struct, frozen=True):
    events: list[msgspec.Raw] = []
    prev_batch: str | None = None
    limited: bool | None = False


class Listed(msgspec.Struct, frozen=True):
    events: list[msgspec.Raw] = []


class Joined(msgspec.Struct, frozen=True):
    timeline: Timeline = Timeline()
    state: Listed = Listed()


class Rooms(msgspec.Struct, frozen=True):
    join: dict[str, Joined] = {}


class Sync(msgspec.Struct, frozen=True):
    next_batch: str
    rooms: Rooms = Rooms()
    account_data: Listed = Listed()


class Messages(msgspec.Struct, frozen=True):
    chunk: list[msgspec.Raw]
    end: str | None = None


class _Members(msgspec.Struct, frozen=True):
    joined: dict[str, msgspec.Raw]


class _Me(msgspec.Struct, frozen=True):
    user_id: str


class Client:
    def __init__(self, config: MatrixConfig, context: Context) -> None:
        self._api, self._http = f"{config.server.rstrip('/')}/_matrix/client/v3", context.http
        self._auth = Bearer(config.token)

    async def me(self) -> str:
        found: _Me = (await self._get("/account/whoami")).json(_Me)
        return found.user_id

    async def sync(self, since: str | None) -> Sync:
        """Return what is new in all rooms; at first each room's state and its newest event."""
        none = {"not_types": ["*"]}
        room = {"timeline": {"limit": LIMIT if since else 1}, "ephemeral": none, "account_data": none}
        wanted = msgspec.json.encode({"room": room, "presence": none}).decode()
        answer = await self._get("/sync", {"timeout": 0, "filter": wanted, "since": since}, _LARGEST)
        found: Sync = answer.json(Sync)
        return found

    async def before(self, room: str, start: str, stop: str | None) -> Messages:
        """Return the events of a room before a place, the newest first; down to ``stop``, where that is named."""
        params: dict[str, str | int | None] = {"dir": "b", "limit": LIMIT, "from": start, "to": stop}
        found: Messages = (await self._get(f"/rooms/{quote(room, safe='')}/messages", params)).json(Messages)
        return found

    async def event(self, room: str, event: str) -> Event:
        path = f"/rooms/{quote(room, safe='')}/event/{quote(event, safe='')}"
        found: Event = (await self._get(path)).json(Event)
        return found

    async def members(self, room: str) -> tuple[str, ...]:
        found: _Members = (await self._get(f"/rooms/{quote(room, safe='')}/joined_members")).json(_Members)
        return tuple(sorted(found.joined))

    async def _get(
        self, path: str, params: Mapping[str, str | int | None] | None = None, max_bytes: int | None = None
    ) -> Answer:
        return await self._http.get(f"{self._api}{path}", params=params, auth=self._auth, max_bytes=max_bytes)
