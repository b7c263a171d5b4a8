"""Suspected doubles are shown on both people, and nobody is tied with himself."""

import msgspec
import pytest

from kith.connectors import Channel, Interaction, Ref
from kith.store import people, relationships, suggestions
from kith.store.db import Pool
from tests.integration.resolution.crowd import Crowd, act, mail
from tests.integration.resolution.test_behaviors import COLLEAGUES, FIRMS, worked

ONE, OTHER, BO = (Ref("mail", key) for key in ("zw@wray.example", "q7@dale.example", "bo@lund.example"))


async def test_suspected_doubles_are_shown_on_both_and_have_no_relationship_in_lists(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([mail(ONE.key, "Zorgo Wray"), mail(OTHER.key, "Zorgo"), mail(BO.key, "Bo Lund")])
    await crowd.tell([act(1, ONE, [BO]), act(2, OTHER, [BO]), act(3, ONE, [OTHER])])
    one, other, bo = (crowd.id(ref.key) for ref in (ONE, OTHER, BO))
    async with crowd.transaction() as db:
        for mine, theirs in ((one, other), (other, one)):
            (double,) = await suggestions.doubles(db, crowd.workspace_id, [mine], 20)
            assert double.person_id == theirs
            wanted = relationships.RelationshipFilter(person_id=mine)
            listed = await relationships.list_relationships(db, crowd.workspace_id, wanted, None, 10)
            assert [row.other.id for row in listed] == [bo]
        everything = relationships.RelationshipFilter()
        pairs = await relationships.list_relationships(db, crowd.workspace_id, everything, None, 10)
        assert {frozenset((row.person.id, row.other.id)) for row in pairs} == {
            frozenset((bo, one)),
            frozenset((bo, other)),
        }
        await suggestions.close(db, crowd.workspace_id, double.suggestion_id, "rejected")
        assert await suggestions.doubles(db, crowd.workspace_id, [one], 20) == []
        assert len(await relationships.list_relationships(db, crowd.workspace_id, everything, None, 10)) == 3


async def test_a_full_name_goes_before_a_handle_that_was_seen_later(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([mail("a", "Ada Wray", address=ONE.key, days=9), mail("b", "adaw", address=ONE.key, days=1)])
    async with crowd.transaction() as db:
        (person,) = await people.list_people(db, crowd.workspace_id, people.PeopleFilter(), None, 10)
    assert (person.name, person.identity_count) == ("Ada Wray", 2)


async def test_one_full_name_with_two_addresses_on_one_list_is_not_tied_with_itself(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    channel = Ref("mail", "dev@lists.x.example")
    pairs = [(ONE, OTHER), (OTHER, ONE), (ONE, BO), (BO, OTHER)]
    await crowd.tell([mail(ONE.key, "Zorgo Wray"), mail(OTHER.key, "Zorgo Wray"), mail(BO.key, "Bo Lund")])
    posts = [msgspec.structs.replace(act(n, one, [to]), channel=channel) for n, (one, to) in enumerate(pairs)]
    await crowd.tell([Channel(channel, "list", channel.key), *posts])
    one, other, bo = (crowd.id(ref.key) for ref in (ONE, OTHER, BO))
    assert sorted(map(sorted, await crowd.persons())) == sorted([sorted([one, other]), [bo]])
    async with crowd.transaction() as db:
        everything = relationships.RelationshipFilter()
        (pair,) = await relationships.list_relationships(db, crowd.workspace_id, everything, None, 10)
    assert {pair.person.id, pair.other.id} == {bo, min(one, other)}


@pytest.mark.parametrize(
    ("name", "local", "talks"), [("Corvin Thalberg", "c7", 1), ("Ana María Pérez", "amp", 3), ("Wei Zhang", "desk4", 2)]
)
async def test_a_maintainer_with_two_firms_is_suggested_on_both_and_heads_no_list(
    pool: Pool, name: str, local: str, talks: int
) -> None:
    """One full name, one list, two addresses at one time: whoever it is, no list shows a tie of him with himself."""
    one, other = mail(f"w.z@{FIRMS[0]}", name), mail(f"{local}@{FIRMS[1]}", name)
    talk = [act(10_000 + n, one.ref, [other.ref], days=20 * n + 1) for n in range(talks)]
    crowd = await Crowd.gather(pool)
    acts = [*worked(one, 1, range(10, 500, 20)), *worked(other, 2, range(15, 500, 20)), *talk]
    channel = Ref("mail", "dev@lists.x.example")
    posts = [msgspec.structs.replace(post, channel=channel) for post in acts if isinstance(post, Interaction)]
    await crowd.tell([Channel(channel, "list", channel.key), *COLLEAGUES, one, other, *posts])
    ids = [crowd.id(who.ref.key) for who in (one, other)]
    async with crowd.transaction() as db:
        for mine, theirs in (ids, ids[::-1]):
            (double,) = await suggestions.doubles(db, crowd.workspace_id, [mine], 20)
            assert double.person_id == theirs
        for wanted in (relationships.RelationshipFilter(), relationships.RelationshipFilter(person_id=ids[0])):
            listed = await relationships.list_relationships(db, crowd.workspace_id, wanted, None, 100)
            assert len(listed) > 5
            assert not any({row.person.id, row.other.id} == set(ids) for row in listed)
