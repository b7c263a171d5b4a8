"""The application as it is deployed, a member at a browser, and clients of others in processes of their own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kith.cli.installation import sign_in_link
from kith.cli.servers import Servers
from kith.store import members, sign_ins
from kith.store.db import Pool, instance, open_pool, workspace
from kith.store.members import Member
from tests.conformance.api.conftest import free_port, wait_for
from tests.integration.api import town
from tests.integration.oauth.client import Registered, register
from tests.integration.pages.browser import Browser, Page
from tests.servers import fresh_database

CALLBACK, LOOPBACK = "https://app.example/callback", "http://127.0.0.1:51004/callback"
SCOPES = ["people:read", "relationships:read"]


class RealBrowser(Browser):
    """A browser that reaches a server over a socket."""

    def __init__(self, base: str) -> None:
        super().__init__(None, base)

    async def consent(self, address: str, decision: str = "allow") -> str:
        """Open the page on which an app asks, press a button, and return where the app gets the browser back."""
        answer = await self.http.get(address)
        if answer.status_code == 200:
            form = Page(answer).form("Allow")
            key = next(e.attributes["value"] for e in form.find("input") if e.attributes["name"] == "form_key")
            answer = await self.http.post(form.attributes["action"], data={"form_key": key, "decision": decision})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def connect(self, user_code: str) -> None:
        """Let the device in that shows this code."""
        page = await self.open(f"/oauth/device?user_code={user_code}")
        page = await self.press(page, "Allow", decision="allow")
        assert page.title == "The device is connected"


@dataclass
class Served:
    """Where kith is, the town in it, its owner, and an app of each kind."""

    issuer: str
    pool: Pool
    town: town.Town
    owner: Member
    apps: dict[str, Registered]

    async def link(self) -> str:
        """Return the path of a link that signs the owner in once."""
        async with instance(self.pool) as db:
            return await sign_in_link(db, self.owner.sign_in_id, "")

    async def enter(self) -> RealBrowser:
        """Return a browser in which the owner has signed in."""
        browser = RealBrowser(self.issuer)
        await browser.press(await browser.open(await self.link()), "Sign in")
        return browser


@pytest.fixture(scope="session")
async def served(
    database_url: str, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    port = free_port()
    issuer = f"http://localhost:{port}"
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        there = await town.build(pool, "conformance")
        await town.look_at(pool, there)
        home = there.workspace_id
        async with workspace(pool, home) as db:
            sign_in = await sign_ins.create_sign_in(db, "Olga Owner", "olga@example.org")
            owner = await members.create_member(db, home, sign_in.id, "owner")
        apps = {
            "server": await register(pool, home, "server", redirect_uris=[CALLBACK], scopes=SCOPES),
            "browser": await register(pool, home, "browser", redirect_uris=[LOOPBACK], scopes=SCOPES),
            "device": await register(pool, home, "device", redirect_uris=[], scopes=SCOPES),
            "machine": await register(pool, home, "machine", scopes=SCOPES),
        }
        settings = {
            "KITH_DATABASE_URL": url, "KITH_REDIS_URL": servers.redis_url, "KITH_LOG_LEVEL": "error",
            "KITH_PORT": str(port), "KITH_PUBLIC_URL": issuer, "KITH_APP_REGISTRATION": "open",
            "KITH_HOME": str(tmp_path_factory.mktemp("home")), "KITH_RATE_ADDRESS": "0",
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kith.cli", "api", env=os.environ | settings
        )
        try:
            await wait_for(f"http://127.0.0.1:{port}/readyz")
            yield Served(issuer, pool, there, owner, apps)
        finally:
            process.terminate()
            await process.wait()


FOLDER = Path(__file__).parent
Told = dict[str, Any]
