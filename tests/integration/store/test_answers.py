"""Whom an act answers and where it belongs is settled whichever record came first, and stays when it is read again."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kith.connectors import Interaction, InteractionKind, InteractionRef, Ref, Target, Visibility
from kith.store.db import Pool, new_id, workspace
from kith.store.rekey import rekey_said
from kith.store.workspaces import create_workspace
from tests.integration.store.facts import DAY, Store, gone, who

_WIDTHS: tuple[Visibility, ...] = ("direct", "private", "members", "unlisted", "public")
_AUTHORS = ("ada", "bob", "cyd", "dan")


class Mail(NamedTuple):
    """One mail of a forest. answers: an earlier one, or one that never comes."""

    number: int
    author: str
    to: tuple[str, ...]
    answers: str | None
    thread: str
    copies: tuple[tuple[str | None, Visibility], ...]

    def records(self, *, knows: str | None = None) -> list[Interaction]:
        """Return its copies: in a channel a post, else a message. knows: the answered author, where a reader saw it."""
        answers = InteractionRef("mail", self.answers, "post") if self.answers else None
        targets = [Target(who(knows), "reply")] if knows and answers and knows != self.author else []
        return [
            Interaction(
                InteractionRef("mail", str(self.number), _kind(answers, channel)),
                who(self.author),
                DAY + timedelta(hours=self.number),
                (*targets, *(Target(who(name)) for name in self.to if name != self.author)),
                Ref("mail", channel) if channel else None,
                Ref("mail", self.thread),
                answers,
                text=f"words {self.number}",
                visibility=visibility,
            )
            for channel, visibility in self.copies
        ]


def _kind(answers: InteractionRef | None, channel: str | None) -> InteractionKind:
    return "reply" if answers else "post" if channel else "message"


@st.composite
def _mails(draw: Any) -> list[Mail]:
    """A forest: roots are named by all below, by some wrongly, or only the answered mail is (In-Reply-To alone)."""
    count = draw(st.integers(2, 9))
    mails: list[Mail] = []
    for number in range(count):
        answers = draw(st.sampled_from([None, "gone", *map(str, range(number))]))
        above = [mail for mail in mails if answers == str(mail.number)]
        names = [answers or str(number), "garbage"] + [mail.thread for mail in above] * 2
        channels = draw(st.lists(st.sampled_from([None, "x", "y"]), min_size=1, max_size=3, unique=True))
        copies = tuple(
            (channel, draw(st.sampled_from(_WIDTHS[1:] if channel else _WIDTHS[:1]))) for channel in channels
        )
        mails.append(
            Mail(
                number,
                draw(st.sampled_from(_AUTHORS)),
                tuple(draw(st.lists(st.sampled_from(_AUTHORS), max_size=2, unique=True))),
                answers,
                draw(st.sampled_from(names)) if answers else str(number),
                copies,
            )
        )
    return mails


async def _fresh(pool: Pool) -> Store:
    """Return a store in a workspace of its own, with the same ids as in every other of these."""
    workspace_id = new_id()
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, "one of many")
    store = await Store.open(pool, workspace_id)
    return Store(pool, workspace_id, store.source_id, b"one key for all")


async def _store(store: Store, records: Sequence[Interaction], size: int, *, often: bool) -> dict[str, Any]:
    for start in range(0, len(records), size):
        await store.store(*records[start : start + size])
        if often:
            await store.project()
    await store.project()
    await store.refresh()  # strength also follows what other pairs do, a little later
    return await store.everything()


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # to shrink, each step of which takes a second, would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(mails=_mails(), seed=st.integers(0, 1000), size=st.integers(1, 4), often=st.booleans())
async def test_the_order_of_reading_decides_nothing(
    pool: Pool, mails: list[Mail], seed: int, size: int, often: bool
) -> None:
    records = [record for mail in mails for record in mail.records()]
    one, other = await _fresh(pool), await _fresh(pool)
    told = await _store(one, records, len(records), often=False)
    by_number = {str(mail.number): mail for mail in mails}
    for mail in mails:
        _check(mail, by_number, told, one)
    shuffled = random.Random(seed).sample(records, len(records))
    assert _differing(await _store(other, shuffled, size, often=often), told) == []
    for store in (one, other):
        before = await store.everything()
        differences = await store.rebuild()
        assert not any(any(difference) for difference in differences.values()), differences
        assert _differing(await _store(store, shuffled[::-1], size, often=often), before) == []


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (table, row.get("key"), name, value)
        for table in one
        for number, row in enumerate(one[table])
        for name, value in row.items()
        if len(one[table]) != len(other[table]) or other[table][number][name] != value
    ]


def _check(mail: Mail, mails: dict[str, Mail], told: dict[str, Any], store: Store) -> None:
    [row] = [row for row in told["interactions"] if row["key"] == str(mail.number)]
    names = {row["id"]: row["key"].partition("@")[0] for row in told["identities"]}
    found = dict(zip((names[id_] for id_ in row["target_ids"]), row["target_kinds"], strict=True))
    answered = mails.get(mail.answers or "")
    expected = dict.fromkeys((name for name in mail.to if name != mail.author), "to")
    if answered and answered.author != mail.author:
        expected[answered.author] = "reply"
    assert found == expected
    assert row["visibility"] == max((visibility for _, visibility in mail.copies), key=_WIDTHS.index)
    if answered:
        [parent] = [row for row in told["interactions"] if row["key"] == mail.answers]
        assert parent["conversation_id"] == row["conversation_id"]


async def test_what_a_reader_knew_is_not_taken_away_by_one_that_does_not(store: Store) -> None:
    answer = Mail(2, "bob", ("cyd",), "1", "1", (("x", "public"),))
    await store.store(*answer.records(knows="ada"))
    before = await store.everything()
    assert await store.store(*answer.records()) == (0, 0, 0)
    assert await store.everything() == before
    [row] = before["interactions"]
    assert row["target_kinds"] == ["reply", "to"]


async def test_an_answer_keeps_whom_it_is_towards_when_what_it_answers_is_deleted(store: Store) -> None:
    first, answer = Mail(1, "ada", (), None, "1", (("x", "public"),)), Mail(2, "bob", (), "1", "1", (("x", "public"),))
    await store.store(*answer.records(), *first.records())
    await store.project()
    tombstone = msgspec.structs.replace(gone("1"), ref=first.records()[0].ref)
    await store.store(tombstone)
    found = await store.everything()
    [row] = found["interactions"]
    assert row["target_kinds"] == ["reply"]
    assert [contact["kind"] for contact in found["contact_days"]] == ["reply"]
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_answers_follow_an_author_who_turns_out_to_be_another(store: Store) -> None:
    first, answer = Mail(1, "ada", (), None, "1", (("x", "public"),)), Mail(2, "bob", (), "1", "1", (("x", "public"),))
    await store.store(*first.records(), *answer.records())
    await store.project()
    await store.store(*first._replace(author="dan").records())
    found = await store.everything()
    names = {row["id"]: row["key"].partition("@")[0] for row in found["identities"]}
    [targets] = [row["target_ids"] for row in found["interactions"] if row["target_ids"]]
    assert [names[id_] for id_ in targets] == ["dan"]
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_acts_that_answer_each_other_in_a_circle_are_one_conversation(store: Store) -> None:
    mails = [Mail(n, _AUTHORS[n], (), str((n + 1) % 3), str(n), (("x", "public"),)) for n in range(3)]
    told = await _store(store, [record for mail in mails for record in mail.records()], 1, often=True)
    assert len({row["conversation_id"] for row in told["interactions"]}) == 1
    assert [row["target_kinds"] for row in told["interactions"]] == [["reply"]] * 3
    assert not any(any(difference) for difference in (await store.rebuild()).values())


async def test_a_long_thread_read_backwards_is_one_conversation(store: Store) -> None:
    mails = [Mail(0, "ada", (), None, "0", (("x", "public"),))]
    mails += [Mail(n, _AUTHORS[n % 4], (), str(n - 1), str(n - 1), (("x", "public"),)) for n in range(1, 300)]
    told = await _store(store, [record for mail in mails[::-1] for record in mail.records()], 50, often=False)
    assert len({row["conversation_id"] for row in told["interactions"]}) == 1
    assert [len(row["target_ids"]) for row in told["interactions"]].count(1) == 299


async def test_acts_of_an_older_database_get_the_ids_of_a_fresh_one(
    pool: Pool, fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [
        Mail(1, "ada", ("cyd",), None, "1", (("x", "public"), (None, "direct"))),
        Mail(2, "bob", (), "1", "1", (("x", "public"),)),
        Mail(3, "cyd", (), "2", "2", ((None, "direct"), ("y", "members"))),
        Mail(4, "dan", (), None, "4", ((None, "direct"),)),
    ]
    records = [record for mail in mails for record in mail.records()]
    fresh, older = await _fresh(pool), await _fresh(pool)
    deleted = msgspec.structs.replace(gone("4"), ref=mails[3].records()[0].ref)
    with monkeypatch.context() as before:
        before.setattr("kith.projections.ingest._SAID", frozenset())  # ids as they were
        await older.store(*records)
        await older.store(deleted)
        await older.project()
    assert await older.count("interactions") == 4
    await fresh.store(*records)
    await fresh.store(deleted)
    for store in (fresh, older):
        async with workspace(pool, store.workspace_id) as db:
            await db.execute(
                "UPDATE workspaces SET id_key = $2 WHERE workspace_id = $1", store.workspace_id, store.id_key
            )
    owner = await asyncpg.connect(fresh_url)
    async with owner.transaction():
        await rekey_said(owner)
    await owner.close()
    told = await _store(fresh, (), 1, often=False)
    for again in ((), records):  # what is read again has other versions, and says the same
        found = _differing(await _store(older, again, 10, often=False), told)
        assert [difference for difference in found if difference[2] != "version"] == []
    assert not any(any(difference) for difference in (await older.rebuild()).values())
