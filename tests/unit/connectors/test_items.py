"""Items of a network's answer: what is kept, what is told, and dates that lie."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Connector, Context, Fatal, Identity, Ref, Secret, items, open_context
from kith.connectors.discourse import DiscourseConfig, DiscourseConnector
from kith.connectors.github import GitHubConfig, GitHubConnector
from kith.connectors.gitlab import GitLabConfig, GitLabConnector
from kith.connectors.matrix import MatrixConfig, MatrixConnector
from kith.connectors.stackexchange import StackExchangeConfig, StackExchangeConnector
from kith.connectors.testing import Asked, FakeClock, FaultServer, Given, given_json

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Item(msgspec.Struct):
    id: str
    name: str = ""


def made(item: Item) -> list[Identity]:
    return [Identity(Ref("net", items.key(item.id)), name=items.line(item.name))]


def test_one_bad_item_leaves_the_others() -> None:
    told = items.Told()
    raws = [
        b'{"id":"a","name":" A\\u0000\\nB "}',
        b"{",
        b'{"id":7}',
        b'{"id":""}',
        b'{"id":"\xff"}',
        b"null",
        b'{"id":"b"}',
    ]
    found = told.add_all([msgspec.Raw(raw) for raw in raws], Item, "item", made)
    assert [item.id for item in found] == ["a", "b"]
    assert [(one.ref.key, one.name) for one in told.records if isinstance(one, Identity)] == [("a", "A B"), ("b", None)]
    assert [skip.place for skip in told.skipped] == [f"item {number}" for number in range(2, 7)]
    assert all(skip.reason for skip in told.skipped)


def test_texts_are_as_records_may_hold_them() -> None:
    assert items.key("x" * 2000) == items.key("x" * 2000) != items.key("x" * 2001)
    assert items.address("javascript:alert(1)") is None
    assert items.address("https://x.org/" + "x" * 2000) is None
    assert items.own_words("<blockquote>old</blockquote><p>new &lt;b&gt;</p><script>x</script>") == "new <b>"
    assert items.moment("2026-01-01T01:00:00+01:00") == NOW
    assert len(items.body("\ud800" * 2_000_000) or "") == 1_000_000


def test_dates_that_lie_move_nothing() -> None:
    assert items.newest(["2025-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "zzz", ""], NOW) == "2025-01-01T00:00:00Z"
    assert items.newest([], NOW) == ""


def always(value: Any) -> Callable[[Asked], Given]:
    return lambda _: given_json(value, headers={"link": '</next>; rel="next"'})


@pytest.mark.parametrize(
    ("connector", "config", "answers"),
    [
        (
            GitHubConnector(),
            lambda url: GitHubConfig(("a/b",), api=url),
            {"/repos/a/b": {"id": 1, "full_name": "a/b"}, "/repos/a/b/issues": [{"id": 1}]},
        ),
        (
            GitLabConnector(),
            lambda url: GitLabConfig(("a/b",), site=url),
            {"/api/v4/projects/a%2Fb": {"id": 1, "path_with_namespace": "a/b"}, "/api/v4/projects/1/issues": [{}]},
        ),
        (
            DiscourseConnector(),
            DiscourseConfig,
            {
                "/site.json": {"categories": []},
                "/latest.json": {"topic_list": {"topics": [{}], "more_topics_url": "/x"}},
            },
        ),
        (
            StackExchangeConnector(),
            lambda url: StackExchangeConfig("x.org", api=url),
            {"/filters/create": {"items": [{"filter": "!a"}]}, "/questions": {"items": [{}], "has_more": True}},
        ),
        (
            MatrixConnector(),
            lambda url: MatrixConfig(url, Secret("not-a-token")),
            {"/_matrix/client/v3/sync": {"next_batch": "s", "rooms": {"join": {"!a:x.org": {}}}}},
        ),
    ],
)
async def test_a_list_that_never_ends_is_named(
    connector: Connector, config: Callable[[str], msgspec.Struct], answers: dict[str, Any]
) -> None:
    async with FaultServer() as server:
        for path, value in answers.items():
            server.on(path, always(value))
        settings = config(server.url().rstrip("/"))
        async with open_context(connector, settings, Path("/nonexistent"), clock=FakeClock()) as context:
            with pytest.raises(Fatal, match="goes round in a circle"):
                await read_all(connector, settings, context)
        assert len(server.asked) < 10


async def read_all(connector: Connector, settings: msgspec.Struct, context: Context) -> None:
    async for _ in connector.pull(settings, None, context):
        pass
