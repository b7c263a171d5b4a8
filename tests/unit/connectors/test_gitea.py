"""Gitea and Forgejo: a repository on a server of ours with their way of paging, their words, and their webhooks."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import (
    Affiliation,
    Delivery,
    InteractionRef,
    Missing,
    Page,
    Received,
    Ref,
    Secret,
    Target,
    Tombstone,
    open_context,
)
from kith.connectors.gitea import GiteaConfig, GiteaConnector, client
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given, check_connector, given_json
from tests.unit.connectors import test_github as github
from tests.unit.connectors.test_github import HOST, LATER, PATH, START, at, skips

GITEA = GiteaConnector()


def person(id_: int) -> Ref:
    return Ref("gitea", f"@{id_}", HOST)


def act(key: str, kind: Any, actor: Ref | None = None) -> InteractionRef:
    return InteractionRef("gitea", key, kind, HOST, actor)


def user(id_: int, **more: Any) -> dict[str, Any]:
    return {"id": id_, "login": f"user{id_}", "full_name": f"User {id_}", "email": f"user{id_}@noreply.x.org", **more}


class Forge(github.Simulator):
    """A repository whose lists are in the order of creation, the newest first, and which tells its time."""

    minute = 60

    def __init__(self, server: FaultServer, earlier: "Forge | None" = None) -> None:
        super().__init__(server, earlier)
        self.give("/orgs/acme", {"username": "acme", "full_name": "Acme"})

    def on(self, path: str, answer: Any) -> None:
        super().on(f"/api/v1{path}", answer)

    def user(self, id_: int, asked: Asked) -> Given:
        return given_json(user(id_))

    def changed(self, name: str, asked: Asked) -> Given:
        since, page, size = asked.query.get("since", ""), int(asked.query["page"]), int(asked.query["limit"])
        found = [one for one in reversed(self.lists[name]) if str(one.get("updated_at")) >= since]
        date = format_datetime(START + timedelta(minutes=self.minute), usegmt=True)
        return given_json(
            found[(page - 1) * size : page * size], headers={"date": date, "x-total-count": f"{len(found)}"}
        )

    def issue(self, number: int, minute: int, by: Any = 1, body: str | None = "Hi", **more: Any) -> None:
        super().issue(number, minute, None, body, **{"user": user(by), **more})

    def comment(self, id_: int, number: int, minute: int, by: int = 2, body: Any = "Yes", **more: Any) -> None:
        kind = "pulls" if more.pop("in_pull", False) else "issues"
        address = f"https://x.org/acme/rocket/{kind}/{number}"
        addresses = {"issue_url": "", "pull_request_url": ""}
        addresses["pull_request_url" if kind == "pulls" else "issue_url"] = address
        self.lists["issues/comments"].append({
            "id": id_, "created_at": at(minute), "updated_at": at(minute), "user": user(by), "body": body,
            "html_url": f"{address}#issuecomment-{id_}", **addresses, **more,
        })  # fmt: skip

    def pull(self, number: int, minute: int, *reviews: dict[str, Any], by: int = 1, **more: Any) -> None:
        self.issue(number, minute, by, pull_request={"merged_at": more.get("merged_at")})
        self.give(f"{PATH}/pulls/{number}", {"number": number, **more})
        self.give(f"{PATH}/pulls/{number}/reviews", list(reviews))


def review(id_: int, minute: int, state: str, body: str = "", by: int = 2, **more: Any) -> dict[str, Any]:
    return {"id": id_, "state": state, "body": body, "submitted_at": at(minute), "user": user(by), **more}


@pytest.fixture
async def forge(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Forge]:
    monkeypatch.setattr(client, "SIZE", 4)
    async with FaultServer() as server:
        yield Forge(server)


def config(forge: Forge, **more: Any) -> GiteaConfig:
    return GiteaConfig(("acme/rocket",), forge.server.url(), **more)


async def read(settings: GiteaConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(GITEA, settings, Path("/nonexistent"), clock=FakeClock(still=True)) as context:
        return [page async for page in GITEA.pull(settings, cursor, context)]


async def test_who_addresses_whom(forge: Forge) -> None:
    forge.issue(1, 1, body="@user2: see")
    forge.comment(11, 1, 2, by=3, updated_at=at(5))
    forge.pull(
        2, 3, review(21, 4, "APPROVED", by=3), review(22, 4, "COMMENT"), review(23, 4, "COMMENT", "Nice", by=3),
        review(24, 5, "REQUEST_CHANGES", "Please", comments_count=1), review(25, 5, "PENDING", "not yet"),
        review(26, 6, "REQUEST_REVIEW", by=1), review(27, 6, "APPROVED", by=2, dismissed=True),
        merged_at=at(9), merged_by=user(4),
    )  # fmt: skip
    remark = {"id": 31, "created_at": at(5), "updated_at": at(5), "user": user(2), "body": "here", "html_url": "x"}
    forge.give(f"{PATH}/pulls/2/reviews/24/comments", [remark])
    forge.comment(12, 2, 6, by=1, in_pull=True)
    facts = Facts(pages := await read(config(forge)))
    found = facts.interactions
    assert not skips(pages)
    assert found[act("7#1", "post")].targets == (Target(person(2), "mention"),)
    assert found[act("issuecomment-11", "comment")].reply_to == act("7#1", "post")
    assert found[act("issuecomment-11", "comment")].edited_at == START + timedelta(minutes=5)
    assert found[act("issuecomment-12", "comment")].reply_to == act("7#2", "contribute")
    assert found[act("issuecomment-31", "comment")].targets == (Target(person(1), "author"),)
    assert found[act("7#2", "merge")].actor == person(4)
    given = {ref.key: (ref.kind, act_.native_kind) for ref, act_ in found.items() if "review-" in ref.key}
    assert given == {
        "pullrequestreview-21": ("approve", "approved"), "pullrequestreview-23": ("review", "commented"),
        "pullrequestreview-24": ("review", "changes_requested"), "pullrequestreview-27": ("review", "dismissed"),
    }  # fmt: skip
    assert act("pullrequestreview-27", "approve") not in found
    ada = facts.identities[person(1)]
    assert (ada.name, ada.handle, ada.address) == ("User 1", "user1", None)


async def test_who_is_gone_who_is_a_robot_and_who_wrote_elsewhere(forge: Forge) -> None:
    forge.issue(1, 1, user=user(-1, login="Ghost"))
    forge.issue(2, 2, user=user(-2, login="forgejo-actions"))
    forge.issue(3, 3, user=user(-1, login="Ghost"), original_author="ada")
    forge.issue(4, 4, user=user(5, email="Five@X.org"))
    forge.pull(5, 5, review(51, 6, "APPROVED"))
    forge.lists["issues"][-1]["user"] = user(-1, login="Ghost")
    facts = Facts(pages := await read(config(forge)))
    assert skips(pages) == [("acme/rocket#5", "unreadable_item"), ("acme/rocket#1", "unreadable_item")]
    assert facts.identities[person(-2)].kind == "bot"
    elsewhere = Ref("gitea", "original/ada", HOST)
    assert facts.interactions[act("7#3", "post")].actor == elsewhere
    assert facts.identities[elsewhere].name == "ada"
    assert facts.identities[person(5)].address == "five@x.org"
    assert facts.interactions[act("pullrequestreview-51", "approve")].targets == ()


async def test_reactions_stars_and_members_where_they_are_asked_for(forge: Forge) -> None:
    forge.issue(1, 1)
    forge.issue(2, 1)
    forge.give(f"{PATH}/issues/2/reactions", None)
    forge.comment(11, 1, 2)
    heart = {"content": "heart", "created_at": at(3), "user": user(3)}
    forge.give(f"{PATH}/issues/1/reactions", [heart])
    forge.give(f"{PATH}/issues/comments/11/reactions", [heart])
    forge.give(f"{PATH}/stargazers", [user(4)])
    forge.give("/orgs/acme/members", [user(1), user(2)])
    pages = await read(config(forge, reactions=True, stars=True, members=True))
    found = Facts(pages).interactions
    assert not skips(pages)
    assert found[act("7#1/heart", "react", person(3))].targets == (Target(person(1), "author"),)
    assert found[act("issuecomment-11/heart", "react", person(3))].targets == (Target(person(2), "author"),)
    assert act("7", "bookmark", person(4)) in found
    members = [record for page in pages for record in page.records if isinstance(record, Affiliation)]
    assert [(one.identity, one.organization) for one in members] == [(person(1), "Acme"), (person(2), "Acme")]
    forge.give(f"{PATH}/stargazers", [])
    later = await read(config(forge, stars=True), pages[-1].cursor)
    assert not [ref for ref in Facts([*pages, *later]).interactions if ref.kind == "bookmark"]


async def test_only_what_changed_is_asked_for_again(forge: Forge) -> None:
    for number in range(1, 11):
        forge.issue(number, number)
    first = await read(config(forge))
    forge.server.asked.clear()
    forge.minute = 120
    forge.lists["issues"][3] |= {"updated_at": at(100), "title": "Renamed"}
    second = await read(config(forge), first[-1].cursor)
    assert [issue.title for issue in Facts(second).interactions.values()] == ["Renamed"]
    asked = [(one.path.removeprefix(f"/api/v1{PATH}"), one.query.get("since")) for one in forge.server.asked]
    since = f"{START + timedelta(minutes=59):%Y-%m-%dT%H:%M:%SZ}"
    assert asked == [("", None), ("/issues", since), ("/issues/comments", since)]


async def test_what_slips_onto_an_earlier_page_is_not_lost(forge: Forge) -> None:
    for number in range(1, 13):
        forge.issue(number, number)
    answer = forge.changed

    def shrinking(asked: Asked) -> Given:
        given = answer("issues", asked)
        if asked.query["page"] == "1":
            forge.lists["issues"] = [one for one in forge.lists["issues"] if one["number"] != 12]
        return given

    forge.on(f"{PATH}/issues", shrinking)
    found = Facts(await read(config(forge))).interactions
    assert {ref.key for ref in found} == {f"7#{number}" for number in range(1, 13)}


async def test_what_is_ill_formed_or_not_shown_is_told(forge: Forge) -> None:
    forge.issue(1, 1)
    forge.lists["issues"] += [
        {"number": "two"},
        {"number": 3, "created_at": "soon", "updated_at": at(3), "user": user(1)},
    ]
    forge.on(f"{PATH}/issues/comments", lambda _: Given(403))
    settings = msgspec.structs.replace(config(forge), repositories=("acme/rocket", "acme/gone"))
    pages = await read(settings)
    assert [ref.key for ref in Facts(pages).interactions] == ["7#1"]
    assert skips(pages) == [
        ("acme/rocket issues 2", "unreadable_item"), ("acme/rocket#3", "unreadable_item"),
        ("acme/rocket issues/comments", "not_read"), ("acme/gone", "not_read"),
    ]  # fmt: skip
    with pytest.raises(Missing):
        await read(msgspec.structs.replace(settings, repositories=("acme/gone",)))


async def test_a_webhook_tells_deletions_and_that_there_is_news(forge: Forge) -> None:
    settings = config(forge)

    async def receive(**body: Any) -> Received:
        told = {"repository": {"id": 7, "full_name": "Acme/Rocket"}} | body
        delivery = Delivery({}, json.dumps(told).encode(), datetime(2024, 1, 2, tzinfo=UTC))
        async with open_context(GITEA, settings, Path("/nonexistent")) as context:
            return await GITEA.receive(settings, delivery, context)

    comment = {"id": 11, "html_url": "x", "created_at": at(1), "updated_at": at(1), "user": user(2)}
    issue = {"number": 1, "created_at": at(1), "updated_at": at(1), "user": user(1)}
    assert (await receive(action="created", comment=comment, issue=issue)) == Received(read=True)
    gone = await receive(action="deleted", comment=comment, issue=issue)
    assert gone.records == (Tombstone(act("issuecomment-11", "comment")),)
    assert (await receive(action="deleted", issue=issue)).records == (Tombstone(act("7#1", "post")),)
    assert (await receive(ref="refs/heads/main")) == Received(read=True)
    assert (await receive(repository={"id": 8, "full_name": "other/secret"}, action="deleted")) == Received()
    signature = GITEA.pushes.signature
    assert signature is not None
    signed = {"x-gitea-signature": signature.sign(b"{}", "s3cr3t")}
    assert signature.flaw(signed, b"{}", "s3cr3t", datetime(2024, 1, 2, tzinfo=UTC)) is None


async def test_gitea_conforms(forge: Forge) -> None:
    forge.later = Forge(forge.server, earlier=forge)
    forge.later.minute = 120
    for one, count in ((forge, 8), (forge.later, 12)):
        for number in range(1, count):
            one.issue(number, number if number < 8 else number + 60)
            one.comment(number, number, number if number < 8 else number + 60, by=3)
        one.pull(20, 9, review(21, 10, "APPROVED"), merged_at=at(11), merged_by=user(4))
    before, after = config(forge, token=Secret("not-a-token")), config(forge, token=Secret(LATER))
    assert (await check_connector(GITEA, before, after)).tier == "branch"
