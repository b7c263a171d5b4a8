"""The known community on networks whose servers cannot be had: on servers of ours that page and answer as those do."""

from typing import Any

from kith.connectors.mastodon import words
from kith.connectors.testing import given_json
from tests.labs.known.people import ALL, handle
from tests.labs.known.truth import Said, Truth
from tests.unit.connectors import test_discourse, test_github, test_gitlab, test_mastodon

HOST = "127.0.0.1"


class Forge:
    """Issues of a repository with their comments, and a pull request that is reviewed and merged."""

    kinds = ("post", "comment")
    flags = frozenset({"edit", "names", "late", "rooted"})

    def __init__(self, network: str, lab: Any, truth: Truth) -> None:
        self.network, self.lab, self._minute, self._comments = network, lab, 0, 100
        for who in ALL:
            truth.account(who, network, f"@{who + 1}", HOST)
            lab.on(f"/users/{handle(network, who)}", lambda _, one=who: given_json(self.user(one)))

    def user(self, who: int) -> dict[str, Any]:
        name = handle(self.network, who)
        given = {"id": who + 1, "login": name, "html_url": f"https://{self.network}.example/{name}"}
        return given | ({"type": "User"} if self.network == "github" else {"full_name": ""})

    def minute(self) -> int:
        self._minute += 1
        self.lab.minute = self._minute
        return self._minute

    async def say(self, who: int, text: str, to: Said | None, names: int | None) -> tuple[int, dict[str, Any]]:
        text = text if names is None else f"@{handle(self.network, names)} {text}"
        if to is None:
            number = len(self.lab.lists["issues"]) + 1
            self.lab.issue(number, self.minute(), body=text, user=self.user(who), title="Garden", by=None)
            return number, self.lab.lists["issues"][-1]
        self._comments += 1
        number = to.native[0]
        self.lab.comment(self._comments, number, self.minute(), body=text, user=self.user(who), by=who + 1)
        return number, self.lab.lists["issues/comments"][-1]

    async def react(self, who: int, said: Said) -> None:
        raise NotImplementedError

    async def edit(self, said: Said, text: str) -> None:
        said.native[1].update(body=text, updated_at=test_github.at(self.minute()))

    async def delete(self, said: Said) -> None:
        raise NotImplementedError

    def review(self, author: int, reviewer: int, truth: Truth) -> None:
        """Let somebody propose a change, and another approve it and take it in."""
        number, minute = len(self.lab.lists["issues"]) + 1, self.minute()
        approved = {"id": 70, "state": "APPROVED", "body": "Good.", "submitted_at": test_github.at(self.minute())}
        merged = {"number": number, "merged_at": test_github.at(self.minute()), "merged_by": self.user(reviewer)}
        marked = {"pull_request": {"merged_at": merged["merged_at"]}, "user": self.user(author), "title": "Change"}
        mark = truth.mark()
        self.lab.issue(number, minute, body=f"Water mark{mark}", by=None, **marked)
        path = test_github.PATH
        self.lab.on(f"{path}/pulls/{number}", lambda _: given_json(merged))
        self.lab.on(f"{path}/pulls/{number}/reviews", lambda _: given_json([approved | {"user": self.user(reviewer)}]))
        truth.did(self.network, "contribute", author, mark=mark)
        truth.did(self.network, "approve", reviewer, author)
        truth.did(self.network, "merge", reviewer, author)


class GitLab:
    """Issues of a project, their discussions and votes."""

    network, kinds, flags = (
        "gitlab",
        ("post", "comment"),
        frozenset({"edit", "react", "names", "late", "rooted", "votes"}),
    )

    def __init__(self, lab: test_gitlab.Simulator, truth: Truth) -> None:
        self.lab, self._minute = lab, 0
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.votes: dict[int, list[dict[str, Any]]] = {}
        for who in ALL:
            truth.account(who, "gitlab", f"@{who + 1}", HOST)
        lab.on("/api/v4/users", lambda asked: given_json(
            [self.user(who) for who in ALL if handle("gitlab", who) == asked.query["username"]]
        ))  # fmt: skip

    def user(self, who: int) -> dict[str, Any]:
        name = handle("gitlab", who)
        return {"id": who + 1, "username": name, "name": name, "web_url": f"https://gitlab.example/{name}"}

    def minute(self) -> int:
        self._minute += 1
        return self._minute

    async def say(self, who: int, text: str, to: Said | None, names: int | None) -> tuple[int, dict[str, Any]]:
        text = text if names is None else f"@{handle('gitlab', names)} {text}"
        if to is None:
            number = len(self.notes) + 1
            self.lab.add("issues", number, self.minute(), author=self.user(who), description=text, title="Garden")
            self.notes[number], self.votes[number] = [], []
            path = f"{test_gitlab.PATH}/issues/{number}"
            self.lab.on(f"{path}/discussions", lambda _: given_json(
                [{"id": f"d{one['id']}", "notes": [one]} for one in self.notes[number]]
            ))  # fmt: skip
            self.lab.on(f"{path}/award_emoji", lambda _: given_json(self.votes[number]))
            return number, self.lab.lists["issues"][-1]
        number = to.native[0]
        note = test_gitlab.note(100 + self._minute, self.minute(), 1, text, author=self.user(who))
        self.notes[number].append(note)
        self._touch(number, user_notes_count=len(self.notes[number]))
        return number, note

    async def react(self, who: int, said: Said) -> None:
        number = said.native[0]
        vote = {"id": 900 + self._minute, "name": "thumbsup", "created_at": test_gitlab.at(self.minute())}
        self.votes[number].append(vote | {"user": self.user(who)})
        self._touch(number, upvotes=len(self.votes[number]))

    async def edit(self, said: Said, text: str) -> None:
        self._touch(said.native[0], description=text)

    async def delete(self, said: Said) -> None:
        raise NotImplementedError

    def _touch(self, number: int, **more: Any) -> None:
        issue = self.lab.lists["issues"][number - 1]
        issue.update(updated_at=test_gitlab.at(self.minute()), **more)


class Forum:
    """Topics of Discourse."""

    network, kinds = "discourse", ("post", "reply")
    flags = frozenset({"edit", "delete", "react", "names", "late"})

    def __init__(self, forum: test_discourse.Simulator, truth: Truth) -> None:
        self.forum, self._minute, self._topics = forum, 0, 0
        for who in ALL:
            truth.account(who, "discourse", str(who + 1), HOST)
            forum.on(f"/u/{handle('discourse', who)}.json", lambda _, one=who: {"user": {"id": one + 1}})

    def minute(self) -> int:
        self._minute += 1
        return self._minute

    async def say(self, who: int, text: str, to: Said | None, names: int | None) -> int:
        called = "" if names is None else handle("discourse", names)
        mention = f'<a class="mention" href="/u/{called}">@{called}</a> ' if called else ""
        more: dict[str, Any] = {"username": handle("discourse", who)}
        if to is None:
            self._topics += 1
            topic = self._topics
        else:
            above = self.forum.posts[to.native]
            topic, more["reply_to_post_number"] = above["topic_id"], above["post_number"]
        return self.forum.post(topic, self.minute(), who + 1, f"<p>{mention}{text}</p>", **more)

    async def react(self, who: int, said: Said) -> None:
        likes = self.forum.likes.setdefault(said.native, [])
        likes.append({"id": who + 1, "username": handle("discourse", who)})
        self._touch(said, actions_summary=[{"id": 2, "count": len(likes)}])

    async def edit(self, said: Said, text: str) -> None:
        self._touch(said, cooked=f"<p>{text}</p>", version=2)

    async def delete(self, said: Said) -> None:
        self._touch(said, cooked="<p>(post deleted by author)</p>", user_deleted=True)

    def _touch(self, said: Said, **more: Any) -> None:
        post, now = self.forum.posts[said.native], test_discourse.at(self.minute())
        post.update(updated_at=now, **more)
        self.forum.topics[post["topic_id"]]["bumped_at"] = now


class Fediverse:
    """Statuses of a server of Mastodon."""

    network, kinds, flags = "fediverse", ("post", "reply"), frozenset({"react", "names", "late"})

    def __init__(self, social: test_mastodon.Simulator, truth: Truth) -> None:
        self.social = social
        self.likes: dict[str, list[str]] = {}
        for who in ALL:
            truth.account(who, "fediverse", f"{handle('fediverse', who)}@mastodon.example")

    async def say(self, who: int, text: str, to: Said | None, names: int | None) -> str:
        named = [who_ for who_ in (names, to.who if to else None) if who_ is not None and who_ != who]
        mentions = [{"id": f"a-{name}", "acct": name} for name in (handle("fediverse", one) for one in named)]
        words_ = "".join(f"@{one['acct']} " for one in mentions)
        id_ = self.social.add(handle("fediverse", who), f"<p>{words_}{text}</p>", to and to.native, mentions=mentions)
        self.likes[id_] = []
        self.social.on(f"/api/v1/statuses/{id_}/{words.LIKED_BY}", lambda _: given_json(
            [test_mastodon.account(one) for one in self.likes[id_]]
        ))  # fmt: skip
        return id_

    async def react(self, who: int, said: Said) -> None:
        self.likes[said.native].append(handle("fediverse", who))
        self.social.statuses[said.native][words.LIKES] = len(self.likes[said.native])

    async def edit(self, said: Said, text: str) -> None:
        status = self.social.statuses[said.native]
        status.update(content=f"<p>{text}</p>", edited_at="2024-02-01T00:00:00.000Z")

    async def delete(self, said: Said) -> None:
        raise NotImplementedError
