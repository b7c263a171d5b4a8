import math
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import fromstring

import msgspec

from kith.connectors import Channel, Coverage, Interaction, InteractionRef, Record, Ref, Target
from kith.domain.strength.features import FEATURES
from kith.domain.strength.model import shipped
from kith.store import calibration
from kith.store.db import Pool, workspace
from kith.store.sources import create_source
from tests.integration.api import town
from tests.integration.api.conftest import Client, Square, connected
from tests.integration.api.contract import Contract
from tests.integration.detections import detect_in


async def test_no_token_no_relationships(square: Square) -> None:
    assert (await square.client.send("GET", "/v1/relationships", token=None)).status_code == 401


async def test_without_the_scope_no_relationships(square: Square) -> None:
    token = await square.client.token_for(["people:read"])
    assert (await square.client.send("GET", "/v1/relationships", token=token)).status_code == 403


async def test_each_pair_is_listed_once_the_strongest_first(square: Square) -> None:
    ties = (await square.client.get("/v1/relationships"))["data"]
    pairs = [{tie["person"]["name"], tie["other"]["name"]} for tie in ties]
    assert pairs[0] == {"Ada", "Bo"}
    assert len(pairs) == len({frozenset(pair) for pair in pairs}) == 6
    numbers = [tie["strength"] for tie in ties]
    assert numbers == sorted([n for n in numbers if n is not None], reverse=True) + [None] * numbers.count(None)
    assert await square.client.pages("/v1/relationships?limit=2") == ties


async def test_relationships_are_narrowed_by_strength_time_channel_and_person(square: Square) -> None:
    ids = square.ours.ids
    best = (await square.client.get("/v1/relationships"))["data"][0]["strength"]
    strong = await square.client.get(f"/v1/relationships?strength[gte]={best}")
    assert [{tie["person"]["name"], tie["other"]["name"]} for tie in strong["data"]] == [{"Ada", "Bo"}]
    assert (await square.client.get("/v1/relationships?strength[gte]=1"))["data"] == []
    old = await square.client.get("/v1/relationships", params={"last_day[lt]": town.ago(15).date().isoformat()})
    assert {tie["last_day"] for tie in old["data"]} == {town.ago(days).date().isoformat() for days in (20, 30)}
    mail = await square.client.get(f"/v1/relationships?channel={ids['channel list@example.org']}")
    assert [{tie["person"]["name"], tie["other"]["name"]} for tie in mail["data"]] == [{"Dan", "Eve At Home"}]
    of_bo = await square.client.get(f"/v1/relationships?person={ids['person bo']}")
    assert [tie["person"]["name"] for tie in of_bo["data"]] == ["Bo", "Bo"]


async def test_contributions_add_up_to_the_number(square: Square) -> None:
    path = f"/v1/relationships/{square.ours.ids['person ada']}/{square.ours.ids['person bo']}"
    detail = await square.client.get(path)
    parts = detail["contributions"]
    assert len(parts) == len({part["feature"] for part in parts}) == len(FEATURES)
    for part in parts:
        assert math.isclose(part["log_odds"], part["weight"] * part["value"])
        assert part["weight"] >= 0
    total = detail["model"]["intercept"] + sum(part["log_odds"] for part in parts) + detail["hidden"]["log_odds"]
    assert math.isclose(total, detail["log_odds"], abs_tol=1e-9)
    assert math.isclose(detail["strength"], 1 / (1 + math.exp(-total)), abs_tol=1e-9)
    assert abs(detail["hidden"]["log_odds"]) < 1e-9
    assert detail["hidden"]["interactions"] == 0
    assert detail["word"] == "steady"


async def test_contributions_cite_the_interactions_that_they_rest_on(square: Square) -> None:
    ids = square.ours.ids
    detail = await square.client.get(f"/v1/relationships/{ids['person ada']}/{ids['person bo']}")
    acts = [item["interaction"] for item in detail["evidence"]]
    cited = {part["feature"]: part["interactions"] for part in detail["contributions"]}
    assert cited["recency"] == [acts[0]["id"]]
    assert cited["tenure"] == [acts[0]["id"], acts[-1]["id"]]
    assert cited["days_30"] == [act["id"] for act in acts]
    assert cited["embeddedness"] == cited["quieter_idle"] == []


async def test_without_the_right_to_read_interactions_the_evidence_is_one_hidden_sum(square: Square) -> None:
    ids = square.ours.ids
    path = f"/v1/relationships/{ids['person ada']}/{ids['person bo']}"
    token = await square.client.token_for(["relationships:read"])
    seen, unseen = await square.client.get(path), await square.client.get(path, token=token)
    assert unseen["strength"] == seen["strength"]
    assert (unseen["contributions"], unseen["evidence"]) == ([], [])
    assert unseen["hidden"]["interactions"] == seen["given"]["interactions"] + seen["received"]["interactions"]
    assert math.isclose(unseen["model"]["intercept"] + unseen["hidden"]["log_odds"], unseen["log_odds"])


async def test_a_relationship_shows_both_directions_and_its_evidence(square: Square) -> None:
    ada, bo = square.ours.ids["person ada"], square.ours.ids["person bo"]
    forth = await square.client.get(f"/v1/relationships/{ada}/{bo}")
    back = await square.client.get(f"/v1/relationships/{bo}/{ada}")
    assert (forth["person"]["name"], forth["other"]["name"]) == ("Ada", "Bo")
    assert (forth["given"], forth["received"]) == (back["received"], back["given"])
    assert (forth["given"]["interactions"], forth["received"]["interactions"]) == (3, 2)
    assert (forth["strength"], forth["word"]) == (back["strength"], back["word"])
    assert [(part["given"], part["received"]) for part in forth["balance"]] == [
        (part["received"], part["given"]) for part in back["balance"]
    ]
    assert sum(part["given"] for part in forth["balance"]) == 3
    assert forth["channels"] == [
        {"id": square.ours.ids["channel core"], "name": "core", "given": 3, "received": 2,
         "last_day": town.ago(1).date().isoformat()}
    ]  # fmt: skip
    evidence = (await square.client.get(f"/v1/relationships/{ada}/{bo}/interactions"))["data"]
    assert evidence == [item["interaction"] for item in forth["evidence"]]
    assert [act["direction"] for act in evidence] == ["given", "given", "received", "received", "given"]
    assert [act["kind"] for act in evidence] == ["review", "review", "thank", "contribute", "review"]
    assert await square.client.pages(f"/v1/relationships/{ada}/{bo}/interactions?limit=1") == evidence


async def test_one_interaction_is_too_little_for_a_number(square: Square) -> None:
    ids = square.ours.ids
    detail = await square.client.get(f"/v1/relationships/{ids['person eve']}/{ids['person bo']}")
    assert (detail["strength"], detail["word"]) == (None, "unknown")
    assert detail["why"] == "1 interaction is too little for a number; at least 2 are needed"
    (act,) = detail["evidence"]
    assert act["log_odds_falls"] is None


async def test_the_list_and_the_detail_agree_on_the_day_it_was_computed(square: Square) -> None:
    for tie in (await square.client.get("/v1/relationships"))["data"]:
        detail = await square.client.get(f"/v1/relationships/{tie['person']['id']}/{tie['other']['id']}")
        assert detail["computed_at"] == tie["computed_at"]
        assert (detail["strength"], detail["word"]) == (tie["strength"], tie["word"])
        assert detail["model"]["version"] == tie["model"] == shipped().version


async def test_the_same_request_has_the_same_bytes(square: Square) -> None:
    ids = square.ours.ids
    path = f"/v1/relationships/{ids['person ada']}/{ids['person bo']}?as_of={town.ago(0).date()}"
    answers = [(await square.client.send("GET", path)).content for _ in range(3)]
    assert len(set(answers)) == 1


async def test_a_relationship_is_shown_as_of_any_day(square: Square) -> None:
    ids = square.ours.ids
    path = f"/v1/relationships/{ids['person ada']}/{ids['person bo']}"
    then = await square.client.get(f"{path}?as_of={town.ago(50).date()}")
    assert (then["last_day"], then["given"]["interactions"]) == (town.ago(100).date().isoformat(), 1)
    assert len(then["evidence"]) == 2
    assert then["strength"] < (await square.client.get(path))["strength"]
    assert (await square.client.send("GET", f"{path}?as_of={town.ago(701).date()}")).status_code == 404


async def test_a_relationship_is_shown_as_it_was_known_at_any_moment(square: Square) -> None:
    ids = square.ours.ids
    path = f"/v1/relationships/{ids['person ada']}/{ids['person bo']}"
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    today, known = await square.client.get(path), await square.client.get(f"{path}?known_at={now}")
    assert {**known, "known_at": None} == today
    assert (await square.client.send("GET", f"{path}?known_at=2020-01-01T00:00:00Z")).status_code == 404


async def test_history_is_told_by_month_and_week(square: Square) -> None:
    ids = square.ours.ids
    path = f"/v1/relationships/{ids['person ada']}/{ids['person bo']}"
    detail = await square.client.get(path)
    for period in ("month", "week"):
        told = await square.client.get(f"{path}/history?period={period}")
        parts = told["data"]
        assert (sum(part["given"] for part in parts), sum(part["received"] for part in parts)) == (3, 2)
        assert (parts[-1]["strength"], parts[-1]["word"]) == (detail["strength"], detail["word"])
        assert parts[0]["first_day"] <= detail["first_day"] < parts[1]["first_day"]
        assert parts[0]["strength"] is None
        back = await square.client.get(
            f"/v1/relationships/{ids['person bo']}/{ids['person ada']}/history?period={period}"
        )
        assert [part["given"] for part in back["data"]] == [part["received"] for part in parts]
    since = await square.client.get(f"{path}/history?since={town.ago(20).date()}")
    assert len(since["data"]) <= 2


async def test_history_is_drawn(square: Square) -> None:
    ids = square.ours.ids
    answer = await square.client.send("GET", f"/v1/relationships/{ids['person ada']}/{ids['person bo']}/history.svg")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert fromstring(answer.text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "Ada and Bo" in answer.text


async def test_quality_says_what_a_back_test_found(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "judged")
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        none = await client.get("/v1/relationships/quality")
        assert "Nothing has been tested" in none.pop("sentence")
        assert none == {"model": shipped().version, "calibrated": False, "backtest": None}
        found = {"pairs": 7, "met": 0.5, "auc": None, "ap": 0.5, "brier": 0.1, "ece": 0.02}
        async with workspace(pool, home.workspace_id) as db:
            report = calibration.Report(town.ago(1).date(), 90, found, found)
            await calibration.save_report(db, home.workspace_id, shipped().version, report, town.ago(0))
            own = msgspec.structs.replace(shipped().model(), version=f"{shipped().version}+then")
            await calibration.save_model(db, home.workspace_id, shipped().version, own.version, own)
        some = await client.get("/v1/relationships/quality")
        assert (some["model"], some["calibrated"]) == (own.version, True)
        assert "too little happened" in some["sentence"]
        async with workspace(pool, home.workspace_id) as db:
            known = calibration.Report(town.ago(1).date(), 90, {**found, "auc": 0.9}, found)
            await calibration.save_report(db, home.workspace_id, shipped().version, known, town.ago(0))
        told = (await client.get("/v1/relationships/quality"))["sentence"]
        assert all(part in told for part in ("of 7 pairs", "50.0% were", "90% of the time", "2.0% on average"))
        assert some["backtest"]["own"] == some["backtest"]["shipped"] == found
        path = f"/v1/relationships/{home.ids['person ada']}/{home.ids['person bo']}"
        assert (await client.get(path))["model"]["version"] == own.version


async def test_a_relationship_tells_what_it_is_about(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "talking")
    areas = {name: Ref("git", f"town/{name}") for name in ("docs", "build", "web", "tests")}
    told: list[Record] = [Channel(ref, "area", name, visibility="public") for name, ref in areas.items()]
    told += [
        Interaction(
            InteractionRef("git", f"{name}-{day}", "approve"), town.CAST["ada"], town.ago(day),
            (Target(town.CAST["bo" if number < 3 else "cyd"]),), ref, Ref("git", f"thread {name}-{day}"),
        )
        for number, (name, ref) in enumerate(areas.items()) for day in range(2, 12 - number)
    ]  # fmt: skip
    await town.tell(pool, home, told)
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        ada, bo = home.ids["person ada"], home.ids["person bo"]
        path = f"/v1/relationships/{ada}/{bo}"
        plain = (await client.get(path))["subjects"]
        assert [(each["topic"], each["channel"]["name"], each["interactions"]) for each in plain] == [
            (None, "docs", 10), (None, "build", 9), (None, "web", 8), (None, "core", 5)]  # fmt: skip
        async with workspace(pool, home.workspace_id) as db:
            await detect_in(db, home.workspace_id)
        found = (await client.get(path))["subjects"]
        assert [((each["topic"] or each["channel"])["name"], each["interactions"]) for each in found] == [
            ("docs", 10), ("build", 9), ("web", 8), ("core, number", 5)]  # fmt: skip
        assert all(each["channel"] is None for each in found[:3])
        shown = await client.pages(f"{path}/interactions")
        assert found[0]["evidence"] == [act["id"] for act in shown if act["channel"]["name"] == "docs"][:3]
        before = (await client.get(f"{path}?as_of={town.ago(9).date()}"))["subjects"]
        assert [each["interactions"] for each in before] == [4, 3, 2, 1]
        bare = await client.get(path, token=await client.token_for(["relationships:read"]))
        assert bare["subjects"] is None
        scopes = ["relationships:read", "topics:read", "sources:private:read", "interactions:text:read"]
        unseen = await client.get(path, token=await client.token_for(scopes))
        assert [{**each, "evidence": []} for each in found] == unseen["subjects"]

        trust = await client.get(f"{path}/trust")
        assert trust["scope"] == "absolute"
        assert [(each["topic"] or each["channel"])["name"] for each in trust["topics"]] == [
            "docs", "build", "web", "core, number"]  # fmt: skip
        assert len(trust["communities"]) >= 1
        total = sum(each["supports"] - each["opposes"] for each in trust["topics"])
        for each in trust["communities"]:
            assert math.isclose(each["supports"] - each["opposes"], total)
            assert each["low"] < each["value"] < each["high"]
        hidden = await client.get(f"{path}/trust", token=await client.token_for(["relationships:read"]))
        assert (hidden["communities"], hidden["scope"]) == (None, trust["scope"])
        for each, seen in zip(hidden["topics"], trust["topics"], strict=True):
            assert (each["acts"], each["value"], each["supports"]) == ([], seen["value"], seen["supports"])
            assert each["hidden"]["interactions"] == sum(act["interactions"] for act in seen["acts"])
            assert math.isclose(each["hidden"]["weight"], seen["supports"] - seen["opposes"])
            assert seen["hidden"] == {"interactions": 0, "weight": 0.0}
        assert (await client.send("GET", f"{path}/trust")).content == (
            await client.send("GET", f"{path}/trust")
        ).content


async def test_an_introduction_speaks_for_who_made_it_once_the_two_were_in_touch(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "meeting")
    introduced = Interaction(
        InteractionRef("git", "this is dan", "introduce"), town.CAST["ada"], town.ago(9),
        (Target(town.CAST["cyd"]), Target(town.CAST["dan"])), town.CORE,
    )  # fmt: skip
    row = Interaction(
        InteractionRef("git", "row", "conflict"), town.CAST["cyd"], town.ago(3), (Target(town.CAST["ada"]),), town.LIST
    )
    await town.tell(pool, home, [introduced, row])
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        path = f"/v1/relationships/{home.ids['person cyd']}/{home.ids['person ada']}/trust"

        async def kinds() -> dict[str, list[tuple[str, str]]]:
            topics = (await client.get(path))["topics"]
            return {
                each["channel"]["name"]: [(act["kind"], act["direction"]) for act in each["acts"]] for each in topics
            }

        assert await kinds() == {"core": [("thank", "given")], "Town list": [("conflict", "given")]}
        mail = InteractionRef("mail", "hello dan", "message")
        await town.tell(pool, home, [Interaction(mail, town.CAST["cyd"], town.ago(2), (Target(town.CAST["dan"]),))])
        assert (await kinds())["core"] == [("thank", "given"), ("introduce", "received")]
        found = {each["channel"]["name"]: each for each in (await client.get(path))["topics"]}
        assert found["Town list"]["opposes"] > 1.9
        assert found["core"]["acts"][1]["sentence"] == "met those to whom they introduced them"
        assert len(found["core"]["acts"][1]["evidence"]) == 1


async def test_who_is_one_person_is_as_decided_by_the_moment_of_knowledge(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "knowing")
    ids = home.ids
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        path = f"/v1/relationships/{ids['person dan']}/{ids['person eve']}"
        back = f"/v1/relationships/{ids['person eve']}/{ids['person dan']}"
        before, trusted = await client.get(path), await client.get(f"{back}/trust")
        async with workspace(pool, home.workspace_id) as db:
            then = (await db.fetchval("SELECT now()")).isoformat().replace("+00:00", "Z")
        await town.join(pool, home, "eve", "eve at home")
        living = (await client.get("/v1/people?q=eve"))["data"][0]["id"]
        dan = ids["person dan"]
        joined = await client.get(f"/v1/relationships/{dan}/{living}")
        assert (before["given"]["interactions"], before["received"]["interactions"]) == (0, 1)
        assert (joined["given"]["interactions"], joined["received"]["interactions"]) == (1, 2)
        known = await client.get(f"{path}?known_at={then}")
        now_differs = {"known_at": None, "other": before["other"], "evidence": before["evidence"]}
        assert {**known, **now_differs} == before
        assert [each["strength_falls"] for each in known["evidence"]] == [None]
        assert known["other"]["id"] == ids["person eve"]
        assert trusted["topics"]
        trust = await client.get(f"{back}/trust?known_at={then}")
        assert {**trust, "known_at": None, "person": trusted["person"]} == trusted
        assert trust["person"]["id"] == ids["person eve"]
        unknown = f"/v1/relationships/{living}/{dan}/trust?known_at=2020-01-01T00:00:00Z"
        assert (await client.send("GET", unknown)).status_code == 404
        history = await client.get(f"{path}/history?known_at={then}")
        assert sum(part["received"] for part in history["data"]) == 1
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        for one in ("person eve", "person eve at home"):
            since = await client.get(f"/v1/relationships/{dan}/{ids[one]}?known_at={now}")
            assert {**since, "known_at": None, "other": joined["other"]} == joined
            trust = await client.get(f"/v1/relationships/{ids[one]}/{dan}/trust?known_at={now}")
            assert trust["topics"] == (await client.get(f"/v1/relationships/{living}/{dan}/trust"))["topics"] != []


async def test_a_relationship_says_until_when_its_sources_were_read(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "paused")
    old = Ref("mail", "old@example.org")
    async with workspace(pool, home.workspace_id) as db:
        source = await create_source(db, home.workspace_id, "ndjson", "an archive", {"path": "/nowhere"})
    archive = town.Town(home.workspace_id, source.id)
    letters = [
        Interaction(InteractionRef("mail", f"letter {day}", "message"), town.CAST["cyd"], town.ago(day),
                    (Target(town.CAST["dan"]),), old)
        for day in range(400, 500, 7)
    ]  # fmt: skip
    await town.tell(pool, archive, [*letters, Coverage("read", town.ago(600), town.ago(395))])
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        path = f"/v1/relationships/{home.ids['person cyd']}/{home.ids['person dan']}"
        end = (town.ago(395) - timedelta(microseconds=1)).date().isoformat()
        detail = await client.get(path)
        assert (detail["as_of"], detail["last_day"]) == (end, town.ago(400).date().isoformat())
        assert detail["word"] not in {"dormant", "fading"}
        assert "not known" in detail["as_of_why"]
        history = await client.get(f"{path}/history")
        assert (history["as_of"], history["data"][-1]["strength"]) == (end, detail["strength"])
        (listed,) = (await client.get(f"/v1/people/{home.ids['person cyd']}/relationships"))["data"][:1]
        assert (listed["other"]["id"], listed["as_of"], listed["strength"]) == (
            home.ids["person dan"], end, detail["strength"])  # fmt: skip
        earlier = await client.get(f"{path}?as_of={town.ago(450).date()}")
        assert (earlier["as_of"], "asked for" in earlier["as_of_why"]) == (town.ago(450).date().isoformat(), True)
        us = {"name": "us", "people": [home.ids["person cyd"]]}
        them = {"name": "them", "people": [home.ids["person dan"]]}
        mine, theirs = [(await client.send("POST", "/v1/groups", json=each)).json()["id"] for each in (us, them)]
        mix = await client.get(f"/v1/groups/{mine}/relationship-mix?with={theirs}&months=1")
        assert (mix["as_of"], mix["months"][-1]["day"]) == (end, end)
        assert mix["months"][-1]["mix"] == [{"word": detail["word"], "pairs": 1}]
        living = await client.get(f"/v1/relationships/{home.ids['person ada']}/{home.ids['person bo']}")
        assert living["as_of"] == town.ago(0).date().isoformat()


async def test_trust_is_told_by_channel_with_an_interval(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "trusting")
    acts = [
        Interaction(
            InteractionRef("git", f"passed-{day}", "approve"),
            town.CAST["ada"],
            town.ago(day),
            (Target(town.CAST["bo"]),),
            town.CORE,
        )
        for day in range(30)
    ]
    await town.tell(pool, home, acts)
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        ada, bo = home.ids["person ada"], home.ids["person bo"]
        told = await client.get(f"/v1/relationships/{ada}/{bo}/trust")
        assert told["scope"] == "contextual"
        (core,) = told["topics"]
        assert core["channel"] == {"id": home.ids["channel core"], "name": "core"}
        assert core["low"] < core["value"] < core["high"]
        assert math.isclose(core["value"], (1 + core["supports"]) / (2 + core["supports"] + core["opposes"]))
        assert len(core["acts"]) == 20
        cited = sum(act["weight"] for act in core["acts"]) + core["earlier_weight"]
        assert math.isclose(cited, core["supports"] - core["opposes"])
        back = await client.get(f"/v1/relationships/{bo}/{ada}/trust")
        assert back["scope"] == "not enough evidence"
        assert [(topic["value"], topic["low"]) for topic in back["topics"]] == [(None, None)]
        assert "at least 2 are needed" in back["topics"][0]["why"]
        before = await client.get(f"/v1/relationships/{ada}/{bo}/trust?as_of={town.ago(800).date()}")
        assert (before["scope"], before["topics"]) == ("not enough evidence", [])


async def test_two_who_never_met_have_no_relationship(square: Square) -> None:
    ids = square.ours.ids
    for path in (
        f"/v1/relationships/{ids['person cyd']}/{ids['person dan']}",
        f"/v1/relationships/{ids['person cyd']}/{ids['person dan']}/interactions",
        f"/v1/relationships/{ids['person ada']}/{ids['person ada']}",
    ):
        assert (await square.client.send("GET", path)).status_code == 404


async def test_more_evidence_than_is_shown_is_paged(
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
        assert len(detail["evidence"]) == 10
        assert (detail["given"]["interactions"], detail["days"]) == (153, 54)
        evidence = await client.pages(f"{path}/interactions?limit=4")
        assert len(evidence) == len({act["id"] for act in evidence}) == 155
        times = [act["occurred_at"] for act in evidence]
        assert times == sorted(times, reverse=True)


async def test_an_act_dated_ahead_counts_from_its_arrival(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    home = await town.build(pool, "tomorrow")
    before = datetime.now(UTC) + timedelta(days=3)
    act = Interaction(
        InteractionRef("git", "early", "review"), town.CAST["cyd"], before, (Target(town.CAST["dan"]),), town.CORE
    )
    await town.tell(pool, home, [act])
    async with connected(fresh_url, pool, home.workspace_id, None, contract) as client:
        path = f"/v1/relationships/{home.ids['person cyd']}/{home.ids['person dan']}"
        found = await client.get(path)
        assert (found["given"]["interactions"], found["strength"]) == (1, None)
        assert found["last_day"] == datetime.now(UTC).date().isoformat()
        assert found["evidence"][0]["interaction"]["stated_at"][:10] == before.date().isoformat()


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
        for tail in ("/interactions?limit=1", "/history.svg"):
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
