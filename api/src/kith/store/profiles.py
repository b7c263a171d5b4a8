"""What resolution reads of identities: rows as the matching domain takes them, and the keys that find neighbours."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kith.domain import matching
from kith.domain.matching import Identity, Link, Population
from kith.domain.matching.candidates import cap
from kith.domain.matching.features import count_population
from kith.domain.organizations import employer_domain
from kith.store.db import Db

# An identity there is a signature, a name with an address or alone, and no account: two of them are no contradiction.
_SIGNATURES = frozenset({"git", "mail"})
_KINDS = {"person": "human", "bot": "bot"}
# Claims that a network or a maintainer vouches for; each of these is enough.
STATEMENTS = frozenset({"mailmap", "oauth", "same_as"})
# Claims that their bearer makes; they count when each of the two makes one of the other.
MUTUAL = frozenset({"rel_me", "profile_link"})

# Identities compared at once when all are noted anew.
CHUNK = 10_000
# With fewer identities no name is common.
FEWEST = 1000

# asyncpg's records are mappings that do not say so.
Row = Any

_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode


class Profile(NamedTuple):
    """An identity as resolution reads it. content: hash of all that was read; new: it was never read before."""

    identity: Identity
    content: bytes
    new: bool


async def load_changed(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Profile]:
    """Return those of the identities that resolution has not yet seen as they are now."""
    rows = await db.fetch(_CHANGED, workspace_id, list(identity_ids))
    found = ((Profile(_identity(row), _content(row), row["content"] is None), row["content"]) for row in rows)
    return [profile for profile, content in found if profile.content != content]


async def save(db: Db, workspace_id: UUID, profiles: Sequence[Profile]) -> None:
    """Note that resolution has seen these, and the keys by which others find them."""
    await note_arrivals(db, workspace_id, sum(profile.new for profile in profiles))
    await _write(db, workspace_id, [_Noted.of(profile) for profile in profiles])


class _Noted(NamedTuple):
    """What is kept of an identity that resolution has seen."""

    id: UUID
    content: bytes
    domain: str | None
    keys: set[int]

    @classmethod
    def of(cls, profile: Profile) -> "_Noted":
        keys = {hash_key(key) for key in matching.blocking_keys(matching.Profile(profile.identity))}
        return cls(UUID(profile.identity.id), profile.content, employer_domain(profile.identity.address), keys)


async def _write(db: Db, workspace_id: UUID, noted: Sequence[_Noted]) -> None:
    ids = [row.id for row in noted]
    pairs = [(key, row.id) for row in noted for key in row.keys]
    await db.execute(_SAVE, workspace_id, ids, [row.content for row in noted], [row.domain for row in noted])
    await db.execute(_FORGET_KEYS, workspace_id, ids, [key for key, _ in pairs], [id_ for _, id_ in pairs])
    await db.execute(_SAVE_KEYS, workspace_id, [key for key, _ in pairs], [id_ for _, id_ in pairs])


async def restore(db: Db, workspace_id: UUID) -> dict[str, tuple[int, int, int]]:
    """Note all identities anew; return, by table, how many rows were missing, extra and different."""
    found = {"identity_profiles": (0, 0, 0), "identity_keys": (0, 0, 0)}
    after = START
    while ids := await _next(db, workspace_id, after, CHUNK):
        after = ids[-1]
        await _renew(db, workspace_id, ids, found)
    return found


async def renew_next(db: Db, workspace_id: UUID, after: UUID, limit: int) -> list[UUID]:
    """Note the next identities, in the order of their ids, anew; return them."""
    ids = await _next(db, workspace_id, after, limit)
    await _renew(db, workspace_id, ids, {"identity_profiles": (0, 0, 0), "identity_keys": (0, 0, 0)})
    return ids


async def _next(db: Db, workspace_id: UUID, after: UUID, limit: int) -> list[UUID]:
    return [row["id"] for row in await db.fetch(_NEXT, workspace_id, after, limit)]


async def _renew(db: Db, workspace_id: UUID, ids: Sequence[UUID], found: dict[str, tuple[int, int, int]]) -> None:
    """Note these identities anew, and add to ``found`` what differed."""
    rows = await db.fetch(_CHANGED, workspace_id, ids)
    right = {row["id"]: _Noted.of(Profile(_identity(row), _content(row), new=False)) for row in rows}
    stored = {
        row["identity_id"]: _Noted(row["identity_id"], row["content"], row["domain"], set(row["keys"]))
        for row in await db.fetch(_STORED, workspace_id, ids)
    }
    both = right.keys() & stored.keys()
    different = sum(right[id_][:3] != stored[id_][:3] for id_ in both)
    pairs = [{(id_, key) for id_, row in side.items() for key in row.keys} for side in (right, stored)]
    _add(found, "identity_profiles", len(right) - len(both), len(stored) - len(both), different)
    _add(found, "identity_keys", len(pairs[0] - pairs[1]), len(pairs[1] - pairs[0]), 0)
    await _write(db, workspace_id, [row for id_, row in right.items() if row != stored.get(id_)])
    await db.execute(_DROP, workspace_id, list(stored.keys() - right.keys()))


def _add(found: dict[str, tuple[int, int, int]], table: str, *counts: int) -> None:
    missing, extra, different = (one + more for one, more in zip(found[table], counts, strict=True))
    found[table] = missing, extra, different


START = UUID(int=0)


async def walked_to(db: Db, workspace_id: UUID) -> UUID | None:
    """Return up to which identity all have been resolved anew, in steps; None where that is not going on."""
    found: UUID | None = await db.fetchval("SELECT walked_to FROM populations WHERE workspace_id = $1", workspace_id)
    return found


async def walk_to(db: Db, workspace_id: UUID, identity_id: UUID | None) -> None:
    await db.execute("UPDATE populations SET walked_to = $2 WHERE workspace_id = $1", workspace_id, identity_id)


async def total(db: Db, workspace_id: UUID) -> int:
    count: int = await db.fetchval("SELECT count(*) FROM identity_profiles WHERE workspace_id = $1", workspace_id)
    return count


def hash_key(key: str) -> int:
    """Return 64 bits of the key's hash: what the store looks up. Strangers who share it are told apart afterwards."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


async def bearers(db: Db, workspace_id: UUID, keys: Iterable[str], more: int) -> set[UUID]:
    """Return the identities that share one of the keys; of each key at most ``more`` than may share it."""
    wanted = {hash_key(key): cap(key) + more for key in keys}
    rows = await db.fetch(_BEARERS, workspace_id, list(wanted), list(wanted.values()))
    return {row["identity_id"] for row in rows}


async def load(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Identity]:
    rows = await db.fetch(f"{_SELECT} AND i.id = ANY ($2)", workspace_id, list(identity_ids))
    return [_identity(row) for row in rows]


async def load_all(db: Db, workspace_id: UUID) -> list[Identity]:
    return [_identity(row) async for row in db.cursor(_SELECT, workspace_id, prefetch=10_000)]


async def links(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Link]:
    """Return the evidence that names one of these identities."""
    rows = await db.fetch(_LINKS, workspace_id, list(identity_ids))
    return _as_links(rows)


async def all_links(db: Db, workspace_id: UUID) -> list[Link]:
    return _as_links(
        await db.fetch("SELECT subject_id, object_id, kind FROM claims WHERE workspace_id = $1", workspace_id)
    )


# What was counted last, by workspace and moment: at a million identities it takes longer to read than all else.
_counted: dict[tuple[UUID, datetime], Population] = {}
COUNTED = 8


class Snapshot(NamedTuple):
    """How common names are. identities: how many were counted; arrived: how many came since; model: of that day."""

    identities: int = 0
    arrived: int = 0
    population: Population = Population()
    model: str = ""

    @property
    def outgrown(self) -> bool:
        """Whether so many came since that it should be counted anew."""
        return self.arrived >= max(self.identities, FEWEST)


def count(identities: Sequence[Identity]) -> Snapshot:
    """Count how common names are; with few identities, none is."""
    if len(identities) < FEWEST:
        return Snapshot(arrived=len(identities))
    return Snapshot(len(identities), 0, count_population(map(matching.Profile, identities)))


async def get_snapshot(db: Db, workspace_id: UUID) -> Snapshot:
    row = await db.fetchrow(
        "SELECT identities, arrived, model, counted_at FROM populations WHERE workspace_id = $1", workspace_id
    )
    if row is None:
        return Snapshot()
    key = workspace_id, row["counted_at"]
    if key not in _counted:
        content = await db.fetchval("SELECT content FROM populations WHERE workspace_id = $1", workspace_id)
        if len(_counted) >= COUNTED:
            _counted.pop(next(iter(_counted)))
        _counted[key] = msgspec.msgpack.decode(content, type=Population)
    return Snapshot(row["identities"], row["arrived"], _counted[key], row["model"])


async def save_snapshot(db: Db, workspace_id: UUID, snapshot: Snapshot) -> None:
    content = msgspec.msgpack.encode(snapshot.population)
    await db.execute(_SAVE_SNAPSHOT, workspace_id, snapshot.identities, snapshot.arrived, content, snapshot.model)


async def note_arrivals(db: Db, workspace_id: UUID, count: int) -> None:
    await db.execute(_NOTE_ARRIVALS, workspace_id, count, msgspec.msgpack.encode(Population()))


def _identity(row: Row) -> Identity:
    network, account = _account(row)
    return Identity(
        id=str(row["id"]),
        name=row["name"] or "",
        address=row["address"] or "",
        network=network,
        handle=row["handle"] or "",
        account=account,
        verified=row["verified"],
        kind=_KINDS.get(row["kind"], "unknown"),  # type: ignore[arg-type]  # the values of _KINDS are of this type
    )


def _account(row: Row) -> tuple[str, str]:
    """Return the network, as code hosts' addresses name it too, and the network's own id; neither for a signature."""
    network, host = row["network"], row["host"]
    if network in _SIGNATURES:
        return "", ""
    public = not host or host in (network, f"{network}.com", f"{network}.org")
    return network if public else f"{network}:{host}", "" if "@" in row["key"] else row["key"]


def _content(row: Row) -> bytes:
    shown = tuple(row[name] for name in ("name", "address", "network", "host", "handle", "kind", "verified"))
    return blake2b(_encode((shown, row["claims"], row["decisions"])), digest_size=16).digest()


def _as_links(rows: Iterable[Row]) -> list[Link]:
    claims = {(row["subject_id"], row["object_id"]): row["kind"] for row in rows if row["kind"] in MUTUAL}
    found = {(min(one, other), max(one, other)) for one, other in claims if (other, one) in claims and one != other}
    found |= {
        (min(row["subject_id"], row["object_id"]), max(row["subject_id"], row["object_id"]))
        for row in rows
        if row["kind"] in STATEMENTS and row["subject_id"] != row["object_id"]
    }
    return [Link(str(one), str(other)) for one, other in sorted(found)]


# Organizations and groups are nobody's account: no rule makes them one person with anyone.
_SELECT = """
    SELECT i.id, i.name, i.address, i.network, i.host, i.key, i.handle, i.kind, i.verified
    FROM identities i WHERE i.workspace_id = $1 AND i.kind NOT IN ('organization', 'group')
"""

_CHANGED = """
    SELECT i.id, i.name, i.address, i.network, i.host, i.key, i.handle, i.kind, i.verified, p.content,
        ARRAY(SELECT c.id FROM claims c WHERE c.workspace_id = $1 AND c.subject_id = i.id
              UNION SELECT c.id FROM claims c WHERE c.workspace_id = $1 AND c.object_id = i.id ORDER BY 1) AS claims,
        ARRAY(SELECT d.id FROM decisions d
              WHERE d.workspace_id = $1 AND d.one_id = i.id AND d.author NOT LIKE 'rule:%'
              UNION SELECT d.id FROM decisions d
              WHERE d.workspace_id = $1 AND d.other_id = i.id AND d.author NOT LIKE 'rule:%' ORDER BY 1) AS decisions
    FROM identities i LEFT JOIN identity_profiles p ON p.workspace_id = $1 AND p.identity_id = i.id
    WHERE i.workspace_id = $1 AND i.id = ANY ($2) AND i.kind NOT IN ('organization', 'group')
    ORDER BY i.id
"""

_SAVE = """
    INSERT INTO identity_profiles (workspace_id, identity_id, content, domain)
    SELECT $1, * FROM unnest($2::uuid[], $3::bytea[], $4::text[])
    ON CONFLICT (workspace_id, identity_id) DO UPDATE SET content = excluded.content, domain = excluded.domain
"""

_NEXT = """
    SELECT id FROM identities WHERE workspace_id = $1 AND id > $2
    UNION SELECT identity_id FROM identity_profiles WHERE workspace_id = $1 AND identity_id > $2
    ORDER BY id LIMIT $3
"""

_STORED = """
    SELECT p.identity_id, p.content, p.domain, ARRAY(
        SELECT key FROM identity_keys k WHERE k.workspace_id = $1 AND k.identity_id = p.identity_id) AS keys
    FROM identity_profiles p WHERE p.workspace_id = $1 AND p.identity_id = ANY ($2)
"""

_DROP = """
    WITH keys AS (DELETE FROM identity_keys WHERE workspace_id = $1 AND identity_id = ANY ($2))
    DELETE FROM identity_profiles WHERE workspace_id = $1 AND identity_id = ANY ($2)
"""

_FORGET_KEYS = """
    DELETE FROM identity_keys k WHERE k.workspace_id = $1 AND k.identity_id = ANY ($2)
        AND NOT EXISTS (SELECT FROM unnest($3::bigint[], $4::uuid[]) AS n (key, identity_id)
                        WHERE n.key = k.key AND n.identity_id = k.identity_id)
"""

_SAVE_KEYS = """
    INSERT INTO identity_keys (workspace_id, key, identity_id)
    SELECT $1, * FROM unnest($2::bigint[], $3::uuid[]) AS n (key, identity_id) ORDER BY key, identity_id
    ON CONFLICT DO NOTHING
"""

_BEARERS = """
    SELECT DISTINCT k.identity_id
    FROM unnest($2::bigint[], $3::integer[]) AS q (key, most) CROSS JOIN LATERAL (
        SELECT identity_id FROM identity_keys WHERE workspace_id = $1 AND key = q.key ORDER BY identity_id LIMIT q.most
    ) AS k
"""

_LINKS = """
    SELECT subject_id, object_id, kind FROM claims WHERE workspace_id = $1 AND subject_id = ANY ($2)
    UNION
    SELECT subject_id, object_id, kind FROM claims WHERE workspace_id = $1 AND object_id = ANY ($2)
"""

_SAVE_SNAPSHOT = """
    INSERT INTO populations (workspace_id, identities, arrived, content, model) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (workspace_id) DO UPDATE
    SET identities = excluded.identities, arrived = excluded.arrived, content = excluded.content,
        model = excluded.model, counted_at = clock_timestamp()
"""

_NOTE_ARRIVALS = """
    INSERT INTO populations AS p (workspace_id, identities, arrived, content) VALUES ($1, 0, $2, $3)
    ON CONFLICT (workspace_id) DO UPDATE SET arrived = p.arrived + excluded.arrived
"""
