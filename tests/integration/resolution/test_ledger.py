"""Persons follow from the ledger, whatever the order in which decisions and identities come."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from kith.projections import ledger
from kith.store import decisions
from kith.store.db import Db, Pool
from tests.integration.resolution.crowd import Crowd, decide, mail

OPERATIONS = 50_000
IDENTITIES = 6_000
CLIQUE = 8  # decisions are made among so many neighbors, so that persons stay of a human size
BATCHES = (*[5] * 60, *[100] * 7, *[12_250] * 4)  # what is worked in at once
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
AUTHORS = ("member:ada", "import:crm", "rule:matching/1")


def operations(rng: random.Random) -> Iterator[tuple[Any, ...]]:
    """Yield arrivals ``(identity id,)`` and rows of the ledger: joins, splits, and what takes either back."""
    identities = [UUID(int=rng.getrandbits(128)) for _ in range(IDENTITIES)]
    made: list[tuple[Any, ...]] = []
    yield from ((identity,) for identity in identities)
    for number in range(OPERATIONS - IDENTITIES):
        id_, at = UUID(int=rng.getrandbits(128)), EPOCH + timedelta(seconds=number)
        author = rng.choice(AUTHORS)
        if made and rng.random() < 0.3:
            earlier = rng.choice(made[-20_000:])
            row: tuple[Any, ...] = (id_, "retract", earlier[2], earlier[3], earlier[0], author, 1.0, at)
        else:
            start = rng.randrange(0, IDENTITIES, CLIQUE)
            pair = sorted(rng.sample(identities[start : start + CLIQUE], 2))
            row = (id_, rng.choice(("same", "same", "different")), *pair, None, author, rng.random(), at)
        made.append(row)
        yield row


async def arrive(db: Db, crowd: Crowd, identity_ids: list[UUID]) -> None:
    await db.execute(
        "INSERT INTO person_identities SELECT $1::uuid, id, id FROM unnest($2::uuid[]) AS id",
        crowd.workspace_id,
        identity_ids,
    )


async def test_fifty_thousand_joins_splits_and_arrivals_in_any_order_are_as_a_replay_from_nothing(pool: Pool) -> None:
    rng = random.Random(3)
    told = list(operations(rng))
    rng.shuffle(told)
    crowd = await Crowd.gather(pool)
    for start, size in zip(accumulate(BATCHES, initial=0), BATCHES, strict=False):
        batch = told[start : start + size]
        arrived, rows = [row[0] for row in batch if len(row) == 1], [row for row in batch if len(row) > 1]
        async with crowd.transaction() as db:
            await arrive(db, crowd, arrived)
            if rows:
                await decide(db, crowd, rows)
            touched = {*arrived, *(id_ for row in rows for id_ in row[2:4])}
            await ledger.regroup(db, crowd.workspace_id, touched)
    async with crowd.transaction() as db:
        made = await decisions.load_all(db, crowd.workspace_id)
    replayed = ledger.roots({row[0] for row in told if len(row) == 1}, made)
    rows = await crowd.fetch("SELECT identity_id, person_id FROM person_identities WHERE workspace_id = $1")
    assert len(made) == OPERATIONS - IDENTITIES
    assert len(set(replayed.values())) < IDENTITIES
    assert dict(map(tuple, rows)) == replayed


async def test_a_person_is_called_by_its_least_identity(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    ones = ("a@one.org", "b@two.org", "c@three.org")
    await crowd.tell([mail(key) for key in ones])
    ids = sorted(crowd.id(key) for key in ones)
    async with crowd.transaction() as db:
        made = [
            decisions.New(verdict="same", pair=(ids[2], ids[1]), author="member:ada"),
            decisions.New(verdict="same", pair=(ids[0], ids[2]), author="member:ada"),
        ]
        await decisions.append(db, crowd.workspace_id, made)
        moves = await ledger.regroup(db, crowd.workspace_id, [ids[1]])
    assert {(move.identity_id, move.new_id) for move in moves} == {(ids[1], ids[0]), (ids[2], ids[0])}
    assert await crowd.persons() == [ids]


async def test_the_later_of_two_decisions_counts_even_when_both_are_made_at_once(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    pair = crowd.id("a@one.org"), crowd.id("b@two.org")
    await crowd.tell([mail("a@one.org"), mail("b@two.org")])
    async with crowd.transaction() as db:
        made = [
            decisions.New(verdict=verdict, pair=pair, author="member:ada") for verdict in ("same", "different", "same")
        ]
        await decisions.append(db, crowd.workspace_id, made)
        await ledger.regroup(db, crowd.workspace_id, pair)
    assert len(await crowd.persons()) == 1


async def test_persons_of_a_past_day_are_those_decided_and_known_by_then(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    keys = ("a@one.org", "b@two.org", "c@three.org")
    await crowd.tell([mail(key) for key in keys])
    a, b, c = (crowd.id(key) for key in keys)
    at = {name: EPOCH + timedelta(days=day) for name, day in (("first", 10), ("second", 20))}
    async with crowd.transaction() as db:
        ids = await decisions.append(
            db,
            crowd.workspace_id,
            [
                decisions.New(verdict="same", pair=(a, b), author="member:ada", decided_at=at["first"]),
                decisions.New(verdict="same", pair=(b, c), author="member:ada", decided_at=at["second"]),
            ],
        )
        taken_back = decisions.New(verdict="retract", pair=(a, b), retracts=ids[0], author="member:ada")
        await decisions.append(db, crowd.workspace_id, [taken_back])

        async def then(as_of: datetime | None = None, known_at: datetime | None = None) -> set[UUID]:
            return set(await ledger.persons_then(db, crowd.workspace_id, b, as_of=as_of, known_at=known_at))

        assert await then() == {b, c}
        assert await then(EPOCH) == {b}
        assert await then(at["first"]) == {a, b}
        assert await then(at["second"]) == {a, b, c}
        assert await then(known_at=EPOCH) == set()  # kith had not heard of anyone
