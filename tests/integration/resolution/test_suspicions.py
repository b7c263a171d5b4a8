"""What is suspected to be a list has no role and no community until a human decides."""

from uuid import UUID

from kith.connectors import Ref
from kith.domain import kinds
from kith.store.db import Pool
from tests.integration.detections import detect_in
from tests.integration.resolution.crowd import Crowd, act, mail
from tests.integration.resolution.test_kinds import correct


async def test_the_suspected_are_out_of_roles_and_communities_until_decided(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    silent = Ref("mail", "io-mm@kvack.example")
    others = [Ref("mail", f"p{n}@x.example") for n in range(kinds.MANY)]
    acts = [act(100 * n + m, one, [other, silent]) for n, one in enumerate(others) for m, other in enumerate(others)]
    await crowd.tell([*(mail(ref.key) for ref in (silent, *others)), *acts])
    humans, suspected = {crowd.id(ref.key) for ref in others}, crowd.id(silent.key)
    assert await found_in(crowd) == (humans, False)
    await correct(crowd, silent, "person")
    assert await found_in(crowd) == (humans | {suspected}, True)


async def found_in(crowd: Crowd) -> tuple[set[UUID], bool]:
    """Return those in communities after a look, and whether the suspected one has a role."""
    async with crowd.transaction() as db:
        await detect_in(db, crowd.workspace_id, whole=True)
    members = await crowd.fetch("SELECT person_id FROM community_people WHERE workspace_id = $1")
    roles = await crowd.fetch("SELECT person_id FROM roles WHERE workspace_id = $1")
    return {row["person_id"] for row in members}, crowd.id("io-mm@kvack.example") in {r["person_id"] for r in roles}
