"""Exchanges: what an app brings, a code, a refresh token, a device's code or a grant of its own, and what it gets.

One statement loads all that a request of an app may rest on, and one writes what an exchange comes to, if what is
brought is still unspent: so neither needs a transaction around it.
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
        f"(authorization_codes c {_OF_GRANT.format('c')}) ON c.workspace_id = $2 AND c.hash = $3",
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
        f"(app_tokens t {_OF_GRANT.format('t')}) ON t.workspace_id = $2 AND t.hash = $3",
    ),
    "device": (Device, DEVICE_COLUMNS, "device_codes d ON d.hash = $3"),
    "grant": (
        Grant,
        "g.id, g.scopes",
        "grants g ON g.workspace_id = $2 AND g.app_id = a.id AND g.member_id IS NULL AND g.revoked_at IS NULL "
        "AND $3::bytea IS NULL",
    ),
}
_LOAD = {
    kind: f"""
        SELECT {COLUMNS}, {_OTHERS}, {columns}
        FROM apps a LEFT JOIN app_approvals p ON p.workspace_id = $2 AND p.app_id = a.id LEFT JOIN {found}
        WHERE a.id = $1 AND a.deleted_at IS NULL
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


async def load(db: Db, app_id: UUID, workspace_id: UUID | None, brought: Brought, text: str | None) -> Loaded | None:
    """Return what a request of a living app rests on; None where there is no such app. text: what is brought."""
    grace = (app_tokens.GRACE_SECONDS,) if brought == "token" else ()
    row = await db.fetchrow(_LOAD[brought], app_id, workspace_id, digest(text) if text else None, KEEP_DAYS, *grace)
    if row is None:
        return None
    values, struct = tuple(row), _KINDS[brought][0]
    app = App(**dict(zip(_APP_FIELDS, values, strict=False)))
    secrets, approved, stale, *rest = values[len(_APP_FIELDS) :]
    named = dict(zip(struct.__struct_fields__, rest, strict=True))
    found = struct(**named) if named["scopes"] is not None else None
    return Loaded(app, secrets, approved, stale, found)


#: By what is brought: what is left of it, once, as (family_id, grant_id, app_id, begun_at).
_SPEND: dict[Brought, str] = {
    "code": """
        UPDATE authorization_codes SET spent_at = now()
        WHERE workspace_id = $1 AND hash = $2 AND spent_at IS NULL{}
        RETURNING coalesce(family_id, $3) AS family_id, grant_id, app_id, now() AS begun_at
    """,
    "token": """
        UPDATE app_tokens SET spent_at = now()
        WHERE workspace_id = $1 AND hash = $2 AND spent_at IS NULL AND revoked_at IS NULL{}
        RETURNING coalesce(family_id, $3) AS family_id, grant_id, app_id, begun_at
    """,
    "device": """
        UPDATE device_codes SET spent_at = now()
        WHERE home_id = $1 AND hash = $2 AND spent_at IS NULL AND granted{}
        RETURNING $3::uuid AS family_id, grant_id, app_id, now() AS begun_at
    """,
    "grant": """
        SELECT $3::uuid AS family_id, id AS grant_id, app_id, now() AS begun_at FROM grants
        WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL{}
    """,
}
_NEW = ("bytea", "uuid", "text", "text[]", "text[]", "text")


def _exchange(brought: Brought, tokens: int, *, told: bool) -> str:
    places = iter(range(4, 4 + tokens * len(_NEW)))
    rows = ", ".join(f"({', '.join(f'${next(places)}::{kind}' for kind in _NEW)})" for _ in range(tokens))
    chained = " AND EXISTS (SELECT FROM audit_chains WHERE workspace_id = $1)" if told else ""
    return f"""
        WITH brought AS ({_SPEND[brought].format(chained)}), made AS (
            INSERT INTO app_tokens (workspace_id, hash, id, kind, family_id, grant_id, app_id, scopes, resources,
                thumbprint, begun_at, expires_at)
            SELECT $1, n.hash, n.id, n.kind, b.family_id, b.grant_id, b.app_id, n.scopes, n.resources, n.thumbprint,
                b.begun_at,
                CASE n.kind WHEN 'access' THEN now() + interval '{ACCESS_SECONDS} seconds'
                ELSE least(now() + interval '{IDLE_DAYS} days', b.begun_at + interval '{LONGEST_DAYS} days') END
            FROM brought b, (VALUES {rows}) AS n (hash, id, kind, scopes, resources, thumbprint)
        ){f", {audit.appending(4 + tokens * len(_NEW), after='brought')}" if told else ""}
        SELECT EXISTS (SELECT FROM brought)
    """


_EXCHANGE = {
    (brought, tokens, told): _exchange(brought, tokens, told=told)
    for brought in _SPEND
    for tokens in (1, 2)
    for told in (False, True)
}


async def exchange(db: Db, workspace_id: UUID, made: Exchange, told: Entry | None = None) -> bool:
    """Spend what is brought and store the tokens, and tell of it in the audit; False, and nothing is done, where it is
    spent already or lives no more. What is told needs a chain, see ``kith.store.audit.begin``.
    """
    tokens = [
        value
        for each in made.tokens
        for value in (digest(each.text), new_id(), each.kind, each.scopes, each.resources, each.thumbprint)
    ]
    done: bool = await db.fetchval(
        _EXCHANGE[made.brought, len(made.tokens), told is not None],
        workspace_id, made.key, made.family_id, *tokens, *(audit.values(workspace_id, told) if told else ()),
    )  # fmt: skip
    return done
