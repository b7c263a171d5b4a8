"""If-Match: a change is refused where somebody else has changed what the client has seen."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kith.api.routes import ROUTES
from kith.store.db import open_pool
from tests.integration.api import town
from tests.integration.api.conftest import Square, connected
from tests.integration.api.contract import Contract
from tests.integration.api.test_tenants import BODIES, foreign_ids
from tests.servers import fresh_database

#: What is read as a whole; a page of a list is no state that a change could rest on.
READ = {
    next(iter(handler.paths))
    for handler in ROUTES
    if "GET" in handler.http_methods and not str(handler.operation_id).startswith("list")
}
CHANGES = {
    str(handler.operation_id): handler
    for handler in ROUTES
    if handler.http_methods & {"PATCH", "PUT", "DELETE"} and next(iter(handler.paths)) in READ
}


@pytest.fixture(scope="module")
async def square(database_url: str, servers: Any, contract: Contract) -> AsyncIterator[Square]:
    """A town that these tests change."""
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        ours = await town.build(pool, "ours")
        async with connected(url, pool, ours.workspace_id, servers.redis_url, contract) as client:
            yield Square(client, ours, ours)


@pytest.mark.parametrize("name", CHANGES)
async def test_what_was_not_seen_is_not_changed(square: Square, name: str) -> None:
    handler, client = CHANGES[name], square.client
    (method,) = handler.http_methods
    known = await foreign_ids(square, square.ours)
    if name in ("updateCommunity", "deleteCommunity"):  # that of the town was detected
        made = await client.send("POST", "/v1/communities", json={"name": name, "people": []})
        known["community_id"] = made.json()["id"]
    path = next(iter(handler.paths)).replace(":str}", "}").format(**known)
    seen = await client.send("GET", path)
    assert seen.status_code == 200
    refused = await client.send(method, path, json=BODIES.get(name), headers={"If-Match": '"another"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    again = await client.send("GET", path)
    assert (again.json(), again.headers["etag"]) == (seen.json(), seen.headers["etag"]), "nothing was changed"
    headers = {"If-Match": f'"other", {seen.headers["etag"]}'}
    done = await client.send(method, path, json=BODIES.get(name), headers=headers)
    assert done.status_code != 412, "it is as it was seen"


def test_every_change_of_what_can_be_read_says_that_it_may_be_refused() -> None:
    assert [name for name, handler in CHANGES.items() if "precondition_failed" not in handler.opt["errors"]] == []
