"""The XRPC methods of a server."""

from collections.abc import AsyncIterator, Iterable, Sequence
from urllib.parse import urlsplit

import msgspec

from kith.connectors import Answer, Bearer, Context, Fatal, Missing, Reauthorize, Refused, Secret, items
from kith.connectors.bluesky.config import BlueskyConfig
from kith.connectors.bluesky.shapes import Node, Profile

LIMIT = 100
DEPTH = 100  # answers to answers that a conversation is read down to
AT_ONCE = 25  # accounts or posts of one request
SESSION = "com.atproto.server.createSession"
_EXPIRED = ("ExpiredToken", "InvalidToken")
_HIDDEN = ("BlockedActor", "BlockedByActor")
_MISSING = ("NotFound", "AccountTakedown", "AccountDeactivated", "RepoNotFound", "UnknownList")


class Found(msgspec.Struct, frozen=True):
    """A page of a list. older: what asks for the one behind it."""

    items: list[msgspec.Raw]
    older: str | None


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""
    message: str = ""


class _Session(msgspec.Struct, frozen=True, rename="camel"):
    access_jwt: str


class _Profiles(msgspec.Struct, frozen=True):
    profiles: list[msgspec.Raw]


class _Posts(msgspec.Struct, frozen=True):
    posts: list[msgspec.Raw]


class _Thread(msgspec.Struct, frozen=True):
    thread: Node


class _List(msgspec.Struct, frozen=True):
    """What lists answer, each under a name of its own."""

    cursor: str | None = None
    feed: list[msgspec.Raw] | None = None
    posts: list[msgspec.Raw] | None = None
    likes: list[msgspec.Raw] | None = None
    followers: list[msgspec.Raw] | None = None
    follows: list[msgspec.Raw] | None = None
    reposted: list[msgspec.Raw] | None = msgspec.field(name="repostedBy", default=None)

    @property
    def items(self) -> list[msgspec.Raw] | None:
        lists = (self.feed, self.posts, self.likes, self.followers, self.follows, self.reposted)
        return next((found for found in lists if found is not None), None)


class Client:
    def __init__(self, config: BlueskyConfig, context: Context) -> None:
        self._server, self._http = config.server.rstrip("/"), context.http
        self._handle, self._password = config.handle, config.password
        self._auth: Bearer | None = None
        if bool(config.handle) != (config.password is not None):
            raise Fatal("A handle and an app password go together: give both, or neither.")

    @property
    def host(self) -> str:
        return urlsplit(self._server).hostname or self._server

    async def profiles(self, names: Sequence[str]) -> list[Profile]:
        """Return the accounts of these handles or DIDs; those that there are not are left out."""
        found: list[Profile] = []
        for start in range(0, len(names), AT_ONCE):
            asked = [("actors", name) for name in names[start : start + AT_ONCE]]
            said: _Profiles = (await self._get("app.bsky.actor.getProfiles", asked)).json(_Profiles)
            told = items.Told()
            found += told.read_all(said.profiles, Profile, "account")
        return found

    async def page(self, method: str, params: Sequence[tuple[str, str]], cursor: str | None = None) -> Found:
        """Return one page of a list, the newest where no cursor is given."""
        asked = [*params, ("limit", str(LIMIT)), *([("cursor", cursor)] if cursor else [])]
        answer = await self._get(method, asked)
        found: _List = answer.json(_List)
        if found.items is None:
            raise Fatal(f"{self.host} answers {method} without a list.")
        return Found(found.items, found.cursor if found.items else None)

    async def all(self, method: str, params: Sequence[tuple[str, str]]) -> AsyncIterator[list[msgspec.Raw]]:
        """Yield a list page by page; what follows the last may be a page without anything."""
        circle, cursor = items.Circle(f"The list {method}"), ""
        while True:
            found = await self.page(method, params, cursor)
            yield found.items
            if not found.older:
                return
            circle.check(cursor := found.older)

    async def thread(self, uri: str, *, above: int = 0, below: int = DEPTH) -> Node:
        """Return a post with what answers it. Raises Missing where it is not there."""
        asked = [("uri", uri), ("depth", str(below)), ("parentHeight", str(above))]
        try:
            found: _Thread = (await self._get("app.bsky.feed.getPostThread", asked)).json(_Thread)
        except RecursionError as error:
            raise Fatal(f"{self.host} nests a conversation deeper than it was asked to.") from error
        return found.thread

    async def posts(self, uris: Iterable[str]) -> list[msgspec.Raw]:
        """Return those of up to AT_ONCE posts that the server shows."""
        found: _Posts = (await self._get("app.bsky.feed.getPosts", [("uris", uri) for uri in uris])).json(_Posts)
        return found.posts

    async def _get(self, method: str, params: Sequence[tuple[str, str]]) -> Answer:
        """Ask, signed in where there is a password: a session that has ended is opened again, once."""
        for is_last in (False, True):
            if self._password is not None and self._auth is None:
                self._auth = Bearer(await self._sign_in(self._password))
            answer = await self._http.get(f"{self._server}/xrpc/{method}", params=params, auth=self._auth, allow=(400,))
            if answer.status != 400:
                return answer
            said = _refusal(answer)
            if said.error in _EXPIRED and self._auth is not None and not is_last:
                self._auth = None
                continue
            break
        told = items.clean(f"{self.host} answers {method} with {said.error or 400}: {said.message}")[:300]
        if said.error in _EXPIRED:
            raise Reauthorize(told)
        if said.error in _HIDDEN:
            raise Refused(told)
        raise (Missing if said.error in _MISSING or said.message.endswith("not found") else Fatal)(told)

    async def _sign_in(self, password: Secret) -> Secret:
        asked = {"identifier": self._handle, "password": password.reveal()}
        answer = await self._http.post(f"{self._server}/xrpc/{SESSION}", json=asked, repeat=True)
        session: _Session = answer.json(_Session)
        return Secret(session.access_jwt)


def _refusal(answer: Answer) -> _Refusal:
    try:
        return msgspec.json.decode(answer.body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Refusal()
