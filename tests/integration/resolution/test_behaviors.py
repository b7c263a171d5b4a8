"""What identities do with one another is evidence, whatever the order in which it is learnt, and goes when it goes."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.connectors import Identity, Interaction, InteractionRef, Record, Ref, Target, Tombstone
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
    columns = "one_id, other_id, signed, conversed, took_turns, at_once"
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


FIRMS = ("birk-werft.example", "lund-bank.example", "moss-labs.example")
COLLEAGUES = [
    mail(f"{given}.{family}@{firm}", f"{given.title()} {family.title()}")
    for firm, names in zip(
        FIRMS,
        (("ina stroem", "olaf quist", "petra zell"), ("rolf ymir", "sven adler", "tove brand"),
         ("ulla cramer", "vera dorn", "xaver eck")),
        strict=True,
    )
    for given, family in map(str.split, names)
]  # fmt: skip


def worked(who: Identity, number: int, days: Sequence[int]) -> list[Record]:
    return [act(1000 * number + day, who.ref, [COLLEAGUES[day % 9].ref], days=day) for day in days]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["Wei Zhang", "Corvin Thalberg", "DOE, Jane", "Ana María Pérez", "王 小明"]),
    local=st.sampled_from([("w.z", "office7"), ("wz81", "desk4"), ("a1", "b2")]),
    third=st.booleans(),
    together=st.sampled_from([0, 90, 160, 220, 400]),
    seed=st.integers(0, 99),
)
async def test_one_name_with_two_employers_at_one_time_is_suggested_and_not_joined(
    pool: Pool, name: str, local: tuple[str, str], third: bool, together: int, seed: int
) -> None:
    """A change of jobs is none; nor does a third mailbox under the name make one person of the two."""
    ada = mail(f"{local[0]}@{FIRMS[0]}", name)
    other = mail(f"{local[1]}@{FIRMS[1]}", name)
    home = mail("q9@gmail.com", name)
    since, until = 500, 500 - together  # of the time when both are there
    told: list[Record] = [*COLLEAGUES, ada, other, *([home] if third else [])]
    told += worked(ada, 1, range(until, 900, 20)) + worked(other, 2, range(10, since + 1, 20))
    at_once = together >= 220
    crowd = await Crowd.gather(pool)
    random.Random(seed).shuffle(told)
    for page in pages(told, [7, 31]):
        await crowd.tell(page)
    both = {crowd.id(ada.ref.key), crowd.id(other.ref.key)}
    one_person = any(both <= set(members) for members in await crowd.persons())
    if at_once:
        assert not one_person
        assert (await suggested(crowd)).get("two_employers", 0) < 0
    rules = await crowd.fetch("SELECT at_once FROM behaviors WHERE workspace_id = $1")
    assert any(row["at_once"] for row in rules) is at_once
    async with crowd.transaction() as db:
        differences = await rebuild.rebuild(db, crowd.transaction, crowd.workspace_id, NOON)
    assert not any(any(difference) for difference in differences.values())


async def test_two_employers_at_one_time_are_one_persons_where_more_than_the_name_says_so(pool: Pool) -> None:
    one = mail(f"corvin.thalberg@{FIRMS[0]}", "Corvin Thalberg")
    for other, joined in (
        (mail(f"c7@{FIRMS[1]}", "Corvin Thalberg"), False),
        (mail(f"c7@{FIRMS[1]}", "Corvin Thalberg", handle="cthalquist"), True),
        (mail(f"cthalquist@{FIRMS[1]}", "Corvin Thalberg"), True),
    ):
        crowd = await Crowd.gather(pool)
        ada = mail(one.ref.key, "Corvin Thalberg", handle="cthalquist") if joined else one
        acts = worked(ada, 1, range(10, 500, 20)) + worked(other, 2, range(15, 500, 20))
        await crowd.tell([*COLLEAGUES, ada, other, *acts])
        both = {crowd.id(ada.ref.key), crowd.id(other.ref.key)}
        assert any(both <= set(members) for members in await crowd.persons()) is joined


async def test_what_strangers_do_is_not_kept(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([*PICARDS, *OTHERS, *(act(n, OTHERS[0].ref, [ONE]) for n in range(9))])
    rows = await crowd.fetch("SELECT one_id, other_id FROM behaviors WHERE workspace_id = $1")
    expected: list[UUID] = sorted(crowd.id(ref.key) for ref in (ONE, OTHER))
    assert [list(row) for row in rows] == [expected]
