"""If-Match: a change is refused where somebody else has changed what the client has seen."""

import pytest

from kith.api.routes import ROUTES
from tests.integration.api.changing import own_square  # noqa: F401 -- a fixture
from tests.integration.api.conftest import Square
from tests.integration.api.test_tenants import BODIES, foreign_ids

#: What is read as a whole; a page of a list is no state that a change could rest on.
READ = {
    next(iter(handler.paths))
    for handler in ROUTES
    if "GET" in handler.http_methods and not str(handler.operation_id).startswith("list")
}
CHANGES = {
    str(handler.operation_id): handler for handler in ROUTES if handler.http_methods & {"PATCH", "PUT", "DELETE"}
}
#: What a change rests on, where that is read elsewhere.
READ_ELSEWHERE = {"withdrawApproval": "/v1/apps/{app_id:str}", "undoMerge": "/v1/decisions/{decision_id:str}"}
#: Changes that cannot undo what somebody else did, with the reason.
UNCONDITIONAL = {
    "deleteAffiliation": "an affiliation is made and deleted, and never changed",
    "deleteDataReport": "a report is made and deleted, and never changed",
    "denyMyIdentity": "a confirmation is made and taken back, and never changed",
    "setProvider": "the app that is entered takes the place of the whole one before",
    "deleteProvider": "an app is entered and removed, and never changed",
    "updateAsk": "what is said of an ask is added to what was said before",
    "appendToUpload": "bytes go where the upload ends, which Upload-Offset has to name",
    "deleteUpload": "an upload only grows, and what it holds is not shown",
    "setInferredReply": "what is said of a line is added to what was said before",
    "resetInferredReply": "what is said of a line is added to what was said before",
    "deleteExport": "an export is written once, and never changed",
    "undoImport": "an import is made and undone, and never changed",
    "choosePartitions": "each partition is named, and what it is told says all that it is told",
}


@pytest.mark.parametrize("name", sorted(CHANGES.keys() - UNCONDITIONAL.keys() - {"undoMerge"}))
async def test_what_was_not_seen_is_not_changed(square: Square, name: str) -> None:
    handler, client = CHANGES[name], square.client
    (method,) = handler.http_methods
    known = await foreign_ids(square, square.ours)
    if name in ("updateCommunity", "deleteCommunity"):  # that of the town was detected
        made = await client.send("POST", "/v1/communities", json={"name": name, "people": []})
        known["community_id"] = made.json()["id"]
    path = next(iter(handler.paths)).replace(":str}", "}").format(**known)
    read = READ_ELSEWHERE.get(name, next(iter(handler.paths))).replace(":str}", "}").format(**known)
    seen = await client.send("GET", read)
    assert seen.status_code == 200
    refused = await client.send(method, path, json=BODIES.get(name), headers={"If-Match": '"another"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    again = await client.send("GET", read)
    assert (again.json(), again.headers["etag"]) == (seen.json(), seen.headers["etag"]), "nothing was changed"
    headers = {"If-Match": f'"other", {seen.headers["etag"]}'}
    done = await client.send(method, path, json=BODIES.get(name), headers=headers)
    assert done.status_code != 412, "it is as it was seen"


def test_every_change_says_that_it_may_be_refused_and_rests_on_what_can_be_read() -> None:
    assert {name for name, handler in CHANGES.items() if "precondition_failed" not in handler.opt["errors"]} == {
        *UNCONDITIONAL
    }
    for name in CHANGES.keys() - UNCONDITIONAL.keys():
        assert READ_ELSEWHERE.get(name, next(iter(CHANGES[name].paths))) in READ


async def test_a_merge_that_was_seen_otherwise_is_not_undone(square: Square) -> None:
    client, ada, cyd = square.client, square.ours.ids["person ada"], square.ours.ids["person cyd"]
    made = (await client.send("POST", f"/v1/people/{ada}/merges", json={"person_id": cyd})).json()
    person, decision = made["people"][0]["id"], made["decision"]["id"]
    seen = await client.send("GET", f"/v1/decisions/{decision}")
    path = f"/v1/people/{person}/merges/{decision}"
    refused = await client.send("DELETE", path, headers={"If-Match": '"another"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    done = await client.send("DELETE", path, headers={"If-Match": seen.headers["etag"]})
    assert done.status_code == 200, done.text


async def test_what_changes_beside_the_revision_changes_the_etag_and_hinders_no_change(square: Square) -> None:
    client = square.client
    content = {"name": "Server", "kind": "server", "scopes": ["people:read"], "redirect_uris": ["https://a.example/"]}
    made = await client.send("POST", "/v1/apps", json=content)
    path = f"/v1/apps/{made.json()['id']}"
    seen = (await client.send("GET", path)).headers["etag"]
    assert (await client.send("GET", path, headers={"If-None-Match": seen})).status_code == 304
    await client.send("POST", f"{path}/secrets", json={})
    after = await client.send("GET", path, headers={"If-None-Match": seen})
    assert (after.status_code, len(after.json()["secrets"])) == (200, 2)
    assert after.headers["etag"] != seen
    changed = await client.send("PATCH", path, json={"name": "Renamed"}, headers={"If-Match": seen})
    assert changed.status_code == 200, "nobody has changed the app itself"
    late = await client.send("PATCH", path, json={"name": "Late"}, headers={"If-Match": seen})
    assert late.status_code == 412
    picked = await client.http.get(f"{path}?fields=name", headers={"Authorization": f"Bearer {client.token}"})
    done = await client.send("PATCH", path, json={"name": "Again"}, headers={"If-Match": picked.headers["etag"]})
    assert done.status_code == 200
