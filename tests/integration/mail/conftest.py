"""A workspace that reads mail archives as a worker does."""

from uuid import UUID

import pytest

from kith.store.db import Pool
from tests.integration.mail.reading import Reading
from tests.integration.store.facts import Store


@pytest.fixture
async def reading(pool: Pool, workspace_id: UUID) -> Reading:
    return Reading(await Store.open(pool, workspace_id))
