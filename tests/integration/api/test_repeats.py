"""Every POST may be sent twice: under one Idempotency-Key it has one effect and one answer."""

import asyncio
import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from kith.api.http import inputs
from kith.api.http.idempotency import Once
from kith.api.routes import ROUTES
from kith.domain import ids
from kith.store import people
from kith.store.db import Pool, workspace
from tests.integration.api.changing import own_square  # noqa: F401 -- a fixture
from tests.integration.api.conftest import RECORDS, Square
from tests.integration.api.test_tenants import BODIES as FITTING
from tests.integration.api.test_tenants import foreign_ids

POSTS = {str(handler.operation_id): handler for handler in ROUTES if "POST" in handler.http_methods}
#: What only a token that acts for a member can do.
OF_MEMBERS = {"authorizeSource", "confirmMyIdentity"}
SAFE = {name for name, handler in POSTS.items() if handler.opt.get("safe")}
#: A body that succeeds, for each operation that takes one; {names} are ids of the town.
BODIES: dict[str, Any] = {
    "createCommunity": {"name": "Board", "people": ["{person_id}"]},
    "createDecision": {"verdict": "different", "one_id": "{identity_id}", "other_id": "{second_identity_id}"},
    "createConsent": {"purpose": "Letters"},
    "createObjection": {"reason": "No ranks."},
    "createExport": {},
    "createImport": {"upload_id": "{upload_id}", "name": "Of members", "format": "ndjson"},
    "createNote": {"text": "Noted.", "person_id": "{person_id}"},
    "createAttribute": {"name": "vip", "type": "tag"},
    "setAttributeValue": {"attribute_id": "{attribute_id}", "person_id": "{person_id}", "value": "silver"},
    "createWatch": {"name": "w", "aliases": [{"text": "kith", "rule": "always"}]},
    "addVerdict": {"right": True},
    "createWebhook": {"url": "https://app.example/hooks"},
    "replayEvents": {"since": "2026-05-01T00:00:00Z"},
    "createGroup": {"name": "Press"},
    "createApp": {"name": "Script", "kind": "machine", "scopes": ["people:read"]},
    "rotateAppSecret": {},
    "approveApp": {},
    "createToken": {"name": "script", "scopes": ["people:read"]},
    "createWorkspace": {"name": "Another"},
    "createInvitation": {"address": "vera@example.org", "role": "viewer"},
    "createOrganization": {"name": "Firm Two"},
    "createAffiliation": {"organization_id": "{organization_id}"},
    "createMerge": {"person_id": "{other_id}"},
    "createSource": {"connector": "ndjson", "name": "more", "config": {"path": str(RECORDS)}},
    "decideIdentitySuggestion": {"verdict": "postpone"},
    "decideIdentitySuggestions": {"decisions": [{"suggestion_id": "{suggestion_id}", "verdict": "postpone"}]},
    **{
        name: body
        for name, body in FITTING.items()
        if name.startswith("write") or name in ("createAsk", "createInteraction")
    },
}
#: What else a request has to say, by operation.
HEADERS = {"createUpload": {"Upload-Length": "1"}}


def test_every_post_takes_a_key_or_changes_nothing() -> None:
    taking = {name for name, handler in POSTS.items() if inputs.declared(handler.fn, "once") is Once}  # type: ignore[comparison-overlap]  # declared() returns any type
    assert taking | SAFE == POSTS.keys()
    assert not taking & SAFE


async def counts(pool: Pool, square: Square) -> dict[str, int]:
    """Return how many rows each table has in the workspace."""
    async with workspace(pool, square.ours.workspace_id) as db:
        tables = await db.fetch(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
            """
        )
        return {name: await db.fetchval(f"SELECT count(*) FROM {name}") for (name,) in tables}


@pytest.mark.parametrize("name", sorted(POSTS.keys() - SAFE - OF_MEMBERS))
async def test_a_post_that_is_repeated_has_one_effect_and_one_answer(square: Square, name: str) -> None:
    known = await foreign_ids(square, square.ours) | {"second_identity_id": square.ours.ids["identity dan"]}
    known |= {"suggestion_id": await suggestion(square), "organization_id": await organization(square, name)}
    known["person_id"] = await living(square, known["person_id"])
    path = next(iter(POSTS[name].paths)).replace(":str}", "}").format(**known)
    body = filled(BODIES.get(name), known)
    headers = {"Idempotency-Key": f"once {name}"} | HEADERS.get(name, {})
    sent = [square.client.send("POST", path, json=body, headers=headers) for _ in range(4)]
    answers = [answer for answer in await asyncio.gather(*sent) if answer.json().get("code") != "request_in_progress"]
    before = await counts(square.client.pool, square)
    answers.append(await square.client.send("POST", path, json=body, headers=headers))
    assert await counts(square.client.pool, square) == before
    assert {answer.status_code for answer in answers} < {200, 201, 202}, answers[0].text
    assert len({without_secret(answer.content) for answer in answers}) == 1
    assert [answer.headers.get("idempotency-replayed") for answer in answers].count(None) <= 1
    assert answers[-1].headers["idempotency-replayed"] == "true"
    other = await square.client.send("POST", path, json=(body or {}) | {"x": 1}, headers=headers)
    assert other.status_code == 422


async def living(square: Square, person_id: str) -> str:
    """Return the id to which that of a person leads: another test may have joined them."""
    async with workspace(square.client.pool, square.ours.workspace_id) as db:
        found = await people.living_person(db, square.ours.workspace_id, ids.decode("person", person_id) or UUID(int=0))
    return person_id if found is None else ids.encode("person", found)


def without_secret(content: bytes) -> bytes:
    """Return an answer without what only the first may show."""
    return re.sub(rb'"(secret|token|link)":("[^"]+"|null)', b"", content)


async def suggestion(square: Square) -> str:
    """Return an open suggestion of its own."""
    pair = sorted(ids.decode("identity", square.ours.ids[f"identity {who}"]) or UUID(int=0) for who in ("eve", "bo"))
    async with workspace(square.client.pool, square.ours.workspace_id) as db:
        await db.execute("DELETE FROM suggestions WHERE workspace_id = $1", square.ours.workspace_id)
        await db.execute(
            """
            INSERT INTO suggestions
                (workspace_id, id, one_id, other_id, status, probability, log_odds, contributions, model)
            VALUES ($1, $2, $3, $4, 'open', 0.3, -0.8, '[]', '1')
            """,
            square.ours.workspace_id, made := uuid4(), *pair,
        )  # fmt: skip
    return ids.encode("suggestion", made)


async def organization(square: Square, name: str) -> str:
    made = await square.client.send("POST", "/v1/organizations", json={"name": f"for {name}"})
    return str(made.json()["id"])


def filled(body: Any, known: dict[str, str]) -> Any:
    """Return the body with the ids of the town in it."""
    if isinstance(body, str):
        return body.format(**known)
    if isinstance(body, list):
        return [filled(part, known) for part in body]
    return {name: filled(part, known) for name, part in body.items()} if isinstance(body, dict) else body
