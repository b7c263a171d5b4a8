"""What identities do with one another is evidence, whatever the order in which it is learnt, and goes when it goes."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kith.connectors import Interaction, InteractionRef, Record, Ref, Target, Tombstone
from kith.projections import rebuild
from kith.store.db import Pool
from tests.integration.resolution.crowd import NOON, Crowd, act, mail

KEY = b"the same key for all crowds here"
PICARDS = [mail("jlp@x.fr", "Jean-Luc Picard"), mail("jlp@y.fr", "J.L. Picard")]
ONE, OTHER = (identity.ref for identity in PICARDS)
OTHERS = [mail(f"{n}@z.fr") for n in range(9)]
# So much that it parts the two, whose names and rare handle agree, and leaves a suggestion to look at.
TALKS = 64


def signed(number: int, actor: Ref, target: Ref) -> Interaction:
    return Interaction(
        InteractionRef("mail", f"signed-{number}", "sign_off"), actor, NOON, (Target(target),), visibility="public"
    )


async def suggested(crowd: Crowd) -> dict[str, float]:
    """Return what the features add to the one suggestion."""
    rows = await crowd.fetch("SELECT contributions FROM suggestions WHERE workspace_id = $1 AND status = 'open'")
    return {part["feature"]: part["log_odds"] for row in rows for part in row["contributions"]}


async def state(crowd: Crowd) -> tuple[Any, ...]:
    columns = "one_id, other_id, signed, conversed, took_turns"
    behaviors = await crowd.fetch(f"SELECT {columns} FROM behaviors WHERE workspace_id = $1 ORDER BY 1, 2")
    return await crowd.persons(), await suggested(crowd), [tuple(row) for row in behaviors]


async def test_two_who_talk_to_one_another_are_parted_and_joined_again_when_their_talk_is_deleted(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell(PICARDS)
    assert len(await crowd.persons()) == 1
    talk = [act(n, ONE, [OTHER]) for n in range(TALKS)]
    await crowd.tell(talk)
    assert len(await crowd.persons()) == 2
    assert (await suggested(crowd))["conversed"] == -3.5
    await crowd.tell([Tombstone(interaction.ref, "deleted", NOON) for interaction in talk])
    assert len(await crowd.persons()) == 1
    assert await suggested(crowd) == {}


async def test_the_order_in_which_acts_and_identities_are_learnt_plays_no_part(pool: Pool) -> None:
    acts = [act(n, *((ONE, [OTHER]) if n % 2 else (OTHER, [ONE])), days=n) for n in range(20)]
    acts += [act(100 + n, ONE, [OTHERS[n % 9].ref], days=n) for n in range(30)]
    told: list[Record] = [*PICARDS, *OTHERS, *acts]
    found = []
    for seed, sizes in ((0, [len(told)]), (1, [1, 5]), (2, [17])):
        crowd = await Crowd.gather(pool, KEY)
        for page in pages(random.Random(seed).sample(told, len(told)), sizes):
            await crowd.tell(page)
        found.append(await state(crowd))
        async with crowd.transaction() as db:
            differences = await rebuild.rebuild(db, crowd.transaction, crowd.workspace_id, NOON)
        assert not any(any(difference) for difference in differences.values())
    assert found[0][1]["conversed"] < 0
    assert found[0] == found[1] == found[2]


def pages(told: Sequence[Record], sizes: Sequence[int]) -> list[Sequence[Record]]:
    found: list[Sequence[Record]] = []
    start = 0
    while start < len(told):
        size = sizes[len(found) % len(sizes)]
        found.append(told[start : start + size])
        start += size
    return found


async def test_those_of_one_name_who_know_the_same_people_and_never_act_on_one_day_take_turns(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    talk = [act(n, OTHER, [ONE]) for n in range(TALKS)]
    early = [act(120 + n, ONE, [OTHERS[n].ref], days=40 + n) for n in range(4)]
    late = [act(130 + n, OTHER, [OTHERS[n].ref], days=10 + n) for n in range(4)]
    await crowd.tell([*PICARDS, *OTHERS, *talk, *early, *late])
    assert (await suggested(crowd))["took_turns"] > 0
    await crowd.tell([act(150, ONE, [OTHERS[8].ref], days=11)])
    assert "took_turns" not in await suggested(crowd)


async def test_a_signature_for_ones_own_name_speaks_for_one_person(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    talk = [act(n, OTHER, [ONE]) for n in range(TALKS)]
    await crowd.tell([*PICARDS, *talk, *(signed(n, ONE, OTHER) for n in range(4))])
    assert (await suggested(crowd))["signed_for"] > 0


async def test_what_strangers_do_is_not_kept(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([*PICARDS, *OTHERS, *(act(n, OTHERS[0].ref, [ONE]) for n in range(9))])
    rows = await crowd.fetch("SELECT one_id, other_id FROM behaviors WHERE workspace_id = $1")
    expected: list[UUID] = sorted(crowd.id(ref.key) for ref in (ONE, OTHER))
    assert [list(row) for row in rows] == [expected]
