"""The bridge to Authlib, whose server knows no ``await``.

All that a request may ask for is loaded before Authlib judges it, and what it comes to is saved behind: in between
nothing waits. Where another request was first to use what this one rests on, nothing is saved, and it is judged again.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload, OAuth2Request

from kith.api.http.lots import Lots
from kith.api.oauth.parameters import Parameters
from kith.domain.audit import Entry
from kith.runtime.keyring import Signer
from kith.store import app_tokens, audit, exchanges
from kith.store.db import Db, bound
from kith.store.exchanges import Exchange, Loaded

Write = Callable[[Db], Awaitable[Any]]


class Asked(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A request as Authlib wants to see it."""

    def __init__(self, path: str, parameters: Parameters, headers: dict[str, str]) -> None:
        super().__init__("POST", f"https://kith.invalid{path}", headers=headers)  # what Host says is never believed
        self.parameters = parameters
        self.payload = BasicOAuth2Payload(parameters.values)

    @property
    def form(self) -> dict[str, str]:
        return self.parameters.values

    @property
    def args(self) -> dict[str, str]:
        return {}


class Told(NamedTuple):
    """What a workspace is told of its tokens. grant_id: of the grant that a family of tokens comes from."""

    operation: str
    app_id: UUID
    grant_id: UUID | None
    after: dict[str, Any]


class Desk:
    """What lies before Authlib while it judges one request, and what it leaves to be saved.

    home: the workspace, where it is known. loaded: None where no app calls. thumbprint: of the key that the sender has
    proven to have. signer: of ID tokens, where one may be asked for. used: whether the app's assertion was used before.
    """

    def __init__(
        self, issuer: str, home: UUID | None = None, loaded: Loaded | None = None, *, thumbprint: str | None = None
    ) -> None:
        self.issuer, self.home, self.loaded, self.thumbprint = issuer, home, loaded, thumbprint
        self.signer: Signer | None = None
        self.used = False
        self.told: Told | None = None
        self.exchange: Exchange | None = None
        self._first: Write | None = None
        self._writes: list[Write] = []

    def want(self, statement: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
        """Have the store do something without which this cannot be judged, and judge it again."""
        self._first = lambda db: statement(db, *arguments)

    def write(self, statement: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
        """Have the store do something. Where it returns False, another was first."""
        self._writes.append(lambda db: statement(db, *arguments))

    def tell(self, operation: str, app_id: UUID, grant_id: UUID | None, **after: Any) -> None:
        """Have something told in the audit, beside what is saved."""
        self.told = Told(operation, app_id, grant_id, after)

    async def save_with_others(self, lots: Lots, entry: Callable[[Told], Entry]) -> bool:
        """Save what Authlib has left together with what others have; False where it has to be judged by itself, again.

        entry: what the audit is told.
        """
        if self._first or self._writes or (self.loaded and self.loaded.stale):
            return False
        if self.exchange is None or self.home is None:
            return self.told is None
        made, told = self.exchange, entry(self.told) if self.told else None
        kind = (made.brought, told is not None)
        done: bool = await lots.ask(self.home, exchanges.exchange_free, kind, (made, told))
        return done

    async def save(self, db: Db, entry: Callable[[Told], Entry]) -> bool:
        """Save what Authlib has left; False where that has to be judged again. entry: what the audit is told."""
        if self._first:
            await self._first(db)
            return False
        told = entry(self.told) if self.told else None
        try:
            if self._writes:
                async with bound(db, self.home):
                    await self._save(db, told)
            else:  # one statement is a transaction
                await self._save(db, told)
        except _Late:
            if told and self.home:
                await audit.begin(db, self.home)
            return False
        if self.exchange and self.home and self.loaded and self.loaded.stale:
            await app_tokens.sweep(db, self.home, "app_tokens")
        return True

    async def _save(self, db: Db, told: Entry | None) -> None:
        """Raises _Late."""
        for write in self._writes:
            if await write(db) is False:
                raise _Late
        if self.exchange and self.home:
            if not await exchanges.exchange(db, self.home, self.exchange, told):
                raise _Late
        elif told and self.home:
            await audit.add(db, self.home, told)


class _Late(Exception):
    """Another was first."""
