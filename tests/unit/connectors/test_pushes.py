"""What networks push to the connectors that kith brings: signed as each of them signs, and what it tells."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from kith.connectors import (
    Delivery,
    Ending,
    Fatal,
    Interaction,
    InteractionRef,
    Pushed,
    Received,
    Record,
    Ref,
    Tombstone,
    open_context,
)
from kith.connectors._exchange import Reply, Request
from kith.connectors.discourse import DiscourseConfig, DiscourseConnector
from kith.connectors.github import GitHubConfig, GitHubConnector
from kith.connectors.gitlab import GitLabConfig, GitLabConnector
from kith.connectors.slack import SlackConfig, SlackConnector
from tests.paths import shared

NOW = datetime(2026, 11, 30, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


async def receive(connector: Any, config: msgspec.Struct, body: bytes, **headers: str) -> Received:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with open_context(connector, config, Path("/nonexistent")) as context:
        told: Received = await connector.receive(config, Delivery(named, body, NOW), context)
        return told


def deliveries() -> list[tuple[str, bytes]]:
    lines = (shared("samples/github-webhooks") / "events.ndjson").read_bytes().splitlines()
    given = [msgspec.json.decode(line, type=dict[str, msgspec.Raw]) for line in lines]
    assert len(given) == 134
    return [(msgspec.json.decode(one["event"], type=str), bytes(one["payload"])) for one in given]


def as_listed(event: str, pushed: dict[str, Any]) -> dict[str, Any]:
    """Return what the API answers of what was pushed, by path below the repository."""
    pull = pushed.get("pull_request")
    if event == "star":
        return {"stargazers": [{"starred_at": pushed["starred_at"], "user": pushed["sender"]}]}
    if event == "issue_comment":
        return {"issues/comments": [pushed["comment"]]}
    if event == "pull_request_review_comment":
        return {"pulls/comments": [pushed["comment"]]}
    if pull is None:
        return {"issues": [pushed["issue"]]}
    listed = {**pull, "pull_request": {"merged_at": pull.get("merged_at")}}
    reviews = [{**pushed["review"], "state": pushed["review"]["state"].upper()}] if "review" in pushed else []
    return {"issues": [listed], f"pulls/{pull['number']}": pull, f"pulls/{pull['number']}/reviews": reviews}


async def reading(repo: dict[str, Any], listed: dict[str, Any]) -> list[Record]:
    """Return what the connector reads where the API answers this."""
    name = repo["full_name"]

    class Answers:
        async def send(self, request: Request) -> Reply:
            path = urlsplit(request.url).path.removeprefix(f"/repos/{name}").lstrip("/")
            return Reply(200, {}, json.dumps(listed.get(path, []) if path else repo).encode())

        async def close(self) -> None:
            return

    config = GitHubConfig((name,), stars=True, mentions=False, reactions=False)
    async with open_context(GitHubConnector(), config, Path("/nonexistent"), wire=Answers()) as context:
        return [record async for page in GitHubConnector().pull(config, None, context) for record in page.records]


async def test_every_delivery_of_github_tells_what_reading_tells() -> None:
    told_of, gone = Counter[str](), []
    for event, body in deliveries():
        pushed = json.loads(body)
        repo = pushed.get("repository") or {"full_name": "acme/none"}
        config = GitHubConfig((repo["full_name"].upper(),), stars=True, mentions=False, reactions=False)
        told = await receive(GitHubConnector(), config, body, x_github_event=event)
        assert not told.skipped
        assert await receive(GitHubConnector(), GitHubConfig(("other/one",)), body, x_github_event=event) == Received()
        gone += [record.ref for record in told.records if isinstance(record, Tombstone) and record.cause == "deleted"]
        if any(isinstance(record, Interaction) for record in told.records):
            told_of[event] += 1
            read = await reading(repo, as_listed(event, pushed))
            assert [record for record in told.records if record not in read] == []
    assert told_of == {
        "issues": 20, "issue_comment": 5, "pull_request": 22, "pull_request_review": 1,
        "pull_request_review_comment": 4, "star": 2,
    }  # fmt: skip
    assert {(ref.network, ref.host) for ref in gone} == {("github", "github.com")}
    assert InteractionRef("github", "issuecomment-492700400", "comment", "github.com") in gone
    assert not any(ref.key.endswith("-33548674") for ref in gone), "a comment on a commit has other numbers"


async def test_a_star_that_is_taken_back_has_ended() -> None:
    body = json.dumps({"action": "deleted", "repository": {"id": 7, "full_name": "a/b"}, "sender": {"id": 1}})
    told = await receive(GitHubConnector(), GitHubConfig(("a/b",), stars=True), body.encode(), x_github_event="star")
    who = Ref("github", "@1", "github.com")
    assert told.records == (Ending(InteractionRef("github", "7", "bookmark", "github.com", who), NOW),)


async def test_a_delivery_that_is_none_is_said_to() -> None:
    with pytest.raises(Fatal, match="not as expected"):
        await receive(GitHubConnector(), GitHubConfig(("a/b",)), b"<html>", x_github_event="issues")


async def test_pushes_of_others_have_the_source_read() -> None:
    gitlab = GitLabConfig(("acme/rocket",))
    ours, other = ({"project": {"path_with_namespace": name}} for name in ("Acme/Rocket", "acme/secret"))
    assert await receive(GitLabConnector(), gitlab, json.dumps(ours).encode()) == Received(read=True)
    assert await receive(GitLabConnector(), gitlab, json.dumps(other).encode()) == Received()
    forum = DiscourseConfig("https://forum.example.org")
    assert await receive(DiscourseConnector(), forum, b"{}", x_discourse_event_type="post") == Received(read=True)
    assert await receive(DiscourseConnector(), forum, b"{}", x_discourse_event_type="ping") == Received()
    event = b'{"type": "event_callback", "event": {"type": "message"}}'
    assert await receive(SlackConnector(), SlackConfig(), event) == Received(read=True)
    assert await receive(SlackConnector(), SlackConfig(), b'{"type": "app_rate_limited"}') == Received()


async def test_what_slack_and_discourse_say_was_deleted_is_gone() -> None:
    event = {"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": "1700000000.000001"}
    body = json.dumps({"type": "event_callback", "team_id": "T1", "event": event})
    gone = InteractionRef("slack", "C1:1700000000.000001", "message", "T1")
    assert await receive(SlackConnector(), SlackConfig(), body.encode()) == Received((Tombstone(gone),))
    post = {"id": 7, "post_number": 3, "created_at": "2024-01-01T00:00:00Z", "topic_id": 2}
    forum, headers = DiscourseConfig("https://forum.example.org"), {"x_discourse_event": "post_destroyed"}
    told = await receive(DiscourseConnector(), forum, json.dumps({"post": post}).encode(), **headers)
    assert told == Received((Tombstone(InteractionRef("discourse", "7", "reply", "forum.example.org")),))


@pytest.mark.parametrize(
    ("connector", "headers"),
    [
        (GitHubConnector(), {"x-hub-signature-256": "sha256={hex}"}),
        (DiscourseConnector(), {"x-discourse-event-signature": "sha256={hex}"}),
        (GitLabConnector(), {"x-gitlab-token": SECRET}),
    ],
    ids=["github", "discourse", "gitlab"],
)
def test_each_signs_as_its_documents_say(connector: Pushed, headers: dict[str, str]) -> None:
    import hashlib
    import hmac

    body = b'{"action": "created"}'
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    given = {name: value.format(hex=digest) for name, value in headers.items()}
    signature = connector.pushes.signature
    assert signature
    assert signature.flaw(given, body, SECRET, NOW) is None
    assert signature.flaw(
        {name: value[:-1] + "0z"[value[-1] == "0"] for name, value in given.items()}, body, SECRET, NOW
    )
    if "{hex}" in next(iter(headers.values())):
        assert signature.flaw(given, body + b" ", SECRET, NOW)


def test_slack_signs_with_its_moment_as_its_documents_show() -> None:
    """The example of https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    given = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    signature = SlackConnector.pushes.signature
    assert signature
    then = datetime.fromtimestamp(1531420618, UTC)
    assert signature.flaw(given, body, SECRET, then) is None
    assert signature.flaw(given, body, SECRET, NOW)
    assert SlackConnector.pushes.challenge == "challenge"
