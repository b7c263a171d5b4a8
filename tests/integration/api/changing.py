"""A square that tests change: the module that imports this fixture has its own in place of the one that is read."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kith.store.db import open_pool
from tests.integration.api import town
from tests.integration.api.conftest import Square, connected
from tests.integration.api.contract import Contract
from tests.servers import fresh_database


@pytest.fixture(scope="module", name="square")
async def own_square(database_url: str, servers: Any, contract: Contract) -> AsyncIterator[Square]:
    """A town that the tests of this module change."""
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        ours = await town.build(pool, "ours")
        async with connected(url, pool, ours.workspace_id, servers.redis_url, contract) as client:
            yield Square(client, ours, ours)
