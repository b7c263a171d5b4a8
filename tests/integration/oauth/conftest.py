"""The application with pages and an owner, and apps that ask to be let in."""

from collections.abc import AsyncIterator

import pytest

from kith.runtime.settings import Settings
from tests.integration.oauth.client import Desk, Registered, register
from tests.integration.pages.conftest import House, house, settings  # noqa: F401  # fixtures


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
