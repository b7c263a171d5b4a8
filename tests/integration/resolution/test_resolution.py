"""Identities that arrive are resolved; what comes out depends on the facts alone."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from kith.connectors import Identity, Ref
from kith.domain import matching
from kith.projections import ledger, merges, profiles, project, rebuild, resolution, thresholds
from kith.store import affiliations, decisions, organizations, suggestions
from kith.store import resolution as stored
from kith.store.db import Pool
from tests.bench.identities.generate import community
from tests.integration.resolution.crowd import NOON, Crowd, act, claim, mail

KEY = b"the same key for all crowds here"


def neighbors(size: int) -> list[Identity]:
    """Return identities with known persons, with the noise and collisions of real ones."""
    rows = list(community(size, seed=5))[:size]
    return [mail(f"{number}", row.name, address=row.email) for number, row in enumerate(rows)]


async def gathered(pool: Pool, told: Sequence[Identity], sizes: Sequence[int]) -> Crowd:
    """A crowd told of these identities in pages of these sizes, over and over."""
    crowd = await Crowd.gather(pool, KEY)
    start = number = 0
    while start < len(told):
        size = sizes[number % len(sizes)]
        await crowd.tell(told[start : start + size])
        start, number = start + size, number + 1
    return crowd


async def test_shuffled_arrival_gives_the_same_persons_as_all_at_once(pool: Pool) -> None:
    told = neighbors(700)
    at_once = await gathered(pool, told, [len(told)])
    expected = await at_once.persons()
    assert len(expected) < len(told) - 50
    for seed, sizes in ((1, [1, 7, 150]), (2, [300, 90]), (3, [60])):
        shuffled = random.Random(seed).sample(told, len(told))
        crowd = await gathered(pool, shuffled, sizes)
        assert await crowd.persons() == expected
        assert await open_pairs(crowd) == await open_pairs(at_once)


async def open_pairs(crowd: Crowd) -> list[tuple[UUID, UUID, float]]:
    rows = await crowd.fetch(
        """
        SELECT one_id, other_id, probability FROM suggestions
        WHERE workspace_id = $1 AND status = 'open' ORDER BY one_id, other_id
        """
    )
    return [tuple(row) for row in rows]


async def test_persons_are_those_of_the_evaluated_resolver(pool: Pool) -> None:
    told = neighbors(400)
    crowd = await gathered(pool, told, [35])
    async with crowd.transaction() as db:
        identities = await profiles.load_all(db, crowd.workspace_id)
    resolver = matching.Resolver(identities, matching.shipped(), population=matching.Population())
    expected = sorted(sorted(map(UUID, members)) for members in resolver.resolve().persons)
    assert sorted(await crowd.persons()) == expected


async def test_the_state_after_any_arrival_is_what_a_rebuild_makes(pool: Pool) -> None:
    crowd = await gathered(pool, neighbors(150), [40])
    async with crowd.transaction() as db:
        found = await rebuild.rebuild(db, crowd.transaction, crowd.workspace_id, NOON)
    assert all(not any(difference) for difference in found.values())


async def test_what_resolution_has_read_can_be_dropped_and_rebuilt(pool: Pool) -> None:
    crowd = await gathered(pool, neighbors(60), [60])
    before = await crowd.projections()
    first, second, third = sorted({row[2] for row in before["identity_keys"]})[:3]
    async with crowd.transaction() as db:
        await db.execute("DELETE FROM identity_profiles WHERE identity_id = $1", first)
        await db.execute("DELETE FROM identity_keys WHERE identity_id = ANY ($1)", [first, second])
        await db.execute("UPDATE identity_profiles SET content = '' WHERE identity_id = $1", third)
        found = await rebuild.rebuild(db, crowd.transaction, crowd.workspace_id, NOON)
    lost = [row for row in before["identity_keys"] if row[2] in (first, second)]
    assert found["identity_profiles"] == (1, 0, 1)
    assert found["identity_keys"] == (len(lost), 0, 0)
    assert await crowd.projections() == before


async def test_a_decision_of_a_rule_says_what_it_rests_on_and_its_contributions_add_up(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell(
        [mail("1", "Ada Lovelace", address="ada@home.net"), mail("2", "Ada Lovelace", address="ada@home.net")]
    )
    (row,) = await crowd.fetch("SELECT author, verdict, confidence, evidence FROM decisions WHERE workspace_id = $1")
    assert (row["author"], row["verdict"]) == (f"rule:matching/{matching.shipped().version}", "same")
    parts = row["evidence"]["contributions"]
    assert {"intercept", "same_address", "same_name"} <= {part["feature"] for part in parts}
    assert sum(part["log_odds"] for part in parts) == pytest.approx(row["evidence"]["log_odds"])
    assert row["confidence"] == pytest.approx(matching.probability(row["evidence"]["log_odds"]))


async def test_a_join_that_no_longer_holds_is_taken_back(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    one = mail("1", "Ada Lovelace", address="ada@home.net")
    await crowd.tell([one, mail("2", "Ada Lovelace", address="ada@home.net", days=9)])
    assert len(await crowd.persons()) == 1
    await crowd.tell([mail("2", "Charles Babbage", address="charles@difference.org", days=3)])
    assert len(await crowd.persons()) == 2
    await crowd.tell([mail("2", "Ada Lovelace", address="ada@home.net", days=2)])
    assert len(await crowd.persons()) == 1


async def test_another_model_resolves_everybody_anew(pool: Pool) -> None:
    crowd = await gathered(pool, neighbors(60), [60])
    expected = await crowd.persons()
    async with crowd.transaction() as db:
        await db.execute("UPDATE populations SET model = 'older' WHERE workspace_id = $1", crowd.workspace_id)
        await db.execute(
            "INSERT INTO decisions SELECT workspace_id, gen_random_uuid(), 'retract', one_id, other_id, id,"
            " 'rule:matching/older', 1, '{}', clock_timestamp() FROM decisions WHERE workspace_id = $1",
            crowd.workspace_id,
        )
    await crowd.tell([mail("newcomer@place.org", "Somebody Else")])
    assert [person for person in await crowd.persons() if person != [crowd.id("newcomer@place.org")]] == expected
    ((model,),) = await crowd.fetch("SELECT model FROM populations WHERE workspace_id = $1")
    assert model == matching.shipped().version


async def test_a_walk_in_steps_through_everybody_ends_as_resolving_all_at_once(pool: Pool) -> None:
    told = neighbors(400)
    crowd = await gathered(pool, told[:360], [360])
    for identity in told[360:]:
        await crowd.tell([identity])
    expected, suggested = await crowd.persons(), await open_pairs(crowd)
    async with crowd.transaction() as db:
        await db.execute("UPDATE populations SET model = 'older' WHERE workspace_id = $1", crowd.workspace_id)
        await db.execute("DELETE FROM identity_keys WHERE workspace_id = $1", crowd.workspace_id)
        await db.execute("DELETE FROM suggestions WHERE workspace_id = $1", crowd.workspace_id)
        await db.execute(
            "INSERT INTO decisions SELECT workspace_id, gen_random_uuid(), 'retract', one_id, other_id, id,"
            " 'rule:matching/older', 1, '{}', clock_timestamp() FROM decisions WHERE workspace_id = $1",
            crowd.workspace_id,
        )
    steps = 0
    left = True
    while left:
        async with crowd.transaction() as db:
            left = (await resolution.resolve_next(db, crowd.workspace_id, whole=0, step=60)).left
        steps += 1
    assert steps == 1 + 7 + 1  # the count of names, the identities, and the end
    assert (await crowd.persons(), await open_pairs(crowd)) == (expected, suggested)


async def test_a_suggestion_that_is_opened_again_is_told_of_again(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([mail("1", "Kim Turing", address="kim@acme.org"), mail("2", "Kim")])
    async with crowd.transaction() as db:
        ((one, other, _),) = await open_pairs(crowd)
        id_ = suggestions.suggestion_id((one, other))
        (decision_id,) = await decisions.append(
            db,
            crowd.workspace_id,
            [decisions.New(verdict="different", pair=(one, other), author="member:ada")],
        )
        await suggestions.close(db, crowd.workspace_id, id_, "rejected", decision_id=decision_id)
        await project.settle(db, crowd.workspace_id, NOON, [one, other])
        await decisions.append(
            db,
            crowd.workspace_id,
            [decisions.New(verdict="retract", pair=(one, other), author="member:ada", retracts=decision_id)],
        )
        await project.settle(db, crowd.workspace_id, NOON, [one, other])
    assert len(await open_pairs(crowd)) == 1
    rows = await crowd.fetch("SELECT FROM events WHERE workspace_id = $1 AND type = 'suggestion.opened'")
    assert len(rows) == 2


async def test_a_rebuild_derives_affiliations_anew(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([mail("ada@engines.org", "Ada Lovelace"), mail("charles@engines.org", "Charles Babbage")])
    async with crowd.transaction() as db:
        firm = await organizations.create_organization(
            db, crowd.workspace_id, name="Engines", domains=["engines.org"], url=None
        )
        await affiliations.derive(db, crowd.workspace_id, [], firm.id)
        await db.execute("DELETE FROM affiliations WHERE identity_id = $1", crowd.id("ada@engines.org"))
        found = await rebuild.rebuild(db, crowd.transaction, crowd.workspace_id, NOON)
    async with crowd.transaction() as db:
        again = await rebuild.rebuild(db, crowd.transaction, crowd.workspace_id, NOON)
    assert found["affiliations"] == (1, 0, 0)
    assert not any(again["affiliations"])
    assert len(await crowd.fetch("SELECT FROM affiliations WHERE workspace_id = $1")) == 2


async def test_a_mailmap_joins_and_a_link_counts_only_when_it_is_returned(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    keys = ("ada@one.org", "countess@two.org", "charles@three.org", "byron@four.org", "lord@five.org")
    refs = [Ref("mail", key) for key in keys]
    await crowd.tell([*(mail(key) for key in keys), claim(refs[0], refs[1]), claim(refs[2], refs[3], "rel_me")])
    assert len(await crowd.persons()) == 4
    await crowd.tell([claim(refs[3], refs[2], "rel_me")])
    assert sorted(map(len, await crowd.persons())) == [1, 2, 2]


async def test_an_address_behind_a_nick_joins_until_another_has_the_nick(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    nick, *accounts = (Ref("xmpp", key) for key in ("nettle", "ada@chat.example", "bob@chat.example"))
    await crowd.tell([Identity(nick), *map(Identity, accounts), claim(nick, accounts[0], "address")])
    assert sorted(map(len, await crowd.persons())) == [1, 2]
    await crowd.tell([claim(nick, accounts[1], "address")])
    assert len(await crowd.persons()) == 3


async def test_a_page_joins_with_the_account_whose_page_it_is(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    page = Ref("web", "https://code.example/nettle")
    account = Identity(Ref("code", "@7"), handle="nettle", url="https://code.example/Nettle/", seen_at=NOON)
    homepage = Identity(Ref("code", "@8"), handle="osprey", url="https://code.example/nettle", seen_at=NOON)
    card = Identity(Ref("contacts", "c1"), "person", "Ada Lovelace", url=page.key, seen_at=NOON)
    await crowd.tell([card, Identity(page), claim(card.ref, page, "same_as"), account, homepage])
    assert sorted(map(len, await crowd.persons())) == [1, 3]


async def test_an_organization_is_nobodys_account(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    firm = Identity(Ref("mail", "firm"), "organization", "Ada Lovelace", address="ada@home.net", seen_at=NOON)
    await crowd.tell([firm, mail("1", "Ada Lovelace", address="ada@home.net")])
    assert len(await crowd.persons()) == 2


async def test_a_rejected_pair_stays_apart_and_returns_only_on_strong_new_evidence(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell(
        [mail("1", "Ada Lovelace", address="ada@home.net"), mail("2", "Ada Lovelace", address="countess@two.org")]
    )
    ((one, other),) = await crowd.persons()
    async with crowd.transaction() as db:
        (made,) = await merges.joins_of(db, crowd.workspace_id, [one, other])
        await merges.undo(db, crowd.workspace_id, made, "member:ada")
        await project.settle(db, crowd.workspace_id, NOON, [one, other])
    assert len(await crowd.persons()) == 2
    assert await open_pairs(crowd) == []
    await crowd.tell([mail("2", "Ada Lovelace", address="countess@three.org", days=0)])
    assert len(await crowd.persons()) == 2
    assert await open_pairs(crowd) == []
    await crowd.tell([claim(Ref("mail", "1"), Ref("mail", "2"))])
    assert len(await crowd.persons()) == 2
    assert len(await open_pairs(crowd)) == 1


async def test_a_merge_that_is_undone_leaves_every_projection_byte_for_byte(pool: Pool) -> None:
    rng = random.Random(8)
    told = neighbors(120)
    crowd = await gathered(pool, told, [120])
    refs = [identity.ref for identity in told]
    await crowd.tell([act(n, rng.choice(refs), rng.sample(refs, 2), days=n % 50) for n in range(400)])
    for _ in range(6):
        before, suggested = await crowd.projections(), await open_pairs(crowd)
        one, other = rng.sample(await crowd.persons(), 2)
        async with crowd.transaction() as db:
            id_ = await merges.join(db, crowd.workspace_id, one, other, "member:ada")
            assert await project.settle(db, crowd.workspace_id, NOON, [min(one), min(other)])
        assert len(await crowd.persons()) < len({row[2] for row in before["person_identities"]})
        async with crowd.transaction() as db:
            made = await decisions.get_decision(db, crowd.workspace_id, id_)
            assert made is not None
            await merges.undo(db, crowd.workspace_id, made, "member:ada")
            await project.settle(db, crowd.workspace_id, NOON, made.pair)
        assert await crowd.projections() == before
        assert await open_pairs(crowd) == suggested


async def test_what_arrives_between_a_merge_and_its_undoing_stays_where_it_belongs(pool: Pool) -> None:
    told = neighbors(160)
    crowd = await gathered(pool, told[:120], [120])
    one, other = (await crowd.persons())[:2]
    async with crowd.transaction() as db:
        id_ = await merges.join(db, crowd.workspace_id, one, other, "member:ada")
        await project.settle(db, crowd.workspace_id, NOON, [min(one), min(other)])
    await crowd.tell([*told[120:], *(act(n, told[n].ref, [told[n + 1].ref]) for n in range(150))])
    async with crowd.transaction() as db:
        made = await decisions.get_decision(db, crowd.workspace_id, id_)
        assert made is not None
        await merges.undo(db, crowd.workspace_id, made, "member:ada")
        await project.settle(db, crowd.workspace_id, NOON, made.pair)
    never = await gathered(pool, told, [160])
    await never.tell([act(n, told[n].ref, [told[n + 1].ref]) for n in range(150)])

    def plain(found: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
        return {table: [row[1:] for row in rows] for table, rows in found.items()}

    assert plain(await crowd.projections()) == plain(await never.projections())


async def test_a_merge_takes_back_what_was_decided_against_it_until_it_is_undone(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([mail("a@one.org"), mail("b@two.org")])
    (one,), (other,) = await crowd.persons()
    async with crowd.transaction() as db:
        apart = decisions.New(verdict="different", pair=(one, other), author="member:ada")
        await decisions.append(db, crowd.workspace_id, [apart])
        id_ = await merges.join(db, crowd.workspace_id, [one], [other], "member:bob")
        await project.settle(db, crowd.workspace_id, NOON, [one, other])
    assert len(await crowd.persons()) == 1
    async with crowd.transaction() as db:
        made = await decisions.get_decision(db, crowd.workspace_id, id_)
        assert made is not None
        await merges.undo(db, crowd.workspace_id, made, "member:bob")
        await project.settle(db, crowd.workspace_id, NOON, [one, other])
        standing = ledger.active(await decisions.between(db, crowd.workspace_id, [one, other]))
    assert [row.verdict for row in standing] == ["different"]
    assert len(await crowd.persons()) == 2


async def test_a_threshold_that_is_previewed_does_what_the_preview_said(pool: Pool) -> None:
    crowd = await gathered(pool, neighbors(500), [500])
    before = len(await crowd.persons())
    async with crowd.transaction() as db:
        present = await thresholds.get_thresholds(db, crowd.workspace_id)
        strict = await stored.preview(db, crowd.workspace_id, 0.99, present.suggest_above, 5)
        loose = await stored.preview(db, crowd.workspace_id, 0.3, 0.3, 5)
        assert strict.separations_count > 0
        assert strict.joins_count == loose.separations_count == 0
        await stored.set_wish(db, crowd.workspace_id, 0.99, present.suggest_above)
        await project.settle_all(db, crowd.workspace_id, NOON)
    rows = await crowd.fetch(
        "SELECT probability, status FROM suggestions WHERE workspace_id = $1 AND probability < 0.99"
    )
    assert len(await crowd.persons()) >= before
    assert rows
    async with crowd.transaction() as db:
        await stored.set_wish(db, crowd.workspace_id, present.join_above, present.suggest_above)
        await project.settle_all(db, crowd.workspace_id, NOON)
    assert len(await crowd.persons()) == before


async def test_a_postponed_suggestion_waits_and_is_open_again_when_its_time_has_come(pool: Pool) -> None:
    crowd = await gathered(pool, neighbors(500), [500])
    async with crowd.transaction() as db:
        everything = suggestions.SuggestionFilter(statuses=("open",))
        first, *others = await suggestions.list_suggestions(db, crowd.workspace_id, everything, None, 200)
        await suggestions.close(db, crowd.workspace_id, first.id, "postponed", until=datetime(2999, 1, 1, tzinfo=UTC))
        shown = await suggestions.list_suggestions(db, crowd.workspace_id, everything, None, 200)
        assert [item.id for item in shown] == [item.id for item in others]
        await suggestions.close(db, crowd.workspace_id, first.id, "postponed", until=datetime(2000, 1, 1, tzinfo=UTC))
        shown = await suggestions.list_suggestions(db, crowd.workspace_id, everything, None, 200)
        assert [item.id for item in shown] == [first.id, *(item.id for item in others)]


async def test_events_tell_of_people_who_were_joined_and_split(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([mail("a@one.org"), mail("b@two.org")])
    (one,), (other,) = await crowd.persons()
    async with crowd.transaction() as db:
        id_ = await merges.join(db, crowd.workspace_id, [one], [other], "member:ada")
        await project.settle(db, crowd.workspace_id, NOON, [one, other])
        made = await decisions.get_decision(db, crowd.workspace_id, id_)
        assert made is not None
        await merges.undo(db, crowd.workspace_id, made, "member:ada")
        await project.settle(db, crowd.workspace_id, NOON, [one, other])
    rows = await crowd.fetch("SELECT type, data FROM events WHERE workspace_id = $1 ORDER BY id")
    assert [row["type"] for row in rows] == ["person.joined", "person.split"]
    assert rows[0]["data"]["person_id"] == rows[1]["data"]["person_id"]
    assert rows[0]["data"]["retired_id"] == rows[1]["data"]["other_id"]
