"""A workspace with one source, for tests of the store."""

from uuid import UUID

import pytest

from kith.store.db import Pool
from tests.integration.store.facts import Store


@pytest.fixture
async def store(pool: Pool, workspace_id: UUID) -> Store:
    return await Store.open(pool, workspace_id)
