"""Slack: a real export of a workspace, and the Web API as a server of ours plays it."""

import json
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from kith.connectors import (
    Channel,
    Fatal,
    Identity,
    Interaction,
    InteractionRef,
    Missing,
    Page,
    Partition,
    Reauthorize,
    Ref,
    Refused,
    Secret,
    Target,
    Tombstone,
    open_context,
    pages_of,
)
from kith.connectors.slack import SlackConfig, SlackConnector, archive, export, reader
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given, check_connector, given_json
from tests.paths import shared

SLACK = SlackConnector()
TOKEN = Secret("xoxb-not-a-token")
TEAM = "T1"
USERS = [
    {"id": "U1", "team_id": TEAM, "name": "ada", "updated": 1, "profile": {"real_name": "Ada", "email": "Ada@x.org"}},
    {"id": "U2", "team_id": TEAM, "name": "bob", "deleted": True, "updated": 2, "profile": {"real_name": "Bob\0"}},
    {"id": "U3", "team_id": TEAM, "name": "ci", "is_bot": True, "updated": 3, "profile": {"bot_id": "B3"}},
]
PLACE = {"id": "C1", "name": "general", "is_member": True}
BASE = 1_700_000_000


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PAGE", 3)
    monkeypatch.setattr(reader, "LIMIT", 3)


def said(number: int, text: Any = "Hi", user: str | None = "U1", **more: Any) -> dict[str, Any]:
    return {"type": "message", "ts": stamp(number), "user": user, "text": text, **more}


def stamp(number: int) -> str:
    return f"{BASE + number * 60}.000001"


def ref(number: int, kind: Any = "message") -> InteractionRef:
    return InteractionRef("slack", f"C1:{stamp(number)}", kind, TEAM)


def zipped(path: Path, days: dict[str, Any], **lists: Any) -> SlackConfig:
    with zipfile.ZipFile(path, "w") as file:
        for name, value in {"users": USERS, "channels": [PLACE], **lists}.items():
            file.writestr(f"{name}.json", json.dumps(value))
        for day, content in days.items():
            file.writestr(f"{day}.json", content if isinstance(content, bytes) else json.dumps(content))
    return SlackConfig(export=str(path))


async def read(config: SlackConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    with TemporaryDirectory() as folder:
        async with open_context(SLACK, config, Path(folder), clock=FakeClock()) as context:
            return [page async for page in pages_of(SLACK, config, cursor, context)]


def acts(pages: list[Page]) -> dict[InteractionRef, Interaction]:
    return Facts(pages).interactions


async def test_a_real_export_is_read_whole(small_pages: None) -> None:
    path = shared("samples/slack-export/export.zip")
    config = SlackConfig(export=str(path))
    pages = await read(config)
    assert not [skip for page in pages for skip in page.skipped]
    with zipfile.ZipFile(path) as file:
        messages = [
            (name.partition("/")[0], message)
            for name in file.namelist()
            if "/20" in name
            for message in json.loads(file.read(name))
        ]
        users = json.loads(file.read("users.json"))
    facts = Facts(pages)
    kinds = Counter(act.ref.kind for act in facts.interactions.values())
    told = Counter(message.get("subtype") for _, message in messages)
    assert kinds["message"] == told[None] + told["bot_message"] + told["file_share"]
    assert kinds["join"] == told["channel_join"]
    assert kinds["invite"] == sum("inviter" in message for _, message in messages)
    assert kinds["comment"] == told["file_comment"]
    reacted = [user for _, message in messages for one in message.get("reactions", ()) for user in one["users"]]
    assert kinds["react"] == len(reacted)
    people = {one.ref.key: one for one in facts.identities.values() if one.kind == "person"}
    assert {user["id"] for user in users if not user["is_bot"] and user["id"] != "USLACKBOT"} == set(people)
    assert {channel.name: channel.visibility for channel in facts.channels.values()} == {
        "enrique": "members", "traveling-sailor": "members",
    }  # fmt: skip
    assert {act.ref.host for act in facts.interactions.values()} == {"T0BMHLSRH"}
    assert all(act.ref.kind != "message" or act.text for act in facts.interactions.values())
    assert not any("xoxe-" in (act.text or "") for act in facts.interactions.values())
    edited = [act for act in facts.interactions.values() if act.edited_at]
    assert [act.edited_at.timestamp() for act in edited if act.edited_at] == [
        pytest.approx(float(message["edited"]["ts"])) for _, message in messages if "edited" in message
    ]
    await check_connector(SLACK, config)


async def test_threads_mentions_reactions_moves_and_deletions(tmp_path: Path) -> None:
    days = {
        "general/2023-11-14": [
            said(1, "Who &amp; <@U2> <https://x.org|x> in <#C1|general> <!here>?", reply_count=1, thread_ts=stamp(1)),
            said(2, "Me", "U2", thread_ts=stamp(1), edited={"user": "U2", "ts": stamp(3)}),
            said(
                4, "Built", None, subtype="bot_message", bot_id="B3", reactions=[{"name": "+1", "users": ["U1", "U2"]}]
            ),
            said(5, "", None, subtype="bot_message", username="Owl", attachments=[{"pretext": "All", "text": "green"}]),
            said(6, "joined", "U2", subtype="channel_join", inviter="U1"),
            said(7, "This message was deleted.", "USLACKBOT", subtype="tombstone"),
            said(8, "topic", subtype="channel_topic"),
            said(9, "Helo"),
            said(10, None, None, subtype="message_changed", message=said(9, "Hello", edited={"ts": stamp(10)})),
            said(11, None, None, subtype="message_deleted", deleted_ts=stamp(12)),
        ]
    }
    facts = Facts(await read(zipped(tmp_path / "x.zip", days)))
    ada, bob, bot = (Ref("slack", key, TEAM) for key in ("U1", "U2", "U3"))
    question, reply = facts.interactions[ref(1)], facts.interactions[ref(2, "reply")]
    assert question.text == "Who & @Bob x (https://x.org) in #general @here?"
    assert question.targets == (Target(bob, "mention"),)
    assert question.conversation == reply.conversation == Ref("slack", f"C1:{stamp(1)}", TEAM)
    assert (reply.reply_to, reply.actor) == (ref(1), bob)
    assert reply.edited_at
    assert reply.edited_at.timestamp() == pytest.approx(BASE + 180, abs=1)
    assert facts.interactions[ref(4)].actor == bot
    reacted = InteractionRef("slack", f"C1:{stamp(4)}:+1", "react", TEAM, bob)
    assert facts.interactions[reacted].targets == (Target(bot, "author"),)
    owl = facts.interactions[ref(5)]
    assert (owl.text, owl.actor, facts.identities[owl.actor].kind) == (
        "All\ngreen",
        Ref("slack", "bot:Owl", TEAM),
        "bot",
    )
    assert facts.interactions[ref(6, "join")].actor == bob
    assert facts.interactions[ref(6, "invite")].targets == (Target(bob),)
    assert facts.gone == {ref(7), ref(12)}
    assert facts.interactions[ref(9)].text == "Hello"
    assert facts.identities[ada].address == "ada@x.org"
    assert facts.identities[bob].name == "Bob"
    assert facts.identities[bot].kind == "bot"


async def test_private_and_direct_rooms_are_read_only_where_asked(tmp_path: Path) -> None:
    lists = {"groups": [{"id": "G1", "name": "secret"}], "dms": [{"id": "D1", "members": ["U1", "U2"]}]}
    days = {f"{name}/2023-11-14": [said(number)] for number, name in enumerate(("general", "secret", "D1"))}
    config = zipped(tmp_path / "x.zip", days, **lists)
    assert [act.channel and act.channel.key for act in acts(await read(config)).values()] == ["C1"]
    pages = await read(msgspec.structs.replace(config, private=True, direct=True))
    found = {act.channel.key: act for act in acts(pages).values() if act.channel}
    assert {key: act.visibility for key, act in found.items()} == {"C1": "members", "G1": "private", "D1": "direct"}
    assert found["D1"].targets == (Target(Ref("slack", "U2", TEAM)),)
    named = await read(msgspec.structs.replace(config, private=True, channels=("#secret",)))
    assert {channel.name for channel in Facts(named).channels.values()} == {"secret"}


async def test_what_is_ill_formed_is_told_and_the_rest_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_LARGEST", 100_000)
    days = {
        "general/2023-11-01": b"\xef\xbb\xbf" + json.dumps([said(1)]).encode(),
        "general/2023-11-02": b'[{"ts": "17',
        "general/2023-11-03": [
            said(2, ts="soon"), said(3, user=None), said(4, text=7), said(5, "&lt;b&gt;x\0"), None, said(6),
        ],
        "general/2023-11-04": b"[" + b" " * 200_000 + b"]",
        "general/2023-11-05": b'[{"ts":"1700000420.000001","user":"U1","text":"\xff"}]',
        "gone/2023-11-05": [said(8)],
        "../../etc/2023-11-05": [said(9)],
    }  # fmt: skip
    config = zipped(tmp_path / "x.zip", days, users=[*USERS, {"id": 7}, "?"])
    pages = await read(config)
    assert list(acts(pages)) == [ref(1), ref(5), ref(6)]
    assert acts(pages)[ref(5)].text == "<b>x"
    places = [(skip.place, skip.code) for page in pages for skip in page.skipped]
    assert places == [
        ("users.json 4", "unreadable_item"),
        ("users.json 5", "unreadable_item"),
        ("general/2023-11-02.json", "unreadable_item"),
        *((f"general/2023-11-03.json {number}", "unreadable_item") for number in (1, 2, 3, 5)),
        ("general/2023-11-04.json", "unreadable_item"),
        ("general/2023-11-05.json 1", "unreadable_item"),
        ("gone/2023-11-05.json", "not_read"),
    ]
    await check_connector(SLACK, config)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"nothing"])
async def test_what_is_no_export_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(Fatal, match="no whole zip file"):
        await read(SlackConfig(export=str(tmp_path / "x.zip")))
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as file:
        file.writestr("a.txt", "x")
    with pytest.raises(Fatal, match="no export of Slack"):
        await read(SlackConfig(export=str(tmp_path / "y.zip")))
    with pytest.raises(Fatal, match="either an export or a token"):
        await read(SlackConfig())


async def test_an_export_that_grows_conforms(tmp_path: Path, small_pages: None) -> None:
    days = {"general/2023-11-14": [said(number, f"<@U2> {number}") for number in range(10)]}
    more = {**days, "general/2023-11-15": [said(number) for number in range(10, 20)]}
    verdict = await check_connector(SLACK, zipped(tmp_path / "a.zip", days), zipped(tmp_path / "b.zip", more))
    assert verdict.tier == "branch"


class Simulator:
    """A workspace behind Slack's way of paging: newest first, cursors, threads apart."""

    def __init__(self, server: FaultServer, base: str, messages: list[dict[str, Any]]) -> None:
        self.messages = messages
        self.config = SlackConfig(token=TOKEN, api=server.url(base))
        rooms = [
            PLACE,
            {"id": "C2", "name": "other", "is_member": False},
            {"id": "C3", "name": "away", "is_member": True},
        ]
        calls: dict[str, Callable[[Asked], dict[str, Any]]] = {
            "auth.test": lambda _: {"team": "Acme", "team_id": TEAM, "url": "https://acme.slack.com/"},
            "users.list": lambda asked: paged(asked, USERS, "members"),
            "conversations.list": lambda asked: paged(asked, rooms, "channels"),
            "conversations.history": self.history,
            "conversations.replies": self.replies,
        }
        for name, call in calls.items():
            server.on(f"{base}/{name}", partial(answered, call))

    def history(self, asked: Asked) -> dict[str, Any]:
        if asked.query["channel"] == "C3":
            return {"ok": False, "error": "channel_not_found"}
        tops = [one for one in self.messages if one.get("thread_ts", one["ts"]) == one["ts"]]
        found = [
            one
            for one in sorted(tops, key=lambda one: one["ts"], reverse=True)
            if asked.query.get("oldest", "") < one["ts"] < asked.query.get("latest", "9")
        ]
        size = int(asked.query["limit"])
        return {"messages": found[:size], "has_more": len(found) > size}

    def replies(self, asked: Asked) -> dict[str, Any]:
        return paged(asked, [one for one in self.messages if one.get("thread_ts") == asked.query["ts"]], "messages")


def answered(call: Callable[[Asked], dict[str, Any]], asked: Asked) -> Given:
    return given_json({"ok": True, **call(asked)})


def paged(asked: Asked, found: list[Any], name: str) -> dict[str, Any]:
    start, size = int(asked.query.get("cursor", "0")), int(asked.query["limit"])
    following = str(start + size) if start + size < len(found) else ""
    return {name: found[start : start + size], "response_metadata": {"next_cursor": following}}


def talk(count: int) -> list[dict[str, Any]]:
    """Return a root with replies after every fourth message."""
    found = []
    for number in range(count):
        root = number - number % 4
        last = min(root + 2, count - 1)
        if number % 4 == 0 and last > number:
            found.append(said(number, thread_ts=stamp(number), reply_count=last - number, latest_reply=stamp(last)))
        elif number % 4 in (1, 2):
            found.append(said(number, "yes", "U2", thread_ts=stamp(root)))
        else:
            found.append(said(number, f"<@U2> {number}"))
    return found


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def test_the_web_api_is_read_page_by_page(server: FaultServer, small_pages: None) -> None:
    before, after = Simulator(server, "/api", talk(22)), Simulator(server, "/later", talk(31))
    pages = await read(before.config)
    found = acts(pages)
    assert {act.ref.key for act in found.values()} == {f"C1:{stamp(number)}" for number in range(22)}
    assert found[ref(1, "reply")].reply_to == ref(0)
    assert found[ref(3)].url == server.url(f"/archives/C1/p{stamp(3).replace('.', '')}")
    assert {(skip.place, skip.code) for page in pages for skip in page.skipped} == {("away", "not_read")}
    assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer xoxb-not-a-token"}
    server.asked.clear()
    again = await read(msgspec.structs.replace(before.config, days=0), pages[-1].cursor)
    assert not acts(again)
    assert [asked.path for asked in server.asked].count("/api/conversations.history") == 3
    verdict = await check_connector(SLACK, before.config, after.config)
    assert verdict.tier == "branch"


async def test_an_export_tells_what_the_web_api_tells(server: FaultServer, tmp_path: Path) -> None:
    asked = Simulator(server, "/api", talk(22)).config
    kept = zipped(tmp_path / "x.zip", {"general/2023-11-14": talk(22)})
    assert acts(await read(msgspec.structs.replace(kept, api=asked.api))) == acts(await read(asked))
    told = acts(await read(kept)).values()
    assert {act.url for act in told if act.ref == ref(3)} == {
        f"https://slack.com/archives/C1/p{stamp(3).replace('.', '')}"
    }


async def test_each_channel_is_read_by_itself_the_newest_first(
    server: FaultServer, tmp_path: Path, small_pages: None
) -> None:
    slack = Simulator(server, "/api", talk(22))
    config = slack.config
    async with open_context(SLACK, config, tmp_path, clock=FakeClock(still=True)) as context:
        people = [page async for page in SLACK.pull(config, None, context)]
        assert {type(record) for page in people for record in page.records} == {Identity}
        general, away = [partition async for partition in SLACK.discover(config, context)]
        assert (general.name, general.visibility, away.name) == ("general", "members", "away")
        first = [page async for page in SLACK.read(config, general, None, context)]
        assert max(acts(first), key=lambda found: found.key) == ref(21, "reply")
        assert ref(3) not in acts(first), "history comes behind"
        history = [page async for page in SLACK.read_history(config, general, None, context)]
        assert len(acts(history)) == 22
        assert [page async for page in SLACK.read_history(config, general, history[-1].cursor, context)] == []
        for path in tmp_path.iterdir():  # noqa: ASYNC240 - few files
            path.unlink()
        later = [page async for page in SLACK.read(config, general, first[-1].cursor, context)]
        assert {act.actor for act in acts(later).values()} == {Ref("slack", "U1", TEAM), Ref("slack", "U2", TEAM)}
        with pytest.raises(Missing):
            assert not [page async for page in SLACK.read(config, away, None, context)]


async def test_of_a_channel_with_nothing_new_one_request_is_made_and_nothing_told(
    server: FaultServer, tmp_path: Path
) -> None:
    slack = Simulator(server, "/api", [said(number) for number in range(5)])
    room = Partition("C1", "general", "channel", "members")
    async with open_context(SLACK, slack.config, tmp_path, clock=FakeClock(still=True)) as context:
        assert [page async for page in SLACK.pull(slack.config, None, context)]
        cursor = None
        for told in (5, 5, 0):
            server.asked.clear()
            pages = [page async for page in SLACK.read(slack.config, room, cursor, context)]
            assert (len(acts(pages)), len(server.asked), bool(pages)) == (told, 1, told > 0)
            cursor = pages[-1].cursor if pages else cursor
        slack.messages[2] |= {"reactions": [{"name": "eyes", "users": ["U2"]}]}
        pages = [page async for page in SLACK.read(slack.config, room, cursor, context)]
        assert [act.ref.kind for act in acts(pages).values()].count("react") == 1


async def test_edits_and_reactions_of_the_last_days_are_seen(server: FaultServer) -> None:
    slack = Simulator(server, "/api", [said(1), said(2)])
    pages = await read(slack.config)
    slack.messages[0] |= {"text": "Hello", "edited": {"ts": stamp(5)}, "reactions": [{"name": "eyes", "users": ["U2"]}]}
    slack.messages[1] = said(2, subtype="tombstone")
    facts = Facts([*pages, *await read(slack.config, pages[-1].cursor)])
    assert facts.interactions[ref(1)].text == "Hello"
    assert facts.gone == {ref(2)}
    assert [act.native_kind for act in facts.interactions.values() if act.ref.kind == "react"] == ["eyes"]


async def test_recorded_answers_are_read(server: FaultServer) -> None:
    """Pages of a real channel: the second is asked for from below the first."""
    folder = shared("samples/perceval-fixtures/slack")
    history = [json.loads((folder / f"slack_history{name}.json").read_text()) for name in ("", "_next")]
    room = json.loads((folder / "slack_info.json").read_text())["channel"]
    users = [json.loads((folder / f"slack_user_U000{number}.json").read_text())["user"] for number in (1, 2)]
    server.on("/api/auth.test", given_json({"ok": True, "team_id": "T0001", "url": "https://x.slack.com/"}))
    server.on("/api/users.list", given_json({"ok": True, "members": users}))
    server.on("/api/conversations.list", given_json({"ok": True, "channels": [room]}))
    server.on("/api/conversations.history", lambda asked: given_json(history["latest" in asked.query]))
    pages = await read(SlackConfig(token=TOKEN, api=server.url("/api")))
    facts = Facts(pages)
    assert Counter(ref.kind for ref in facts.interactions) == {"message": 7, "join": 1, "comment": 1}
    assert not [skip for page in pages for skip in page.skipped]
    assert server.asked[-1].query["latest"] == "1427135733.000068"
    assert facts.identities[Ref("slack", "U0001", "T0001")].address == "acs@example.com"
    assert {record.name for page in pages for record in page.records if isinstance(record, Channel)} == {"test channel"}
    assert not any(isinstance(record, Tombstone) for page in pages for record in page.records)


@pytest.mark.parametrize(
    ("error", "raised", "said"),
    [
        ({"error": "token_revoked"}, Reauthorize, "a token that holds"),
        ({"error": "missing_scope", "needed": "users:read"}, Refused, "the scope users:read"),
        ({"error": "invalid_arg_name"}, Fatal, "invalid_arg_name"),
    ],
)
async def test_refusals_say_what_to_do(
    server: FaultServer, error: dict[str, str], raised: type[Exception], said: str
) -> None:
    server.on("/api/auth.test", given_json({"ok": False, **error}))
    with pytest.raises(raised, match=said):
        await read(SlackConfig(token=TOKEN, api=server.url("/api")))


async def test_a_limit_is_waited_for(server: FaultServer, tmp_path: Path) -> None:
    slack = Simulator(server, "/api", [said(1)])
    server.first(Given(429, headers={"retry-after": "30"}))
    clock = FakeClock()
    async with open_context(SLACK, slack.config, tmp_path, clock=clock) as context:
        pages = [page async for page in pages_of(SLACK, slack.config, None, context)]
    assert list(acts(pages)) == [ref(1)]
    assert sum(clock.slept) >= 30
    assert all(not isinstance(record, Identity) or record.seen_at for page in pages for record in page.records)
