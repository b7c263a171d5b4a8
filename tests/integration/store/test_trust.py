"""Trust in the store: what it rests on is stored contact, act by act."""

import random
from collections import Counter
from datetime import date, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.connectors import Interaction, InteractionRef, Record, Target, Tombstone
from kith.domain import ids
from kith.domain.days import day_of
from kith.domain.trust.evidence import MEANINGS, RECEIVED, Act, Verdict, trust
from kith.projections import ledger
from kith.projections import trust as store_of_trust
from kith.store.db import Pool, new_id, workspace
from kith.store.trust import HELPS
from kith.store.trust import Act as ActRow
from kith.store.workspaces import create_workspace
from tests.integration.store.facts import NOW, Store, act, mailmap, who

KINDS = ("approve", "help", "thank", "message", "conflict", "introduce")
TODAY = day_of(NOW)


def told(seed: int, count: int) -> list[Interaction]:
    said = random.Random(seed)
    names = ("ada", "bob", "bea")  # bob and bea may be one person
    found = []
    for number in range(count):
        actor, kind = said.choice(names), said.choice(KINDS)
        like = act(f"{number}", actor, [], channel=said.choice([None, "x", "y"]), days=-said.randrange(900))
        targets = said.sample([name for name in (*names, "cyd") if name != actor], said.choice([1, 1, 2]))
        ref = InteractionRef("mail", f"<{number}@example.org>", kind)  # type: ignore[arg-type]  # of the SDK's kinds
        found.append(
            Interaction(ref, like.actor, like.occurred_at, tuple(Target(who(name)) for name in targets), like.channel)
        )
    return found


async def acts_between(store: Store, one: str, other: str) -> list[ActRow]:
    persons = {row["identity_id"]: row["person_id"] for row in await store.rows("person_identities")}
    mine, theirs = [[id_ for id_ in persons if persons[id_] == persons[identity(store, name)]] for name in (one, other)]
    async with workspace(store.pool, store.workspace_id) as db:
        they = dict.fromkeys(theirs, min(theirs))
        return await store_of_trust.list_acts(db, store.workspace_id, mine, they, MEANINGS, NOW.date(), 3)


async def acts_then(store: Store, one: str, other: str, then: datetime) -> list[ActRow]:
    async with workspace(store.pool, store.workspace_id) as db:
        mine, theirs = [
            await ledger.persons_then(db, store.workspace_id, identity(store, name), as_of=None, known_at=then)
            for name in (one, other)
        ]
        they = dict.fromkeys(theirs, min(theirs))
        return await store_of_trust.list_acts(db, store.workspace_id, mine, they, MEANINGS, NOW.date(), 3, then)


async def clock(store: Store) -> datetime:
    async with workspace(store.pool, store.workspace_id) as db:
        moment: datetime = await db.fetchval("SELECT now()")
        return moment


def uncited(acts: list[ActRow]) -> list[ActRow]:
    return [msgspec.structs.replace(each, interaction_ids=[]) for each in acts]


def identity(store: Store, name: str) -> UUID:
    return ids.fact_id(store.id_key, "identity", ("mail", "", who(name).key))


def verdict(acts: list[ActRow]) -> Verdict:
    rows = [
        Act(str(each.channel_id), day_of(each.day), each.kind,
            *(("me", "you") if each.given else ("you", "me")), each.count)
        for each in acts
    ]  # fmt: skip
    return trust("me", "you", rows, TODAY)


def test_whoever_helps_is_found_by_the_index() -> None:
    assert set(HELPS) == RECEIVED


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), joined=st.booleans())
async def test_trust_rests_on_the_contact_of_the_ledger_and_loses_what_a_cited_act_adds(
    pool: Pool, seed: int, joined: bool
) -> None:
    workspace_id = new_id()
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, "one of many")
    store, said = await Store.open(pool, workspace_id), told(seed, 40)
    records: list[Record] = [*said, *([mailmap("bob", "bea")] if joined else [])]
    await store.store(*records)
    await store.project()
    found = await acts_between(store, "ada", "bob")
    person = {row["identity_id"]: row["person_id"] for row in await store.rows("person_identities")}
    ada, bob = identity(store, "ada"), identity(store, "bob")
    ledger: Counter[tuple[bool, date, str]] = Counter()
    for row in await store.rows("contact_days"):
        ends = [person[row["actor_id"]], person[row["target_id"]]]
        if row["kind"] in MEANINGS and set(ends) == {person[ada], person[bob]}:
            ledger[ends[0] == person[ada], row["day"], row["kind"]] += row["count"]
    counted: Counter[tuple[bool, date, str]] = Counter()
    for each in found:
        if each.kind != "introduce:met":
            counted[each.given, each.day, each.kind] += each.count
    assert counted == ledger

    before = verdict(found)
    gone = next((one for one in said if one.ref.kind == "approve" and one.actor == who("ada")
                 and [target.identity for target in one.targets] == [who("bob")]), None)  # fmt: skip
    if gone is None:
        return
    await store.store(Tombstone(gone.ref))
    await store.project()
    after = verdict(await acts_between(store, "ada", "bob"))
    cited = 2.0 ** (-(TODAY - day_of(gone.occurred_at)) / 365)
    supports = [sum(topic.supports for topic in each.topics) for each in (before, after)]
    assert supports[0] - supports[1] == pytest.approx(cited)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), joined=st.booleans())
async def test_trust_as_known_at_a_moment_is_what_was_said_then_whatever_came_after(
    pool: Pool, seed: int, joined: bool
) -> None:
    workspace_id = new_id()
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, "one of many")
    store, said = await Store.open(pool, workspace_id), told(seed, 60)
    records: list[Record] = [*said, *([mailmap("bob", "bea")] if joined else [])]
    await store.store(*records)
    await store.project()
    before, then = await acts_between(store, "ada", "bob"), await clock(store)
    assert await acts_then(store, "ada", "bob", then) == before

    edited = [
        msgspec.structs.replace(one, targets=(Target(who("cyd")),)) for one in said[:20] if one.actor != who("cyd")
    ]
    await store.store(*edited, *(Tombstone(one.ref) for one in said[20:40]))
    await store.store(
        *(msgspec.structs.replace(one, ref=msgspec.structs.replace(one.ref, key=f"<later-{place}@example.org>"))
          for place, one in enumerate(told(seed + 1, 30))),
        mailmap("bob", "cyd"),
    )  # fmt: skip
    await store.project()
    after = await acts_then(store, "ada", "bob", then)
    assert uncited(after) == uncited(before)
    cited = {id_ for each in after for id_ in each.interaction_ids}
    async with workspace(pool, workspace_id) as db:
        standing = await db.fetch(
            "SELECT id FROM interactions WHERE workspace_id = $1 AND learnt_at <= $2", workspace_id, then
        )
    assert cited <= {row["id"] for row in standing}
    assert await acts_then(store, "ada", "bob", await clock(store)) == await acts_between(store, "ada", "bob")
