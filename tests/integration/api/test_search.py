"""Searches answer the same whether what is looked for is common, rare or absent, and page by page."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kith.connectors import Channel, Conversation, Identity, Interaction, InteractionRef, Record, Ref, Target
from kith.store import conversations, identities, interactions, people, search
from tests.integration.api.cases import requests, store, told_by_script
from tests.integration.api.conftest import Client

NAMES = ["Ada", "Tamsin", "Tamara", "tam%", "T_m", "Zoë"]
WORDS = ["quillwort", "plan", "a plan about quillwort", "nothing", ""]
NETWORKS = ["mail", "forum", "chat"]


async def test_the_case_of_searching_people(client: Client) -> None:
    await store(client, await told_by_script("search-people"))
    found = [(await client.get(path))["data"] for _, path, _ in requests("search-people")]
    for part in found[:3]:
        assert {each["name"] for each in part} == {"Tamsin N0005", "Tamsin N3500", "Tamsin N6999"}
    assert [len(part) for part in found] == [3, 3, 3, 0]


async def test_the_case_of_searching_a_rare_word(client: Client) -> None:
    await store(client, await told_by_script("search-rare-word"))
    answers = [await client.get(path) for _, path, _ in requests("search-rare-word")]
    keys = [[each["key"] for each in answer["data"]] for answer in answers]
    assert keys == [["p19990"], ["p19990", "p9", "p10000"], ["p19990", "p9", "p10000"], []]
    assert [answer["has_more"] for answer in answers] == [True, False, False, False]
    one_by_one = await client.pages("/v1/interactions?q=quillwort&limit=1")
    assert [each["key"] for each in one_by_one] == keys[1]


def told(people: Sequence[tuple[str, str]], acts: Sequence[tuple[int, int, str, str, str]]) -> list[Record]:
    """Return people of these names and networks, and what they said."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    refs = [Ref(network, f"u{number}") for number, (_, network) in enumerate(people)]
    found: list[Record] = [
        Identity(ref, "bot" if number % 5 == 4 else "person", name=name, seen_at=start)
        for number, (ref, (name, _)) in enumerate(zip(refs, people, strict=True))
    ]
    for network in NETWORKS:
        found.append(Channel(Ref(network, "hall"), "list", "hall", visibility="public"))
        found += [Conversation(Ref(network, f"talk-{n}"), title="talk") for n in range(2)]
    found += [
        Interaction(
            InteractionRef(network, f"m{number}", kind),  # type: ignore[arg-type]  # one of two kinds
            refs[actor % len(refs)],
            start + timedelta(hours=number % 7),
            () if actor == target else (Target(refs[target % len(refs)]),),
            Ref(network, "hall"),
            conversation=Ref(network, f"talk-{number % 2}"),
            text=text or None,
            visibility="public",
        )
        for number, (actor, target, network, kind, text) in enumerate(acts)
    ]
    return found


def has(text: str, part: str) -> bool:
    return part.lower() in text.lower()


@pytest.mark.parametrize("sizes", [(200, 5_000, 2_000), (1, 3, 2), (2, 2, 0)])
async def test_every_way_to_search_finds_the_same(
    client: Client, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, int, int]
) -> None:
    """What is common, rare and absent, on its own and with every other filter; drawn, and held against plain Python."""
    few, many, most = sizes
    monkeypatch.setattr(search, "FEW", few)
    for module in (people, identities, conversations):
        monkeypatch.setattr(module, "MANY", many)
    monkeypatch.setattr(interactions, "_READ", many)
    monkeypatch.setattr(interactions, "_WINDOWS", (few, many))
    for module in (people, identities, conversations, interactions):
        monkeypatch.setattr(module, "MOST", most)
    await store(client, told(*drawn(few)))
    everybody = await client.pages("/v1/people?limit=200")
    assert {"person", "bot"} == {each["kind"] for each in everybody}
    accounts = await client.pages("/v1/identities?limit=200")
    acts = await client.pages("/v1/interactions?limit=200")
    talks = await client.pages("/v1/conversations?limit=200")
    for limit in (1, 3, 200):
        for sort in ("-last_seen", "name"):
            ordered = await client.pages(f"/v1/people?limit=200&sort={sort}")
            for q in ("tam", "TAMSIN", "tam%", "t_m", "zo", "nobody"):
                fitting = [each for each in ordered if has(each["name"], q)]
                assert await client.pages(f"/v1/people?q={q.replace('%', '%25')}&sort={sort}&limit={limit}") == fitting
                bots = [each for each in fitting if each["kind"] == "bot"]
                path = f"/v1/people?q={q.replace('%', '%25')}&sort={sort}&limit={limit}&kind=bot"
                assert await client.pages(path) == bots
            for network in (*NETWORKS, "none"):
                fitting = [each for each in ordered if network in each["networks"]]
                assert await client.pages(f"/v1/people?network={network}&sort={sort}&limit={limit}") == fitting
                named = [each for each in fitting if has(each["name"], "tam")]
                assert await client.pages(f"/v1/people?network={network}&q=tam&sort={sort}&limit={limit}") == named
        for q in ("tam", "zo", "nobody"):
            fitting = [each for each in accounts if has(each["name"], q)]
            assert await client.pages(f"/v1/identities?q={q}&limit={limit}") == fitting
            on = [each for each in fitting if each["network"] in ("mail", "chat") and each["kind"] == "person"]
            assert await client.pages(f"/v1/identities?q={q}&network=mail,chat&kind=person&limit={limit}") == on
        for kinds in ("person", "bot", "bot,person", "group"):
            fitting = [each for each in accounts if each["kind"] in kinds.split(",")]
            assert await client.pages(f"/v1/identities?kind={kinds}&limit={limit}") == fitting
        for q in ("quillwort", "plan", "absent"):
            fitting = [each for each in acts if q in (each["text"] or "").split()]
            assert await client.pages(f"/v1/interactions?q={q}&limit={limit}") == fitting
            posts = [each for each in fitting if each["kind"] == "post"]
            assert await client.pages(f"/v1/interactions?q={q}&kind=post&limit={limit}") == posts
            for person in everybody[:2]:
                mine = [each for each in fitting if person["id"] in {ref["person_id"] for ref in parties(each)}]
                assert await client.pages(f"/v1/interactions?q={q}&person={person['id']}&limit={limit}") == mine
        for kinds in ("post", "message,post", "conflict"):
            fitting = [each for each in acts if each["kind"] in kinds.split(",")]
            assert await client.pages(f"/v1/interactions?kind={kinds}&limit={limit}") == fitting
        for network in (*NETWORKS, "none"):
            fitting = [each for each in talks if each["network"] == network]
            assert await client.pages(f"/v1/conversations?network={network}&limit={limit}") == fitting


def parties(act: dict[str, Any]) -> list[dict[str, Any]]:
    return [act["actor"], *(target["identity"] for target in act["targets"])]


def drawn(seed: int) -> tuple[list[tuple[str, str]], list[tuple[int, int, str, str, str]]]:
    """Return people and acts, drawn by chance; the same each time."""
    chance = random.Random(seed)
    people = [(chance.choice(NAMES), chance.choice(NETWORKS)) for _ in range(20)]
    acts = [
        (
            chance.randrange(20), chance.randrange(20), chance.choice(NETWORKS), chance.choice(["message", "post"]),
            chance.choice(WORDS),
        )
        for _ in range(40)
    ]  # fmt: skip
    return people, acts
