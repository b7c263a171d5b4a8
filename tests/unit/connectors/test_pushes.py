"""What networks push to the connectors that kith brings: signed as each of them signs, and what it tells."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Delivery, Fatal, InteractionRef, Pushed, Received, Tombstone, open_context
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


async def test_every_delivery_of_github_is_taken_and_deletions_are_told() -> None:
    lines = (shared("samples/github-webhooks") / "events.ndjson").read_bytes().splitlines()
    read, gone = 0, []
    for line in lines:
        given = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        event, body = msgspec.json.decode(given["event"], type=str), bytes(given["payload"])
        config = GitHubConfig(("codertocat/hello-world", "Octocoders/Hello-World"))
        told = await receive(GitHubConnector(), config, body, x_github_event=event)
        read += told.read
        gone += [record.ref for record in told.records if isinstance(record, Tombstone)]
        assert await receive(GitHubConnector(), GitHubConfig(("other/one",)), body, x_github_event=event) == Received()
    assert len(lines) == 134
    assert read > 80
    assert {(ref.network, ref.host) for ref in gone} == {("github", "github.com")}
    assert InteractionRef("github", "issuecomment-492700400", "comment", "github.com") in gone
    assert not any(ref.key.endswith("-33548674") for ref in gone), "a comment on a commit has other numbers"


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
