"""Tokens of OAuth are renewed while their source is read: by one worker at a time, before they end or when refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from kith.connectors import Connector, Limits, Provider, Reauthorize, Retry, Secret, oauth, provider_of
from kith.domain.ids import encode
from kith.runtime.vault import Sealed
from kith.store import authorizations, credentials, providers
from kith.store.authorizations import Authorization
from kith.store.db import Db
from kith.workers.work import Work

EARLY = timedelta(minutes=5)

log = structlog.get_logger()


def renewal_of(work: Work, source_id: UUID, connector: Connector, config: Any, *, trusted: bool) -> "Renewer | None":
    """Return what keeps the token of a source fresh, where it may be of OAuth."""
    if (provider := provider_of(connector, config)) is None:
        return None
    secret = getattr(config, provider.setting, None)
    limits = work.ground.limits_of(trusted=trusted)
    return Renewer(work, source_id, provider, config, secret, limits) if secret else None


class Renewer:
    """Keeps the token of one source fresh, as ``context.http`` asks. secret: of its settings, which holds the token."""

    def __init__(
        self, work: Work, source_id: UUID, provider: Provider, config: Any, secret: Secret, limits: Limits
    ) -> None:
        self._work, self._source_id = work, source_id
        self._provider, self._site, self._secret = provider, provider.site_of(config), secret
        self._limits = limits
        self._turn = asyncio.Lock()
        self._ends: datetime | None = None
        self._looked = False

    async def see_to(self) -> None:
        """Renew a token that ends soon; while it still holds, an unavailable provider does no harm."""
        if not self._looked:
            async with self._turn, self._work.transaction() as db:
                row = await authorizations.get(db, self._workspace_id, self._source_id)
            self._looked, self._ends = True, row.expires_at if row and row.key_id else None
        if self._ends is None or datetime.now(UTC) < self._ends - EARLY:
            return
        try:
            await self.renew(self._secret.reveal())
        except Retry:
            if datetime.now(UTC) >= self._ends:
                raise
            self._ends += timedelta(minutes=1)  # not with each request

    async def renew(self, used: str) -> bool:
        """Renew a token that was refused, or take what another worker has renewed; return whether there is another."""
        async with self._turn:
            if self._secret.reveal() != used:
                return True
            refused: Reauthorize | None = None
            async with self._work.transaction() as db:
                row = await authorizations.get(db, self._workspace_id, self._source_id, lock=True)
                if row is None:
                    return False
                try:
                    return await self._renew(db, row, used)
                except Reauthorize as error:
                    refused = error
                    await authorizations.note_problem(db, self._workspace_id, self._source_id, str(error))
        call = f"POST /v1/sources/{encode('source', self._source_id)}/authorizations"
        raise Reauthorize(f"{refused} A member has to let the source in again: {call}.") from refused

    @property
    def _workspace_id(self) -> UUID:
        return self._work.job.workspace_id

    async def _renew(self, db: Db, row: Authorization, used: str) -> bool:
        """Ask for another token, while nobody else does."""
        held = await self._held(db)
        if held is not None and held != used:
            self._secret.become(held)
            self._ends = row.expires_at
            return True
        if row.key_id is None or row.wrapped is None or row.sealed is None:
            raise Reauthorize(f"{self._provider.title} takes the token no longer.")
        refresh = Secret(
            self._work.ground.open(
                Sealed(row.key_id, row.wrapped, row.sealed), authorizations.place(self._workspace_id, self._source_id)
            )
        )
        app = await self._app(db)
        async with oauth.reach(self._provider, self._site, self._limits, [app.secret, refresh]) as http:
            tokens = await oauth.renew(http, self._provider, self._site, app, refresh)
        ends = datetime.now(UTC) + timedelta(seconds=tokens.seconds) if tokens.seconds else None
        given = authorizations.Granted(
            self._provider.name,
            self._site,
            self._provider.setting,
            tokens.access.reveal(),
            tokens.refresh.reveal() if tokens.refresh else None,
            ends,
            tokens.scopes,
        )
        await authorizations.keep(db, self._workspace_id, self._source_id, given, self._work.ground.seal, renewed=True)
        self._secret.become(given.token)
        self._ends = ends
        log.info("token_renewed", source=encode("source", self._source_id), provider=self._provider.name)
        return True

    async def _held(self, db: Db) -> str | None:
        found = await credentials.of_source(db, self._workspace_id, self._source_id)
        return self._work.ground.reveal(self._workspace_id, found).get(self._provider.setting)

    async def _app(self, db: Db) -> oauth.App:
        row = await providers.get_app(db, self._workspace_id, self._provider.name, self._site)
        if row is None:
            raise Reauthorize(f"The app at {self._provider.title} was removed from kith.")
        if row.key_id is None or row.wrapped is None or row.sealed is None:
            return oauth.App(row.client_id)
        place = providers.place(self._workspace_id, self._provider.name, self._site)
        return oauth.App(
            row.client_id, Secret(self._work.ground.open(Sealed(row.key_id, row.wrapped, row.sealed), place))
        )
