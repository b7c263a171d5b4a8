"""Discourse: topics that real forums answered, and a forum of ours with its way of paging."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import (
    Channel,
    Coverage,
    Interaction,
    InteractionRef,
    Page,
    Ref,
    Secret,
    Sweep,
    Target,
    open_context,
)
from kith.connectors.discourse import DiscourseConfig, DiscourseConnector, client
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given, check_connector, given_json
from tests.paths import shared

DISCOURSE = DiscourseConnector()
HOST = "127.0.0.1"
START = datetime(2024, 1, 1, tzinfo=UTC)
SITE = {
    "categories": [
        {"id": 1, "name": "General", "slug": "general"},
        {"id": 2, "name": "Staff <x>", "slug": "staff", "parent_category_id": 1, "read_restricted": True},
    ]
}


def at(minute: int) -> str:
    return f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%S}.000Z"


def ref(key: object) -> Ref:
    return Ref("discourse", str(key), HOST)


def act(key: object, kind: Any = "post", actor: Ref | None = None) -> InteractionRef:
    return InteractionRef("discourse", str(key), kind, HOST, actor)


class Simulator:
    """A forum: topics by their last change, pinned ones above; posts in chunks; likes and profiles apart."""

    def __init__(self, server: FaultServer, base: str, earlier: "Simulator | None" = None) -> None:
        self.topics: dict[int, dict[str, Any]] = {}
        self.posts: dict[int, dict[str, Any]] = {}
        self.likes: dict[int, list[dict[str, Any]]] = {}
        self.server, self.base, self.per_page = server, base, 3
        self.routes: dict[str, Any] = {}
        self.later: Simulator | None = None
        self.root = earlier or self
        self.config = DiscourseConfig(server.url(base))
        self.on("/site.json", lambda _: SITE)
        self.on("/latest.json", self.latest)
        self.on("/post_action_users.json", lambda asked: {"post_action_users": self.likes[int(asked.query["id"])]})
        self.on("/groups.json", lambda asked: {"groups": GROUPS if asked.query["page"] == "0" else []})
        self.on("/groups/core/members.json", lambda asked: {"members": MEMBERS[int(asked.query["offset"]) :][:2]})
        self.on("/u/eve.json", lambda _: {"user": {"id": 5}})

    def on(self, path: str, answer: Any) -> None:
        self.routes[path] = answer
        self.server.on(self.base + path, lambda asked: given_json(self.root.now(asked).routes[path](asked)))

    def now(self, asked: Asked) -> "Simulator":
        """Return the forum as this reader sees it: ``later`` is the same one at a later time."""
        return self.later if self.later and asked.headers.get("api-username") == "later" else self

    def topic(self, id_: int, **more: Any) -> None:
        self.topics[id_] = {"id": id_, "pinned": False, "created_at": at(id_), "category_id": 1, **more}
        self.on(f"/t/{id_}.json", lambda _: self.show(id_))
        self.on(f"/t/{id_}/posts.json", lambda asked: {"post_stream": {"posts": self.named(asked)}})

    def post(self, topic: int, minute: int, user: int | None, cooked: Any = "<p>Hi</p>", **more: Any) -> int:
        id_ = len(self.posts) + 1
        number = 1 + sum(post["topic_id"] == topic for post in self.posts.values())
        if topic not in self.topics:
            self.topic(topic, title=f"Topic {topic}", slug=f"topic-{topic}", user_id=user)
        self.posts[id_] = {
            "id": id_, "post_number": number, "topic_id": topic, "created_at": at(minute), "user_id": user,
            "username": None if user is None else f"user{user}", "name": "",
            "avatar_template": f"/avatars/{user}/{{size}}.png", "cooked": cooked, "post_type": 1,
            "version": 1, "updated_at": at(minute), "reply_to_post_number": None, "actions_summary": [], **more,
        }  # fmt: skip
        self.topics[topic]["bumped_at"] = at(minute)
        self.on(f"/posts/by_number/{topic}/{number}.json", lambda _: self.posts[id_])
        return id_

    def latest(self, asked: Asked) -> dict[str, Any]:
        by_time = sorted(self.topics.values(), key=lambda one: (one["pinned"], one["bumped_at"] or ""), reverse=True)
        start = int(asked.query["page"]) * self.per_page
        more = {"more_topics_url": "/latest"} if start + self.per_page < len(by_time) else {}
        return {"topic_list": {"topics": by_time[start : start + self.per_page], **more}}

    def show(self, id_: int) -> dict[str, Any]:
        posts = [post for post in self.posts.values() if post["topic_id"] == id_]
        stream = {"posts": posts[:2], "stream": [post["id"] for post in posts]}
        return {**self.topics[id_], "post_stream": stream}

    def named(self, asked: Asked) -> list[dict[str, Any]]:
        return [self.posts[int(id_)] for id_ in asked.queries["post_ids[]"]]


GROUPS = [{"id": 10, "name": "core", "full_name": "Core"}, {"id": 11, "name": "trust_level_0", "automatic": True}]
MEMBERS = [{"id": number, "username": f"user{number}", "added_at": at(number)} for number in range(1, 6)]


@pytest.fixture
async def forum(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    monkeypatch.setattr(client, "BATCH", 2)
    async with FaultServer() as server:
        yield Simulator(server, "/forum")


async def read(config: DiscourseConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(DISCOURSE, config, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in DISCOURSE.pull(config, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.code) for page in pages for skip in page.skipped]


async def test_topics_of_real_forums_are_read(forum: Simulator) -> None:
    """Those of the samples, pinned ones above their time; replies, likes and edits are those that they name."""
    folder = shared("samples/perceval-fixtures/discourse")
    topics = json.loads((folder / "discourse_topics_pinned.json").read_text())["topic_list"]["topics"]
    shown = {id_: json.loads((folder / f"discourse_topic_{id_}.json").read_text()) for id_ in (1148,)}
    posts = shown[1148]["post_stream"]["posts"]
    rest = {post: {**posts[-1], "id": post, "post_number": 100 + n} for n, post in enumerate((1, 2))}
    for topic in topics:
        forum.topics[topic["id"]] = topic
    forum.on("/t/1148.json", lambda _: shown[1148])
    forum.on("/t/1148/posts.json", lambda asked: {"post_stream": {"posts": list(rest.values())}})
    for post in posts:
        forum.likes[post["id"]] = [{"id": 900 + post["id"], "username": f"fan{post['id']}"}]
    pages = await read(msgspec.structs.replace(forum.config, groups=False))
    facts = Facts(pages)
    assert skips(pages) == [("topic 1149", "not_read"), ("topic 1150", "not_read")]
    found = facts.interactions
    for post in posts:
        kind = "post" if post["post_number"] == 1 else "reply"
        told = found[act(post["id"], kind)]
        assert told.actor == ref(post["user_id"])
        assert (told.edited_at is not None) == (post["version"] > 1)
        numbers = {one["post_number"]: one["id"] for one in posts}
        answered = numbers[post["reply_to_post_number"] or 1] if kind == "reply" else None
        assert (told.reply_to and told.reply_to.key) == (answered and str(answered))
        assert told.text or post["cooked"].startswith("<blockquote>")
        assert "<p>" not in (told.text or "")
    assert sum(one.kind == "react" for one in found) == sum(bool(post["actions_summary"]) for post in posts)
    assert "the comments section is being blocked" not in (found[act(19133, "reply")].text or "")


async def test_replies_mentions_likes_answers_and_deletions(forum: Simulator) -> None:
    first = forum.post(7, 1, 1, '<p>Who, <a class="mention" href="/u/user2">@user2</a>?</p>')
    mention = '<a class="mention" href="/f/u/Eve">@Eve</a> <a class="mention" href="/u/nobody">@nobody</a>'
    second = forum.post(7, 2, 2, mention, reply_to_post_number=1, actions_summary=[{"id": 2, "count": 1}])
    third = forum.post(7, 3, 3, accepted_answer=True, updated_at=at(9), version=2)
    gone = forum.post(7, 4, 3, "<p>(post deleted by author)</p>", user_deleted=True)
    forum.post(7, 5, None)
    note = forum.post(7, 6, -1, post_type=3)
    whisper = forum.post(7, 7, -1, post_type=4)
    forum.likes[second] = [{"id": 4, "username": "user4"}]
    facts = Facts(pages := await read(forum.config))
    found = facts.interactions
    assert found[act(first)].title == "Topic 7"
    assert found[act(first)].targets == (Target(ref(2), "mention"),)
    assert found[act(second, "reply")].targets == (Target(ref(5), "mention"),)
    assert found[act(second, "reply")].reply_to == found[act(third, "reply")].reply_to == act(first)
    assert found[act(second, "react", ref(4))].targets == (Target(ref(2), "author"),)
    assert found[act(third, "accept")].actor == ref(1)
    assert found[act(third, "reply")].edited_at == START + timedelta(minutes=9)
    assert found[act(whisper, "reply")].visibility == "private"
    assert facts.identities[ref(-1)].kind == "bot"
    assert facts.gone == {act(gone, "reply")}
    assert not {ref for ref in found if ref.key == str(note)}
    assert skips(pages) == [("topic 7 post 5", "unreadable_item")]
    joined = {one.actor.key for one in found.values() if one.ref.kind == "join"}
    assert joined == {"1", "2", "3", "4", "5"}
    channels = {channel.ref.key: channel for channel in facts.channels.values()}
    assert {key: channel.visibility for key, channel in channels.items()} == {
        "c1": "public", "c2": "private", "g10": "members",
    }  # fmt: skip
    assert channels["c2"].parent == ref("c1")
    assert Coverage("read", START + timedelta(minutes=1), FakeClock().now()) in facts.coverage
    assert facts.identities[ref(1)].avatar_url == f"http://{HOST}:{forum.server.port}/avatars/1/144.png"
    sweeps = [one for page in pages for one in page.records if isinstance(one, Sweep)]
    assert sweeps == [Sweep("begun", ("join",), ref("g10")), Sweep("complete", ("join",), ref("g10"))]


async def test_only_what_has_changed_is_asked_for_again(forum: Simulator) -> None:
    for topic in range(1, 10):
        for number in range(5):
            forum.post(topic, topic * 10 + number, number + 1)
    forum.topics[2] |= {"pinned": True}
    forum.topics[3] |= {"pinned_globally": True}
    pages = await read(forum.config)
    assert len([one for one in Facts(pages).interactions if one.kind in ("post", "reply")]) == 45
    forum.server.asked.clear()
    new = forum.post(4, 200, 9, reply_to_post_number=4)
    more = await read(forum.config, pages[-1].cursor)
    asked = [one.path.removeprefix("/forum") for one in forum.server.asked]
    assert asked == [
        "/site.json", "/latest.json", "/t/4.json", "/t/4/posts.json", "/posts/by_number/4/4.json", "/t/9.json",
        "/latest.json",
    ]  # fmt: skip
    told = Facts(more).interactions[act(new, "reply")]
    assert told.reply_to == act(19)
    forum.topics[5] |= {"bumped_at": None, "last_posted_at": None}
    again = await read(forum.config, more[-1].cursor)
    assert not skips(again)


async def test_what_is_ill_formed_is_told_and_the_rest_is_kept(forum: Simulator) -> None:
    forum.post(1, 1, 1, "x" * 10_000_000)
    forum.post(1, 2, 2, created_at="soon")
    forum.post(1, 3, 2, cooked=7)
    forum.post(1, 4, 2, "<b>NUL\0</b> <script>no</script>", username="<i>")
    pages = await read(forum.config)
    found = Facts(pages).interactions
    assert {one.key for one in found if one.kind in ("post", "reply")} == {"1", "4"}
    assert found[act(4, "reply")].text == "NUL"
    assert skips(pages) == [("topic 1 post 2", "unreadable_item"), ("topic 1 post 1", "unreadable_item")]


async def test_discourse_conforms(forum: Simulator) -> None:
    forum.later = later = Simulator(forum.server, forum.base, earlier=forum)
    before = msgspec.structs.replace(forum.config, key=Secret("not-a-key"))
    for one in (forum, later):
        for number in range(24 if one is forum else 31):
            liked = [{"id": 2, "count": 1}] if number % 5 == 0 else []
            post = one.post(1 + number % 7, number, 1 + number % 3, actions_summary=liked, name="Ada")
            one.likes[post] = [{"id": 4, "username": "user4"}]
    verdict = await check_connector(DISCOURSE, before, msgspec.structs.replace(before, username="later"))
    assert verdict.tier == "branch"
    assert Counter(type(record) for page in await read(forum.config) for record in page.records)[Channel] == 3


async def test_a_key_is_sent_and_a_forum_without_groups_is_read(forum: Simulator) -> None:
    forum.post(1, 1, 1)
    forum.server.on("/forum/groups.json", Given(403))
    config = msgspec.structs.replace(forum.config, key=Secret("not-a-key"), username="ada")
    pages = await read(config)
    assert skips(pages) == [("groups", "not_read")]
    assert any(isinstance(record, Interaction) for page in pages for record in page.records)
    assert {(one.headers["api-key"], one.headers["api-username"]) for one in forum.server.asked} == {
        ("not-a-key", "ada")
    }
    async with open_context(DISCOURSE, config, Path("/nonexistent")) as context:
        assert (await DISCOURSE.check(config, context)).detail == "2 categories; the list of topics begins with 1."
