"""One screen needs few calls: what answers name is looked up at once, and each act has a sentence."""

from tests.integration.api.conftest import Square


async def test_interactions_are_looked_up_at_once_by_their_ids(square: Square) -> None:
    ids = square.ours.ids
    every = (await square.client.get("/v1/interactions"))["data"]
    some = every[1:4]
    path = f"/v1/interactions?ids={','.join(act['id'] for act in reversed(some))}"
    assert (await square.client.get(path))["data"] == some
    assert await square.client.pages(f"{path}&limit=1") == some
    one_by_one = "&".join(f"ids={act['id']}" for act in some)
    assert (await square.client.get(f"/v1/interactions?{one_by_one}"))["data"] == some
    for query, expected in (
        ("kind=review", [act for act in some if act["kind"] == "review"]),
        (f"channel={ids['channel core']}", [act for act in some if act["channel"]["id"] == ids["channel core"]]),
        (f"person={ids['person ada']}&q=lanterns", [act for act in some if act["kind"] == "review"]),
        ("q=nothing", []),
    ):
        assert (await square.client.get(f"{path}&{query}"))["data"] == expected, query
    assert (await square.client.get(f"/v1/interactions?ids=int_{'0' * 26}"))["data"] == []
    foreign = await square.client.token_for(["interactions:read"], square.theirs.workspace_id)
    assert (await square.client.get(path, token=foreign))["data"] == []
    assert (await square.client.send("GET", "/v1/interactions?ids=int_0")).status_code == 400


async def test_people_are_looked_up_at_once_by_their_ids(square: Square) -> None:
    every = {person["id"]: person for person in (await square.client.get("/v1/people"))["data"]}
    some = [square.ours.ids[f"person {name}"] for name in ("dan", "ada", "robot")]
    path = f"/v1/people?ids={','.join(some)}"
    found = (await square.client.get(path))["data"]
    assert {person["id"]: person for person in found} == {id_: every[id_] for id_ in some}
    assert [person["id"] for person in await square.client.pages(f"{path}&kind=bot&limit=1")] == [some[2]]
    assert [person["id"] for person in await square.client.pages(f"{path}&q=ada&limit=1")] == [some[1]]
    assert (await square.client.get(f"/v1/people?ids=per_{'0' * 26}"))["data"] == []


async def test_each_piece_of_evidence_has_a_sentence(square: Square) -> None:
    ids = square.ours.ids
    detail = await square.client.get(f"/v1/relationships/{ids['person ada']}/{ids['person bo']}")
    assert detail["evidence"]
    for cited in detail["evidence"]:
        act = cited["interaction"]
        assert act["actor"]["person_name"] in act["sentence"]
        assert act["occurred_at"][:4] in act["sentence"]
        assert f"“{act['title']}”" in act["sentence"]
