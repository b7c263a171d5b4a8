"""Asks follow the facts: whatever comes first, and whatever is taken back."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.connectors import Identity, Record
from kith.projections import asks
from kith.store.db import Pool, workspace
from tests.integration.store.facts import DAY, NOW, Store, act, act_ref, gone, mailmap, who
from tests.integration.store.test_projections import _fresh

_SAID = [
    "Could you please send me the report?",
    "It is in the archive.",
    "How do I build it on older systems? Does anyone know?",
    "Thanks, that was it.",
]


async def found(store: Store) -> dict[str, Any]:
    """Return the asks of a store by the names of who asked."""
    await store.project()
    names = {row["id"]: row["key"].partition("@")[0] for row in await store.rows("identities")}
    return {names[row["actor_id"]]: row for row in await store.rows("asks")}


def said(key: str, actor: str, text: str, to: str | None = None, days: float = 0, **more: Any) -> Record:
    reply: dict[str, Any] = {"reply_to": act_ref(to)} if to else {}
    return act(key, actor, (), conversation="t", text=text, days=days, **reply, **more)


async def test_an_ask_is_open_until_another_human_answers_it(store: Store) -> None:
    await store.store(said("1", "ada", _SAID[0]))
    assert (await found(store))["ada"]["state"] == "open"
    await store.store(said("2", "ada", "I forgot: by Friday.", "1", 1), said("3", "bob", "Hm.", days=1))
    assert (await found(store))["ada"]["state"] == "open"
    await store.store(Identity(who("robot"), "bot", seen_at=DAY), said("4", "robot", "I am away.", "1", 2))
    assert (await found(store))["ada"]["state"] == "open"
    await store.store(said("5", "cyd", _SAID[1], "1", 3))
    ask = (await found(store))["ada"]
    assert ask["state"] == "answered"
    assert ask["answered_at"] == DAY + timedelta(days=3)
    await store.store(said("6", "ada", _SAID[2], "5", 4))
    assert (await found(store))["ada"]["state"] == "reopened"
    await store.store(gone("5"), gone("6"))
    assert (await found(store))["ada"]["state"] == "open"
    await store.store(gone("1"))
    assert "ada" not in await found(store)


async def test_the_asker_under_another_name_does_not_answer(store: Store) -> None:
    await store.store(said("1", "ada", _SAID[0]), said("2", "dan", _SAID[1], "1", 1))
    assert (await found(store))["ada"]["state"] == "answered"
    await store.store(mailmap("ada", "dan"))
    assert (await found(store))["ada"]["state"] == "open"
    assert not any(any(difference) for difference in (await store.rebuild()).values())


@pytest.mark.parametrize("state", ["answered", "withdrawn", "closed"])
async def test_what_a_member_says_survives_a_rebuild_and_can_be_taken_back(store: Store, state: str) -> None:
    await store.store(said("1", "ada", _SAID[0]))
    ask = (await found(store))["ada"]
    for said_of, expected in ((state, state), ("open", "open"), ("not_an_ask", None), ("open", "open")):
        async with workspace(store.pool, store.workspace_id) as db:
            await asks.state(db, store.workspace_id, ask["id"], said_of, None, "member:test", NOW)
        assert (await found(store)).get("ada", {}).get("state") == expected
        assert not any(any(difference) for difference in (await store.rebuild()).values())


_KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
_PEOPLE = ["ada", "bob", "cyd"]


@st.composite
def _records(draw: Any) -> Record:
    """One of three versions of one of six acts, in a conversation or none, a deletion, a tie of two, or a robot."""
    kind = draw(st.integers(0, 8))
    if kind == 6:
        return gone(draw(_KEYS))
    if kind == 7:
        return mailmap(*draw(st.permutations(_PEOPLE))[:2])
    if kind == 8:
        seen_at = DAY + timedelta(days=draw(st.integers(0, 3)))
        return Identity(who(draw(st.sampled_from(_PEOPLE))), draw(st.sampled_from(["bot", "person"])), seen_at=seen_at)
    key, number = draw(_KEYS), draw(st.integers(0, 2))
    one = random.Random(f"{key} {number}")
    fixed = random.Random(key)
    return act(
        key,
        fixed.choice(_PEOPLE),
        (),
        conversation=one.choice([None, "t", "u"]),
        reply_to=one.choice([None, *map(act_ref, "abcdef".replace(key, ""))]),
        days=fixed.randrange(4),
        text=one.choice(_SAID),
        edited_at=DAY + timedelta(hours=number),
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=st.lists(st.lists(_records(), max_size=6), max_size=5), often=st.booleans())
async def test_any_order_of_pages_edits_deletions_and_joins_gives_the_state_of_a_rebuild(
    pool: Pool, pages: list[list[Record]], often: bool
) -> None:
    store = await _fresh(pool)
    for page in pages:
        await store.store(*page)
        if often:
            await store.project()
    before = await found(store)
    differences = await store.rebuild()
    assert not any(any(difference) for difference in differences.values()), differences
    assert await found(store) == before
