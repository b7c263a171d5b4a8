"""Decisions as they are shown: with what they name."""

from collections.abc import Sequence
from uuid import UUID

from kith.api.decisions.schemas import Decision
from kith.api.http.ids import encode, from_query
from kith.api.refs import IdentityRef
from kith.projections import ledger
from kith.store import decisions, identities, people
from kith.store.db import Db
from kith.store.tokens import Token


def author(token: Token) -> str:
    """Return how the ledger names who decides through the API."""
    return f"member:{encode('token', token.id)}"


async def named(db: Db, workspace_id: UUID, person: str | None, identity: str | None) -> tuple[UUID, ...] | None:
    """Return the identities that a list's parameters `person` and `identity` ask for; None: all."""
    person_id, identity_id = from_query("person", "person", person), from_query("identity", "identity", identity)
    if person_id is None:
        return None if identity_id is None else (identity_id,)
    members = await people.identities_of(db, workspace_id, person_id)
    return tuple(member for member in members if identity_id in (None, member))


async def show(db: Db, workspace_id: UUID, rows: Sequence[decisions.Decision]) -> list[Decision]:
    refs = await identities.get_refs(db, workspace_id, {id_ for row in rows for id_ in row.pair})
    by = ledger.retractions(await decisions.on_pairs(db, workspace_id, {row.pair for row in rows}))
    return [
        Decision.of(row, [IdentityRef.of(refs[id_]) for id_ in row.pair if id_ in refs], by.get(row.id)) for row in rows
    ]


async def show_one(db: Db, workspace_id: UUID, decision_id: UUID) -> Decision:
    """Show a decision that exists."""
    row = await decisions.get_decision(db, workspace_id, decision_id)
    if row is None:
        raise LookupError(decision_id)
    return (await show(db, workspace_id, [row]))[0]
