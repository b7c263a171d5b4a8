import asyncio
from collections import OrderedDict
from typing import Any

import asyncpg
import httpx2
import pytest
from litestar import get

from kith.api.app import create_app
from kith.api.http import auth, known
from kith.api.routes import ROUTES
from kith.domain import scopes
from kith.store.db import workspace
from kith.store.tokens import PREFIX, mint, revoke_token, workspace_of
from tests.integration.api.conftest import Client, Square, running
from tests.integration.api.test_tenants import BODIES, foreign_ids

EXPORTED = [
    "people:read", "identities:read", "organizations:read", "channels:read", "conversations:read", "interactions:read",
    "relationships:read",
]  # fmt: skip
#: What each operation asks for. A change here is a change of the contract.
SCOPES = {
    "checkSource": ["sources:write"],
    "listFailedPushes": ["sources:read"],
    "auditSource": ["sources:write"],
    "acceptSweeps": ["sources:write"],
    "authorizeSource": ["sources:write"],
    "getSourceAuthorization": ["sources:read"],
    "listProviders": ["sources:read"],
    "getProvider": ["sources:read"],
    "setProvider": ["sources:write"],
    "deleteProvider": ["sources:write"],
    "listPartitions": ["sources:read"],
    "findPartitions": ["sources:write"],
    "choosePartitions": ["sources:write"],
    "previewSourceRemoval": ["sources:read"],
    "retractDecision": ["identities:write"],
    "updateIdentity": ["identities:write"],
    "listPeople": ["people:read"],
    "getPerson": ["people:read"],
    "listTimeline": ["people:read", "interactions:read"],
    "listTrustOfPerson": ["people:read", "relationships:read"],
    "listRelationshipsOfPerson": ["people:read", "relationships:read"],
    "updatePerson": ["people:write"],
    "listIdentitiesOfPerson": ["people:read", "identities:read"],
    "listMerges": ["people:read", "identities:read"],
    "createMerge": ["people:write", "identities:write"],
    "undoMerge": ["people:write", "identities:write"],
    "listAffiliations": ["people:read", "organizations:read"],
    "createAffiliation": ["people:write", "organizations:write"],
    "deleteAffiliation": ["people:write", "organizations:write"],
    "listIdentitySuggestions": ["identities:read"],
    "getIdentitySuggestion": ["identities:read"],
    "decideIdentitySuggestion": ["identities:write"],
    "decideIdentitySuggestions": ["identities:write"],
    "listDecisions": ["identities:read"],
    "getDecision": ["identities:read"],
    "createDecision": ["identities:write"],
    "getResolution": ["identities:read"],
    "updateResolution": ["identities:write"],
    "previewResolution": ["identities:read"],
    "listOrganizations": ["organizations:read"],
    "createOrganization": ["organizations:write"],
    "getOrganization": ["organizations:read"],
    "updateOrganization": ["organizations:write"],
    "deleteOrganization": ["organizations:write"],
    "listAffiliates": ["organizations:read", "people:read"],
    "listOrganizationDomains": ["organizations:read"],
    "listWebhooks": ["webhooks:read"],
    "createWebhook": ["webhooks:write"],
    "getWebhook": ["webhooks:read"],
    "updateWebhook": ["webhooks:write"],
    "deleteWebhook": ["webhooks:write"],
    "rotateWebhookSecret": ["webhooks:write"],
    "testWebhook": ["webhooks:write"],
    "listDeliveries": ["webhooks:read"],
    "replayEvents": ["webhooks:write"],
    "listEventKinds": ["events:read"],
    "listEvents": ["events:read"],
    "listAudit": ["audit:read"],
    "getOwnWorkspace": ["workspace:read"],
    "updateOwnWorkspace": ["workspace:write"],
    "getUsage": ["workspace:read"],
    "listWorkspaces": ["workspaces:read"],
    "createWorkspace": ["workspaces:write"],
    "getWorkspace": ["workspaces:read"],
    "updateWorkspace": ["workspaces:write"],
    "deleteWorkspace": ["workspaces:write"],
    "exportAudit": ["audit:read"],
    "listIdentities": ["identities:read"],
    "getIdentity": ["identities:read"],
    "listChannels": ["channels:read"],
    "getChannel": ["channels:read"],
    "listConversations": ["conversations:read"],
    "getConversation": ["conversations:read"],
    "listInteractions": ["interactions:read"],
    "createInteraction": ["interactions:read", "interactions:write"],
    "deleteInteraction": ["interactions:read", "interactions:write"],
    "setInferredReply": ["interactions:read", "interactions:write"],
    "resetInferredReply": ["interactions:read", "interactions:write"],
    "writeInteractions": ["interactions:write"],
    "writeIdentities": ["identities:write"],
    "writeChannels": ["channels:write"],
    "writeAffiliations": ["organizations:write"],
    "getInteraction": ["interactions:read"],
    "listAsks": ["asks:read"],
    "getAsk": ["asks:read"],
    "updateAsk": ["asks:write"],
    "createAsk": ["asks:read", "asks:write"],
    "listWatches": ["watches:read"],
    "createWatch": ["watches:write"],
    "previewWatch": ["watches:read"],
    "getWatch": ["watches:read"],
    "updateWatch": ["watches:write"],
    "deleteWatch": ["watches:write"],
    "listMentionsOfWatch": ["watches:read"],
    "listMentions": ["watches:read"],
    "addVerdict": ["watches:write"],
    "getPresence": ["watches:read", "channels:read"],
    "getDialogue": ["dialogue:read"],
    "getDialogueOfPerson": ["dialogue:read"],
    "listDialogueOfPeople": ["dialogue:read", "people:read"],
    "listChannelsOfGroup": ["groups:read", "channels:read", "dialogue:read"],
    "listChannelsOfCommunity": ["communities:read", "channels:read", "dialogue:read"],
    "getAttraction": ["dialogue:read", "relationships:read"],
    "listRelationships": ["relationships:read"],
    "getRelationship": ["relationships:read"],
    "getHistory": ["relationships:read"],
    "getQuality": ["relationships:read"],
    "getTrust": ["relationships:read"],
    "erasePerson": ["erasures:write"],
    "listErasures": ["erasures:read"],
    "getErasure": ["erasures:read"],
    "listRightsRequests": ["privacy:read", "people:contact:read"],
    "getRightsRequest": ["privacy:read", "people:contact:read"],
    "updateRightsRequest": ["privacy:write", "people:contact:read"],
    "createConsent": ["privacy:write"],
    "listConsents": ["privacy:read"],
    "getConsent": ["privacy:read"],
    "withdrawConsent": ["privacy:write"],
    "createDataReport": ["privacy:write"],
    "listDataReports": ["privacy:read"],
    "getDataReport": ["privacy:read"],
    "downloadDataReport": ["privacy:data:read"],
    "deleteDataReport": ["privacy:write"],
    "createObjection": ["privacy:write"],
    "listObjections": ["privacy:read"],
    "getObjection": ["privacy:read"],
    "endObjection": ["privacy:write"],
    "listNotes": ["notes:read"],
    "createNote": ["notes:write"],
    "getNote": ["notes:read"],
    "updateNote": ["notes:write"],
    "deleteNote": ["notes:write"],
    "listAttributes": ["notes:read"],
    "createAttribute": ["notes:write"],
    "getAttribute": ["notes:read"],
    "deleteAttribute": ["notes:write"],
    "listAttributeValues": ["notes:read"],
    "setAttributeValue": ["notes:write"],
    "listGroups": ["groups:read"],
    "createGroup": ["groups:write"],
    "getGroup": ["groups:read"],
    "updateGroup": ["groups:write"],
    "deleteGroup": ["groups:write"],
    "listPeopleOfGroup": ["groups:read", "people:read"],
    "getRelationshipMix": ["groups:read", "relationships:read"],
    "drawHistory": ["relationships:read"],
    "listEvidence": ["relationships:read", "interactions:read"],
    "listCommunities": ["communities:read"],
    "createCommunity": ["communities:write"],
    "detectCommunities": ["communities:write"],
    "getCommunity": ["communities:read"],
    "updateCommunity": ["communities:write"],
    "deleteCommunity": ["communities:write"],
    "listCommunityPeople": ["communities:read"],
    "listCommunityRoles": ["communities:read"],
    "listCommunityHealth": ["communities:read"],
    "listCommunityEvents": ["communities:read"],
    "getCommunityMap": ["communities:read"],
    "drawCommunityMap": ["communities:read"],
    "paintCommunityMap": ["communities:read"],
    "exportCommunity": ["communities:read"],
    "listRolesOfPerson": ["people:read", "communities:read"],
    "listTopics": ["topics:read"],
    "getTopic": ["topics:read"],
    "listExperts": ["topics:read", "people:read"],
    "listConnectors": ["connectors:read"],
    "getConnector": ["connectors:read"],
    "listSources": ["sources:read"],
    "checkSourceConfig": ["sources:write"],
    "createSource": ["sources:write"],
    "getSource": ["sources:read"],
    "getRetention": ["sources:read"],
    "setRetention": ["sources:write"],
    "updateSource": ["sources:write"],
    "deleteSource": ["sources:write"],
    "getSourceCoverage": ["sources:read"],
    "listRuns": ["sources:read"],
    "startRun": ["sources:write"],
    "getRun": ["sources:read"],
    "listRunErrors": ["sources:read"],
    "listUploads": ["uploads:write"],
    "createUpload": ["uploads:write"],
    "getUpload": ["uploads:write"],
    "appendToUpload": ["uploads:write"],
    "deleteUpload": ["uploads:write"],
    "listImports": ["imports:read"],
    "createImport": ["imports:write"],
    "previewImport": ["imports:write"],
    "getImport": ["imports:read"],
    "exportImportErrors": ["imports:read"],
    "undoImport": ["imports:write"],
    "listExports": ["exports:read"],
    "createExport": ["exports:write", *EXPORTED],
    "getExport": ["exports:read"],
    "getExportContent": ["exports:read", *EXPORTED],
    "deleteExport": ["exports:write"],
    "listJobs": ["jobs:read"],
    "getJob": ["jobs:read"],
    "cancelJob": ["jobs:write"],
    "getMe": [],
    "searchAll": [],
    "listMyIdentities": ["identities:read"],
    "confirmMyIdentity": ["identities:write"],
    "denyMyIdentity": ["identities:write"],
    "listMembers": ["members:read"],
    "getMember": ["members:read"],
    "updateMember": ["members:write"],
    "removeMember": ["members:write"],
    "listInvitations": ["members:read"],
    "createInvitation": ["members:write"],
    "getInvitation": ["members:read"],
    "resendInvitation": ["members:write"],
    "revokeInvitation": ["members:write"],
    "listApps": ["apps:read"],
    "createApp": ["apps:write"],
    "getApp": ["apps:read"],
    "updateApp": ["apps:write"],
    "deleteApp": ["apps:write"],
    "rotateAppSecret": ["apps:write"],
    "approveApp": ["apps:write"],
    "withdrawApproval": ["apps:write"],
    "listGrants": ["apps:read"],
    "getGrant": ["apps:read"],
    "revokeGrant": ["apps:write"],
    "listTokens": ["tokens:read"],
    "createToken": ["tokens:write"],
    "getToken": ["tokens:read"],
    "revokeToken": ["tokens:write"],
}
GUARDED = [handler for handler in ROUTES if not handler.opt.get("public")]
NAMES = [str(handler.operation_id) for handler in GUARDED]


def test_every_operation_asks_for_what_the_table_says() -> None:
    assert {str(handler.operation_id): list(handler.opt["scopes"]) for handler in GUARDED} == SCOPES


def test_a_route_without_scopes_keeps_the_app_from_starting() -> None:
    @get("/v1/secrets")
    async def forgotten() -> None: ...

    with pytest.raises(RuntimeError, match="declares no scopes"):
        auth.check_scopes([forgotten])


def test_a_scope_that_does_not_exist_keeps_the_app_from_starting() -> None:
    @get("/v1/secrets", scopes=["secrets:read"])
    async def invented() -> None: ...

    with pytest.raises(RuntimeError, match="secrets:read"):
        auth.check_scopes([invented])


@pytest.mark.parametrize("handler", GUARDED, ids=NAMES)
async def test_without_a_token_every_operation_answers_401(square: Square, handler: Any) -> None:
    method, path = await address(square, handler)
    answer = await square.client.send(method, path, token=None, json=BODIES.get(handler.operation_id))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("handler", [one for one in GUARDED if one.opt["scopes"]], ids=lambda one: one.operation_id)
async def test_without_one_of_its_scopes_every_operation_answers_403(square: Square, handler: Any) -> None:
    method, path = await address(square, handler)
    for scope in handler.opt["scopes"]:
        token = await square.client.token_for(scopes.SCOPES.keys() - {scope})
        answer = await square.client.send(method, path, token=token, json=BODIES.get(handler.operation_id))
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
        assert scope in answer.json()["detail"]
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("given", ["", "Bearer", "Basic YTpi", "Bearer x", f"Bearer {PREFIX}abc"])
async def test_what_is_no_token_answers_401(square: Square, given: str) -> None:
    answer = await square.client.http.get("/v1/me", headers={"Authorization": given})
    square.client.contract.check("GET", answer)
    assert answer.status_code == 401


async def test_a_mistyped_token_needs_no_look_up(square: Square) -> None:
    text = mint(square.ours.workspace_id)
    assert workspace_of(text) == square.ours.workspace_id
    for wrong in (text[:-1], text[:-1] + ("a" if text[-1] != "a" else "b"), text.upper(), "x" + text, text + "a"):
        assert workspace_of(wrong) is None
        assert (await square.client.send("GET", "/v1/me", token=wrong)).json()["code"] == "invalid_token"


async def test_an_unknown_token_answers_401(square: Square) -> None:
    answer = await square.client.send("GET", "/v1/me", token=mint(square.ours.workspace_id))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_revoked_token_ends_on_every_process_at_once(client: Client) -> None:
    token = await client.token_for(["people:read"])
    other = create_app(client.app.state.settings)
    transport = httpx2.ASGITransport(app=other)
    async with running(other), httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
        headers = {"Authorization": f"Bearer {token}"}
        for ask in (client.http, http):
            assert (await ask.get("/v1/me", headers=headers)).status_code == 200
        assert len(other.state.tokens._known) == 1
        async with workspace(client.pool, client.workspace_id) as db:
            row = await db.fetchrow(
                "SELECT id FROM tokens WHERE workspace_id = $1 AND scopes = '{people:read}'", client.workspace_id
            )
            assert row
            assert await revoke_token(db, client.workspace_id, row["id"])
            assert not await revoke_token(db, client.workspace_id, row["id"])
        for ask in (client.http, http):
            assert await ends(ask, headers), "it went on until the cache forgot it"


async def ends(http: httpx2.AsyncClient, headers: dict[str, str]) -> bool:
    """Whether a token is refused as soon as a notice has passed: far sooner than a cache would forget it."""
    for _ in range(100):
        if (await http.get("/v1/me", headers=headers)).status_code == 401:
            return True
        await asyncio.sleep(0.01)
    return False


END_OF_LINES = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'kith tokens' AND datname = current_database()
"""


async def test_without_a_line_to_the_database_no_token_is_remembered(client: Client) -> None:
    tokens = client.app.state.tokens
    assert (await client.send("GET", "/v1/me")).status_code == 200
    assert len(tokens._known) == 1
    db = await asyncpg.connect(client.app.state.settings.database_url)
    await db.execute(END_OF_LINES)
    await db.close()
    for _ in range(1000):
        if not tokens._listener:
            break
        await asyncio.sleep(0.01)
    assert (await client.send("GET", "/v1/me")).status_code == 200
    assert tokens._listener or not tokens._known


async def test_an_expired_token_answers_401(client: Client) -> None:
    token = await client.token_for(["people:read"])
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute(
            "UPDATE tokens SET expires_at = now() - interval '1 second' WHERE workspace_id = $1", client.workspace_id
        )
    assert (await client.send("GET", "/v1/me", token=token)).status_code == 401


async def test_the_cache_of_tokens_is_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "CACHE_SIZE", 2)
    for _ in range(4):
        assert (await client.send("GET", "/v1/me", token=await client.token_for([]))).status_code == 200
    remembered: OrderedDict[bytes, Any] = client.app.state.tokens._known
    assert len(remembered) == 2


async def test_me_says_who_asks(square: Square) -> None:
    me = await square.client.get("/v1/me")
    assert me["workspace"]["name"] == "ours"
    assert me["token"]["scopes"] == sorted(scopes.SCOPES)


async def address(square: Square, handler: Any) -> tuple[str, str]:
    path = next(iter(handler.paths)).replace(":str}", "}")
    known = await foreign_ids(square, square.ours) | {"name": "ndjson"}
    return next(iter(handler.http_methods)), path.format(**known)
