"""Exports: what sources told, as records of the import format, so that any kith can read it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from functools import partial
from uuid import UUID

import msgspec

from kith.connectors import _records as sdk
from kith.projections import statements
from kith.projections.ingest import Ingest
from kith.store import exports as store
from kith.store import statements as store_statements
from kith.store.db import Db
from kith.store.exports import Row


async def everything(db: Db, workspace_id: UUID, id_key: bytes) -> AsyncIterator[sdk.Record | sdk.Stated]:
    """Yield all facts, and all that people said, in an order in which nothing is concluded too early. db: as below."""
    ref_of = partial(_with_actor, Ingest(id_key))
    async for said in statements.told(db, workspace_id, statements.FIRST, ref_of):
        yield said
    async for record in records(db, workspace_id, id_key):
        yield record
    rest = [name for name in store_statements.QUERIES if name not in statements.FIRST]
    async for said in statements.told(db, workspace_id, rest, ref_of):
        yield said


async def records(db: Db, workspace_id: UUID, id_key: bytes) -> AsyncIterator[sdk.Record]:
    """Yield every fact that open sources told; one after the other, in little memory.

    db: in a transaction. Not among them: what people said, earlier versions, and which acts were deleted.
    """
    keys = Ingest(id_key)
    async for row in store.identities(db, workspace_id):
        yield sdk.Identity(
            _ref(row), row["kind"], row["name"], row["handle"], row["address"], row["url"], row["avatar_url"],
            row["verified"], row["seen_at"],
        )  # fmt: skip
    async for row in store.channels(db, workspace_id):
        yield sdk.Channel(
            _ref(row), row["kind"], row["name"], row["url"], _named(row, "parent"), row["visibility"], row["seen_at"]
        )
    async for row in store.conversations(db, workspace_id):
        yield sdk.Conversation(_ref(row), _named(row, "channel"), row["title"], row["url"])
    async for row in store.interactions(db, workspace_id):
        yield _act(keys, row)
    async for row in store.changes(db, workspace_id):
        act = _act(keys, row)
        yield act if row["began"] else sdk.Ending(act.ref, row["at"])
    async for row in store.claims(db, workspace_id):
        yield sdk.Claim(_some(row, "subject"), _some(row, "object"), row["kind"], row["evidence"], row["edition"])
    async for row in store.standings(db, workspace_id):
        yield sdk.Standing(
            _some(row, "identity"), row["kind"], row["value"], row["seen_at"], row["label"], _named(row, "channel")
        )
    async for row in store.affiliations(db, workspace_id):
        for day in dict.fromkeys((row["first"], row["last"])):
            yield sdk.Affiliation(
                _some(row, "identity"), row["organization"], row["domain"], row["title"], row["since"], row["until"],
                row["evidence"], _moment(day),
            )  # fmt: skip
    async for row in store.coverage(db, workspace_id):
        yield sdk.Coverage(row["status"], row["since"], row["until"], row["reason"])


def _act(keys: Ingest, row: Row) -> sdk.Interaction:
    places = zip(row["networks"] or (), row["keys"] or (), row["hosts"] or (), row["target_kinds"], strict=True)
    reply_to = None
    if row["reply_id"] is not None:
        reply = _act_ref(row["reply_network"], row["reply_key"], row["reply_kind"], row["reply_host"])
        reply_to = _own(keys, row["reply_id"], reply, _some(row, "reply_actor"))
    ref = _own(
        keys, row["id"], _act_ref(row["network"], row["key"], row["kind"], row["host"]), _some(row, "actor")
    )  # fmt: skip
    return sdk.Interaction(
        ref,
        _some(row, "actor"),
        row["stated_at"] or row["at"],
        tuple(sdk.Target(sdk.Ref(network, key, host), kind) for network, key, host, kind in places),
        _named(row, "channel"),
        _named(row, "conversation"),
        reply_to,
        row["native_kind"],
        row["title"],
        row["text"],
        row["url"],
        row["visibility"],
        row["edited_at"],
        row["at"] if row["stated_at"] else None,
        row["copied"],
    )


def _with_actor(keys: Ingest, id_: UUID, ref: sdk.InteractionRef) -> sdk.InteractionRef:
    """Return the key of an act, which comes with its actor: without, where its id was made so."""
    bare = msgspec.structs.replace(ref, actor=None)
    return bare if keys.act_id(bare) == id_ else ref


def _act_ref(network: str, key: str, kind: sdk.InteractionKind, host: str) -> sdk.InteractionRef:
    return sdk.InteractionRef(network, key, kind, host)


def _own(keys: Ingest, id_: UUID, ref: sdk.InteractionRef, actor: sdk.Ref) -> sdk.InteractionRef:
    """Return the key of an act: with its actor where its id was made with it."""
    if keys.act_id(ref) == id_:
        return ref
    return sdk.InteractionRef(ref.network, ref.key, ref.kind, ref.host, actor)


def _ref(row: Row) -> sdk.Ref:
    return sdk.Ref(row["network"], row["key"], row["host"])


def _named(row: Row, name: str) -> sdk.Ref | None:
    return None if row[f"{name}_key"] is None else _some(row, name)


def _some(row: Row, name: str) -> sdk.Ref:
    return sdk.Ref(row[f"{name}_network"], row[f"{name}_key"], row[f"{name}_host"])


def _moment(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(12), UTC)
