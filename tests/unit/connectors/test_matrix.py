"""Matrix: events that a real Synapse gave, and rooms on a server of ours that pages as it does."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import InteractionRef, Page, Reauthorize, Ref, Secret, Target, open_context
from kith.connectors.matrix import MatrixConfig, MatrixConnector, client
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given, check_connector, given_json
from tests.labs.recordings import replay, told
from tests.paths import ROOT, shared

MATRIX = MatrixConnector()
TOKEN, LATER = "not-a-token", "not-a-token-but-later"
START = datetime(2024, 1, 1, tzinfo=UTC)
GARDEN = "!garden:x.org"


def ref(key: str) -> Ref:
    return Ref("matrix", key)


def act(key: str, kind: Any = "message") -> InteractionRef:
    return InteractionRef("matrix", key, kind)


class Simulator:
    """A server: one stream of events for all rooms, by which it names places."""

    def __init__(self, server: FaultServer, earlier: "Simulator | None" = None) -> None:
        self.server, self.root = server, earlier or self
        self.later: Simulator | None = None
        self.events: list[dict[str, Any]] = []
        self.direct: dict[str, list[str]] = {}
        if earlier is None:
            server.on("/_matrix/client/v3/account/whoami", given_json({"user_id": "@kith:x.org"}))
            server.on("/_matrix/client/v3/sync", lambda asked: given_json(self.now(asked).sync(asked)))

    def now(self, asked: Asked) -> "Simulator":
        """Return the server as this reader sees it: ``later`` is the same one at a later time."""
        return self.later if self.later and LATER in asked.headers["authorization"] else self

    def add(self, type_: str, sender: str, content: Any, room: Any = GARDEN, **more: Any) -> str:
        number = len(self.events)
        id_ = f"$e{number:03}"
        at = int((START + timedelta(minutes=number)).timestamp() * 1000)
        event = {"event_id": id_, "type": type_, "sender": sender, "origin_server_ts": at, "content": content, **more}
        self.put(event, room)
        return id_

    def put(self, event: dict[str, Any], room: str) -> None:
        self.events.append({**event, "room_id": room})
        path = f"/_matrix/client/v3/rooms/{room.replace('!', '%21').replace(':', '%3A')}"
        self.server.on(f"{path}/messages", lambda asked: given_json(self.root.now(asked).messages(asked, room)))
        self.server.on(f"{path}/joined_members", given_json({"joined": {"@ada:x.org": {}, "@bob:x.org": {}}}))
        id_ = event["event_id"].replace("$", "%24").replace(":", "%3A")
        self.server.on(f"{path}/event/{id_}", lambda asked: given_json(self.root.now(asked).shown(event)))

    def shown(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return an event as it is given now: without what was redacted, with its newest edit."""
        for other in self.events:
            about = other["content"].get("m.relates_to", {}) if isinstance(other["content"], dict) else {}
            if other["type"] == "m.room.redaction" and other.get("redacts") == event["event_id"]:
                return {**event, "content": {}, "unsigned": {"redacted_because": other}}
            if about.get("rel_type") == "m.replace" and about.get("event_id") == event["event_id"]:
                event = {**event, "unsigned": {"m.relations": {"m.replace": other}}}
        return event

    def room(self, room: str, start: int, stop: int) -> list[tuple[int, dict[str, Any]]]:
        found = [(number, self.events[number]) for number in range(start, stop)]
        return [(number, self.shown(event)) for number, event in found if event["room_id"] == room]

    def messages(self, asked: Asked, room: str) -> dict[str, Any]:
        start, stop = int(asked.query["from"][1:]), int(asked.query.get("to", "s0")[1:])
        found = self.room(room, stop, start)[::-1][: int(asked.query["limit"])]
        return {"chunk": [event for _, event in found], **({"end": f"t{found[-1][0]}"} if found else {})}

    def sync(self, asked: Asked) -> dict[str, Any]:
        since = int(asked.query.get("since", "s0")[1:])
        limit = json.loads(asked.query["filter"])["room"]["timeline"]["limit"]
        joined: dict[str, Any] = {}
        for room in sorted({event["room_id"] for event in self.events[since:]}):
            found = self.room(room, since, len(self.events))
            state = [event for _, event in found[:-limit] if "state_key" in event]
            timeline = {
                "events": [event for _, event in found[-limit:]], "limited": len(found) > limit,
                "prev_batch": f"t{found[-limit:][0][0]}",
            }  # fmt: skip
            joined[room] = {"timeline": timeline, "state": {"events": state}}
        account = {"events": [{"type": "m.direct", "content": self.direct}, {"type": "m.other", "content": {}}]}
        return {"next_batch": f"s{len(self.events)}", "rooms": {"join": joined}, "account_data": account}

    def open(self, room: str = GARDEN, rule: str = "public", name: str = "Garden") -> None:
        self.add("m.room.join_rules", "@ada:x.org", {"join_rule": rule}, room, state_key="")
        self.add("m.room.name", "@ada:x.org", {"name": name}, room, state_key="")

    def say(self, sender: str, body: Any, room: Any = GARDEN, **content: Any) -> str:
        return self.add("m.room.message", sender, {"msgtype": "m.text", "body": body, **content}, room)


@pytest.fixture
async def home(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    monkeypatch.setattr(client, "LIMIT", 4)
    async with FaultServer() as server:
        yield Simulator(server)


def config(home: Simulator, **more: Any) -> MatrixConfig:
    return MatrixConfig(home.server.url(), Secret(more.pop("token", TOKEN)), **more)


async def read(config: MatrixConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(MATRIX, config, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in MATRIX.pull(config, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.code) for page in pages for skip in page.skipped]


async def test_a_real_room_is_read_whole(home: Simulator) -> None:
    """All events that Synapse gave, in five pages and a sync."""
    path = shared("samples/matrix-synapse/exchanges.ndjson")
    exchanges = [json.loads(line) for line in path.read_text().splitlines()]
    events: dict[str, dict[str, Any]] = {}
    for one in exchanges:
        if "/messages?" in one["path"]:
            events |= {event["event_id"]: event for event in one["body"]["chunk"]}
    ordered = sorted(events.values(), key=lambda event: event["origin_server_ts"])
    room = ordered[0]["room_id"]
    for event in ordered:
        home.put(event, room)
    facts = Facts(pages := await read(config(home)))
    found = facts.interactions
    assert not skips(pages)
    redacted = {event["redacts"] for event in ordered if event["type"] == "m.room.redaction"}
    edits = [event for event in ordered if event["content"].get("m.relates_to", {}).get("rel_type") == "m.replace"]
    said = {event["event_id"] for event in ordered if event["type"] == "m.room.message"}
    told = {one.key for one in found if one.kind in ("message", "reply")}
    assert told == said - redacted - {event["event_id"] for event in edits}
    reactions = {event["event_id"] for event in ordered if event["type"] == "m.reaction"}
    assert {one.key for one in found if one.kind == "react"} == reactions
    by_id = {event["event_id"]: event for event in ordered}
    for one, interaction in found.items():
        about = by_id[one.key]["content"].get("m.relates_to", {})
        if one.kind == "react":
            author = by_id[about["event_id"]]["sender"]
            assert {target.identity.key for target in interaction.targets} <= {author}
        elif one.kind == "reply":
            answered = about.get("m.in_reply_to", {}).get("event_id")
            above = about["event_id"] if about.get("is_falling_back") else answered
            assert interaction.reply_to == act(above)
    for edit in edits:
        original = next(one for one in found if one.key == edit["content"]["m.relates_to"]["event_id"])
        assert found[original].text == edit["content"]["m.new_content"]["body"]
        assert found[original].edited_at is not None
    kinds = Counter(one.kind for one in found)
    assert (kinds["join"], kinds["leave"]) == (5, 1)
    assert {channel.name: channel.visibility for channel in facts.channels.values()} == {
        "Gardening community": "public"
    }
    assert {identity.name for identity in facts.identities.values()} >= {"Ada Example", "Ben Example", "Chi Example"}


async def test_a_recorded_server_is_told_as_it_was_and_conforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LIMIT", 4)
    recording, wire = replay(ROOT / "tests/labs/synapse", tmp_path)
    before, after = (MatrixConfig(server, Secret(TOKEN)) for server in (recording.server, recording.later))
    async with open_context(MATRIX, before, tmp_path, clock=FakeClock(still=True), wire=wire) as context:
        found = told([page async for page in MATRIX.pull(before, None, context)])
    assert {act for act in found if act.kind not in ("join", "leave")} == set(recording.acts)
    assert len(recording.acts) > 12
    assert (await check_connector(MATRIX, before, after, wire=wire)).tier == "branch"


async def test_who_addresses_whom(home: Simulator) -> None:
    home.open()
    home.add("m.room.member", "@ada:x.org", {"membership": "invite"}, state_key="@bob:x.org")
    came = {"membership": "join", "displayname": "Bob <b>"}
    home.add(
        "m.room.member", "@bob:x.org", came, state_key="@bob:x.org", unsigned={"prev_content": {"membership": "invite"}}
    )
    first = home.say("@ada:x.org", "Hello @bob", **{"m.mentions": {"user_ids": ["@bob:x.org", "@ada:x.org"]}})
    quoted = "> <@ada:x.org> Hello\n\nHi"
    link = '<a href="https://matrix.to/#/@ada:x.org">Ada</a>'
    answer = home.say(
        "@bob:x.org", quoted, formatted_body=link, **{"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
    )
    thread = {"rel_type": "m.thread", "event_id": first, "is_falling_back": True, "m.in_reply_to": {"event_id": answer}}
    third = home.say("@ada:x.org", "> mine", **{"m.relates_to": thread})
    reacted = home.add(
        "m.reaction", "@bob:x.org", {"m.relates_to": {"rel_type": "m.annotation", "event_id": first, "key": "x"}}
    )
    secret = home.add("m.room.encrypted", "@ci:x.org", {"algorithm": "m.megolm"})
    home.add(
        "m.room.member", "@ada:x.org", {"membership": "leave"}, state_key="@bob:x.org", unsigned={"prev_content": came}
    )
    facts = Facts(pages := await read(config(home, bots=("@ci:x.org",))))
    found = facts.interactions
    assert not skips(pages)
    assert found[act(first)].targets == (Target(ref("@bob:x.org"), "mention"),)
    assert (found[act(answer, "reply")].text, found[act(answer, "reply")].reply_to) == ("Hi", act(first))
    assert found[act(answer, "reply")].targets == (Target(ref("@ada:x.org"), "mention"),)
    assert (found[act(third, "reply")].conversation, found[act(third, "reply")].reply_to) == (ref(first), act(first))
    assert found[act(reacted, "react")].targets == (Target(ref("@ada:x.org"), "author"),)
    assert found[act(secret)].text is None
    assert facts.identities[ref("@ci:x.org")].kind == "bot"
    assert facts.identities[ref("@bob:x.org")].name == "Bob <b>"
    moves = [(one.ref.kind, one.actor.key) for one in found.values() if one.ref.kind in ("join", "leave", "invite")]
    assert sorted(moves) == [("invite", "@ada:x.org"), ("join", "@bob:x.org"), ("leave", "@bob:x.org")]


async def test_later_runs_read_news_gaps_edits_and_redactions(home: Simulator) -> None:
    home.open()
    for number in range(10):
        home.say("@ada:x.org", str(number))
    pages = await read(config(home))
    assert len(Facts(pages).interactions) == 10
    edit = {"rel_type": "m.replace", "event_id": "$e002"}
    home.say("@ada:x.org", "* new", **{"m.relates_to": edit, "m.new_content": {"body": "new"}})
    home.say("@bob:x.org", "* not his", **{"m.relates_to": edit, "m.new_content": {"body": "false"}})
    home.add("m.room.redaction", "@ada:x.org", {}, redacts="$e003")
    for number in range(10):
        home.say("@bob:x.org", f"more {number}")
    home.server.asked.clear()
    more = await read(config(home), pages[-1].cursor)
    facts = Facts([*pages, *more])
    assert len(facts.interactions) == 19
    assert (facts.interactions[act("$e002")].text, act("$e003") in facts.gone) == ("new", True)
    assert len([asked for asked in home.server.asked if asked.path.endswith("/messages")]) <= 4
    home.server.asked.clear()
    assert not Facts(await read(config(home), more[-1].cursor)).interactions
    assert len(home.server.asked) == 1


async def test_private_and_direct_rooms_are_read_only_where_asked(home: Simulator) -> None:
    home.open()
    home.open("!secret:x.org", "invite", "Secret")
    home.open("!two:x.org", "invite", "Two")
    home.direct = {"@bob:x.org": ["!two:x.org"]}
    for room in (GARDEN, "!secret:x.org", "!two:x.org"):
        home.say("@ada:x.org", "Hi", room)
    assert {channel.name for channel in Facts(await read(config(home))).channels.values()} == {"Garden"}
    facts = Facts(await read(config(home, private=True, direct=True)))
    found = {one.channel.key: one for one in facts.interactions.values() if one.channel}
    assert {key: one.visibility for key, one in found.items()} == {
        GARDEN: "public", "!secret:x.org": "private", "!two:x.org": "direct",
    }  # fmt: skip
    assert found["!two:x.org"].targets == (Target(ref("@bob:x.org")),)
    named = Facts(await read(config(home, private=True, rooms=("Secret",))))
    assert {channel.name for channel in named.channels.values()} == {"Secret"}


async def test_what_is_ill_formed_is_told_and_the_rest_is_kept(home: Simulator) -> None:
    home.open()
    home.say("@ada:x.org", "x" * 10_000_000)
    home.say("@ada:x.org", 7)
    home.add("m.room.message", "@ada:x.org", [])
    home.add("m.room.message", "@ada:x.org", {"body": "late"}, origin_server_ts=10**18)
    home.say("@ada:x.org", "fi\0ne")
    pages = await read(config(home))
    assert {one.text for one in Facts(pages).interactions.values()} == {"x" * 1_000_000, "fine"}
    assert [code for _, code in skips(pages)] == ["unreadable_item"] * 3
    home.server.first(Given(401, b'{"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid access token"}'))
    with pytest.raises(Reauthorize, match="Invalid access token"):
        await read(config(home))


async def test_matrix_conforms(home: Simulator) -> None:
    home.later = Simulator(home.server, earlier=home)
    for one, count in ((home, 11), (home.later, 19)):
        one.open()
        for number in range(count):
            said = one.say(f"@p{number % 3}:x.org", f"{number}")
            if number % 4 == 0:
                about = {"rel_type": "m.annotation", "event_id": said, "key": "+"}
                one.add("m.reaction", "@q:x.org", {"m.relates_to": about})
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$e004"}, "m.new_content": {"body": "new"}}
    home.later.say("@p1:x.org", "* new", **edit)
    home.later.add("m.room.redaction", "@p0:x.org", {}, redacts="$e002")
    verdict = await check_connector(MATRIX, config(home), config(home, token=LATER))
    assert verdict.tier == "branch"
