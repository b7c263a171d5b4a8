from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from msgspec import UNSET

from kith import connectors as sdk
from kith.api.batches import records
from kith.api.batches.schemas import (
    AffiliationBatch,
    BatchAnswer,
    BatchItem,
    ChannelBatch,
    IdentityBatch,
    InteractionBatch,
)
from kith.api.batches.sources import open_written
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode
from kith.api.http.inputs import explain
from kith.api.http.problems import Fault, Problem
from kith.projections import writing
from kith.projections.writing import Written
from kith.store.db import Db
from kith.store.tokens import Token

_NOUNS: dict[type[sdk.Record], str] = {
    sdk.Identity: "identity",
    sdk.Channel: "channel",
    sdk.Conversation: "conversation",
}


@post(
    "/v1/batches/interactions",
    operation_id="writeInteractions",
    tags=["batches"],
    scopes=["interactions:write"],
    errors=["conflict", "quota_exceeded"],
    status_code=200,
    cost=10,
)
async def write_interactions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    payload: NamedDependency[InteractionBatch],
    once: NamedDependency[Once],
) -> Response[BatchAnswer]:
    """Write up to 500 interactions, their endings and deletions.

    Records of the import format: `interaction`, `ending`, `tombstone`, `sweep` and `coverage`. A record with a known
    key replaces the stored one. Each record is judged by itself, so look at `refused`; with `atomic`, one refused
    record refuses the batch. People and relationships follow within seconds.
    """
    return await _write(request, db, token, payload, records.INTERACTIONS, once)


@post(
    "/v1/batches/identities",
    operation_id="writeIdentities",
    tags=["batches"],
    scopes=["identities:write"],
    errors=["conflict", "quota_exceeded"],
    status_code=200,
    cost=10,
)
async def write_identities(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    payload: NamedDependency[IdentityBatch],
    once: NamedDependency[Once],
) -> Response[BatchAnswer]:
    """Write up to 500 identities, claims on them and standings.

    Records of the import format: `identity`, `claim`, `edition` and `standing`.
    """
    return await _write(request, db, token, payload, records.IDENTITIES, once)


@post(
    "/v1/batches/channels",
    operation_id="writeChannels",
    tags=["batches"],
    scopes=["channels:write"],
    errors=["conflict", "quota_exceeded"],
    status_code=200,
    cost=10,
)
async def write_channels(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    payload: NamedDependency[ChannelBatch],
    once: NamedDependency[Once],
) -> Response[BatchAnswer]:
    """Write up to 500 channels and conversations.

    Records of the import format: `channel` and `conversation`.
    """
    return await _write(request, db, token, payload, records.CHANNELS, once)


@post(
    "/v1/batches/affiliations",
    operation_id="writeAffiliations",
    tags=["batches"],
    scopes=["organizations:write"],
    errors=["conflict", "quota_exceeded"],
    status_code=200,
    cost=10,
)
async def write_affiliations(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    payload: NamedDependency[AffiliationBatch],
    once: NamedDependency[Once],
) -> Response[BatchAnswer]:
    """Write up to 500 affiliations, as a network or a file tells them.

    Records of the import format: `affiliation`. `POST /v1/people/{person_id}/affiliations` adds one by hand.
    """
    return await _write(request, db, token, payload, records.AFFILIATIONS, once)


async def _write(
    request: Request[Any, Any, Any],
    db: Db,
    token: Token,
    payload: InteractionBatch | IdentityBatch | ChannelBatch | AffiliationBatch,
    kinds: Any,
    once: Once,
) -> Response[BatchAnswer]:
    read = [_read(item, kinds) for item in payload.items]
    refused = {n: item for n, item in enumerate(read) if isinstance(item, Fault)}
    good = [(n, item) for n, item in enumerate(read) if not isinstance(item, Fault)]
    if refused and payload.atomic:
        raise _refuse(refused)
    source = await open_written(request, db, token)
    told = await writing.write(
        db, token.workspace_id, source.id, token.id_key, [item for _, item in good], atomic=payload.atomic
    )
    written = dict(zip((n for n, _ in good), told, strict=True))
    refused |= {n: _fault(one) for n, one in written.items() if one.outcome == "refused"}
    if refused and payload.atomic:
        raise _refuse(refused)
    shown = [BatchItem(n, 422, "refused", None, [refused[n]]) if n in refused else _item(n, written[n])
             for n in range(len(read))]  # fmt: skip
    return await once.answer(BatchAnswer(shown, len(shown) - len(refused), len(refused)), 200, {})


def _read(item: msgspec.Raw, kinds: Any) -> sdk.Record | Fault:
    """Return the record, or why it is none of these."""
    try:
        found: sdk.Record = msgspec.json.decode(item, type=kinds)
    except msgspec.ValidationError as error:
        what, pointer = explain(error)
        return Fault("invalid", what, pointer)
    return found if (reason := sdk.flaw(found)) is None else Fault("invalid", reason, "")


def _refuse(faults: dict[int, Fault]) -> Problem:
    """Refuse the whole batch, naming each record that is to blame."""
    told = [
        msgspec.structs.replace(fault, pointer=f"/items/{n}{fault.pointer or ''}")
        for n, fault in sorted(faults.items())
    ]
    count = f"{len(told)} records are" if len(told) > 1 else "A record is"
    return Problem("invalid_body", f"{count} refused, so nothing is stored.", *told)


def _fault(written: Written) -> Fault:
    problem = written.problem
    if problem is None:
        raise LookupError("a record is refused without a reason")
    return Fault("invalid" if problem.code == "bad_record" else problem.code, problem.reason, "")


def _item(n: int, written: Written) -> BatchItem:
    id_ = None if written.id is None else encode(_NOUNS.get(type(written.record), "interaction"), written.id)
    outcome = "stored" if id_ is None and written.outcome == "changed" else written.outcome
    return BatchItem(
        n, 201 if outcome == "created" else 200, outcome, id_, [_fault(written)] if written.problem else UNSET
    )


ROUTES: Sequence[Any] = [write_interactions, write_identities, write_channels, write_affiliations]
