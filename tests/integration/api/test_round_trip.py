"""A workspace that is exported and imported into an empty one answers as before, in every list of the API.

Both workspaces have the same key, so that facts have the same ids; ids that chance gives are compared by their names.
"""

import json
import re
from typing import Any
from uuid import UUID, uuid4

import msgspec

from kith.connectors import Interaction, InteractionRef, Page
from kith.connectors._records import Stated
from kith.domain.ids import NOWHERE
from kith.domain.scopes import SCOPES
from kith.projections import exports, mentions, project
from kith.projections.ingest import Ingest
from kith.store import exports as store_of_exports
from kith.store import ingest, projection, watches
from kith.store.db import Pool, workspace
from kith.store.sources import create_source
from kith.store.tokens import create_token
from kith.store.workspaces import create_workspace
from tests.integration.api import town
from tests.integration.api.conftest import Client
from tests.integration.detections import detect_in

#: Lists of what an export does not hold, each with its reason.
NOT_TAKEN = {
    "listApps": "apps are the installation's",
    "listAudit": "who asked for what in another workspace did not ask for it here",
    "listDataReports": "files of the old workspace, which expire",
    "listErasures": "who was erased is kept as hashes under the old workspace's key",
    "listEvents": "what happened in the old workspace was told there",
    "listExports": "files of the old workspace, which expire",
    "listGrants": "members are the installation's",
    "listImports": "where facts came from is a source of the new workspace",
    "listInvitations": "members are the installation's",
    "listJobs": "work of the old workspace",
    "listMyIdentities": "members are the installation's",
    "listMembers": "members are the installation's",
    "listRightsRequests": "they are asked of the old workspace, and answered there",
    "listRunErrors": "runs are of the old workspace's sources",
    "listSources": "what the file tells has one source",
    "listPartitions": "what the file tells has one source",
    "listFailedPushes": "what the file tells has one source",
    "listRuns": "runs are of the old workspace's sources",
    "listTokens": "secrets are not taken along",
    "listUploads": "files of the old workspace, which expire",
    "listWebhooks": "whom the old workspace tells of events is its own",
    "listDeliveries": "whom the old workspace tells of events is its own",
    "listWorkspaces": "the installation's",
    "listCommunityEvents": "how detected communities changed is seen by looking again and again",
}
#: Lists of which the town has nothing: its doubles are decided, and few talk.
UNASKED = {"listDialogueOfPeople", "listIdentitySuggestions"}
#: Fields that speak of the workspace or of the moment of computing, and not of people: when kith learnt a fact is when
#: it read the file.
MOMENTS = {
    "computed_at",
    "updated_at",
    "as_of",
    "created_at",
    "seen_at",
    "learnt_at",
    "source_id",
    "sources",
    "source",
    "revision",
}
#: Ids that chance gives.
BY_CHANCE = re.compile(r"\b(org|com|aff|sug|top|evt|job)_[0-9a-z]{26}\b")


def said(key: str, who: str, text: str, days: int, **more: Any) -> Interaction:
    ref = InteractionRef("mail", key, more.pop("kind", "message"))
    where: dict[str, Any] = {"channel": town.LIST, "conversation": town.THREAD, "visibility": "public"}
    return Interaction(ref, town.CAST[who], town.ago(days), text=text, **where, **more)


TALK = [
    said("ask-1", "cyd", "Who knows how lanterns are made?", 9),
    said("ask-2", "bo", "Where do I find the oil?", 8),
    said("tell-1", "ada", "Ask the people of Lantern Works.", 7, reply_to=InteractionRef("mail", "ask-1", "message")),
    said("tell-2", "cyd", "Ada would know about lanterns.", 6),
    said("q", "bo", "How long does it burn?", 5, kind="question"),
]


async def rich(client: Client, pool: Pool) -> town.Town:
    """Return a town in which members have said all that they can say."""
    home = await town.build(pool, "ours")
    await town.look_at(pool, home)
    await town.tell(pool, home, TALK)
    token = client.token
    client.workspace_id = home.workspace_id
    async with workspace(pool, home.workspace_id) as db:
        client.token = await create_token(db, home.workspace_id, "test", SCOPES)
    assert token != client.token
    ids = home.ids

    async def made(path: str, /, method: str = "POST", **body: Any) -> dict[str, Any]:
        answer = await client.send(method, path, json=body)
        assert answer.status_code in (200, 201), (path, answer.text)
        found: dict[str, Any] = answer.json()
        return found

    firm = await made("/v1/organizations", name="Lantern Works", domains=["home.example"], url="https://l.example")
    vip = await made("/v1/attributes", name="vip", type="tag")
    tier = await made("/v1/attributes", name="tier", type="choice", choices=["gold", "tin"])
    ada, bo, cyd = (ids[f"person {name}"] for name in ("ada", "bo", "cyd"))
    joined = {"one_id": ids["identity eve"], "other_id": ids["identity eve at home"]}
    await made("/v1/decisions", verdict="same", **joined)
    await made("/v1/decisions", verdict="different", one_id=ids["identity ada"], other_id=ids["identity bo"])
    await made(f"/v1/people/{bo}", "PATCH", name="Boleslav")
    await made(f"/v1/people/{bo}/affiliations", organization_id=firm["id"], title="Smith", since="2024-05-01")
    await made(f"/v1/people/{ada}/consents", purpose="News", evidence="By mail", given_at="2026-05-04T09:30:00Z")
    await made(f"/v1/people/{ids['person dan']}/objections", reason="No.", objected_at="2026-05-04T09:30:00Z")
    await made("/v1/attribute-values", attribute_id=vip["id"], person_id=ada, value=True)
    await made("/v1/attribute-values", attribute_id=tier["id"], person_id=ada, other_id=bo, value="gold")
    await made("/v1/attribute-values", attribute_id=tier["id"], organization_id=firm["id"], value="tin")
    await made("/v1/notes", person_id=ada, text="Likes lanterns.")
    await made("/v1/notes", person_id=ada, other_id=cyd, text="They met.")
    await made("/v1/notes", organization_id=firm["id"], text="Old.")
    friends = await made("/v1/communities", name="Friends", people=[ada, bo, cyd])
    await made("/v1/groups", name="guests", people=[ada, bo], description="All of them")
    await made("/v1/groups", name="rules", organization=firm["id"], channel=ids["channel core"])
    await made("/v1/groups", name="search", search={"attribute": vip["id"], "community": friends["id"]})
    await made("/v1/watches", name="lanterns", aliases=[{"text": "lanterns", "rule": "always"}], days=700)
    await made("/v1/watches", name="ada", person=ada, aliases=[{"text": "Ada", "rule": "in_context"}], days=700)
    await settle(pool, home.workspace_id)
    found = await client.get("/v1/mentions")
    for row in found["data"][:3]:
        await made(f"/v1/mentions/{row['id']}/verdicts", right=row is found["data"][0])
    for row in (await client.get("/v1/asks"))["data"][:1]:
        await made(f"/v1/asks/{row['id']}", "PATCH", state="closed")
    await settle(pool, home.workspace_id)
    return home


async def settle(pool: Pool, workspace_id: UUID) -> None:
    """Do what jobs do after a change."""
    left = 1
    while left:
        async with workspace(pool, workspace_id) as db:
            _, left = await project.project(db, workspace_id, town.NOW)
    async with workspace(pool, workspace_id) as db:
        await projection.lock(db, workspace_id)
        for watch in await watches.list_watches(db, workspace_id, None, 100):
            await mentions.hear_past(db, workspace_id, watch)
    async with workspace(pool, workspace_id) as db:
        await project.settle_all(db, workspace_id, town.NOW)
    last: tuple[UUID, UUID] | None = NOWHERE, NOWHERE
    while last is not None:
        async with workspace(pool, workspace_id) as db:
            last = await project.refresh(db, workspace_id, town.NOW, last)
    async with workspace(pool, workspace_id) as db:
        await detect_in(db, workspace_id, town.NOW, whole=True)


async def taken_along(pool: Pool, home: UUID) -> UUID:
    """Return a new workspace that has read an export of this one, a few records at a time."""
    records = list[Any]()
    async with workspace(pool, home) as db:
        await store_of_exports.freeze(db)
        key = await db.fetchval("SELECT id_key FROM workspaces WHERE workspace_id = $1", home)
        records = [record async for record in exports.everything(db, home, key)]
    other = uuid4()
    async with workspace(pool, other) as db:
        await create_workspace(db, other, "theirs")
        await db.execute("UPDATE workspaces SET id_key = $2 WHERE workspace_id = $1", other, key)
        source = await create_source(db, other, "ndjson", "town records", {"path": "/nowhere"})
    reading = Ingest(key, statements=True)
    for at in range(0, len(records), 50):
        some = records[at : at + 50]
        said = tuple(one for one in some if isinstance(one, Stated))
        facts = tuple(one for one in some if not isinstance(one, Stated))
        batch = reading.batch(Page(facts, msgspec.Raw(b"{}"), statements=said))
        async with workspace(pool, other) as db:
            await ingest.apply(db, other, source.id, None, batch)
        assert batch.problems == []
    await settle(pool, other)
    return other


def gets(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operations["get"] for operations in document["paths"].values() if "get" in operations]


class Reader:
    """Reads all lists of a workspace, under names that are the same in every workspace."""

    def __init__(self, client: Client, token: str, document: dict[str, Any]) -> None:
        self._client, self._token, self._document = client, token, document
        self._names: dict[str, str] = {}

    async def read(self) -> dict[str, list[str]]:
        """Return the rows of each list, in an order of their own where that hangs on chance."""
        found: dict[str, list[str]] = {}
        things: dict[str, list[str]] = {}
        lists = sorted(self._lists().items(), key=lambda each: (each[1][0].count("{"), each[0]))
        for operation, (path, parameters) in lists:
            for filled in self._filled(path, parameters, things):
                rows = await self._rows(filled)
                if not parameters:
                    things[path.rpartition("/")[2]] = [row["id"] for row in rows if "id" in row]
                    self._names |= {row["id"]: row["name"] for row in rows if "id" in row and "name" in row}
                found[f"{operation} {self._named(filled)}"] = sorted(map(self._plain, rows))
        return found

    def _lists(self) -> dict[str, tuple[str, list[str]]]:
        found = {}
        for path, operations in self._document["paths"].items():
            get = operations.get("get", {})
            names = {parameter["name"]: parameter["in"] for parameter in get.get("parameters", ())}
            if "cursor" in names and get["operationId"] not in NOT_TAKEN:
                found[get["operationId"]] = path, [name for name, place in names.items() if place == "path"]
        return found

    def _filled(self, path: str, parameters: list[str], things: dict[str, list[str]]) -> list[str]:
        paths = [path]
        for name in parameters:
            noun = "people" if name in ("person_id", "other_id") else NOUNS[name]
            paths = [one.replace(f"{{{name}}}", id_) for one in paths for id_ in things[noun]]
        return [one for one in paths if len(set(one.split("/"))) == len(one.split("/"))]

    async def _rows(self, path: str) -> list[dict[str, Any]]:
        answer = await self._client.send("GET", path, token=self._token, params={"limit": 200})
        if answer.status_code == 404:  # of two people without a relationship
            return [{"code": answer.json()["code"]}]
        assert answer.status_code == 200, (path, answer.text)
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    def _named(self, text: str) -> str:
        return BY_CHANCE.sub(lambda match: self._names.get(match[0], match[1]), text)

    def _plain(self, row: dict[str, Any]) -> str:
        return self._named(json.dumps(_without(row), sort_keys=True))


NOUNS = {
    "community_id": "communities", "group_id": "groups", "organization_id": "organizations", "watch_id": "watches",
}  # fmt: skip


def _without(value: Any) -> Any:
    """Return JSON without the moments of computing."""
    if isinstance(value, dict):
        return {name: _without(inner) for name, inner in value.items() if name not in MOMENTS}
    return [_without(inner) for inner in value] if isinstance(value, list) else value


async def test_every_list_answers_as_before_after_an_export_and_an_import(client: Client, pool: Pool) -> None:
    home = await rich(client, pool)
    other = await taken_along(pool, home.workspace_id)
    async with workspace(pool, other) as db:
        token = await create_token(db, other, "test", SCOPES)
    document = client.contract.document
    ours = await Reader(client, client.token, document).read()
    theirs = await Reader(client, token, document).read()
    assert NOT_TAKEN.keys() <= {get["operationId"] for get in gets(document)}
    told = {name.partition(" ")[0] for name, rows in ours.items() if rows}
    assert {name.partition(" ")[0] for name in ours} - told == UNASKED
    different = {name: (rows, theirs.get(name)) for name, rows in ours.items() if rows != theirs.get(name)}
    assert different == {}
    assert ours.keys() == theirs.keys()
