"""A person with very many interactions is split as fast as any other."""

import random
import time

from kith.connectors import Ref
from kith.projections import merges, project
from kith.store import decisions, people, relationships
from kith.store.db import Pool
from tests.integration.resolution.crowd import NOON, Crowd, act, mail

ACTS = 100_000
OTHERS = 2_000
PART = 0.3  # of the time in which all these acts are stored and become a person


async def test_splitting_a_person_of_a_hundred_thousand_interactions_rewrites_none_and_is_quick(
    pool: Pool,
) -> None:
    rng = random.Random(1)
    crowd = await Crowd.gather(pool)
    ones = [Ref("mail", "ada@one.org"), Ref("mail", "ada@two.org")]
    others = [Ref("mail", f"reader-{number}@three.org") for number in range(OTHERS)]
    acts = [act(n, rng.choice(ones), [rng.choice(others)], days=rng.randrange(1, 3000)) for n in range(ACTS)]
    await crowd.tell([mail(ref.key) for ref in (*ones, *others)])
    started = time.perf_counter()
    for start in range(0, ACTS, 25_000):
        await crowd.tell(acts[start : start + 25_000], projected=False)
    await crowd.project()
    whole = time.perf_counter() - started
    one, other = (crowd.id(ref.key) for ref in ones)
    async with crowd.transaction() as db:
        id_ = await merges.join(db, crowd.workspace_id, [one], [other], "member:ada")
        await project.settle(db, crowd.workspace_id, NOON, [one, other])
        made = await decisions.get_decision(db, crowd.workspace_id, id_)
    assert made is not None
    rows = "SELECT sum(hashtextextended(ctid::text || xmin::text, 0)) AS sum FROM interactions WHERE workspace_id = $1"
    before = await crowd.fetch(rows)
    root = min(one, other)
    async with crowd.transaction() as db:
        joined = await people.get_person(db, crowd.workspace_id, root)
    assert joined is not None
    assert joined.interaction_count == ACTS

    started = time.perf_counter()
    async with crowd.transaction() as db:
        await merges.undo(db, crowd.workspace_id, made, "member:ada")
        assert await project.settle(db, crowd.workspace_id, NOON, [one, other])
    async with crowd.transaction() as db:
        apart = [await people.get_person(db, crowd.workspace_id, id_) for id_ in (one, other)]
        ties = [
            await relationships.list_relationships(
                db, crowd.workspace_id, relationships.RelationshipFilter(person_id=id_), None, 10
            )
            for id_ in (one, other)
        ]
    seconds = time.perf_counter() - started

    assert await crowd.fetch(rows) == before
    assert all(person and person.identity_count == 1 for person in apart)
    assert sum(person.interaction_count for person in apart if person) == ACTS
    assert all(ties)
    assert seconds < PART * whole
