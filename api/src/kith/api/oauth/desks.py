"""Desks: what a request of an app may rest on, found in one statement once it is known where to look."""

from uuid import UUID

from authlib.oauth2.rfc6749.util import extract_basic_authorization

from kith.api.http.lots import Lots
from kith.api.oauth import assertions, keys
from kith.api.oauth.bridge import Asked, Desk
from kith.domain.apps import CODE, DEVICE, MACHINE, REFRESH
from kith.domain.ids import decode
from kith.runtime.settings import Settings
from kith.runtime.vault import open_vault
from kith.store import devices, exchanges, tokens
from kith.store.app_tokens import Held
from kith.store.db import Db, see
from kith.store.devices import Device
from kith.store.exchanges import Brought

OWNERS = 10_000  # apps of which a process remembers whose they are; that never changes
_OPENID = "openid"
_SHARED: frozenset[Brought] = frozenset({"token", "grant"})


class Case:
    """One request: who calls, what is brought, and where that is known from its text, in which workspace.

    text: what is brought; None where it is no text of ours. owners: of apps, as far as the process knows.
    """

    def __init__(self, asked: Asked, owners: dict[UUID, UUID], *, issues: bool) -> None:
        form = asked.form
        self.claims = assertions.claims_of(asked)
        named = extract_basic_authorization(asked.headers)[0] or form.get("client_id") or self.claims.get("sub")
        self.app_id = decode("app", str(named)) if named else None
        self.brought: Brought = "grant"
        self.text: str | None = None
        self.home: UUID | None = None
        self.owners, self.is_machine = owners, False
        if not issues:
            self._bring("token", form.get("token", ""), tokens.ACCESS, tokens.REFRESH)
        elif (kind := form.get("grant_type")) == CODE:
            self._bring("code", form.get("code", ""), tokens.CODE)
        elif kind == REFRESH:
            self._bring("token", form.get("refresh_token", ""), tokens.REFRESH)
        elif kind == DEVICE:
            self.brought, self.text = "device", form.get("device_code")
        elif kind == MACHINE and self.app_id:
            self.is_machine, self.home = True, owners.get(self.app_id)

    def _bring(self, brought: Brought, text: str, *prefixes: str) -> None:
        self.brought = brought
        self.home = next((home for prefix in prefixes if (home := tokens.workspace_of(text, prefix))), None)
        self.text = text if self.home else None

    async def lay_with_others(self, settings: Settings, lots: Lots) -> Desk | None:
        """Return the desk of a request that renews tokens, or of a machine, loaded together with those of others; None
        where it has to be laid by itself.
        """
        if self.home is None or self.app_id is None or self.brought not in _SHARED or self.claims:
            return None
        loaded = await lots.ask(self.home, exchanges.load, self.brought, (self.app_id, self.text))
        return Desk(settings.issuer, self.home, loaded)

    async def lay(self, settings: Settings, db: Db, thumbprint: str | None) -> Desk:
        """Return the desk of this request."""
        if self.app_id is None:
            return Desk(settings.issuer, thumbprint=thumbprint)
        if self.is_machine and self.home is None and (home := await exchanges.home_of_app(db, self.app_id)):
            self.home = home
            if len(self.owners) >= OWNERS:
                self.owners.clear()
            self.owners[self.app_id] = home
        elif self.brought == "device" and self.text:
            self.home = await exchanges.home_of_device(db, self.text)
        await see(db, self.home)
        (loaded,) = await exchanges.load(db, self.home, self.brought, [(self.app_id, self.text)])
        found = loaded.brought if loaded else None
        if isinstance(found, Device) and found.home_id != self.home:  # somebody has let it in meanwhile
            return await self.lay(settings, db, thumbprint)
        desk = Desk(settings.issuer, self.home, loaded, thumbprint=thumbprint)
        if isinstance(found, Held) and _OPENID in found.scopes:
            desk.signer = await keys.signer(db, open_vault(settings))
        if self.claims:
            desk.used = await devices.was_used(db, str(self.claims.get("sub")), str(self.claims.get("jti")))
        return desk
