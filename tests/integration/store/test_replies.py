"""What the lines of rooms answer follows the facts: whatever comes first, and whatever is taken back."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.connectors import Identity, Record
from kith.domain.replies.lines import CONTEXT
from kith.projections import replies
from kith.store.db import Pool, workspace
from tests.integration.store.facts import DAY, NOW, Store, act, act_ref, gone, mailmap, who
from tests.integration.store.test_asks import found
from tests.integration.store.test_projections import _fresh

_MINUTE = 1 / 1440
_TALK = ["how do I mount a usb stick?", "ada: it is in the archive", "bob: could you please send it?", "cyd, thanks"]


def line(key: str, actor: str, text: str, minutes: float, **more: Any) -> Record:
    return act(key, actor, (), channel="room", text=text, days=minutes * _MINUTE, **more)


async def linked(store: Store) -> dict[str, tuple[str | None, bool]]:
    """Return what each line most likely answers, by key, and whether that is known."""
    await store.project()
    keys = {row["id"]: row["key"].strip("<>").partition("@")[0] for row in await store.rows("interactions")}
    return {
        keys[row["interaction_id"]]: (
            keys.get(row["answers"][0]) if row["answers"] and row["chances"][0] > row["begins"] else None,
            row["known"],
        )
        for row in await store.rows("inferred_replies")
    }


async def state(store: Store, key: str, answers: str | None, *, stated: bool = True) -> None:
    ids = {row["key"].strip("<>").partition("@")[0]: row["id"] for row in await store.rows("interactions")}
    async with workspace(store.pool, store.workspace_id) as db:
        await replies.state(
            db, store.workspace_id, ids[key], ids[answers] if answers else None, "member:test", NOW, stated=stated
        )


async def is_as_rebuilt(store: Store) -> bool:
    await store.project()
    before = await store.everything()
    differences = await store.rebuild()
    return not any(any(each) for each in differences.values()) and await store.everything() == before


async def test_a_question_of_a_room_is_answered_by_a_line_that_points_at_nothing(store: Store) -> None:
    asked = line("1", "ada", "how do I mount a usb stick?", 0)
    await store.store(asked, line("2", "bob", "has anyone tried the new kernel?", 1))
    ask = (await found(store))["ada"]
    assert (ask["state"], ask["nobody"]) == ("open", pytest.approx(1, abs=0.2))
    await store.store(line("3", "cyd", "ada: plug it in, it mounts by itself", 2))
    asks = await found(store)
    assert (asks["ada"]["state"], asks["bob"]["state"]) == ("answered", "open")
    assert asks["ada"]["answered_at"] == DAY + timedelta(minutes=2)
    assert asks["ada"]["nobody"] < 0.2 < 0.5 < asks["bob"]["nobody"]
    assert await linked(store) == {"1": (None, False), "2": (None, False), "3": ("1", False)}
    await store.store(Identity(who("cyd"), "bot", seen_at=DAY))
    assert (await found(store))["ada"]["state"] == "open"
    await store.store(Identity(who("cyd"), "person", seen_at=DAY + timedelta(days=1)), mailmap("ada", "cyd"))
    assert (await found(store))["ada"]["state"] == "open"
    assert await is_as_rebuilt(store)


async def test_a_line_late_edited_or_gone_takes_back_what_was_inferred(store: Store) -> None:
    await store.store(line("1", "ada", "how do I mount a usb stick?", 0), line("3", "cyd", "dan: plug it in", 2))
    alone = await linked(store)
    await store.store(line("2", "dan", "how do I read a disk?", 1))
    assert (await linked(store))["3"] == ("2", False)
    assert (await found(store))["dan"]["state"] == "answered"
    await store.store(line("3", "cyd", "zoe: hello there", 2, edited_at=DAY + timedelta(days=1)))
    assert (await found(store))["dan"]["state"] == "open"
    await store.store(line("3", "cyd", "dan: plug it in", 2, edited_at=DAY + timedelta(days=2)), gone("2"))
    assert await linked(store) == alone
    await store.store(gone("3"))
    assert await linked(store) == {"1": (None, False)}
    assert await is_as_rebuilt(store)


async def test_a_native_pointer_stands_and_no_thread_is_read(store: Store) -> None:
    await store.store(
        line("1", "ada", "how do I mount a usb stick?", 0),
        line("2", "bob", "how do I read a disk?", 1),
        line("3", "cyd", "bob: plug it in", 2, reply_to=act_ref("1")),
        act("4", "bob", (), channel="room", conversation="t", text="ada: this is in a thread", days=3 * _MINUTE),
    )
    assert await linked(store) == {"1": (None, False), "2": (None, False), "3": ("1", True)}
    asks = await found(store)
    assert (asks["ada"]["state"], asks["bob"]["state"]) == ("answered", "open")


async def test_what_a_member_says_of_a_line_counts_and_survives_a_rebuild_until_it_is_taken_back(store: Store) -> None:
    await store.store(
        line("1", "ada", "how do I mount a usb stick?", 0),
        line("2", "bob", "has anyone tried the new kernel?", 1),
        line("3", "cyd", "ada: plug it in", 2),
    )
    assert (await linked(store))["3"] == ("1", False)
    for answers, states in (("2", ("open", "answered")), (None, ("open", "open"))):
        await state(store, "3", answers)
        assert (await linked(store))["3"] == (answers, True)
        asks = await found(store)
        assert (asks["ada"]["state"], asks["bob"]["state"]) == states
        assert await is_as_rebuilt(store)
    await state(store, "3", None, stated=False)
    assert (await linked(store))["3"] == ("1", False)
    assert (await found(store))["ada"]["state"] == "answered"


async def test_lines_are_read_in_pieces_whatever_comes_first(pool: Pool) -> None:
    """More lines than a change is felt by, so that what is read again has to begin and end at the right line."""
    one, names = random.Random(5), [f"nick{n}" for n in range(12)]
    said = [
        line(f"{n}", one.choice(names), f"{one.choice(['', *(f'{name}: ' for name in names)])}{one.choice(_TALK)}", n)
        for n in range(CONTEXT + 400)
    ]
    store, other = await _fresh(pool), await _fresh(pool)
    await store.store(*said)
    late, first = said[20::300], [record for n, record in enumerate(said) if (n - 20) % 300]
    await other.store(*first[400:], line("extra", "nick3", "nick1: why?", 350.5))
    await other.project()
    await other.store(*first[:400])
    await other.project()
    await other.store(*late, gone("extra"))
    await store.project()
    await other.project()
    assert await store.rows("inferred_replies") == await other.rows("inferred_replies")
    assert await store.rows("asks") == await other.rows("asks")
    for each in (store, other):
        differences = await each.rebuild()
        assert not any(differences["inferred_replies"] + differences["asks"]), differences


_KEYS = st.sampled_from("abcdef")
_NAMES = ["ada", "bob", "cyd"]


@st.composite
def _steps(draw: Any) -> Record | tuple[str, str | None, bool]:
    """A version of one of six lines, a deletion, a tie of two identities, a robot, or what a member says of a line."""
    kind = draw(st.integers(0, 9))
    if kind == 6:
        return gone(draw(_KEYS))
    if kind == 7:
        return mailmap(*draw(st.permutations(_NAMES))[:2])
    if kind == 8:
        return Identity(who(draw(st.sampled_from(_NAMES))), draw(st.sampled_from(["bot", "person"])), seen_at=DAY)
    if kind == 9:
        return draw(_KEYS), draw(st.none() | _KEYS), draw(st.booleans())
    key, number = draw(_KEYS), draw(st.integers(0, 2))
    fixed, version = random.Random(key), random.Random(f"{key} {number}")
    return act(
        key,
        fixed.choice(_NAMES),
        (),
        channel=version.choice(["room", "room", "other"]),
        conversation=version.choice([None, None, None, "t"]),
        reply_to=version.choice([None, None, None, *map(act_ref, "abcdef".replace(key, ""))]),
        days=fixed.randrange(6) * _MINUTE,
        text=version.choice(_TALK),
        edited_at=DAY + timedelta(hours=number),
    )


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=st.lists(st.lists(_steps(), max_size=6), max_size=5), often=st.booleans())
async def test_any_order_of_pages_edits_deletions_joins_and_words_of_members_gives_the_state_of_a_rebuild(
    pool: Pool, pages: list[list[Record | tuple[str, str | None, bool]]], often: bool
) -> None:
    store = await _fresh(pool)
    for page in pages:
        await store.store(*(step for step in page if not isinstance(step, tuple)))
        if often:
            await store.project()
        ids: dict[str, UUID] = {row["key"][1]: row["id"] for row in await store.rows("interactions")}
        for key, answers, stated in (step for step in page if isinstance(step, tuple)):
            if key in ids:
                async with workspace(store.pool, store.workspace_id) as db:
                    answers_id = ids.get(answers) if answers else None
                    await replies.state(db, store.workspace_id, ids[key], answers_id, "member:t", NOW, stated=stated)
    await store.project()
    await store.refresh()
    assert await is_as_rebuilt(store)
