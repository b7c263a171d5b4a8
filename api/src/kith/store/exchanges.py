"""Exchanges: what an app brings, a code, a refresh token, a device's code or a grant of its own, and what it gets.

One statement loads all that requests of apps may rest on, and one writes what exchanges come to, each if what is
brought is still unspent: so neither needs a transaction around it, and several requests of a workspace can share one.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from kith.domain.audit import Entry
from kith.store import app_tokens, audit
from kith.store.app_tokens import ACCESS_SECONDS, IDLE_DAYS, KEEP_DAYS, LONGEST_DAYS, Found, Held, Kind
from kith.store.apps import COLUMNS, App
from kith.store.db import Db, new_id
from kith.store.devices import COLUMNS as DEVICE_COLUMNS
from kith.store.devices import Device
from kith.store.tokens import ACCESS, REFRESH, digest, mint

Brought = Literal["code", "token", "device", "grant"]


class Grant(msgspec.Struct, frozen=True):
    """What an app may do by itself, so far."""

    id: UUID
    scopes: list[str]


class Loaded(NamedTuple):
    """What a request of an app rests on. secrets: SHA-256 of each that lives. approved: for which scopes the workspace
    approves the app; None where it does not. stale: whether tokens of the workspace ended long ago.
    """

    app: App
    secrets: list[bytes]
    approved: list[str] | None
    stale: bool
    brought: Held | Found | Device | Grant | None


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is made."""

    text: str
    kind: Kind
    scopes: list[str]
    resources: list[str]
    thumbprint: str | None


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What is brought, and the tokens that it is exchanged for. key: a hash, or the id of a grant.

    family_id: of the tokens of a device or a grant; those of a code and of a refresh token stay in their own.
    """

    brought: Brought
    key: bytes | UUID
    family_id: UUID
    tokens: Sequence[New]


def new_token(workspace_id: UUID, kind: Kind, **content: Any) -> New:
    """Return a token with a text of its own, which is not stored yet."""
    return New(text=mint(workspace_id, ACCESS if kind == "access" else REFRESH), kind=kind, **content)


_APP_FIELDS = App.__struct_fields__[:-2]
_OTHERS = """
    ARRAY(SELECT s.hash FROM app_secrets s
          WHERE s.app_id = a.id AND (s.expires_at IS NULL OR s.expires_at > now())) AS secrets,
    p.scopes AS approved,
    coalesce((SELECT min(e.expires_at) FROM app_tokens e WHERE e.workspace_id = $2)
             < now() - make_interval(days => $4), false) AS stale
"""
_OF_GRANT = "JOIN grants g ON g.workspace_id = $2 AND g.id = {}.grant_id"
#: By what is brought: its struct, its columns, and where they are found.
_KINDS: dict[Brought, tuple[Any, str, str]] = {
    "code": (
        Held,
        """
        c.family_id, c.grant_id, c.app_id, c.redirect_uri, c.challenge, c.scopes, c.resources, c.nonce, c.thumbprint,
        c.signed_in_at, c.hash, g.member_id, c.expires_at > now() AND g.revoked_at IS NULL, c.spent_at IS NOT NULL
        """,
        f"(authorization_codes c {_OF_GRANT.format('c')}) ON c.workspace_id = $2 AND c.hash = q.hash",
    ),
    "token": (
        Found,
        """
        t.hash, t.id, t.kind, t.family_id, t.grant_id, t.app_id, g.member_id, t.scopes, t.resources, t.thumbprint,
        t.begun_at, t.created_at, t.expires_at, t.spent_at,
        t.revoked_at IS NULL AND t.expires_at > now() AND g.revoked_at IS NULL AND p.app_id IS NOT NULL,
        CASE WHEN t.spent_at > now() - make_interval(secs => $5) THEN NOT EXISTS (
            SELECT FROM app_tokens n WHERE n.workspace_id = $2 AND n.family_id = t.family_id AND n.kind = 'refresh'
                AND n.spent_at > t.spent_at) ELSE false END
        """,
        f"(app_tokens t {_OF_GRANT.format('t')}) ON t.workspace_id = $2 AND t.hash = q.hash",
    ),
    "device": (Device, DEVICE_COLUMNS, "device_codes d ON d.hash = q.hash"),
    "grant": (
        Grant,
        "g.id, g.scopes",
        "grants g ON g.workspace_id = $2 AND g.app_id = a.id AND g.member_id IS NULL AND g.revoked_at IS NULL "
        "AND q.hash IS NULL",
    ),
}
_LOAD = {
    kind: f"""
        SELECT q.n, {COLUMNS}, {_OTHERS}, {columns}
        FROM unnest($1::uuid[], $3::bytea[]) WITH ORDINALITY AS q (app_id, hash, n)
        JOIN apps a ON a.id = q.app_id AND a.deleted_at IS NULL
        LEFT JOIN app_approvals p ON p.workspace_id = $2 AND p.app_id = a.id LEFT JOIN {found}
    """
    for kind, (_, columns, found) in _KINDS.items()
}


async def home_of_app(db: Db, app_id: UUID) -> UUID | None:
    """Return the workspace that owns an app, which never changes."""
    found: UUID | None = await db.fetchval("SELECT owner_id FROM apps WHERE id = $1", app_id)
    return found


async def home_of_device(db: Db, text: str) -> UUID | None:
    """Return the workspace in which a device was let in."""
    found: UUID | None = await db.fetchval("SELECT home_id FROM device_codes WHERE hash = $1", digest(text))
    return found


async def load(
    db: Db, workspace_id: UUID | None, brought: Brought, asked: Sequence[tuple[UUID, str | None]]
) -> list[Loaded | None]:
    """Return what each request of a living app rests on; None where there is no such app. asked: of each the app, and
    the text of what it brings.
    """
    hashes = [digest(text) if text else None for _, text in asked]
    grace = (app_tokens.GRACE_SECONDS,) if brought == "token" else ()
    rows = await db.fetch(_LOAD[brought], [app_id for app_id, _ in asked], workspace_id, hashes, KEEP_DAYS, *grace)
    found: list[Loaded | None] = [None] * len(asked)
    for place, *values in rows:
        found[place - 1] = _loaded(_KINDS[brought][0], values)
    return found


def _loaded(struct: Any, values: list[Any]) -> Loaded:
    app = App(**dict(zip(_APP_FIELDS, values, strict=False)))
    secrets, approved, stale, *rest = values[len(_APP_FIELDS) :]
    named = dict(zip(struct.__struct_fields__, rest, strict=True))
    return Loaded(app, secrets, approved, stale, struct(**named) if named["scopes"] is not None else None)


#: By what is brought: what is left of it, once, as (n, family_id, grant_id, app_id, begun_at). The first place is for
#: further tables, the second for further conditions.
_SPEND: dict[Brought, str] = {
    "code": """
        UPDATE authorization_codes c SET spent_at = now() FROM asked q{}
        WHERE c.workspace_id = $1 AND c.hash = q.key AND c.spent_at IS NULL{}
        RETURNING q.n, c.family_id, c.grant_id, c.app_id, now() AS begun_at
    """,
    "token": """
        UPDATE app_tokens t SET spent_at = now() FROM asked q{}
        WHERE t.workspace_id = $1 AND t.hash = q.key AND t.spent_at IS NULL AND t.revoked_at IS NULL{}
        RETURNING q.n, t.family_id, t.grant_id, t.app_id, t.begun_at
    """,
    "device": """
        UPDATE device_codes d SET spent_at = now() FROM asked q{}
        WHERE d.home_id = $1 AND d.hash = q.key AND d.spent_at IS NULL AND d.granted{}
        RETURNING q.n, q.family_id, d.grant_id, d.app_id, now() AS begun_at
    """,
    "grant": """
        SELECT q.n, q.family_id, g.id AS grant_id, g.app_id, now() AS begun_at FROM asked q, grants g{}
        WHERE g.workspace_id = $1 AND g.id = q.key AND g.revoked_at IS NULL{}
    """,
}
_FREE = """, (
    SELECT hash AS free FROM app_tokens
    WHERE workspace_id = $1 AND hash = ANY ($2) AND spent_at IS NULL AND revoked_at IS NULL
    FOR UPDATE SKIP LOCKED) f
"""
_FREE_ONES = " AND t.hash = f.free"
_CHAINED = " AND EXISTS (SELECT FROM audit_chains WHERE workspace_id = $1)"
_NEW = {
    "n": "bigint", "hash": "bytea", "id": "uuid", "kind": "text", "scopes": "text", "resources": "text",
    "thumbprint": "text",
}  # fmt: skip


def _exchange(brought: Brought, *, told: bool, waits: bool) -> str:
    free = brought == "token" and not waits
    spend = _SPEND[brought].format(_FREE if free else "", (_FREE_ONES if free else "") + (_CHAINED if told else ""))
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(_NEW.values(), 4))
    return f"""
        WITH RECURSIVE asked AS (
            SELECT key, family_id, n
            FROM unnest($2::{"uuid" if brought == "grant" else "bytea"}[], $3::uuid[]) WITH ORDINALITY
                AS q (key, family_id, n)
        ), brought AS ({spend}), made AS (
            INSERT INTO app_tokens (workspace_id, hash, id, kind, family_id, grant_id, app_id, scopes, resources,
                thumbprint, begun_at, expires_at)
            SELECT $1, m.hash, m.id, m.kind, b.family_id, b.grant_id, b.app_id, m.scopes::text[], m.resources::text[],
                m.thumbprint, b.begun_at,
                CASE m.kind WHEN 'access' THEN now() + interval '{ACCESS_SECONDS} seconds'
                ELSE least(now() + interval '{IDLE_DAYS} days', b.begun_at + interval '{LONGEST_DAYS} days') END
            FROM unnest({arrays}) AS m ({", ".join(_NEW)}) JOIN brought b USING (n)
        ){f", {audit.appending(4 + len(_NEW), of='brought')}" if told else ""}
        SELECT n FROM brought
    """


_EXCHANGE = {
    (brought, told, waits): _exchange(brought, told=told, waits=waits)
    for brought in _SPEND
    for told in (False, True)
    for waits in (False, True)
}


async def exchange(db: Db, workspace_id: UUID, made: Exchange, told: Entry | None = None) -> bool:
    """Spend what is brought and store the tokens, and tell of it in the audit; False, and nothing is done, where it is
    spent already or lives no more. What is told needs a chain, see ``kith.store.audit.begin``.
    """
    return (await _exchange_all(db, workspace_id, made.brought, [made], [told] if told else [], waits=True))[0]


async def exchange_free(
    db: Db, workspace_id: UUID, kind: tuple[Brought, bool], lot: Sequence[tuple[Exchange, Entry | None]]
) -> list[bool]:
    """Do several exchanges, with what is told of each; say of each whether it was done.

    kind: what all of them bring, and whether something is told. Nothing is done either for a token that others hold:
    whoever waited for one would have those wait who hold another.
    """
    told = [entry for _, entry in lot if entry]
    return await _exchange_all(db, workspace_id, kind[0], [made for made, _ in lot], told, waits=False)


async def _exchange_all(
    db: Db, workspace_id: UUID, brought: Brought, lot: Sequence[Exchange], told: Sequence[Entry], *, waits: bool
) -> list[bool]:
    """told: of each, or nothing."""
    tokens = [
        (n, digest(new.text), new_id(), new.kind, _array(new.scopes), _array(new.resources), new.thumbprint)
        for n, made in enumerate(lot, 1)
        for new in made.tokens
    ]
    rows = await db.fetch(
        _EXCHANGE[brought, bool(told), waits],
        workspace_id, [made.key for made in lot], [made.family_id for made in lot],
        *([*column] for column in zip(*tokens, strict=True)), *(audit.values(workspace_id, told) if told else ()),
    )  # fmt: skip
    done = {row[0] for row in rows}
    return [n in done for n in range(1, len(lot) + 1)]


def _array(texts: Sequence[str]) -> str:
    """Return an array as PostgreSQL writes one: an array of arrays would need all of them as long as the first."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"
