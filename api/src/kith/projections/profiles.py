"""What resolution reads of identities: rows as the matching domain takes them, and the keys that find neighbors."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.domain import matching
from kith.domain.employers import employer_domain
from kith.domain.kinds import VERSION
from kith.domain.matching import Identity, Link, Population
from kith.domain.matching.candidates import cap
from kith.domain.matching.features import count_population
from kith.store import profiles as store
from kith.store.db import Db
from kith.store.profiles import START, Noted, Row

# An identity there is a signature, a name with an address or alone, and no account: two of them are no contradiction.
_SIGNATURES = frozenset({"git", "mail"})
# Where an identity is a page: somebody's own, or that of their account on whatever network.
_PAGES = "web"
# Where an address of a page is what somebody else noted.
_NOTED = frozenset({"contacts", "feeds"})
# Who was judged to be no robot and no list (kith.projections.kinds).
_HUMAN = frozenset({"person", "unknown"})
# Claims that a network or a maintainer vouches for; each of these is enough.
STATEMENTS = frozenset({"address", "mailmap", "oauth", "same_as"})
# Claims that their bearer makes; they count when each of the two makes one of the other.
MUTUAL = frozenset({"rel_me", "profile_link"})

# Identities compared at once when all are noted again.
CHUNK = 10_000
# With fewer identities no name is common.
FEWEST = 1000

_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode


class Profile(NamedTuple):
    """An identity as resolution reads it. content: hash of all that was read; new: it was never read before."""

    identity: Identity
    content: bytes
    new: bool


async def load_changed(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Profile]:
    """Return those of the identities that resolution has not yet seen as they are now."""
    rows = await store.changed(db, workspace_id, identity_ids)
    found = ((Profile(_identity(row), _content(row), row["content"] is None), row["content"]) for row in rows)
    return [profile for profile, content in found if profile.content != content]


async def save(db: Db, workspace_id: UUID, profiles: Sequence[Profile]) -> None:
    """Note that resolution has seen these, and the keys by which others find them."""
    arrived = sum(profile.new for profile in profiles)
    await store.note_arrivals(db, workspace_id, arrived, msgspec.msgpack.encode(Population()), VERSION)
    await store.save(db, workspace_id, [_noted(profile) for profile in profiles])


def _noted(profile: Profile) -> Noted:
    keys = {hash_key(key) for key in matching.blocking_keys(matching.Profile(profile.identity))}
    return Noted(UUID(profile.identity.id), profile.content, employer_domain(profile.identity.address), keys)


async def restore(db: Db, workspace_id: UUID) -> dict[str, tuple[int, int, int]]:
    """Note all identities again; return, by table, how many rows were missing, extra and different."""
    found = {"identity_profiles": (0, 0, 0), "identity_keys": (0, 0, 0)}
    after = START
    while ids := await store.next_ids(db, workspace_id, after, CHUNK):
        after = ids[-1]
        await _renew(db, workspace_id, ids, found)
    return found


async def renew_next(db: Db, workspace_id: UUID, after: UUID, limit: int) -> list[UUID]:
    """Note the next identities, in the order of their ids, again; return them."""
    ids = await store.next_ids(db, workspace_id, after, limit)
    await _renew(db, workspace_id, ids, {"identity_profiles": (0, 0, 0), "identity_keys": (0, 0, 0)})
    return ids


async def _renew(db: Db, workspace_id: UUID, ids: Sequence[UUID], found: dict[str, tuple[int, int, int]]) -> None:
    """Note these identities again, and add to ``found`` what differed."""
    rows = await store.changed(db, workspace_id, ids)
    right = {row["id"]: _noted(Profile(_identity(row), _content(row), new=False)) for row in rows}
    stored = await store.stored(db, workspace_id, ids)
    both = right.keys() & stored.keys()
    different = sum(right[id_][:3] != stored[id_][:3] for id_ in both)
    pairs = [{(id_, key) for id_, row in side.items() for key in row.keys} for side in (right, stored)]
    _add(found, "identity_profiles", len(right) - len(both), len(stored) - len(both), different)
    _add(found, "identity_keys", len(pairs[0] - pairs[1]), len(pairs[1] - pairs[0]), 0)
    await store.save(db, workspace_id, [row for id_, row in right.items() if row != stored.get(id_)])
    await store.drop(db, workspace_id, stored.keys() - right.keys())


def _add(found: dict[str, tuple[int, int, int]], table: str, *counts: int) -> None:
    missing, extra, different = (one + more for one, more in zip(found[table], counts, strict=True))
    found[table] = missing, extra, different


def hash_key(key: str) -> int:
    """Return 64 bits of the key's hash: what the store looks up. Strangers who share it are told apart afterwards."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


async def bearers(db: Db, workspace_id: UUID, keys: Iterable[str], more: int) -> set[UUID]:
    """Return the identities that share one of the keys; of each key at most ``more`` than may share it."""
    wanted = {hash_key(key): cap(key) + more for key in keys}
    return await store.bearers(db, workspace_id, wanted)


async def load(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Identity]:
    return [_identity(row) for row in await store.some(db, workspace_id, identity_ids)]


async def load_all(db: Db, workspace_id: UUID) -> list[Identity]:
    return [_identity(row) for row in await store.everyone(db, workspace_id)]


async def links(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Link]:
    """Return the evidence that names one of these identities."""
    return _as_links(await store.claims_on(db, workspace_id, identity_ids))


async def all_links(db: Db, workspace_id: UUID) -> list[Link]:
    return _as_links(await store.all_claims(db, workspace_id))


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
        """Whether so many came since that it should be counted again."""
        return self.arrived >= max(self.identities, FEWEST)


def count(identities: Sequence[Identity]) -> Snapshot:
    """Count how common names are; with few identities, none is."""
    if len(identities) < FEWEST:
        return Snapshot(arrived=len(identities))
    return Snapshot(len(identities), 0, count_population(map(matching.Profile, identities)))


async def get_snapshot(db: Db, workspace_id: UUID) -> Snapshot:
    row = await store.counted(db, workspace_id)
    if row is None:
        return Snapshot()
    key = workspace_id, row.counted_at
    if key not in _counted:
        content = await store.population(db, workspace_id)
        if len(_counted) >= COUNTED:
            _counted.pop(next(iter(_counted)))
        _counted[key] = msgspec.msgpack.decode(content, type=Population)
    return Snapshot(row.identities, row.arrived, _counted[key], row.model)


async def save_snapshot(db: Db, workspace_id: UUID, snapshot: Snapshot) -> None:
    content = msgspec.msgpack.encode(snapshot.population)
    await store.save_population(
        db, workspace_id, snapshot.identities, snapshot.arrived, content, snapshot.model, VERSION
    )


def _identity(row: Row) -> Identity:
    network, account = _account(row)
    return Identity(
        id=str(row["id"]),
        name=row["name"] or "",
        address=row["address"] or "",
        network=network,
        handle=row["handle"] or "",
        account=account,
        page=_page(row),
        verified=row["verified"],
        kind="human" if row["kind"] in _HUMAN else "other",
    )


def _account(row: Row) -> tuple[str, str]:
    """Return the network, as code hosts' addresses name it too, and the network's own id; neither for a signature."""
    network, host = row["network"], row["host"]
    if network in _SIGNATURES or network == _PAGES:
        return "", ""
    public = not host or host in (network, f"{network}.com", f"{network}.org")
    return network if public else f"{network}:{host}", "" if "@" in row["key"] else row["key"]


def _page(row: Row) -> str:
    if row["network"] == _PAGES:
        return str(row["key"])
    return "" if row["network"] in _SIGNATURES | _NOTED else row["url"] or ""


def _content(row: Row) -> bytes:
    shown = tuple(row[name] for name in ("name", "address", "network", "host", "handle", "url", "kind", "verified"))
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
