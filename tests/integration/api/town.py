"""A small community with a known answer to every question, stored by the code that stores any source."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from kith.connectors import (
    Channel,
    Conversation,
    Coverage,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Record,
    Ref,
    Target,
)
from kith.domain import ids
from kith.projections import project
from kith.projections.ingest import Ingest
from kith.store import ingest
from kith.store.db import Pool, workspace
from kith.store.sources import create_source
from kith.store.workspaces import create_workspace, get_workspace
from tests.integration.detections import detect_in

NOW = (datetime.now(UTC) - timedelta(hours=12)).replace(hour=12, minute=0, second=0, microsecond=0)  # the last noon
CORE = Ref("git", "core")
LIST = Ref("mail", "list@example.org")
SECOND = Ref("mail", "second-list@example.org")
THREAD = Ref("mail", "thread-1")


def ago(days: int, minutes: int = 0) -> datetime:
    """Return the moment so long before today's noon (UTC)."""
    return NOW - timedelta(days=days, minutes=minutes)


@dataclass
class Town:
    """ids: public ids by name, such as ``person ada`` or ``channel core``."""

    workspace_id: UUID
    source_id: UUID
    ids: dict[str, str] = field(default_factory=dict)


CAST = {
    "ada": Ref("git", "ada@example.org"),
    "bo": Ref("git", "bo@example.org"),
    "cyd": Ref("git", "cyd@example.org"),
    "dan": Ref("mail", "dan@example.org"),
    "eve": Ref("git", "eve@example.org"),
    "eve at home": Ref("mail", "eve@home.example"),
    "robot": Ref("git", "robot"),
}

# who, towards whom, what, where, how many days ago
ACTS: list[tuple[str, Sequence[str], str, Ref, int]] = [
    ("ada", ["bo"], "review", CORE, 1),
    ("ada", ["bo"], "review", CORE, 10),
    ("bo", ["ada"], "thank", CORE, 10),
    ("bo", ["ada"], "contribute", CORE, 100),
    ("ada", ["bo"], "review", CORE, 700),
    ("ada", ["cyd"], "review", CORE, 5),
    ("cyd", ["ada"], "thank", CORE, 4),
    ("dan", [], "post", LIST, 3),
    ("eve", ["ada", "bo"], "help", CORE, 20),
    ("eve at home", ["dan"], "reply", LIST, 2),
    ("dan", ["eve at home"], "reply", LIST, 2),
    ("eve", ["dan"], "review", CORE, 30),
    ("robot", ["ada"], "test", CORE, 6),
]


def records() -> list[Record]:
    """Return what a source would tell of the town."""
    found: list[Record] = [
        Channel(CORE, "area", "core", visibility="public"),
        Channel(LIST, "list", "Town list", visibility="public"),
        Channel(SECOND, "list", "Second list", visibility="public"),
        Conversation(THREAD, LIST, "How to greet"),
        Coverage("read", ago(800), ago(0)),
        Coverage("gap", ago(900), ago(800), "The archive begins later."),
    ]
    found += [
        Identity(
            ref,
            "bot" if name == "robot" else "person",
            name=name.title(),
            handle=name.replace(" ", "-"),
            address=ref.key if "@" in ref.key else None,
            seen_at=ago(1),
        )
        for name, ref in CAST.items()
    ]
    for number, (actor, targets, kind, channel, days) in enumerate(ACTS):
        found.append(
            Interaction(
                InteractionRef(channel.network, f"act-{number}", kind),  # type: ignore[arg-type]  # kinds are ours
                CAST[actor],
                ago(days, number),
                tuple(Target(CAST[target]) for target in targets),
                channel,
                conversation=THREAD if channel is LIST else None,
                title=f"{kind} number {number}",
                text=f"{actor.title()} wrote about lanterns" if kind == "review" else None,
                visibility="public",
            )
        )
    found.append(msgspec.structs.replace(posted(found), channel=SECOND))
    return found


def posted(told: Sequence[Record]) -> Interaction:
    """Return Dan's post, which went to two lists."""
    return next(record for record in told if isinstance(record, Interaction) and record.ref.kind == "post")


async def build(pool: Pool, name: str) -> Town:
    """Create a workspace with this town in it."""
    town = Town(uuid4(), UUID(int=0))
    async with workspace(pool, town.workspace_id) as db:
        await create_workspace(db, town.workspace_id, name)
        source = await create_source(db, town.workspace_id, "ndjson", "town records", {"path": "/nowhere"})
    town.source_id = source.id
    await tell(pool, town, records())
    key = await id_key(pool, town)
    for who, ref in CAST.items():
        identity = ids.fact_id(key, "identity", (ref.network, ref.host, ref.key))
        town.ids[f"identity {who}"] = ids.encode("identity", identity)
        town.ids[f"person {who}"] = ids.encode("person", identity)
    for channel in (CORE, LIST, SECOND):
        value = ids.fact_id(key, "channel", (channel.network, channel.host, channel.key))
        town.ids[f"channel {channel.key}"] = ids.encode("channel", value)
    thread = ids.fact_id(key, "conversation", (THREAD.network, THREAD.host, THREAD.key))
    town.ids["conversation"] = ids.encode("conversation", thread)
    town.ids["source"] = ids.encode("source", town.source_id)
    return town


ROOMS = [Ref("git", name) for name in ("docs", "tests", "build", "web")]


async def look_at(pool: Pool, town: Town) -> None:
    """Let people of the town help each other in four rooms, and detect its communities."""
    told = [Channel(room, "area", room.key, visibility="public") for room in ROOMS]
    acts = [
        Interaction(
            InteractionRef("git", f"help-{room.key}-{turn}", "help"),
            CAST["ada" if turn % 2 else "bo"],
            ago(turn + 1, number),
            (Target(CAST["cyd"]),),
            room,
        )
        for number, room in enumerate(ROOMS)
        for turn in range(4)
    ]
    await tell(pool, town, [*told, *acts])
    async with workspace(pool, town.workspace_id) as db:
        await detect_in(db, town.workspace_id)


async def tell(pool: Pool, town: Town, told: Sequence[Record]) -> None:
    """Store records as a page of the town's source, and work them into the projections."""
    batch = Ingest(await id_key(pool, town)).batch(Page(tuple(told), msgspec.Raw(b"{}")))
    assert not batch.problems
    async with workspace(pool, town.workspace_id) as db:
        await ingest.apply(db, town.workspace_id, town.source_id, None, batch)
    async with workspace(pool, town.workspace_id) as db:
        await project.project(db, town.workspace_id, datetime.now(UTC))


async def id_key(pool: Pool, town: Town) -> bytes:
    async with workspace(pool, town.workspace_id) as db:
        found = await get_workspace(db, town.workspace_id)
    assert found is not None
    return found.id_key


async def join(pool: Pool, town: Town, one: str, other: str) -> None:
    """Decide that two identities are the same person."""
    pair = sorted(value for name in (one, other) if (value := ids.decode("identity", town.ids[f"identity {name}"])))
    async with workspace(pool, town.workspace_id) as db:
        await db.execute(
            """
            INSERT INTO decisions (workspace_id, id, verdict, one_id, other_id, author, confidence)
            VALUES ($1, $2, 'same', $3, $4, 'member:test', 1)
            """,
            town.workspace_id, uuid4(), *pair,
        )  # fmt: skip
        await db.execute(
            """
            INSERT INTO touches (workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids)
            VALUES ($1, $2, '{}', '{}', '{}', '{}')
            """,
            town.workspace_id, pair,
        )  # fmt: skip
        await project.project(db, town.workspace_id, datetime.now(UTC))
