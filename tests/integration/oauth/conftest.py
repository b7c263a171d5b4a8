"""The application with pages and an owner, and apps that ask to be let in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kith.runtime.settings import Settings
from tests.integration.oauth.client import Desk, Registered, register
from tests.integration.pages.conftest import House, house  # noqa: F401  # fixtures


@pytest.fixture
def settings(fresh_url: str, servers: Any, tmp_path: Path) -> Settings:
    """As for pages, without a limit by address: eight ask at once here, again and again."""
    return Settings(
        database_url=fresh_url, redis_url=servers.redis_url, pool_size=5, log_level="error", home=tmp_path / "home",
        rate_address=0,
    )  # fmt: skip


@pytest.fixture
async def desk(house: House, settings: Settings) -> AsyncIterator[Desk]:  # noqa: F811  # the fixture
    """Where apps come to be let in."""
    async with Desk(house, settings.issuer) as desk:
        yield desk


@pytest.fixture
async def app(house: House) -> Registered:  # noqa: F811  # the fixture
    return await register(house.pool, house.workspace_id)


@pytest.fixture
async def server(house: House) -> Registered:  # noqa: F811  # the fixture
    return await register(house.pool, house.workspace_id, "server")
