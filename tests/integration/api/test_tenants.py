"""No operation shows, or even admits, what belongs to another workspace."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from kith.api.routes import ROUTES
from kith.domain import ids
from kith.domain.scopes import OF_INSTANCE
from kith.projections import objections as objecting
from kith.runtime.vault import open_vault
from kith.store import (
    apps,
    attributes,
    consents,
    data_reports,
    detections,
    erasures,
    export_files,
    grants,
    imports,
    invitations,
    members,
    mentions,
    notes,
    objections,
    rights_requests,
    sign_ins,
    sources,
    tokens,
    uploads,
    watches,
    webhooks,
)
from kith.store.db import Db, new_id, workspace
from kith.store.jobs import enqueue
from kith.store.subjects import Subject, Subjects
from tests.integration.api.conftest import Square
from tests.integration.api.town import Town
from tests.integration.detections import detect_in

NOUNS = {
    "person_id": "person ada",
    "other_id": "person bo",
    "identity_id": "identity ada",
    "channel_id": "channel core",
}
WITH_IDS = [
    (method, re.sub(r":str\}", "}", path), handler)
    for handler in ROUTES
    for method in sorted(handler.http_methods)
    for path in handler.paths
    if re.search(r"\{\w+_id:str\}", path)
]


async def foreign_ids(square: Square, town: Town) -> dict[str, str]:
    """Return an existing id of every kind that paths may hold."""
    known = {name: town.ids[key] for name, key in NOUNS.items()} | {
        "conversation_id": town.ids["conversation"],
        "source_id": town.ids["source"],
        "workspace": ids.encode("workspace", town.workspace_id),
    }
    async with workspace(square.client.pool, town.workspace_id) as db:
        interaction = await db.fetchval(
            "SELECT id FROM interactions WHERE workspace_id = $1 LIMIT 1", town.workspace_id
        )
        job, _ = await enqueue(db, town.workspace_id, "rebuild", {}, slot="test")
        run = UUID(int=town.workspace_id.int + 1)
        await db.execute(
            "INSERT INTO runs (workspace_id, id, source_id, job_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            town.workspace_id, run, town.source_id, job,
        )  # fmt: skip
        await db.execute(
            """
            INSERT INTO authorizations (workspace_id, source_id, provider, site, scopes)
            VALUES ($1, $2, 'acme', 'https://acme.example', '{}') ON CONFLICT DO NOTHING
            """,
            town.workspace_id, town.source_id,
        )  # fmt: skip
    rows = {"interaction_id": interaction, "job_id": job, "run_id": run} | await with_members(square, town)
    return (
        known
        | await resolved(square, town)
        | await detected(square, town)
        | await let_in(square, town)
        | await noted(square, town)
        | await asked(square, town)
        | await listened(square, town)
        | {name: ids.encode(name.removesuffix("_id"), value) for name, value in rows.items()}
    )


async def with_members(square: Square, town: Town) -> dict[str, UUID]:
    """Return ids of a member and of an invitation."""
    async with workspace(square.client.pool, town.workspace_id) as db:
        member = await members.first_owner(db, town.workspace_id)
        if member is None:
            sign_in = await sign_ins.create_sign_in(db, "Olga", None)
            member = await members.create_member(db, town.workspace_id, sign_in.id, "owner")
            await invitations.create_invitation(
                db, town.workspace_id, "theo@example.org", "viewer", "operator", mailed=False
            )
        (invited,) = await invitations.list_invitations(db, town.workspace_id, None, 1)
    return {"member_id": member.id, "invitation_id": invited.id}


async def resolved(square: Square, town: Town) -> dict[str, str]:
    """Return ids of what resolution and its humans have made in a town."""
    one, other = sorted(
        value for who in ("dan", "cyd") if (value := ids.decode("identity", town.ids[f"identity {who}"]))
    )
    found = {name: UUID(int=town.workspace_id.int + n) for n, name in enumerate(RESOLVED, 2)}
    async with workspace(square.client.pool, town.workspace_id) as db:
        ada = ids.decode("identity", town.ids["identity ada"])
        await db.execute(
            "INSERT INTO organizations (workspace_id, id, name) VALUES ($1, $2, 'Firm') ON CONFLICT DO NOTHING",
            town.workspace_id, found["organization_id"],
        )  # fmt: skip
        await db.execute(
            "INSERT INTO groups (workspace_id, id, name) VALUES ($1, $2, 'Us') ON CONFLICT DO NOTHING",
            town.workspace_id, found["group_id"],
        )  # fmt: skip
        await db.execute(
            """
            INSERT INTO affiliations
                (workspace_id, id, identity_id, organization_id, period, evidence, confidence, author)
            VALUES ($1, $2, $3, $4, '(,)', 'dated_record', 1, 'member:test') ON CONFLICT DO NOTHING
            """,
            town.workspace_id, found["affiliation_id"], ada, found["organization_id"],
        )  # fmt: skip
        await db.execute(
            """
            INSERT INTO decisions (workspace_id, id, verdict, one_id, other_id, author, confidence)
            VALUES ($1, $2, 'different', $3, $4, 'member:test', 1) ON CONFLICT DO NOTHING
            """,
            town.workspace_id, found["decision_id"], one, other,
        )  # fmt: skip
        await db.execute(
            """
            INSERT INTO suggestions
                (workspace_id, id, one_id, other_id, status, probability, log_odds, contributions, model)
            VALUES ($1, $2, $3, $4, 'rejected', 0.3, -0.8, '[]', '1') ON CONFLICT DO NOTHING
            """,
            town.workspace_id, found["suggestion_id"], one, other,
        )  # fmt: skip
    return {name: ids.encode(name.removesuffix("_id"), value) for name, value in found.items()}


async def noted(square: Square, town: Town) -> dict[str, str]:
    """Return ids of what members and apps note and ask for: a note, a webhook, an erasure, an upload, and more."""
    home, ada = town.workspace_id, ids.decode("identity", town.ids["identity ada"])
    async with workspace(square.client.pool, home) as db:
        if not await notes.list_notes(db, home, Subjects(), None, 1):
            await notes.create_note(db, home, Subject(ada), "Noted.", "member:test")
        if not await attributes.list_attributes(db, home, None, 1):
            made = await attributes.create_attribute(db, home, "tier", "text", [])
            await attributes.set_value(db, home, made, Subject(ada), "gold", "member:test")
        if not await webhooks.list_webhooks(db, home, None, 1):
            secret = ("test", b"wrapped", b"sealed")
            await webhooks.create_webhook(
                db, home, uuid4(), url="https://app.example/", types=[], scopes=[], app_id=None, secret=secret, last=0
            )
        if not await erasures.list_erasures(db, home, None, 1):
            await erasures.ask(db, home, None, [], "journal", "operator")
        if not await uploads.list_uploads(db, home, None, 1):
            over = datetime.now(UTC) + timedelta(days=1)
            await uploads.create_upload(db, home, new_id(), 0, None, "member:test", ("test", b"wrapped"), over)
        (upload,) = await uploads.list_uploads(db, home, None, 1)
        assert ada
        if not await objections.list_objections(db, home, None, None, None, 1):
            id_ = await objections.add(db, home, [ada], "", "member:test", None)
            await objections.end(db, home, id_, "member:test")
        for standing in await objections.list_objections(db, home, None, True, None, 10):
            await objecting.end(db, home, standing.id, "member:test", datetime.now(UTC))
        (objection,) = await objections.list_objections(db, home, None, None, None, 1)
        if not (reports := await data_reports.list_reports(db, home, None, None, 1)):
            report = await data_reports.ask(db, home, ada, "member:test")
            await data_reports.set_ready(db, home, report, {})
        else:
            report = reports[0].id
        if not await imports.list_imports(db, home, None, 1):
            source = await sources.create_source(db, home, "ndjson", "File", {"path": "/uploads/1"})
            job, _ = await enqueue(db, home, "rebuild", {}, slot="test")
            await imports.create_import(
                db, home, new_id(), uuid4(), source.id, job, "File", "ndjson", {}, "member:test"
            )
        if not await export_files.list_exports(db, home, None, 1):
            job, _ = await enqueue(db, home, "rebuild", {}, slot="test")
            key = open_vault(square.client.app.state.settings).new_box(export_files.place(home, made := new_id()))
            over = datetime.now(UTC) + timedelta(days=1)
            await export_files.create_export(
                db,
                home,
                export_files.Asked(
                    made, job, "ndjson", None, "none", True, True, True, None, "member:test", key[0], key[1], over
                ),
            )
            await export_files.finish(db, home, made, 0, 0, sha256(b"").digest())
        (export,) = await export_files.list_exports(db, home, None, 1)
        (import_,) = await imports.list_imports(db, home, None, 1)
        if not (waiting := await rights_requests.list_requests(db, home, open_=None, after=None, limit=1)):
            asked_for = await rights_requests.add(db, home, ada, "other", "address", message="It is wrong.")
        else:
            asked_for = waiting[0].id
        if not await consents.list_consents(db, home, None, None, None, 1):
            await consents.add(db, home, [ada], "Letters", "consent", "", "member:test", None)
        (consent,) = await consents.list_consents(db, home, None, None, None, 1)
        (erasure,) = await erasures.list_erasures(db, home, None, 1)
        (webhook,) = await webhooks.list_webhooks(db, home, None, 1)
        (note,) = await notes.list_notes(db, home, Subjects(), None, 1)
        (attribute,) = await attributes.list_attributes(db, home, None, 1)
    rows = {"note": note.id, "attribute": attribute.id, "webhook": webhook.id, "erasure": erasure.id}
    rows |= {
        "upload": upload.id,
        "import": import_.id,
        "export": export.id,
        "objection": objection.id,
        "data-report": report,
        "consent": consent.id,
    }
    rows["rights-request"] = asked_for
    return {f"{noun.replace('-', '_')}_id": ids.encode(noun, value) for noun, value in rows.items()}


async def asked(square: Square, town: Town) -> dict[str, str]:
    """Return the id of an ask of a town."""
    home, ada = town.workspace_id, ids.decode("identity", town.ids["identity ada"])
    async with workspace(square.client.pool, home) as db:
        found = await db.fetchval(
            """
            WITH act AS (
                SELECT * FROM interactions WHERE workspace_id = $1 AND actor_id = $2 AND kind = 'review'
                ORDER BY occurred_at, id LIMIT 1
            ), judged AS (
                INSERT INTO ask_acts SELECT $1, id, 1, true, 'Who lights them?' FROM act ON CONFLICT DO NOTHING
            ), told AS (
                INSERT INTO asks (workspace_id, place_id, id, actor_id, channel_id, native, chance, learnt, sentence,
                    occurred_at, asked_at, state)
                SELECT $1, id, id, actor_id, channel_id, true, 1, true, 'Who lights them?', occurred_at, occurred_at,
                    'open' FROM act ON CONFLICT DO NOTHING
            )
            SELECT id FROM act
            """,
            home, ada,
        )  # fmt: skip
    return {"ask_id": ids.encode("interaction", found)}


async def listened(square: Square, town: Town) -> dict[str, str]:
    """Return ids of a watch of a town and of its mention."""
    home, now = town.workspace_id, datetime.now(UTC)
    async with workspace(square.client.pool, home) as db:
        if not await watches.list_watches(db, home, None, 1):
            await watches.create_watch(
                db, home, now, name="w", identity_id=None, organization_id=None, aliases=["lantern"], rules=["always"],
                terms=[], since=now,
            )  # fmt: skip
        (watch,) = await watches.list_watches(db, home, None, 1)
        if not (found := await mentions.list_mentions(db, home, mentions.MentionFilter(watch_id=watch.id), None, 1)):
            await db.execute(
                """
                INSERT INTO mentions
                SELECT $1, gen_random_uuid(), $2, id, id, actor_id, channel_id, occurred_at, 'name', 'A lantern.', 2, 9
                FROM interactions WHERE workspace_id = $1 ORDER BY kind <> 'review', occurred_at, id LIMIT 1
                """,
                home, watch.id,
            )  # fmt: skip
            found = await mentions.list_mentions(db, home, mentions.MentionFilter(watch_id=watch.id), None, 1)
    return {"watch_id": ids.encode("watch", watch.id), "mention_id": ids.encode("mention", found[0].id)}


async def let_in(square: Square, town: Town) -> dict[str, str]:
    """Return ids of an app of a town, what it was granted, and a token."""
    home = town.workspace_id
    async with workspace(square.client.pool, home) as db:
        found = await apps.list_apps(db, home, None, 1)
        if not found:
            found = [await apps.create_app(db, home, name="App", kind="machine", scopes=["people:read"])]
        if not await grants.list_grants(db, home, None, 1):
            await apps.approve(db, home, found[0].id, found[0].scopes, "test")
            await grants.add(db, home, found[0].id, None, found[0].scopes)
        (grant,) = await grants.list_grants(db, home, None, 1)
        if not (token := await named_token(db, home, "another")):  # the client's own stays
            await tokens.create_token(db, home, "another", ["people:read"])
            token = await named_token(db, home, "another")
        assert token
    rows = {"app": found[0].id, "grant": grant.id, "token": token.id}
    return {f"{noun}_id": ids.encode(noun, value) for noun, value in rows.items()}


async def named_token(db: Db, home: UUID, name: str) -> tokens.Token | None:
    """Return a living token of this name."""
    return next((token for token in await tokens.list_tokens(db, home, None, 1000) if token.name == name), None)


async def detected(square: Square, town: Town) -> dict[str, str]:
    """Return ids of what a detection of a town has found."""
    find = "SELECT id FROM {} WHERE workspace_id = $1 ORDER BY id LIMIT 1"
    async with workspace(square.client.pool, town.workspace_id) as db:
        if await detections.last(db, town.workspace_id) is None:
            await detect_in(db, town.workspace_id)
            await db.execute(
                "INSERT INTO topics VALUES ($1, $2, 'Lanterns', '{lanterns}', 1, now(), 'Lanterns', '{lanterns}')",
                town.workspace_id, UUID(int=town.workspace_id.int + 9),
            )  # fmt: skip
        found = {noun: await db.fetchval(find.format(table), town.workspace_id) for noun, table in DETECTED.items()}
    return {f"{noun}_id": ids.encode(noun, value) for noun, value in found.items()}


DETECTED = {"community": "communities", "topic": "topics"}
RESOLVED = ("group_id", "organization_id", "affiliation_id", "decision_id", "suggestion_id")
_PERSON, _ORGANIZATION, _IDENTITY, _OTHER = (
    f"{prefix}_{'0' * 25}{last}" for prefix, last in (("per", 1), ("org", 1), ("idn", 1), ("idn", 2))
)
_SINCE, _UNTIL = "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"
_REF = {"network": "crm", "host": "crm.example", "key": "1"}
#: What a query must have, by operation.
NEEDED = {"searchAll": "q=lantern"}
# A body that fits, for each operation that takes one.
BODIES: dict[str, Any] = {
    "createObjection": {},
    "createConsent": {"purpose": "Letters"},
    "createExport": {},
    "previewImport": {"upload_id": "upl_" + "0" * 26},
    "createImport": {"upload_id": "upl_" + "0" * 26, "name": "File", "format": "ndjson"},
    "updateRightsRequest": {"status": "done"},
    "updateIdentity": {"kind": "person"},
    "setRetention": {},
    "updateSource": {"name": "mine now"},
    "setProvider": {"client_id": "mine now"},
    "createMerge": {"person_id": _PERSON},
    "createAffiliation": {"organization_id": _ORGANIZATION},
    "createDecision": {"verdict": "same", "one_id": _IDENTITY, "other_id": _OTHER},
    "decideIdentitySuggestion": {"verdict": "reject"},
    "updateOrganization": {"name": "mine now"},
    "updateResolution": {},
    "updateCommunity": {"name": "mine now"},
    "updatePerson": {"name": "Mine Now"},
    "updateGroup": {"name": "mine now"},
    "updateMember": {"role": "viewer"},
    "choosePartitions": {},
    "createApp": {"name": "App", "kind": "machine", "scopes": ["people:read"]},
    "updateApp": {"name": "mine now"},
    "rotateAppSecret": {},
    "approveApp": {},
    "createToken": {"name": "script", "scopes": ["people:read"]},
    "createWorkspace": {"name": "mine now"},
    "updateOwnWorkspace": {"name": "mine now"},
    "updateWorkspace": {"name": "mine now"},
    "updateWebhook": {"types": ["person.joined"]},
    "replayEvents": {"since": _SINCE},
    "updateNote": {"text": "mine now"},
    "updateAsk": {"taken": True},
    "setInferredReply": {"interaction": None},
    "createAsk": {"asker": {"name": "Ada"}, "text": "Can we have it in blue?", "occurred_at": _SINCE, "key": "1"},
    "createWatch": {"name": "w", "aliases": [{"text": "kith", "rule": "always"}]},
    "previewWatch": {"aliases": [{"text": "kith", "rule": "always"}]},
    "updateWatch": {"name": "mine now"},
    "addVerdict": {"right": True},
    "createInteraction": {
        "occurred_at": _SINCE,
        "actor": {"name": "Ada"},
        "participants": [{"name": "Bo"}],
        "key": "1",
    },
    "writeInteractions": {"items": [{"type": "coverage", "status": "gap", "since": _SINCE, "until": _UNTIL}]},
    "writeIdentities": {"items": [{"type": "identity", "ref": _REF}]},
    "writeChannels": {"items": [{"type": "channel", "ref": _REF, "kind": "room", "name": "Room"}]},
    "writeAffiliations": {"items": [{"type": "affiliation", "identity": _REF, "organization": "Firm"}]},
}


@pytest.mark.parametrize(
    ("method", "path", "handler"), WITH_IDS, ids=lambda value: getattr(value, "operation_id", None)
)
async def test_a_foreign_id_is_not_found(square: Square, method: str, path: str, handler: Any) -> None:
    theirs = path.format(**await foreign_ids(square, square.theirs))
    ours = path.format(**await foreign_ids(square, square.ours))
    answer = await square.client.send(method, theirs, json=BODIES.get(handler.operation_id))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    if method == "GET":
        assert (await square.client.send(method, ours)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "handler"), WITH_IDS, ids=lambda value: getattr(value, "operation_id", None)
)
async def test_a_foreign_id_takes_as_long_as_an_unknown_one(
    square: Square, statements: list[str], method: str, path: str, handler: Any
) -> None:
    """The same statements are sent, and no other: so nothing but chance can tell the two apart."""
    theirs = await foreign_ids(square, square.theirs)
    body, sent = BODIES.get(handler.operation_id), list[list[str]]()
    await square.client.get("/v1/me")  # the token is known from here on
    for known in (theirs, {name: unknown(value) for name, value in theirs.items()}):
        statements.clear()
        answer = await square.client.send(method, path.format(**known), json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        sent.append([re.sub("'[0-9a-f]{32}'", "'…'", statement) for statement in statements])
    assert sent[0] == sent[1]
    assert sent[0] or handler.operation_id == "denyMyIdentity", "only a token of a member has any"


def unknown(id_: str) -> str:
    """Return an id of the same kind that nothing has."""
    noun = next(noun for noun, prefix in ids.PREFIXES.items() if id_.startswith(prefix))
    return ids.encode(noun, uuid4())


@pytest.mark.parametrize(
    ("method", "path", "handler"), WITH_IDS, ids=lambda value: getattr(value, "operation_id", None)
)
async def test_an_id_of_another_noun_is_not_found(square: Square, method: str, path: str, handler: Any) -> None:
    known = await foreign_ids(square, square.ours)
    wrong = {name: "wsp_" + value.partition("_")[2] for name, value in known.items()}
    answer = await square.client.send(method, path.format(**wrong), json=BODIES.get(handler.operation_id))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_lists_hold_nothing_of_others(square: Square) -> None:
    foreign = set((await foreign_ids(square, square.theirs)).values())
    for handler in ROUTES:
        path = next(iter(handler.paths))
        of_instance = OF_INSTANCE.intersection(handler.opt.get("scopes", ()))
        if path.startswith("/v1/") and "{" not in path and "GET" in handler.http_methods and not of_instance:
            answer = await square.client.send("GET", f"{path}?{NEEDED.get(str(handler.operation_id), '')}")
            assert answer.status_code == 200, path
            assert not foreign & set(re.findall(r"[a-z]{3}_[0-9a-z]{26}", answer.text)), path


async def test_filters_by_foreign_ids_find_nothing(square: Square) -> None:
    theirs = await foreign_ids(square, square.theirs)
    for path in (
        f"/v1/interactions?person={theirs['person_id']}",
        f"/v1/interactions?identity={theirs['identity_id']}",
        f"/v1/interactions?channel={theirs['channel_id']}",
        f"/v1/interactions?q=lanterns&person={theirs['person_id']}",
        f"/v1/identities?person={theirs['person_id']}",
        f"/v1/relationships?person={theirs['person_id']}",
        f"/v1/channels?parent={theirs['channel_id']}",
        f"/v1/communities?person={theirs['person_id']}",
        f"/v1/communities?parent={theirs['community_id']}",
        f"/v1/topics?channel={theirs['channel_id']}",
    ):
        assert (await square.client.get(path))["data"] == [], path


async def test_search_refuses_another_workspace_than_the_bound_one(square: Square) -> None:
    async with workspace(square.client.pool, square.ours.workspace_id) as db:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.fetch("SELECT find_identities($1, 'ada')", square.theirs.workspace_id)


async def test_without_a_bound_workspace_there_is_nothing(square: Square) -> None:
    async with square.client.pool.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM interactions") == 0
        assert await db.fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_a_token_of_theirs_sees_theirs(square: Square) -> None:
    token = await square.client.token_for(["people:read"], square.theirs.workspace_id)
    listed = await square.client.get("/v1/people", token=token)
    assert {person["id"] for person in listed["data"]} >= {square.theirs.ids["person ada"]}
    assert square.ours.ids["person ada"] not in str(listed)
