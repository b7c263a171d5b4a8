"""What people said goes into a file and out of it again, for another workspace, with all that follows from it."""

from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from kith.connectors import InteractionRef, Page, Record, Ref, ndjson
from kith.connectors._records import Stated
from kith.connectors.statements import (
    AffiliationStatement,
    AskStatement,
    Attribute,
    AttributeValue,
    Community,
    Consent,
    Correction,
    Decision,
    Group,
    MentionVerdict,
    Note,
    Objection,
    OrganizationStatement,
    ReplyStatement,
    Statement,
    Subject,
    Watch,
)
from kith.projections import exports, mentions
from kith.projections.ingest import Ingest
from kith.store import exports as store_of_exports
from kith.store import projection, watches
from kith.store.batch import Batch
from kith.store.db import Pool, workspace
from tests.conftest import new_workspace
from tests.integration.store.facts import CURSOR, DAY, Store, act, act_ref, identity, room, who

LATER = DAY + timedelta(days=1)
FACTS: tuple[Record, ...] = (
    *(identity(name, name=name.title(), seen_at=DAY) for name in ("ada", "bob", "dot")),
    act("one", text="Who knows Lantern Works?", visibility="public"),
    act("two", "bob", ("ada",), text="I do.", days=1, visibility="public", reply_to=act_ref("one")),
)


def said() -> tuple[Stated, ...]:
    return (
        OrganizationStatement(
            key="o", name="Lantern Works", url="https://l.example", domains=("l.example",), created_at=DAY
        ),
        Attribute(key="t", name="vip", kind="tag", created_at=DAY),
        Decision(key="d1", verdict="same", one=who("ada"), other=who("cy"), decided_at=DAY, author="member:a"),
        Decision(key="d2", verdict="same", one=who("ada"), other=who("dot"), decided_at=DAY, author="member:a"),
        Decision(
            key="d3", verdict="retract", one=who("dot"), other=who("ada"), retracts="d2", decided_at=LATER,
            author="member:a",
        ),
        Correction(key="c", identity=who("bob"), field="name", value="Robert", decided_at=DAY),
        Objection(key="ob", people=(who("dot"),), reason="No.", objected_at=DAY),
        Consent(key="co", people=(who("bob"),), purpose="News", given_at=DAY, withdrawn_at=LATER, withdrawn_by="a"),
        AffiliationStatement(
            key="af", identity=who("bob"), organization="Lantern Works", title="Smith", since=DAY.date(), learnt_at=DAY
        ),
        AskStatement(key="as", act=act_ref("one"), state="closed", stated_at=LATER),
        ReplyStatement(key="rs", act=act_ref("two"), answers=act_ref("one"), stated_at=LATER),
        Community(key="cm", name="Friends", people=(who("ada"), who("bob")), created_at=DAY),
        AttributeValue(key="v", attribute="vip", about=Subject(who("ada")), value=True, updated_at=DAY),
        Group(
            key="g", name="Guests", people=(who("ada"),), organization="Lantern Works", channel=room("list"),
            attribute="vip", community="cm", created_at=DAY,
        ),
        Note(key="n1", about=Subject(who("ada"), who("bob")), text="They met.", created_at=DAY),
        Note(key="n2", about=Subject(organization="Lantern Works"), text="Old.", created_at=DAY, updated_at=LATER),
        Watch(
            key="w", name="Works", organization="Lantern Works", aliases=("Lantern Works",), rules=("always",),
            since=DAY - timedelta(days=9), created_at=DAY,
        ),
        MentionVerdict(key="m", watch="w", act=act_ref("one"), start=10, is_right=True, stated_at=LATER),
    )  # fmt: skip


def batch_of(store: Store, *statements: Stated, allowed: bool = True) -> Batch:
    return Ingest(store.id_key, statements=allowed).batch(Page((), CURSOR, statements=statements))


def in_order(records: list[Any]) -> list[bytes]:
    return sorted(map(ndjson.encode_line, records))


async def exported(store: Store) -> list[Any]:
    async with workspace(store.pool, store.workspace_id) as db:
        await store_of_exports.freeze(db)
        found = [ndjson.encode_line(one) async for one in exports.everything(db, store.workspace_id, store.id_key)]
    return [msgspec.json.decode(line, type=Record | Statement) for line in found]


async def hear(store: Store) -> None:
    """Listen to the past, as the job does that was asked for."""
    async with workspace(store.pool, store.workspace_id) as db:
        (job,) = await db.fetch("SELECT args FROM jobs WHERE workspace_id = $1 AND kind = 'hear'", store.workspace_id)
        await projection.lock(db, store.workspace_id)
        watch = await watches.get_watch(db, store.workspace_id, UUID(job["args"]["watch_id"]))
        assert watch is not None
        await mentions.hear_past(db, store.workspace_id, watch)


async def test_what_people_said_is_read_once_and_exported_whole(pool: Pool, workspace_id: UUID) -> None:
    store = await Store.open(pool, workspace_id)
    await store.store(*FACTS)
    assert {type(each) for each in said()} == set(get_args(Statement))
    for _ in range(2):
        batch = batch_of(store, *said())
        await store.apply(batch)
        assert batch.problems == []
    await store.project()
    async with workspace(pool, workspace_id) as db:
        people = await db.fetch(
            "SELECT name, objects FROM people WHERE workspace_id = $1 ORDER BY name", workspace_id
        )  # fmt: skip
    assert [tuple(row) for row in people] == [("Ada", False), ("Dot", True), ("Robert", False)]
    await hear(store)
    told = [one for one in await exported(store) if isinstance(one, Stated)]
    assert {type(one) for one in told} == set(get_args(Statement))

    other = await Store.open(pool, await new_workspace(pool))
    records = await exported(store)
    facts = [one for one in records if not isinstance(one, Stated)]
    await other.apply(batch_of(other, *(one for one in records if isinstance(one, Stated))))
    await other.store(*facts)
    await other.project()
    await hear(other)
    assert in_order(await exported(other)) == in_order(records)


async def test_only_a_file_that_is_trusted_may_say_anything(pool: Pool, workspace_id: UUID) -> None:
    store = await Store.open(pool, workspace_id)
    batch = batch_of(store, *said(), allowed=False)
    assert len(batch.problems) == len(said())
    assert batch.said == []


BAD: dict[str, Stated] = {
    "a decision is on two identities": Decision(
        key="1", verdict="same", one=who("ada"), other=who("ada"), decided_at=DAY
    ),
    "`retracts` names": Decision(key="1", verdict="retract", one=who("ada"), other=who("bob"), decided_at=DAY),
    "`about` names": Note(key="1", about=Subject(), text="Nothing.", created_at=DAY),
    "an affiliation ends": AffiliationStatement(
        key="1", identity=who("ada"), organization="Firm", since=LATER.date(), until=DAY.date(), learnt_at=DAY
    ),
    "a watch is of": Watch(key="1", name="W", aliases=("a",), rules=(), since=DAY, created_at=DAY),
    "is none of an interaction": AskStatement(
        key="1", act=InteractionRef("mail", "x", "wave"), stated_at=DAY  # type: ignore[arg-type]  # what a file may hold
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", BAD)
async def test_what_cannot_be_meant_is_named(pool: Pool, workspace_id: UUID, reason: str) -> None:
    store = await Store.open(pool, workspace_id)
    (problem,) = batch_of(store, BAD[reason]).problems
    assert reason in problem.reason


async def test_what_names_nothing_is_refused_and_the_rest_is_kept(pool: Pool, workspace_id: UUID) -> None:
    store = await Store.open(pool, workspace_id)
    missing = AttributeValue(key="v", attribute="none", about=Subject(who("ada")), value=1, updated_at=DAY)
    nowhere = MentionVerdict(key="m", watch="w", act=act_ref("one"), start=0, is_right=True, stated_at=DAY)
    half = Community(key="c", name="A", people=(Ref("mail", "a@b.example"),), created_at=DAY)
    batch = batch_of(store, missing, nowhere, half)
    await store.apply(batch)
    assert [(problem.place, problem.code) for problem in batch.problems] == [("attributevalue v", "refused")]
    (kept,) = [one for one in await exported(store) if isinstance(one, Stated)]
    assert isinstance(kept, Community)
