"""What lies below an issue or a comment: whom it names, reviews, the merge, reactions."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Protocol

import msgspec

from kith.connectors import Missing, Ref, Refused, Skip, items
from kith.connectors.github.records import Writer
from kith.connectors.github.shapes import Account, Comment, Issue, Pull, Reaction, Reactions, Review
from kith.connectors.markdown import named

_REMEMBERED = 100_000  # names


class Wanted(Protocol):
    """What of the settings of a source says what to ask for."""

    @property
    def reviews(self) -> bool: ...
    @property
    def reactions(self) -> bool: ...
    @property
    def mentions(self) -> bool: ...


class Server(Protocol):
    """What answers: GitHub, or one that speaks as it does."""

    host: str

    async def pull(self, repo: str, number: int) -> Pull: ...
    async def user(self, login: str) -> Account: ...
    def all(self, path: str) -> AsyncIterator[list[msgspec.Raw]]: ...


class Below:
    """Asks for one repository; ``logins`` are the numbers behind names, for all of a run."""

    def __init__(
        self, config: Wanted, client: Server, writer: Writer, repo: str, logins: dict[str, int | None]
    ) -> None:
        self._config, self._client, self._writer, self._repo, self._logins = config, client, writer, repo, logins

    async def issue(self, issue: Issue, told: items.Told) -> None:
        """Tell of an issue or a pull request with what lies below it."""
        await self.opened(issue, told)
        path = f"/repos/{self._repo}/issues/{issue.number}/reactions"
        await self._reactions(path, issue.reactions, issue.user, issue.number, told)
        if issue.pull_request is not None and self._config.reviews:
            await self._reviews(issue, told)
            if issue.pull_request.merged_at:
                await self._merge(issue, told)

    async def comment(self, comment: Comment, told: items.Told) -> None:
        """Tell of a comment with the reactions to it."""
        await self.said(comment, told)
        kind = "pulls" if comment.pull_request_url else "issues"
        path = f"/repos/{self._repo}/{kind}/comments/{comment.id}/reactions"
        await self._reactions(path, comment.reactions, comment.user, comment.number, told)

    async def opened(self, issue: Issue, told: items.Told) -> None:
        """Tell of an issue or a pull request alone."""
        mentioned = await self._mentioned(issue.body)
        told.keep(partial(self._writer.issue, issue, mentioned), f"{self._repo}#{issue.number}", issue)

    async def said(self, comment: Comment, told: items.Told) -> None:
        """Tell of a comment alone."""
        mentioned = await self._mentioned(comment.body)
        told.keep(partial(self._writer.comment, comment, mentioned), f"{self._repo} comment {comment.id}", comment)

    async def reviewed(self, issue: Issue, review: Review, told: items.Told) -> None:
        """Tell of a review."""
        mentioned = await self._mentioned(review.body)
        make = partial(self._writer.review, issue, review, mentioned)
        told.keep(make, f"{self._repo}#{issue.number} review {review.id}", review)

    async def _reviews(self, issue: Issue, told: items.Told) -> None:
        place = f"{self._repo}#{issue.number} review"
        try:
            async for raws in self._client.all(f"/repos/{self._repo}/pulls/{issue.number}/reviews"):
                for review in told.read_all(raws, Review, place):
                    await self.reviewed(issue, review, told)
        except (Missing, Refused) as error:
            told.skipped.append(Skip(place, "not_read", str(error)))

    async def _merge(self, issue: Issue, told: items.Told) -> None:
        place = f"{self._repo}#{issue.number} merge"
        try:
            pull = await self._client.pull(self._repo, issue.number)
        except (Missing, Refused) as error:
            told.skipped.append(Skip(place, "not_read", str(error)))
            return
        if pull.merged_at and pull.merged_by:
            told.keep(partial(self._writer.merge, issue, pull), place, pull)

    async def _reactions(
        self, path: str, counted: Reactions | None, to: Account | None, number: int, told: items.Told
    ) -> None:
        if not self._config.reactions or counted is None or not counted.total_count:
            return
        try:
            async for raws in self._client.all(path):
                told.add_all(raws, Reaction, path, lambda one: self._writer.reaction(one, to, number))
        except (Missing, Refused) as error:
            told.skipped.append(Skip(path, "not_read", str(error)))

    async def _mentioned(self, markdown: str | None) -> list[Ref]:
        """Return the people behind the names in a text; those whom GitHub does not know are none."""
        if not self._config.mentions:
            return []
        found = [await self._known(name) for name in named(markdown)]
        return [Ref(self._writer.network, f"@{id_}", self._client.host) for id_ in found if id_ is not None]

    async def _known(self, login: str) -> int | None:
        if login not in self._logins:
            if len(self._logins) >= _REMEMBERED:
                self._logins.clear()
            try:
                self._logins[login] = (await self._client.user(login)).id
            except Missing:
                self._logins[login] = None
        return self._logins[login]
