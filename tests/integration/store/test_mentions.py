"""Mentions follow the facts: whatever comes first, and whatever is taken back."""

import random
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kith.connectors import Identity, Record, Sweep
from kith.projections import mentions
from kith.projections.ingest import Ingest
from kith.store import watches
from kith.store.db import Pool, workspace
from tests.integration.store.facts import DAY, NOW, Store, act, gone, mailmap, room, who
from tests.integration.store.test_projections import _fresh

ALIASES = ["James Saunders", "James", "kith"]
RULES = ["always", "in_context", "always"]
_SAID = [
    "James Saunders has it.",
    "Ask James.",
    "We use kith.",
    "Jim Saunders and James",
    "Nothing of that.",
]


async def watch(store: Store, who_: str | None = None, **more: Any) -> Any:
    identity_id = Ingest(store.id_key).id_of(Identity(who(who_), "person")) if who_ else None
    content: dict[str, Any] = {
        "name": "w", "identity_id": identity_id, "organization_id": None, "aliases": ALIASES, "rules": RULES,
        "terms": [], "since": DAY - timedelta(days=90), **more,
    }  # fmt: skip
    async with workspace(store.pool, store.workspace_id) as db:
        return await watches.create_watch(db, store.workspace_id, NOW, **content)


async def hear(store: Store, watch_id: Any) -> None:
    async with workspace(store.pool, store.workspace_id) as db:
        found = await watches.get_watch(db, store.workspace_id, watch_id)
        assert found
        await mentions.hear_past(db, store.workspace_id, found)


async def found(store: Store) -> list[tuple[str, str]]:
    """Return what is quoted and why, by time."""
    await store.project()
    rows = sorted(await store.rows("mentions"), key=lambda row: (row["occurred_at"], row["quote_start"]))
    return [(row["quote"][row["quote_start"] : row["quote_stop"]], row["reason"]) for row in rows]


def said(key: str, actor: str, text: str, days: float = 0, **more: Any) -> Record:
    return act(key, actor, (), conversation="t", text=text, days=days, **more)


async def test_a_part_of_a_name_is_a_mention_where_the_conversation_says_so(store: Store) -> None:
    await watch(store, "james")
    await store.store(said("1", "ada", "Ask James about kith."))
    assert await found(store) == [("James", "named_beside"), ("kith", "name")]
    await store.store(said("1", "ada", "Ask James.", edited_at=DAY))
    assert await found(store) == []
    await store.store(said("0", "bob", "James Saunders has it.", -1))
    assert await found(store) == [("James Saunders", "name"), ("James", "named_before")]
    await store.store(gone("0"))
    assert await found(store) == []
    await store.store(said("2", "james", "Here.", 1))
    assert await found(store) == [("James", "takes_part")]
    await store.store(said("3", "cyd", "Hm.", 2), Identity(who("cyd"), "person", "James Brown", seen_at=DAY))
    assert await found(store) == []
    await store.store(Identity(who("cyd"), "person", "Cyd Brown", seen_at=DAY + timedelta(days=1)))
    assert await found(store) == [("James", "takes_part")]
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_who_joins_whom_decides_again(store: Store) -> None:
    await watch(store, "james")
    await store.store(said("1", "ada", "Ask James."), said("2", "js", "Here."))
    assert await found(store) == []
    await store.store(mailmap("js", "james"), Identity(who("james"), "person", "James Saunders", seen_at=DAY))
    assert await found(store) == [("James", "takes_part")]
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_the_past_is_heard_back_to_the_moment_of_the_watch(store: Store) -> None:
    await store.store(*(said(f"{n}", "ada", "We use kith.", n) for n in range(4)))
    await store.project()
    watch_id = await watch(store, since=DAY + timedelta(days=2))
    assert await found(store) == []
    await hear(store, watch_id)
    assert len(await found(store)) == 2
    assert await store.rows("events") == []
    assert not any(any(difference) for difference in (await store.rebuild()).values())


_KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f"])


@st.composite
def _records(draw: Any) -> Record:
    """One of versions of one of six acts, in a conversation or none, a deletion, a tie or a name of identities."""
    kind = draw(st.integers(0, 8))
    if kind == 6:
        return gone(draw(_KEYS))
    if kind == 7:
        return mailmap(*draw(st.permutations(["ada", "james", "cyd"]))[:2])
    if kind == 8:
        number = draw(st.integers(0, 3))
        name = ["James Saunders", "James Brown", "Cyd", None][number]
        return Identity(who(draw(st.sampled_from(["ada", "james", "cyd"]))), "person", name, seen_at=DAY)
    key, number = draw(_KEYS), draw(st.integers(0, 3))
    one, fixed = random.Random(f"{key} {number}"), random.Random(key)
    return act(
        key,
        fixed.choice(["ada", "james", "cyd"]),
        (),
        conversation=one.choice([None, "t", "u"]),
        days=fixed.randrange(4),
        text=one.choice(_SAID),
        edited_at=DAY + timedelta(hours=number),
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=st.lists(st.lists(_records(), max_size=6), max_size=5), often=st.booleans(), early=st.booleans())
async def test_any_order_of_pages_edits_deletions_names_and_joins_gives_the_state_of_a_rebuild(
    pool: Pool, pages: list[list[Record]], often: bool, early: bool
) -> None:
    store = await _fresh(pool)
    watch_id = await watch(store, "james") if early else None
    for page in pages:
        await store.store(*page)
        if often:
            await store.project()
    if watch_id is None:
        await hear(store, await watch(store, "james"))
    before = await found(store)
    differences = await store.rebuild()
    assert not any(any(difference) for difference in differences.values()), differences
    assert await found(store) == before


async def test_a_complete_look_at_the_members_of_a_channel_is_kept(store: Store) -> None:
    look = Sweep("begun", ("join",), room("list"))
    await store.store(look, act("1"), replace(look, phase="complete"))
    assert [row["channel_id"] for row in await store.rows("rosters")] == [store.batch(act("1")).channels[0][0]]
    other = Sweep("begun", ("follow",), room("list"))
    await store.store(other, replace(other, phase="complete"))
    assert await store.count("rosters") == 1
