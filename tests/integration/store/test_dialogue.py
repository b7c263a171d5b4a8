"""Dialogue is counted from the facts by person, in conversations, and as it was known."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kith.connectors import Identity
from kith.projections.dialogue import Dialogue, dialogues
from kith.store.db import view
from kith.store.dialogue import Window
from tests.integration.store.facts import DAY, Store, act, act_ref, mailmap, who

END = DAY + timedelta(days=60)


async def of(store: Store, *names: str, **window: Any) -> list[Dialogue]:
    """Return the dialogue of each of these, from DAY on for 60 days."""
    await store.project()
    known = {row["key"].partition("@")[0]: row for row in await store.rows("identities")}
    people = {row["identity_id"]: row["person_id"] for row in await store.rows("person_identities")}
    mine = [[id_ for id_, person in people.items() if person == people[known[name]["id"]]] for name in names]
    if "others" in window:
        window["others"] = [known[each]["id"] for each in window["others"]]
    async with view(store.pool, store.workspace_id) as db:
        return await dialogues(db, store.workspace_id, mine, Window(DAY, END, **window))


async def test_acts_are_directed_exchanged_and_broadcast(store: Store) -> None:
    await store.store(
        act("post", "ada", (), days=1),
        act("far", "ada", days=1),
        act("near", "ada", days=20),
        act("back", "bob", ("ada",), days=33),
        act("self", "ada", ("ada",), days=40),
        act("old", "ada", days=-1),
    )
    ada, bob = [each.tally for each in await of(store, "ada", "bob")]
    assert (ada.acts, ada.broadcasts, ada.directed[2], ada.exchanged[2]) == (4, 2, 2, 1)
    assert (bob.acts, bob.broadcasts, bob.directed[2], bob.exchanged[2]) == (1, 0, 1, 1)
    assert ada.initiated[:3] == [1, 1, 1], "the act before the window began the other episode"


async def test_only_conversations_that_had_a_week_are_answered_or_not(store: Store) -> None:
    await store.store(
        act("1", "bob", ("ada",), conversation="a", days=1),
        act("2", "ada", (), conversation="a", days=3),
        act("3", "bob", ("ada",), conversation="b", days=10),
        act("4", "ada", (), conversation="b", days=19),
        act("5", "bob", ("ada",), conversation="c", days=30),
        act("6", "bob", ("ada",), conversation="d", days=58),
    )
    ada, bob = [each.tally for each in await of(store, "ada", "bob")]
    assert (ada.reached, ada.answered) == (3, 1)
    day = 24 * 3600
    assert list(zip(ada.waits, ada.waited, strict=True)) == [
        (2 * day, True), (9 * day, True), (30 * day, False), (2 * day, False)
    ]  # fmt: skip
    assert (bob.asked, bob.heard) == (3, 0), "ada spoke into the rooms, not to bob"


async def test_robots_and_own_identities_are_nobody_to_converse_with(store: Store) -> None:
    await store.store(
        Identity(who("robot"), "bot", seen_at=DAY),
        act("1", "ada", ("robot",), days=1),
        act("2", "robot", ("ada",), days=2),
        act("3", "ada", ("dan",), days=3),
        act("4", "dan", ("ada",), days=4),
    )
    (ada,) = await of(store, "ada")
    assert (ada.tally.exchanged[2], ada.tally.reached) == (1, 1)
    await store.store(mailmap("ada", "dan"))
    (ada,) = await of(store, "ada")
    assert (ada.tally.acts, ada.tally.exchanged[2], ada.tally.reached) == (3, 0, 0)


async def test_a_window_is_narrowed_to_others_a_channel_and_what_was_known(store: Store) -> None:
    before = datetime.now(UTC)
    await store.store(
        act("1", "ada", ("bob",), days=1),
        act("2", "ada", ("cyd",), channel="elsewhere", days=2),
        act("3", "ada", (), days=3),
    )
    (room,) = {row["id"] for row in await store.rows("channels") if row["key"].startswith("elsewhere")}
    assert isinstance(room, UUID)
    for narrow, acts in (
        ({}, 3), ({"others": ["bob"]}, 1), ({"channel_id": room}, 1), ({"others": ["bob"], "channel_id": room}, 0),
        ({"known_at": before}, 0), ({"known_at": datetime.now(UTC)}, 3),
    ):  # fmt: skip
        (ada,) = await of(store, "ada", **dict(narrow))
        assert ada.tally.acts == acts, narrow


@pytest.mark.parametrize("talks", [9, 10])
async def test_below_ten_conversations_there_is_no_number(store: Store, talks: int) -> None:
    await store.store(
        *(act(f"{n}", "ada", ("bob",), conversation=f"{n}", days=n) for n in range(talks)),
        *(act(f"r{n}", "bob", ("ada",), conversation=f"{n}", days=n + 0.5, reply_to=act_ref(f"{n}"))
          for n in range(talks)),
    )  # fmt: skip
    (ada,) = await of(store, "ada")
    assert (ada.exchanged is None) == (ada.heard is None) == (talks < 10)
    assert ada.heard is None or (ada.heard.share == 1 and 0.7 < ada.heard.low < 1)
