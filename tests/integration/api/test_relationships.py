import math
from datetime import UTC, datetime, timedelta

from kith.connectors import Interaction, InteractionRef, Target
from kith.domain import decay
from kith.store.db import Pool
from tests.integration.api import town
from tests.integration.api.conftest import Client, Square, connected
from tests.integration.api.contract import Contract


async def test_no_token_no_relationships(square: Square) -> None:
    assert (await square.client.send("GET", "/v1/relationships", token=None)).status_code == 401


async def test_without_the_scope_no_relationships(square: Square) -> None:
    token = await square.client.token_for(["people:read"])
    assert (await square.client.send("GET", "/v1/relationships", token=token)).status_code == 403


async def test_each_pair_is_listed_once_the_strongest_first(square: Square) -> None:
    ties = (await square.client.get("/v1/relationships"))["data"]
    pairs = [{tie["person"]["name"], tie["other"]["name"]} for tie in ties]
    assert pairs[0] == {"Ada", "Bo"}
    assert len(pairs) == len({frozenset(pair) for pair in pairs}) == 7
    numbers = [tie["strength"] for tie in ties]
    assert numbers == sorted([n for n in numbers if n is not None], reverse=True) + [None] * numbers.count(None)
    assert await square.client.pages("/v1/relationships?limit=2") == ties


async def test_relationships_are_narrowed_by_strength_time_channel_and_person(square: Square) -> None:
    ids = square.ours.ids
    strong = await square.client.get("/v1/relationships?strength[gte]=0.1")
    assert [{tie["person"]["name"], tie["other"]["name"]} for tie in strong["data"]] == [{"Ada", "Bo"}]
    assert (await square.client.get("/v1/relationships?strength[gte]=1"))["data"] == []
    old = await square.client.get("/v1/relationships", params={"last_day[lt]": town.ago(15).date().isoformat()})
    assert {tie["last_day"] for tie in old["data"]} == {town.ago(days).date().isoformat() for days in (20, 30)}
    mail = await square.client.get(f"/v1/relationships?channel={ids['channel list@example.org']}")
    assert [{tie["person"]["name"], tie["other"]["name"]} for tie in mail["data"]] == [{"Dan", "Eve At Home"}]
    of_bo = await square.client.get(f"/v1/relationships?person={ids['person bo']}")
    assert [tie["person"]["name"] for tie in of_bo["data"]] == ["Bo", "Bo"]


async def test_what_each_day_adds_sums_up_to_the_strength(square: Square) -> None:
    path = f"/v1/relationships/{square.ours.ids['person ada']}/{square.ours.ids['person bo']}"
    detail = await square.client.get(path)
    for direction in (detail["given"], detail["received"]):
        days = direction["days"]
        assert math.isclose(sum(day["contact"] for day in days) + direction["earlier"]["contact"], direction["contact"])
        for day in days:
            assert math.isclose(
                day["contact"], day["weight"] * 2 ** (-day["days_ago"] / detail["model"]["half_life_days"])
            )
    assert math.isclose(detail["given"]["contact"] + detail["received"]["contact"], detail["contact"])
    assert math.isclose(detail["contact"] / (1 + detail["contact"]), detail["strength"], abs_tol=1e-9)
    assert [day["days_ago"] for day in detail["given"]["days"]] == [1, 10, 700]
    assert [day["days_ago"] for day in detail["received"]["days"]] == [10, 100]
    by_hand = sum(2 ** (-days / 90) for days in (1, 10, 700, 10, 100))
    assert math.isclose(detail["contact"], by_hand)


async def test_a_relationship_shows_both_directions_and_its_evidence(square: Square) -> None:
    ada, bo = square.ours.ids["person ada"], square.ours.ids["person bo"]
    forth = await square.client.get(f"/v1/relationships/{ada}/{bo}")
    back = await square.client.get(f"/v1/relationships/{bo}/{ada}")
    assert (forth["person"]["name"], forth["other"]["name"]) == ("Ada", "Bo")
    assert (forth["given"], forth["received"]) == (back["received"], back["given"])
    assert forth["strength"] == back["strength"]
    evidence = (await square.client.get(f"/v1/relationships/{ada}/{bo}/interactions"))["data"]
    assert evidence == forth["evidence"]
    assert [act["direction"] for act in evidence] == ["given", "given", "received", "received", "given"]
    assert [act["kind"] for act in evidence] == ["review", "review", "thank", "contribute", "review"]
    assert await square.client.pages(f"/v1/relationships/{ada}/{bo}/interactions?limit=1") == evidence
    counted = forth["given"]["interactions"] + forth["received"]["interactions"]
    assert counted == len(evidence)


async def test_an_act_towards_two_counts_less_for_each(square: Square) -> None:
    ids = square.ours.ids
    detail = await square.client.get(f"/v1/relationships/{ids['person eve']}/{ids['person bo']}")
    assert detail["given"]["days"][0]["weight"] == round(1000 / math.sqrt(2)) / 1000
    assert detail["strength"] is None


async def test_the_list_and_the_detail_agree_on_the_day_it_was_computed(square: Square) -> None:
    tie = (await square.client.get("/v1/relationships"))["data"][0]
    detail = await square.client.get(f"/v1/relationships/{tie['person']['id']}/{tie['other']['id']}")
    assert detail["computed_at"] == tie["computed_at"]
    assert math.isclose(detail["strength"], tie["strength"], rel_tol=1e-12)
    assert detail["model"] == {"name": tie["model"], "half_life_days": decay.HALF_LIFE, "floor": decay.FLOOR}


async def test_two_who_never_met_have_no_relationship(square: Square) -> None:
    ids = square.ours.ids
    for path in (
        f"/v1/relationships/{ids['person cyd']}/{ids['person dan']}",
        f"/v1/relationships/{ids['person cyd']}/{ids['person dan']}/interactions",
        f"/v1/relationships/{ids['person ada']}/{ids['person ada']}",
    ):
        assert (await square.client.send("GET", path)).status_code == 404


async def test_many_days_are_summed_up_as_earlier_ones(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "busy")
    acts = [
        Interaction(
            InteractionRef("git", f"busy-{day}-{turn}", "review"),
            town.CAST["ada"],
            town.ago(day, turn),
            (Target(town.CAST["bo"]), Target(town.CAST["ada"])),
            town.CORE,
        )
        for day in range(200, 250)
        for turn in range(3)
    ]
    await town.tell(pool, home, acts)
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        path = f"/v1/relationships/{home.ids['person ada']}/{home.ids['person bo']}"
        detail = await client.get(path)
        assert len(detail["given"]["days"]) == 30
        assert detail["given"]["earlier"]["days"] == 23
        assert detail["given"]["interactions"] == 153
        total = sum(day["contact"] for day in detail["given"]["days"]) + detail["given"]["earlier"]["contact"]
        assert math.isclose(total, detail["given"]["contact"])
        evidence = await client.pages(f"{path}/interactions?limit=4")
        assert len(evidence) == len({act["id"] for act in evidence}) == 155
        times = [act["occurred_at"] for act in evidence]
        assert times == sorted(times, reverse=True)


async def test_contact_that_lies_ahead_counts_nothing_yet(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "tomorrow")
    before = datetime.now(UTC) + timedelta(days=3)
    act = Interaction(
        InteractionRef("git", "early", "review"), town.CAST["cyd"], before, (Target(town.CAST["dan"]),), town.CORE
    )
    await town.tell(pool, home, [act])
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        detail = await client.get(f"/v1/relationships/{home.ids['person cyd']}/{home.ids['person dan']}")
        assert (detail["contact"], detail["strength"], detail["given"]["days"][0]["days_ago"]) == (0, None, -3)


async def test_the_id_of_a_joined_person_leads_to_the_living_one(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "joined")
    await town.join(pool, home, "eve", "eve at home")
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        eves = (await client.get("/v1/people?q=eve"))["data"]
        assert len(eves) == 1
        living = eves[0]["id"]
        assert eves[0]["networks"] == ["git", "mail"]
        (retired,) = {home.ids["person eve"], home.ids["person eve at home"]} - {living}
        bo = home.ids["person bo"]
        for tail in ("", "/timeline?limit=2", "/relationships"):
            await leads(client, f"/v1/people/{retired}{tail}", f"/v1/people/{living}{tail}")
        await leads(client, f"/v1/relationships/{retired}/{bo}", f"/v1/relationships/{living}/{bo}")
        await leads(client, f"/v1/relationships/{bo}/{retired}", f"/v1/relationships/{bo}/{living}")
        tail = "/interactions?limit=1"
        await leads(client, f"/v1/relationships/{bo}/{retired}{tail}", f"/v1/relationships/{bo}/{living}{tail}")
        both = await client.get(f"/v1/people/{living}")
        assert {identity["id"] for identity in both["identities"]} == {
            home.ids["identity eve"],
            home.ids["identity eve at home"],
        }
        dan = await client.get(f"/v1/relationships/{living}/{home.ids['person dan']}")
        assert (dan["given"]["interactions"], dan["received"]["interactions"]) == (2, 1)


async def leads(client: Client, path: str, goal: str) -> None:
    answer = await client.send("GET", path)
    assert (answer.status_code, answer.headers["location"]) == (308, goal)
    assert (await client.send("GET", goal)).status_code == 200
