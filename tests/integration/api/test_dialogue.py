"""Dialogue over HTTP: of whom, with whom, where, and who converses least."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kith.api.http.problems import Problem
from kith.api.selections import people_of
from kith.store.db import view, workspace
from tests.integration.api.conftest import Client
from tests.integration.api.test_asks import said, tell
from tests.integration.api.test_batches import ref


async def community(client: Client, talks: int = 12) -> dict[str, str]:
    """Write a community in which ada converses and max broadcasts; return the ids of the people by handle."""
    talk = [
        one
        for n in range(talks)
        for one in (
            said(f"q{n}", "bo", "The build is slow.", ago=40 - n, targets=[{"identity": ref("ada")}]),
            said(f"a{n}", "ada", "I see.", to=f"q{n}", ago=39.5 - n, targets=[{"identity": ref("bo")}]),
            said(f"m{n}", "max", "Buy now!", ago=30 - n),
        )
    ]
    await name(client, "ada", "bo", "max")
    await tell(client, *talk)
    return await known(client)


async def name(client: Client, *handles: str) -> None:
    names = [
        {"type": "identity", "ref": ref(handle), "name": handle, "seen_at": "2026-11-01T00:00:00Z"}
        for handle in handles
    ]
    answer = await client.send("POST", "/v1/batches/identities", json={"items": names})
    assert answer.status_code == 200, answer.text


async def known(client: Client) -> dict[str, str]:
    """Return the ids of people by name."""
    return {one["name"]: one["id"] for one in await client.pages("/v1/people")}


async def refused(client: Client, path: str, status: int) -> Any:
    answer = await client.send("GET", path)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_who_broadcasts_is_told_from_who_converses(client: Client) -> None:
    ids = await community(client)
    ada = await client.get(f"/v1/people/{ids['ada']}/dialogue")
    shown = ada["dialogue"]
    assert (shown["acts"], shown["broadcasts"], shown["exchanged"]["share"]) == (12, 0, 1.0)
    assert (shown["answered"]["such"], shown["answered"]["total"]) == (12, 12)
    assert 0.7 < shown["answered"]["low"] < shown["answered"]["high"] == 1.0
    assert [each["dialogue"]["acts"] for each in ada["identities"]] == [12]
    max_ = (await client.get(f"/v1/dialogue?of={ids['max']}"))["dialogue"]
    assert (max_["broadcasts"], max_["exchanged"]["share"], max_["answered"]["share"]) == (12, 0.0, None)
    assert max_["sentences"][1] == "Others turned to them in 0 conversations; a share needs 10."


async def test_people_of_a_group_stand_in_the_order_of_how_far_they_converse(client: Client) -> None:
    ids = await community(client)
    nobody = (await client.get("/v1/dialogue"))["dialogue"]
    assert nobody["acts"] == 0, "there is no team yet"
    made = await client.send("POST", "/v1/groups", json={"name": "team", "people": sorted(ids.values())})
    assert made.status_code == 201, made.text
    everybody = [one["person"]["id"] for one in await client.pages("/v1/dialogue/people?limit=1")]
    assert everybody[0] == ids["max"]
    assert {*everybody} == {*ids.values()}
    group = made.json()["id"]
    by_answers = [one["person"]["id"] for one in await client.pages(f"/v1/dialogue/people?of={group}&order=answered")]
    assert by_answers[-1] == ids["max"], "nobody turned to him"
    with_bo = await client.get(f"/v1/dialogue?of={group}&with={ids['bo']}")
    assert with_bo["dialogue"]["acts"] == 0, "bo is one of the group"
    assert (await client.get(f"/v1/dialogue?of={ids['ada']}&with={ids['bo']}"))["dialogue"]["acts"] == 12


async def test_what_nobody_answered_is_named(client: Client) -> None:
    await name(client, "ada", "bo")
    asked = said("q", "bo", "Could you please tell me how I can build it?", targets=[{"identity": ref("ada")}])
    (ask,) = await tell(client, asked)
    ada = (await known(client))["ada"]
    assert (await client.get(f"/v1/dialogue?of={ada}"))["open_asks"] == [ask]
    await tell(client, said("a", "cyd", "With make.", to="q", ago=0.5))
    assert (await client.get(f"/v1/dialogue?of={ada}"))["open_asks"] == []


async def test_what_does_not_exist_or_fit_is_refused(client: Client) -> None:
    zeros = "0" * 26
    for path, status in (
        (f"/v1/dialogue?of=per_{zeros}", 404),
        (f"/v1/dialogue?with=grp_{zeros}", 404),
        (f"/v1/dialogue?community=com_{zeros}", 404),
        ("/v1/dialogue?of=chn_x", 400),
        (f"/v1/dialogue/people?of=com_{zeros}", 404),
        (f"/v1/dialogue/people?of=per_{zeros}", 400),
        ("/v1/dialogue?months=37", 400),
        ("/v1/dialogue?as_of=0001-01-01&months=36", 200),
    ):
        await refused(client, path, status)


async def test_who_came_by_themselves_is_told_from_those_we_sought(client: Client) -> None:
    to_us: dict[str, Any] = {"targets": [{"identity": ref("ada")}]}
    await name(client, "ada", "bo", "cyd", "dan")
    await tell(
        client,
        said("post", "ada", "Here is how it works.", ago=250),
        said("bo", "bo", "Nice.", to="post", ago=249, **to_us),
        said("again", "bo", "And now?", to="post", ago=190, **to_us),
        said("sought", "ada", "Hello.", ago=240, targets=[{"identity": ref("cyd")}]),
        said("late", "cyd", "Hello.", ago=239, **to_us),
        said("new", "dan", "Hello?", ago=20, thread="elsewhere", **to_us),
    )
    ada = (await known(client))["ada"]
    found = await client.get(f"/v1/attraction?of={ada}")
    assert (found["came"]["ties"], found["sought"]["ties"], found["truncated"]) == (2, 1, False)
    assert (found["came"]["lasted"]["such"], found["came"]["lasted"]["total"]) == (1, 1), "the new one is too young"
    assert (found["sought"]["lasted"]["such"], found["sought"]["lasted"]["total"]) == (0, 1)
    assert [(tie["lasted"], tie["drawn_by"] is None) for tie in found["ties"]] == [(None, True), (True, False)]
    assert [draw["people"] for draw in found["draws"]] == [1]
    assert found["draws"][0]["interaction_id"] == found["ties"][1]["drawn_by"]
    early = await client.get(f"/v1/attraction?of={ada}&as_of=0001-01-01&months=36")
    assert (early["came"]["ties"], early["since"]) == (0, "0001-01-01")


async def test_where_a_group_meets_is_told_month_by_month(client: Client) -> None:
    def where(channel: str) -> dict[str, Any]:
        return {"channel": {"network": "app", "key": channel}}

    await name(client, "ada", "bo", "cyd")
    channels = [{"type": "channel", "ref": {"network": "app", "key": key}, "kind": "room", "name": key}
                for key in ("hall", "yard")]  # fmt: skip
    assert (await client.send("POST", "/v1/batches/channels", json={"items": channels})).status_code == 200
    await tell(
        client,
        said("1", "ada", "One.", ago=50, thread="a", **where("hall")),
        said("2", "cyd", "Two.", ago=49, thread="a", **where("hall")),
        said("3", "ada", "Three.", ago=20, thread="b", **where("hall")),
        said("4", "bo", "Four.", ago=10, thread="c", **where("yard")),
        said("5", "cyd", "Five.", ago=10, thread="d", **where("yard")),
    )
    ids = await known(client)

    async def group(label: str, *handles: str) -> str:
        made = await client.send("POST", "/v1/groups", json={"name": label, "people": [ids[one] for one in handles]})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    first, second = await group("first", "ada", "bo"), await group("team", "cyd")
    found = await client.pages(f"/v1/groups/{first}/channels?months=2&limit=1&with={second}")
    assert [(one["channel"]["name"], one["conversations"], one["people"], one["shared"]) for one in found] == [
        ("hall", 2, 1, 1), ("yard", 1, 1, 0)
    ]  # fmt: skip
    assert [one["months"] for one in found] == [[1, 1], [0, 1]]
    assert all(one["us_at"] for one in found), "cyd is one of us"
    alone = await client.pages(f"/v1/groups/{second}/channels?as_of=2020-01-01")
    assert alone == []
    assert (await client.send("GET", "/v1/groups/nonsense/channels")).status_code == 404


async def test_a_window_ends_with_what_was_read(client: Client) -> None:
    """A source that was read until months ago makes nobody silent since."""
    await name(client, "ada", "bo")
    await tell(client, said("1", "bo", "One.", ago=400, targets=[{"identity": ref("ada")}]))
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute("UPDATE source_ends SET day = current_date - 380 WHERE workspace_id = $1", client.workspace_id)
    bo = (await known(client))["bo"]
    found = await client.get(f"/v1/dialogue?of={bo}&months=1")
    assert (found["until"], found["dialogue"]["acts"]) == ((datetime.now(UTC) - timedelta(380)).date().isoformat(), 1)
    assert (await client.get("/v1/attraction"))["until"] == found["until"]


async def test_a_group_that_is_too_large_is_refused(client: Client) -> None:
    ids = await community(client, 1)
    made = await client.send("POST", "/v1/groups", json={"name": "all", "people": sorted(ids.values())})
    async with view(client.pool, client.workspace_id) as db:
        assert len(await people_of(db, client.workspace_id, made.json()["id"], "of", 3)) == 3
        with pytest.raises(Problem, match="More than 2 people") as refused:
            await people_of(db, client.workspace_id, made.json()["id"], "of", 2)
    assert refused.value.faults[0].parameter == "of"
