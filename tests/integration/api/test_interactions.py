from kith.store.db import workspace
from tests.integration.api.conftest import Square
from tests.integration.api.town import ACTS, ago


async def test_no_token_no_interactions(square: Square) -> None:
    assert (await square.client.send("GET", "/v1/interactions", token=None)).status_code == 401


async def test_without_the_scope_no_interactions(square: Square) -> None:
    token = await square.client.token_for(["people:read"])
    assert (await square.client.send("GET", "/v1/interactions", token=token)).status_code == 403


async def test_interactions_are_listed_newest_first(square: Square) -> None:
    acts = (await square.client.get("/v1/interactions"))["data"]
    assert len(acts) == len(ACTS)
    times = [act["occurred_at"] for act in acts]
    assert times == sorted(times, reverse=True)
    assert await square.client.pages("/v1/interactions?limit=3") == acts


async def test_interactions_are_narrowed_by_each_filter(square: Square) -> None:
    ids = square.ours.ids
    for query, expected in (
        ("kind=thank", 2),
        ("kind=thank,post", 3),
        (f"person={ids['person bo']}", 6),
        (f"identity={ids['identity eve at home']}", 2),
        (f"person={ids['person bo']}&identity={ids['identity eve']}", 0),
        (f"person={ids['person eve']}&identity={ids['identity eve']}", 2),
        (f"channel={ids['channel list@example.org']}", 3),
        (f"conversation={ids['conversation']}", 3),
        (f"channel={ids['channel core']}&person={ids['person bo']}&kind=help", 1),
    ):
        acts = (await square.client.get(f"/v1/interactions?{query}"))["data"]
        assert len(acts) == expected, query
        assert await square.client.pages(f"/v1/interactions?{query}&limit=1") == acts
    between = {"occurred_at[gte]": ago(10, 60).isoformat(), "occurred_at[lt]": ago(4, -60).isoformat()}
    kinds = [act["kind"] for act in (await square.client.get("/v1/interactions", params=between))["data"]]
    assert kinds == ["thank", "review", "test", "review", "thank"]


async def test_an_interaction_is_found_in_each_channel_where_it_was_seen(square: Square) -> None:
    ids = square.ours.ids
    for query in ("", f"&person={ids['person dan']}", "&kind=post"):
        path = f"/v1/interactions?channel={ids['channel second-list@example.org']}{query}"
        assert [act["kind"] for act in (await square.client.get(path))["data"]] == ["post"]
        assert await square.client.pages(f"{path}&limit=1") == (await square.client.get(path))["data"]


async def test_words_find_interactions_within_every_other_filter(square: Square) -> None:
    ids = square.ours.ids
    for query, expected in (
        ("q=LANTERNS", 5),
        ("q=lantern", 0),
        ("q=eve -ada", 1),
        ('q="wrote about lanterns"', 5),
        ('q="lanterns about"', 0),
        ("q=thank or help", 3),
        ("q=number&kind=post,reply", 3),
        (f"q=lanterns&person={ids['person bo']}", 3),
        (f"q=number&channel={ids['channel core']}", 10),
        (f"q=number&conversation={ids['conversation']}", 3),
        ("q=!!!", 0),
        ("q=%%", 0),
        ("q=''", 0),
    ):
        acts = (await square.client.get(f"/v1/interactions?{query}"))["data"]
        assert len(acts) == expected, query
        if acts:
            assert await square.client.pages(f"/v1/interactions?{query}&limit=1") == acts
    since = {"q": "lanterns", "occurred_at[gte]": ago(6).isoformat()}
    assert len((await square.client.get("/v1/interactions", params=since))["data"]) == 2


async def test_an_interaction_shows_who_did_what_to_whom_and_where(square: Square) -> None:
    listed = (await square.client.get("/v1/interactions?kind=help"))["data"][0]
    act = await square.client.get(f"/v1/interactions/{listed['id']}")
    assert act == listed | {"periods": [], "inferred_reply": None}
    assert act["actor"]["name"] == "Eve"
    assert act["actor"]["person_id"] == square.ours.ids["person eve"]
    assert [(target["identity"]["name"], target["kind"]) for target in act["targets"]] == [("Ada", "to"), ("Bo", "to")]
    assert act["channel"]["name"] == "core"
    assert act["conversation"] is None


async def test_search_is_done_by_a_role_that_nobody_logs_in_as(square: Square) -> None:
    async with workspace(square.client.pool, square.ours.workspace_id) as db:
        owner = await db.fetchval("SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE proname = 'find_interactions'")
        bypasses, can_log_in = await db.fetchrow(
            "SELECT rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = $1", owner
        )  # type: ignore[misc]  # the role is there
    assert (owner, bypasses, can_log_in) == ("kith_search", True, False)
