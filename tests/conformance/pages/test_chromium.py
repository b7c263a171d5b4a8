"""The pages in a real Chromium, with axe-core on each: what a browser itself finds wrong with them.

It needs the Debian package ``chromium`` (or another Chromium named by ``CHROMIUM``); where it is absent the tests are
skipped and say so. Pictures of all pages are in the temporary folder of the test; ``PICTURES`` names another.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.installation import ensure_owner, ensure_workspace, sign_in_link
from kith.cli.servers import Servers
from kith.domain.ids import encode
from kith.store import apps, devices, invitations, sign_ins
from kith.store.db import open_pool, workspace
from tests.conformance.api.conftest import free_port, wait_for
from tests.conformance.pages.chromium import CHROMIUM, drive
from tests.servers import fresh_database

LINKS = ("wide-light", "phone-dark", "passkey", "plain", "app")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
async def told(
    database_url: str, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Any]]:
    """What the walk through all pages found."""
    pictures = Path(os.environ.get("PICTURES") or tmp_path_factory.mktemp("pictures"))
    async with fresh_database(database_url) as url:
        port = free_port()
        base = f"http://localhost:{port}"
        paths = await prepare(url, base)
        settings = {
            "KITH_DATABASE_URL": url, "KITH_REDIS_URL": servers.redis_url, "KITH_LOG_LEVEL": "error",
            "KITH_PORT": str(port), "KITH_HOME": str(tmp_path_factory.mktemp("home")),
        }  # fmt: skip
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kith.cli", "api", env=os.environ | settings, stdout=subprocess.DEVNULL
        )
        try:
            await wait_for(f"http://127.0.0.1:{port}/readyz")
            yield await drive("drive.mjs", {"base": base, "pictures": str(pictures)} | paths)
        finally:
            server.terminate()
            await server.wait()


async def prepare(url: str, base: str) -> dict[str, Any]:
    """Make an owner, links that sign them in, and an invitation."""
    async with await open_pool(url, size=1) as pool, workspace(pool, DEFAULT_WORKSPACE) as db:
        await ensure_workspace(db)
        owner = await ensure_owner(db)
        await sign_ins.set_address(db, owner.sign_in_id, "olga@example.org", verified=True)
        for number, name in enumerate(("olga@example.org", "stranger@example.org"), 1):
            await db.execute(
                "INSERT INTO identities (workspace_id, id, network, host, key, kind, address) "
                "VALUES ($1, md5($2)::uuid, 'mail', '', $2, 'person', $3)", DEFAULT_WORKSPACE, str(number), name,
            )  # fmt: skip
        links = {name: await sign_in_link(db, owner.sign_in_id, base) for name in LINKS}
        _, text = await invitations.create_invitation(
            db, DEFAULT_WORKSPACE, "theo@example.org", "analyst", "operator", mailed=True
        )
        content = {"redirect_uris": ["https://app.example/callback"], "homepage": "https://app.example"}
        app = await apps.create_app(
            db,
            DEFAULT_WORKSPACE,
            name="Community map",
            kind="browser",
            scopes=["people:read", "topics:read"],
            **content,
        )
        device = await apps.create_app(db, DEFAULT_WORKSPACE, name="Screen", kind="device", scopes=["people:read"])
        await devices.add_device(db, device.id, devices.new_device(device.id), "BCDF-GHJK", ["people:read"], [], None)
    query = {
        "response_type": "code", "client_id": encode("app", app.id), "redirect_uri": "https://app.example/callback",
        "scope": "openid people:read", "code_challenge": "c" * 43, "code_challenge_method": "S256", "state": "s",
    }  # fmt: skip
    return {
        "consent": f"/oauth/authorize?{urlencode(query)}",
        "links": links,
        "invitation": f"{base}/invitations/{text}",
    }


async def test_everybody_can_use_the_pages(told: dict[str, Any]) -> None:
    assert told["findings"] == []
    assert len(told["seen"]) >= 30


async def test_the_browser_complains_of_nothing_and_asks_nobody_else(told: dict[str, Any]) -> None:
    assert told["complaints"] == []


@pytest.mark.parametrize("shape", ["wide-light", "phone-dark"])
async def test_the_keyboard_reaches_everything_in_the_order_of_the_page(told: dict[str, Any], shape: str) -> None:
    found = [stop["name"] for stop in told["focus"][shape]]
    assert found == ["Skip to the content", "address", "password", "Sign in", "Sign in with a passkey"]
    assert all(stop["visible"] for stop in told["focus"][shape])


async def test_a_member_lets_an_app_in_and_the_browser_goes_back_to_it(told: dict[str, Any]) -> None:
    assert told["notes"]["callback"].startswith("https://app.example/callback?code=kac_")
    assert "Community map" in told["notes"]["connected"]


async def test_a_passkey_of_the_browser_is_made_and_used(told: dict[str, Any]) -> None:
    assert "Laptop" in told["notes"]["passkey"]
    assert "by passkey" in told["notes"]["signedIn"]


async def test_an_invitation_is_accepted_in_german_by_keyboard(told: dict[str, Any]) -> None:
    assert told["notes"]["language"] == "de"
    assert "Theo" in told["notes"]["invited"]


async def test_signing_in_needs_no_script(told: dict[str, Any]) -> None:
    assert told["notes"]["withoutScripts"] == "Security"
