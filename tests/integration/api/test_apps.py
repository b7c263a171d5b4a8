"""Apps, grants and tokens over the API."""

from base64 import b64encode
from typing import Any
from uuid import uuid4

import pytest

from kith.store import apps, grants
from kith.store.db import workspace
from kith.store.workspaces import create_workspace
from tests.integration.api.conftest import Client
from tests.pictures import png

BROWSER = {
    "name": "Map", "kind": "browser", "scopes": ["people:read"], "redirect_uris": ["https://app.example/callback"],
}  # fmt: skip
MACHINE = {"name": "Script", "kind": "machine", "scopes": ["people:read", "groups:read"]}


async def make(client: Client, body: dict[str, Any], **options: Any) -> Any:
    answer = await client.send("POST", "/v1/apps", json=body, **options)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def issue(client: Client, app: Any, secret: str) -> Any:
    form = {"grant_type": "client_credentials", "client_id": app["id"], "client_secret": secret}
    return await client.http.post("/oauth/token", data=form)


async def test_a_machine_is_made_used_rotated_and_ended(client: Client) -> None:
    app = await make(client, MACHINE)
    assert app["secret"].startswith("kas_")
    assert (app["owned"], app["registered"], app["approved"]) == (True, False, ["people:read", "groups:read"])
    shown = await client.get(f"/v1/apps/{app['id']}")
    assert "secret" not in shown
    assert len(shown["secrets"]) == 1
    tokens = (await issue(client, app, app["secret"])).json()
    assert (await client.get("/v1/people", token=tokens["access_token"]))["data"] == []
    (grant,) = (await client.get(f"/v1/grants?app={app['id']}"))["data"]
    assert (grant["app"]["name"], grant["member_id"]) == ("Script", None)
    new = await client.send("POST", f"/v1/apps/{app['id']}/secrets", json={"overlap_hours": 1})
    for secret in (app["secret"], new.json()["secret"]):
        assert (await issue(client, app, secret)).status_code == 200
    await client.send("POST", f"/v1/apps/{app['id']}/secrets", json={"overlap_hours": 0})
    assert (await issue(client, app, new.json()["secret"])).status_code == 401
    assert (await client.send("DELETE", f"/v1/apps/{app['id']}")).json()["name"] == "Script"
    assert (await client.send("GET", f"/v1/apps/{app['id']}")).status_code == 404
    assert (await client.get("/v1/grants"))["data"] == []
    events = await client.get("/v1/events?type=grant.revoked")
    assert [event["data"]["app_id"] for event in events["data"]] == [app["id"]]


async def test_a_logo_is_served_by_kith_itself(client: Client) -> None:
    app = await make(client, BROWSER | {"logo": b64encode(png(2, 2)).decode()})
    answer = await client.http.get(app["logo_path"])
    assert (answer.status_code, answer.content) == (200, png(2, 2))
    told = {"content-type": "image/png", "content-security-policy": "default-src 'none'; sandbox"}
    assert told.items() <= dict(answer.headers).items()
    path = f"/v1/apps/{app['id']}"
    changed = await client.send("PATCH", path, json={"logo": b64encode(png(3, 3)).decode()})
    assert changed.json()["logo_path"] not in (None, app["logo_path"])
    assert (await client.send("PATCH", path, json={"name": "New"})).json()["logo_path"] == changed.json()["logo_path"]
    assert (await client.send("PATCH", path, json={"logo": None})).json()["logo_path"] is None
    assert (await client.http.get(app["logo_path"])).status_code == 404
    refused = await client.send("PATCH", path, json={"logo": b64encode(b"<svg/>").decode()})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/logo")


async def test_a_repeated_creation_shows_no_secret_again(client: Client) -> None:
    headers = {"Idempotency-Key": "once"}
    first, second = [await make(client, MACHINE, headers=headers) for _ in range(2)]
    assert (first["id"], second["secret"]) == (second["id"], None)
    async with workspace(client.pool, client.workspace_id) as db:
        kept = await db.fetchval("SELECT body FROM idempotency_keys WHERE workspace_id = $1", client.workspace_id)
    assert first["secret"].encode() not in kept


async def test_an_app_is_changed_as_it_was_seen(client: Client) -> None:
    app = await make(client, BROWSER)
    path = f"/v1/apps/{app['id']}"
    tag = (await client.send("GET", path)).headers["etag"]
    body = {"name": "Better map", "scopes": ["people:read", "groups:read"], "origins": ["https://app.example"]}
    changed = await client.send("PATCH", path, json=body, headers={"If-Match": tag})
    assert changed.status_code == 200, changed.text
    assert changed.json()["scopes"] == ["people:read", "groups:read"]
    assert changed.json()["approved"] == ["people:read"], "more has to be approved"
    assert (await client.send("PATCH", path, json=body, headers={"If-Match": tag})).status_code == 412
    approved = await client.send("POST", f"{path}/approvals", json={})
    assert approved.json()["approved"] == ["people:read", "groups:read"]
    less = await client.send("POST", f"{path}/approvals", json={"scopes": ["groups:read", "people:write"]})
    assert less.json()["approved"] == ["groups:read"]
    withdrawn = await client.send("DELETE", f"{path}/approvals")
    assert withdrawn.json()["approved"] == ["groups:read"]
    assert (await client.get(path))["approved"] is None
    secret = await client.send("POST", f"{path}/secrets", json={})
    assert (secret.status_code, secret.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"redirect_uris": []}, "/redirect_uris"),
        ({"redirect_uris": ["https://app.example/callback", "http://app.example"]}, "/redirect_uris/1"),
        ({"redirect_uris": ["https://*.example"]}, "/redirect_uris/0"),
        ({"logout_uris": ["javascript:alert(1)"]}, "/logout_uris/0"),
        ({"origins": ["https://app.example/path"]}, "/origins/0"),
        ({"origins": ["*"]}, "/origins/0"),
        ({"homepage": "http://app.example"}, "/homepage"),
        ({"policy_url": "javascript:alert(1)"}, "/policy_url"),
        ({"scopes": ["nothing:read"]}, "/scopes"),
        ({"scopes": []}, "/scopes"),
        ({"kind": "machine"}, "/redirect_uris"),
        ({"kind": "toaster"}, "/kind"),
        ({"id": "app_00000000000000000000000000"}, "/id"),
        ({"registered": True}, "/registered"),
    ],
    ids=str,
)
async def test_what_an_app_cannot_be(client: Client, changed: Any, pointer: str) -> None:
    answer = await client.send("POST", "/v1/apps", json=BROWSER | changed)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_nobody_gives_what_they_do_not_have(client: Client) -> None:
    token = await client.token_for(["apps:read", "apps:write", "tokens:write", "people:read"])
    for path, body in (
        ("/v1/apps", {**MACHINE, "scopes": ["people:write"]}),
        ("/v1/tokens", {"name": "more", "scopes": ["people:read", "people:write"]}),
    ):
        refused = await client.send("POST", path, json=body, token=token)
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    strong = await make(client, MACHINE)
    refused = await client.send("POST", f"/v1/apps/{strong['id']}/approvals", json={}, token=token)
    assert refused.status_code == 403


async def test_the_source_of_an_app_that_is_gone_is_paused_with_what_it_told(client: Client) -> None:
    app = await make(client, MACHINE | {"scopes": ["channels:write"]})
    token = (await issue(client, app, app["secret"])).json()["access_token"]
    told = {
        "type": "channel",
        "ref": {"network": "crm", "host": "crm.example", "key": "1"},
        "kind": "room",
        "name": "The room",
    }
    said = await client.send("POST", "/v1/batches/channels", token=token, json={"items": [told]})
    assert said.json()["refused"] == 0, said.text
    for method, status in (("DELETE", "paused"), ("POST", "active"), ("DELETE", "paused")):
        answer = await client.send(method, f"/v1/apps/{app['id']}/approvals", json={} if method == "POST" else None)
        assert answer.is_success, answer.text
        (source,) = (await client.get("/v1/sources"))["data"]
        assert source["status"] == status
    assert [channel["name"] for channel in (await client.get("/v1/channels"))["data"]] == ["The room"]


async def test_another_workspaces_app_is_approved_where_it_is_shared(client: Client) -> None:
    other = uuid4()
    async with workspace(client.pool, other) as db:
        await create_workspace(db, other, "another")
        content: dict[str, Any] = {"kind": "browser", "scopes": ["people:read"], "redirect_uris": ["https://a.example"]}
        private = await apps.create_app(db, other, name="Private", **content)
        shared = await apps.create_app(db, other, name="Shared", shared=True, **content)
    from kith.domain.ids import encode

    ids = [encode("app", one.id) for one in (private, shared)]
    refused = await client.send("POST", f"/v1/apps/{ids[0]}/approvals", json={})
    assert refused.status_code == 404
    approved = await client.send("POST", f"/v1/apps/{ids[1]}/approvals", json={})
    assert (approved.status_code, approved.json()["owned"], approved.json()["secrets"]) == (201, False, [])
    for method, path, body in (("PATCH", "", {"name": "mine"}), ("DELETE", "", None), ("POST", "/secrets", {})):
        answer = await client.send(method, f"/v1/apps/{ids[1]}{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await client.send("DELETE", f"/v1/apps/{ids[1]}/approvals")).status_code == 200
    assert (await client.send("GET", f"/v1/apps/{ids[1]}")).status_code == 404


async def test_a_statement_that_forgets_the_owner_changes_no_foreign_app(client: Client) -> None:
    app = await make(client, BROWSER)
    other = uuid4()
    async with workspace(client.pool, other) as db:
        await create_workspace(db, other, "another")
        assert await db.execute("UPDATE apps SET name = 'theirs'") == "UPDATE 0"
        assert await db.execute("DELETE FROM apps") == "DELETE 0"
    assert (await client.get(f"/v1/apps/{app['id']}"))["name"] == "Map"


async def test_grants_are_listed_and_revoked(client: Client) -> None:
    app = await make(client, MACHINE)
    await issue(client, app, app["secret"])
    (grant,) = (await client.get("/v1/grants"))["data"]
    assert (await client.get(f"/v1/grants/{grant['id']}")) == grant
    assert (await client.send("DELETE", f"/v1/grants/{grant['id']}")).json() == grant
    assert (await client.send("DELETE", f"/v1/grants/{grant['id']}")).status_code == 404
    assert (await client.get("/v1/grants"))["data"] == []


async def test_personal_tokens_are_made_listed_and_revoked(client: Client) -> None:
    answer = await client.send("POST", "/v1/tokens", json={"name": "script", "scopes": ["people:read"], "days": None})
    made = answer.json()
    assert made["token"].startswith("kpat_")
    assert made["expires_at"] is None
    shown = await client.get(f"/v1/tokens/{made['id']}")
    assert "token" not in shown
    assert shown["id"] in {one["id"] for one in await client.pages("/v1/tokens?limit=1")}
    assert (await client.get("/v1/people", token=made["token"]))["data"] == []
    assert (await client.send("GET", "/v1/groups", token=made["token"])).status_code == 403
    assert (await client.send("DELETE", f"/v1/tokens/{made['id']}")).json() == shown
    assert (await client.send("GET", f"/v1/tokens/{made['id']}")).status_code == 404
    dated = (await client.send("POST", "/v1/tokens", json={"name": "short", "scopes": ["people:read"]})).json()
    assert dated["expires_at"]


async def test_a_member_who_left_leaves_tokens_that_open_nothing(client: Client) -> None:
    async with workspace(client.pool, client.workspace_id) as db:
        from kith.store.tokens import create_token

        text = await create_token(db, client.workspace_id, "old", ["people:read"], None, uuid4())
        assert await grants.revoke(db, client.workspace_id, member_id=uuid4()) == 0
    assert (await client.send("GET", "/v1/me", token=text)).status_code == 401
