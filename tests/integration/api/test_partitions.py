"""Which channels of a source there are, and which are read, is seen and chosen by people."""

import pytest

from kith.domain.ids import decode, encode
from kith.store import partitions
from kith.store.db import workspace
from kith.store.partitions import Found
from kith.store.sources import create_source
from tests.integration.api.conftest import Client


@pytest.fixture
async def path(client: Client) -> str:
    async with workspace(client.pool, client.workspace_id) as db:
        source = await create_source(db, client.workspace_id, "ndjson", "rooms", {"path": "/nowhere"})
        rows = [
            Found(key, key.upper(), "channel", visibility, 10, 2.5, None)
            for key, visibility in (("a", "public"), ("b", "private"), ("c", "direct"), ("d", "members"))
        ]
        await partitions.found(db, client.workspace_id, source.id, rows)
    return f"/v1/sources/{encode('source', source.id)}/partitions"


async def test_private_and_direct_ones_are_off_until_a_human_includes_them(client: Client, path: str) -> None:
    listed = await client.pages(f"{path}?limit=3")
    assert [(each["key"], each["included"], each["chosen"]) for each in listed] == [
        ("a", True, None), ("b", False, None), ("c", False, None), ("d", True, None),
    ]  # fmt: skip
    assert (listed[0]["name"], listed[0]["size"], listed[0]["seconds"]) == ("A", 10, 2.5)
    answer = await client.send("PATCH", path, json={"include": ["b"], "exclude": ["a"]})
    assert answer.status_code == 200
    assert [(each["key"], each["included"], each["chosen"]) for each in answer.json()["data"]] == [
        ("a", False, False), ("b", True, True),
    ]  # fmt: skip
    await client.send("PATCH", path, json={"reset": ["a", "b"]})
    assert [each["included"] for each in await client.pages(f"{path}?limit=3")] == [True, False, False, True]


@pytest.mark.parametrize("choice", [{"include": ["x"]}, {"include": ["a"], "reset": ["a"]}, {"exclude": ["a", "a"]}])
async def test_a_choice_that_cannot_be_is_refused(client: Client, path: str, choice: dict[str, list[str]]) -> None:
    answer = await client.send("PATCH", path, json=choice)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")


async def test_finding_them_is_a_job(client: Client, path: str) -> None:
    answer = await client.send("POST", path)
    assert (answer.status_code, answer.json()["kind"]) == (202, "find_partitions")
    assert decode("job", answer.json()["id"])
