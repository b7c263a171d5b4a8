"""Stack Exchange: recorded answers of the API, a site of ours that pages as it does, and a dump of its shape."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import (
    Coverage,
    Fatal,
    Interaction,
    InteractionRef,
    Page,
    Reauthorize,
    Ref,
    Retry,
    Secret,
    Target,
    open_context,
)
from kith.connectors.stackexchange import StackExchangeConfig, StackExchangeConnector, api, dump
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, check_connector, given_json
from tests.paths import shared

STACK = StackExchangeConnector()
SITE = "unix.stackexchange.com"
BASE = 1_700_000_000


def ref(key: int) -> Ref:
    return Ref("stackexchange", str(key), SITE)


def act(key: int, kind: Any) -> InteractionRef:
    return InteractionRef("stackexchange", str(key), kind, SITE)


async def read(config: StackExchangeConfig, cursor: msgspec.Raw | None = None, **more: Any) -> list[Page]:
    async with open_context(STACK, config, Path("/nonexistent"), clock=more.get("clock") or FakeClock()) as context:
        return [page async for page in STACK.pull(config, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.code) for page in pages for skip in page.skipped]


def user(id_: int | None, name: str | None = None) -> dict[str, Any]:
    return {"user_id": id_, "display_name": name or f"Ada &amp; {id_}"} if id_ else {"display_name": name}


def question(id_: int, active: int, **more: Any) -> dict[str, Any]:
    return {
        "question_id": id_, "creation_date": BASE, "last_activity_date": BASE + active, "owner": user(1),
        "title": "Who &amp; why?", "body": f"<p>Q{id_}</p><blockquote><p>old</p></blockquote>", **more,
    }  # fmt: skip


class Simulator:
    """The API: questions by activity from ``min`` on, in pages; a filter must have been made."""

    def __init__(self, server: FaultServer, base: str, questions: list[dict[str, Any]]) -> None:
        self.questions, self.more = questions, {"quota_remaining": 200}
        self.config = StackExchangeConfig(SITE, api=server.url(base))
        server.on(f"{base}/filters/create", given_json({"items": [{"filter": "!abc"}], "has_more": False}))
        server.on(f"{base}/questions", self.answer)

    def answer(self, asked: Asked) -> Any:
        assert asked.query.get("filter") == "!abc" or asked.query["pagesize"] == "1"
        since, page, size = (int(asked.query.get(name, "1")) for name in ("min", "page", "pagesize"))
        found = sorted(self.questions, key=lambda one: one.get("last_activity_date", 0))
        found = [one for one in found if one.get("last_activity_date", BASE) >= since][(page - 1) * size :]
        return given_json({"items": found[:size], "has_more": len(found) > size, **self.more})


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def test_recorded_answers_are_read_and_a_backoff_is_kept(server: FaultServer) -> None:
    folder = shared("samples/perceval-fixtures/stackexchange")
    pages = [json.loads((folder / f"stackexchange_question{name}").read_text()) for name in ("_backoff_page", "")]
    server.on("/filters/create", given_json({"items": [{"filter": "!abc"}]}))
    pages[0]["backoff"] = 20
    server.on("/questions", *map(given_json, pages))
    clock = FakeClock()
    found = await read(StackExchangeConfig(SITE, api=server.url().rstrip("/")), clock=clock)
    told = Facts(found).interactions
    assert set(told) == {
        act(1, "question"), act(1, "answer"), act(2, "answer"), act(60495069, "comment"), act(2, "comment"),
    }  # fmt: skip
    assert told[act(1, "answer")].reply_to == told[act(60495069, "comment")].reply_to == act(1, "question")
    assert told[act(1, "question")].actor == ref(3)
    assert sum(clock.slept) >= 20


async def test_answers_comments_and_acceptances_name_whom_they_address(server: FaultServer) -> None:
    comment = {"comment_id": 7, "creation_date": BASE + 9, "owner": user(1), "body": "Thanks <b>you</b>"}
    answer = {
        "answer_id": 5, "creation_date": BASE + 5, "owner": user(2), "body": "<p>So</p>", "is_accepted": True,
        "last_edit_date": BASE + 6, "comments": [comment, {**comment, "comment_id": 8, "reply_to_user": user(3)}],
    }  # fmt: skip
    gone = {"answer_id": 6, "creation_date": BASE, "owner": {"display_name": "user44"}, "comments": None}
    lost = {"answer_id": 9, "creation_date": BASE, "owner": {"display_name": "Nobody", "user_type": "does_not_exist"}}
    site = Simulator(server, "/2.3", [question(1, 10, answers=[answer, gone, lost, {"answer_id": "x"}])])
    pages = await read(msgspec.structs.replace(site.config, key=Secret("not-a-key"), tags=("bash", "zsh")))
    facts = Facts(pages)
    told = facts.interactions
    assert told[act(1, "question")].title == "Who & why?"
    assert told[act(1, "question")].text == "Q1"
    assert facts.identities[ref(1)].name == "Ada & 1"
    assert told[act(5, "answer")].edited_at == datetime.fromtimestamp(BASE + 6, UTC)
    assert (told[act(5, "accept")].actor, told[act(5, "accept")].targets) == (ref(1), (Target(ref(2), "author"),))
    assert told[act(7, "comment")].reply_to == act(5, "answer")
    assert told[act(8, "comment")].targets == (Target(ref(3), "mention"),)
    assert told[act(6, "answer")].actor == ref(44)
    assert skips(pages) == [("question 1 answer", "unreadable_item")] * 2
    assert (server.asked[-1].query["key"], server.asked[-1].query["tagged"]) == ("not-a-key", "bash;zsh")


async def test_questions_that_move_while_they_are_read_are_not_lost(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "SIZE", 3)
    site = Simulator(server, "/2.3", [question(number, number // 2 * 2) for number in range(1, 14)])
    for number in range(14, 20):  # more than a page in one second
        site.questions.append(question(number, 50))
    found: set[InteractionRef] = set()
    async with open_context(STACK, site.config, Path("/nonexistent"), clock=FakeClock()) as context:
        async for page in STACK.pull(site.config, None, context):
            if not found:
                site.questions[0]["last_activity_date"] = BASE + 60  # it leaves the first page for the last one
            found |= set(Facts([page]).interactions)
    assert found == {act(number, "question") for number in range(1, 20)}
    server.asked.clear()
    pages = await read(site.config, page.cursor)
    assert [one.query["min"] for one in server.asked] == [str(BASE + 60)]
    assert set(Facts(pages).interactions) == {act(1, "question")}


async def test_the_api_conforms(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "SIZE", 2)
    questions = [
        question(number, number, answers=[{"answer_id": 100 + number, "creation_date": BASE, "owner": user(2)}])
        for number in range(1, 12)
    ]
    before, after = Simulator(server, "/a", questions[:7]), Simulator(server, "/b", questions)
    assert (await check_connector(STACK, before.config, after.config)).tier == "branch"


@pytest.mark.parametrize(
    ("error", "raised", "said"),
    [
        ({"error_id": 403, "error_name": "access_denied", "error_message": "no"}, Reauthorize, "access_denied"),
        ({"error_id": 400, "error_name": "bad_parameter", "error_message": "site"}, Fatal, "bad_parameter"),
        (
            {"error_id": 502, "error_name": "throttle_violation", "error_message": "too many; 900 seconds"},
            Retry,
            "throttle",
        ),
    ],
)
async def test_refusals_say_what_to_do(
    server: FaultServer, error: dict[str, Any], raised: type[Exception], said: str
) -> None:
    server.on("/filters/create", given_json(error, status=400))
    with pytest.raises(raised, match=said) as caught:
        await read(StackExchangeConfig(SITE, api=server.url().rstrip("/"), key=Secret("not-a-key")))
    assert "not-a-key" not in str(caught.value)
    if isinstance(caught.value, Retry):
        assert caught.value.after == timedelta(seconds=900)


def row(**fields: Any) -> str:
    return (
        "  <row "
        + " ".join(f'{name}="{escape(str(value)).replace(chr(10), "&#xA;")}"' for name, value in fields.items())
        + " />"
    )


def day(number: int) -> str:
    return f"{datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number):%Y-%m-%dT%H:%M:%S}.123"


def post(id_: int, kind: int, **more: Any) -> str:
    return row(Id=id_, PostTypeId=kind, CreationDate=day(id_), Body=f"<p>Text {id_} &amp;\n</p>", **more)


USERS = [row(Id=number, DisplayName=f"<Ada> {number}", LastAccessDate=day(number)) for number in (-1, 1, 2, 3)]
POSTS = [
    post(1, 1, AcceptedAnswerId=2, OwnerUserId=1, Title="Why?", LastEditDate=day(9)),
    post(2, 2, ParentId=1, OwnerUserId=2),
    post(3, 2, ParentId=1, OwnerDisplayName="user3"),
    post(4, 5, OwnerUserId=1),
]
COMMENTS = [row(Id=7, PostId=2, Text="a < b & c", CreationDate=day(7), UserId=1)]


def folder(path: Path, users: list[str], posts: list[str], comments: list[str]) -> StackExchangeConfig:
    path.mkdir()
    for name, rows in (("Users", users), ("Posts", posts), ("Comments", comments)):
        head = f'\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<{name.lower()}>\r\n'
        (path / f"{name}.xml").write_text(head + "\r\n".join(rows) + f"\r\n</{name.lower()}>", newline="")
    return StackExchangeConfig(SITE, dump=str(path))


async def test_a_dump_is_read_as_the_api_is(tmp_path: Path) -> None:
    pages = await read(folder(tmp_path / "dump", USERS, POSTS, COMMENTS))
    facts = Facts(pages)
    told = facts.interactions
    assert set(told) == {
        act(1, "question"), act(2, "answer"), act(2, "accept"), act(3, "answer"), act(7, "comment"),
    }  # fmt: skip
    assert told[act(1, "question")].text == "Text 1 &"
    assert told[act(1, "question")].edited_at == datetime(2024, 1, 10, 0, 0, 0, 123_000, UTC)
    assert told[act(2, "accept")].targets == (Target(ref(2), "author"),)
    assert told[act(3, "answer")].actor == ref(3)
    assert told[act(7, "comment")].reply_to == act(2, "answer")
    assert told[act(7, "comment")].text == "a < b & c"
    assert facts.identities[ref(1)].name == "<Ada> 1"
    assert facts.identities[ref(-1)].kind == "bot"
    moments = [one.occurred_at for one in told.values()]
    assert facts.coverage == {Coverage("read", min(moments), max(moments) + timedelta(microseconds=1))}
    assert not skips(pages)
    assert not await read(StackExchangeConfig(SITE, dump=str(tmp_path / "dump")), pages[-1].cursor)


async def test_lines_of_a_dump_that_are_ill_formed_are_told(tmp_path: Path) -> None:
    posts = [*POSTS, "  <row Id=", post(8, 1), row(Id=9, PostTypeId=1, OwnerUserId=1), row(Id="x", PostTypeId=1)]
    bomb = '<row Id="10" PostTypeId="1" OwnerUserId="1" CreationDate="&lol;" />'
    comments = [*COMMENTS, row(Id=8, PostId=77, Text="?", CreationDate=day(1), UserId=1), row(Id=9)]
    config = folder(tmp_path / "dump", [*USERS, row(Id=4)], [*posts, bomb], comments)
    pages = await read(config)
    assert len(Facts(pages).interactions) == 5
    assert [place.partition(" ")[0] for place, _ in skips(pages)] == [
        "Users.xml", *["Posts.xml"] * 5, *["Comments.xml"] * 2,
    ]  # fmt: skip
    (tmp_path / "dump" / "Comments.xml").unlink()
    with pytest.raises(Fatal, match=r"Comments\.xml"):
        await read(config)


async def test_a_dump_conforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "LINES", 2)
    before = folder(tmp_path / "before", USERS, POSTS, COMMENTS)
    more = [post(number, 2, ParentId=1, OwnerUserId=2) for number in range(10, 16)]
    after = folder(tmp_path / "after", USERS, [*POSTS, *more], COMMENTS)
    assert (await check_connector(STACK, before, after)).tier == "branch"
    assert any(isinstance(record, Interaction) for page in await read(after) for record in page.records)
