"""Handling is no conversation, and what is told twice counts once: in relationships, evidence and ties."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from kith.connectors import Coverage, Interaction, InteractionKind, InteractionRef, Target
from kith.domain import ids
from kith.domain.days import day_of
from kith.projections import detection, evidence
from kith.store import interactions
from kith.store.db import workspace
from tests.integration.store.facts import DAY, NOW, Store, act, room, who


def handled(key: str, kind: InteractionKind, actor: str, author: str, days: float = 0.0) -> Interaction:
    """An act on a commit, told by its committer or by its sign-off."""
    ref = InteractionRef("git", key, kind, actor=who(actor))
    return Interaction(ref, who(actor), DAY + timedelta(days=days), (Target(who(author)),), room("list"))


def both(key: str, actor: str, author: str, days: float = 0.0) -> list[Interaction]:
    return [handled(key, kind, actor, author, days) for kind in ("merge", "sign_off")]


def person(store: Store, name: str) -> UUID:
    ref = who(name)
    return ids.fact_id(store.id_key, "identity", (ref.network, ref.host, ref.key))


async def tie(store: Store, one: str, other: str) -> Any:
    """The relationship of the one with the other."""
    pair = [person(store, one), person(store, other)]
    (row,) = [row for row in await store.rows("relationships") if [row["person_id"], row["other_id"]] == pair]
    return row


async def test_a_commit_that_is_taken_in_and_signed_off_is_one_act(store: Store) -> None:
    await store.store(*both("c1", "mai", "dev"), *both("c2", "mai", "dev"), handled("c3", "sign_off", "mai", "dev", 1))
    await store.store(act("a", "mai", ["dev"], days=1), *both("c4", "mai", "sam", 2))
    await store.project()
    row = await tie(store, "dev", "mai")
    assert (row["given"], row["received"]) == (0, 4)  # two commits and a sign-off of another, and a message
    assert (await tie(store, "mai", "sam"))["given"] == 1
    assert [change for change in (await store.rebuild()).values() if any(change)] == []
    async with workspace(store.pool, store.workspace_id) as db:
        facts = await detection.load(db, store.workspace_id, NOW, None, whole=True)
    assert len(facts.acts) == 5
    names = {person: number for number, person in enumerate(facts.people)}
    weights = {frozenset(pair): weight for *pair, weight in zip(
        facts.first.tolist(), facts.second.tolist(), facts.weight.tolist(), strict=True)}  # fmt: skip
    key = [person(store, name).bytes for name in ("mai", "sam")]
    assert weights[frozenset(names[id_] for id_ in key)] == pytest.approx(1.0)  # one act, spoken of that very day


async def test_without_one_of_both_tellings_nothing_changes_and_without_a_word_it_does(store: Store) -> None:
    said = act("a", "mai", ["dev"], days=1)
    told = [*both("c1", "mai", "dev"), said, act("b", "dev", ["mai"], days=2)]
    await store.store(*told)
    await store.project()
    pair = sorted(person(store, name) for name in ("mai", "dev"))
    async with workspace(store.pool, store.workspace_id) as db:
        found = await evidence.load(db, store.workspace_id, (pair[0], pair[1]), ([pair[0]], [pair[1]]), None)
        acts = [
            await interactions.get_interaction(db, store.workspace_id, row["id"])
            for row in await db.fetch("SELECT id FROM interactions WHERE workspace_id = $1", store.workspace_id)
        ]
    whole = found.on(day_of(NOW))
    for each in acts:
        assert each
        rest = found.without(whole, each).contacts
        lost = int(whole.contacts.count.sum() - rest.count.sum())
        assert lost == (0 if each.kind in ("merge", "sign_off") else 1), each.kind
    then = found.contacts
    assert then.worth.tolist() == [250, 1000, 1000]
    assert np.all(then.amount == 1000)


async def test_the_busiest_pair_is_not_the_pipeline_of_a_maintainer(store: Store) -> None:
    pipeline = [each for day in range(60) for n in range(3) for each in both(f"p{day}.{n}", "mai", "dev", day - 40.0)]
    turns = [("ada", "bob"), ("bob", "ada")] * 6
    talk = [act(f"t{i}", one, [other], days=i * 5 - 40.0) for i, (one, other) in enumerate(turns)]
    await store.store(*pipeline, *talk, Coverage("read", DAY - timedelta(days=50), NOW))
    await store.project()
    handling, talking = await tie(store, "dev", "mai"), await tie(store, "ada", "bob")
    assert handling["received"] == 180
    assert talking["strength"] > handling["strength"]
