"""The application with pages, an owner, and browsers."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kith.cli import installation
from kith.runtime.settings import Settings
from kith.store import members, sign_ins
from kith.store.db import Pool, instance, workspace
from kith.store.members import Member
from tests.integration.api.conftest import serving
from tests.integration.pages.browser import Browser


@dataclass
class House:
    """A running application and its first owner. app: None where it is served in processes of its own."""

    app: Any
    pool: Pool
    workspace_id: UUID
    owner: Member
    browsers: list[Browser] = field(default_factory=list)
    base: str = "http://localhost:8000"

    def browser(self, base: str | None = None, **headers: str) -> Browser:
        self.browsers.append(Browser(self.app, base or self.base, **headers))
        return self.browsers[-1]

    async def link(self, member: Member | None = None) -> str:
        """Return the path of a link that signs a member in once."""
        async with instance(self.pool) as db:
            return await installation.sign_in_link(db, (member or self.owner).sign_in_id, "")

    async def enter(self, member: Member | None = None, **headers: str) -> Browser:
        """Return a browser in which a member has signed in by a link."""
        browser = self.browser(**headers)
        page = await browser.open(await self.link(member))
        page = await browser.press(page, "Sign in")
        assert page.address.startswith("/security")
        return browser

    async def add(self, name: str, role: Any, address: str | None = None, workspace_id: UUID | None = None) -> Member:
        home = workspace_id or self.workspace_id
        async with workspace(self.pool, home) as db:
            sign_in = await sign_ins.create_sign_in(db, name, address)
            return await members.create_member(db, home, sign_in.id, role)


@pytest.fixture
def settings(fresh_url: str, servers: Any, tmp_path: Path) -> Settings:
    return Settings(
        database_url=fresh_url, redis_url=servers.redis_url, pool_size=5, log_level="error", home=tmp_path / "home",
        rate_address=0,  # what is tried here often has a limit of its own
    )  # fmt: skip


Houses = Callable[[Settings], Any]


@pytest.fixture
async def house(settings: Settings, pool: Pool, workspace_id: UUID) -> AsyncIterator[House]:
    async with workspace(pool, workspace_id) as db:
        sign_in = await sign_ins.create_sign_in(db, "Olga Owner", "olga@example.org", verified=True)
        owner = await members.create_member(db, workspace_id, sign_in.id, "owner")
    async with serving(settings) as app:
        made = House(app, pool, workspace_id, owner)
        yield made
        for browser in made.browsers:
            await browser.http.aclose()
