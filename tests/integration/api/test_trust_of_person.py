"""Trust as a list by person and topic: page by page, it says what each pair's own answer says."""

import random
from typing import Any, cast

from kith.connectors import Interaction, InteractionRef, Target
from kith.domain.trust.evidence import MEANINGS
from kith.store.db import Pool, workspace
from tests.integration.api import town
from tests.integration.api.conftest import connected
from tests.integration.api.contract import Contract
from tests.integration.detections import detect_in

PEOPLE = ("ada", "bo", "cyd", "dan", "eve", "eve at home")
SAME = ("value", "low", "high", "supports", "opposes", "why", "topic", "channel")


def told(count: int) -> list[Interaction]:
    """Return acts of all kinds that speak of trust, and messages, with one or two targets in three places."""
    chance, found = random.Random(11), []
    kinds = [*(kind for kind in MEANINGS if ":" not in kind), "message", "approve", "introduce", "help"]
    for number in range(count):
        kind, actor = chance.choice(kinds), chance.choice(list(town.CAST))
        others = chance.sample([name for name in town.CAST if name != actor], chance.choice([1, 1, 2]))
        found.append(
            Interaction(
                InteractionRef("git", f"told-{number}", cast("Any", kind)),
                town.CAST[actor],
                town.ago(chance.randrange(900)),
                tuple(Target(town.CAST[name]) for name in others),
                chance.choice([town.CORE, town.LIST, None]),
            )
        )
    return found


async def test_the_list_says_what_each_pair_says(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "many trust")
    await town.tell(pool, home, told(150))
    async with workspace(pool, home.workspace_id) as db:
        await detect_in(db, home.workspace_id)
    people = {name: home.ids[f"person {name}"] for name in PEOPLE}
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        seen = 0
        for as_of in ("", f"as_of={town.ago(300).date()}"):
            for name, person in people.items():
                listed = await client.pages(f"/v1/people/{person}/trust?{as_of}&limit=200".replace("?&", "?"))
                apart = await client.pages(f"/v1/people/{person}/trust?{as_of}&limit=1".replace("?&", "?"))
                assert apart == listed
                for other in set(people.values()) - {person}:
                    pair = await client.get(f"/v1/relationships/{person}/{other}/trust?{as_of}")
                    rows = [row for row in listed if row["other"]["id"] == other]
                    assert {row["as_of"] for row in rows} <= {pair["as_of"]}
                    said = [{field: topic[field] for field in SAME} for topic in pair["topics"]]
                    mine = [{field: row[field] for field in SAME} for row in rows]
                    assert all(one in mine for one in said), (name, other)
                    assert all(
                        one["value"] is one["low"] is None and not one["supports"] for one in mine if one not in said
                    )
                    seen += len(said)
                assert {row["other"]["id"] for row in listed} <= set(people.values()) - {person}
        assert seen > 50
        assert any(row["value"] is None and "are needed" in row["why"] for row in listed)
        assert any(row["low"] is not None and row["low"] < row["value"] < row["high"] for row in listed)
        assert any(row["evidence"] for row in listed)
        bare = await client.token_for(["people:read", "relationships:read"])
        hidden = await client.get(f"/v1/people/{person}/trust?limit=200", token=bare)
        full = await client.get(f"/v1/people/{person}/trust?limit=200")
        assert hidden["data"] == [{**row, "evidence": []} for row in full["data"]]


async def test_a_robot_is_no_one_to_trust(fresh_url: str, pool: Pool, servers: object, contract: Contract) -> None:
    home = await town.build(pool, "few trust")
    acts = [
        Interaction(
            InteractionRef("git", f"{name}-{n}", "approve"), town.CAST["ada"], town.ago(n), (Target(town.CAST[name]),)
        )
        for name in ("bo", "robot", "cyd") for n in range(5)
    ]  # fmt: skip
    await town.tell(pool, home, acts)
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        path = f"/v1/people/{home.ids['person ada']}/trust"
        assert {row["other"]["name"] for row in await client.pages(path)} == {"Bo", "Cyd", "Eve"}
        robot = await client.get(f"/v1/relationships/{home.ids['person ada']}/{home.ids['person robot']}/trust")
        assert robot["topics"]
