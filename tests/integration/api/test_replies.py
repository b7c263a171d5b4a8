"""What the lines of a room answer, over HTTP: what is inferred, and what members say instead."""

from typing import Any

from tests.integration.api.conftest import Client
from tests.integration.api.test_asks import said, tell

_MINUTE = 1 / 1440


def line(key: str, actor: str, text: str, minutes: float, **more: Any) -> dict[str, Any]:
    told = said(key, actor, text, ago=1 - minutes * _MINUTE, channel={"network": "app", "key": "room"}, **more)
    del told["conversation"]
    return told


async def replies(client: Client, act_id: str, *, token: str | None = None) -> Any:
    more = {"token": token} if token else {}
    answer = await client.send("GET", f"/v1/interactions/{act_id}", **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["inferred_reply"]


async def test_a_reply_is_inferred_and_corrected_and_the_ask_follows(client: Client) -> None:
    ids = await tell(
        client,
        line("1", "ada", "how do I mount a usb stick?", 0),
        line("2", "bo", "has anyone tried the new kernel?", 1),
        line("3", "cyd", "ada: plug it in, it mounts by itself", 2),
    )
    path = f"/v1/interactions/{ids[2]}/inferred-reply"
    inferred = await replies(client, ids[2])
    assert (inferred["interaction"], inferred["stated"]) == (ids[0], False)
    assert 0.5 < inferred["chance"] <= 1
    (ask,) = await client.pages("/v1/asks?chance[gte]=0.5&state=answered")
    assert (ask["id"], ask["answer_id"], ask["nobody_answered"] < 0.5) == (ids[0], ids[2], True)
    stated = await client.send("PUT", path, json={"interaction": ids[1]})
    assert stated.json()["inferred_reply"] == {"interaction": ids[1], "chance": 1.0, "stated": True}
    assert stated.json()["reply_to"] is None
    (ask,) = await client.pages("/v1/asks?chance[gte]=0.5&state=answered")
    assert (ask["id"], ask["nobody_answered"]) == (ids[1], 0)
    assert (await client.send("PUT", path, json={"interaction": None})).json()["inferred_reply"] is None
    assert len(await client.pages("/v1/asks?chance[gte]=0.5&state=open")) == 2
    assert (await client.send("DELETE", path)).json()["inferred_reply"] == inferred
    audit = [entry["operation"] for entry in await client.pages("/v1/audit")]
    assert (audit.count("setInferredReply"), audit.count("resetInferredReply")) == (2, 1)


async def test_what_a_network_says_stays_and_a_line_answers_an_earlier_one_of_its_room(client: Client) -> None:
    pointed, line_id, later, elsewhere = await tell(
        client,
        line("1", "ada", "hello", 0, to="2"),
        line("2", "bo", "hello", 1),
        line("3", "cyd", "hello", 2),
        line("4", "cyd", "hello", 0) | {"channel": {"network": "app", "key": "other room"}},
    )
    path = "/v1/interactions/{}/inferred-reply"
    refused = await client.send("PUT", path.format(pointed), json={"interaction": line_id})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    for other in (later, line_id, elsewhere, f"int_{'0' * 25}1"):
        refused = await client.send("PUT", path.format(line_id), json={"interaction": other})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/interaction")


async def test_a_line_that_nobody_may_see_is_no_reply(client: Client) -> None:
    _, second = await tell(
        client,
        line("1", "ada", "how do I mount a usb stick?", 0, visibility="private"),
        line("2", "bo", "ada: plug it in", 1),
    )
    made = await client.send("POST", "/v1/tokens", json={"name": "narrow", "scopes": ["interactions:read"]})
    assert await replies(client, second)
    assert await replies(client, second, token=made.json()["token"]) is None
