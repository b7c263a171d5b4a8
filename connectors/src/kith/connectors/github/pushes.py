"""What webhooks push: the same records that reading gives, and deletions, which it does not."""

from functools import partial
from typing import TypeVar

import msgspec

from kith.connectors import Context, Delivery, Ending, Fatal, Received, Tombstone, items, read_delivery
from kith.connectors.github.below import Below
from kith.connectors.github.client import Client
from kith.connectors.github.config import GitHubConfig
from kith.connectors.github.records import Writer
from kith.connectors.github.shapes import Comment, Issue, Pull, Pushed, PushedPull, Repo, Review, Star

T = TypeVar("T")

#: After which everything may be another: who may see it, where it is, what there is.
_READ_AGAIN = ("repository", "public", "installation", "installation_repositories")
_GONE = ("deleted", "transferred")


async def receive(config: GitHubConfig, delivery: Delivery, context: Context) -> Received:
    """Return what a webhook tells, or only that there is news. Raises Fatal where it is not as expected."""
    pushed = read_delivery(delivery, Pushed)
    repo = pushed.repository
    if repo is None or repo.full_name.lower() not in map(str.lower, config.repositories):
        return Received()
    event = delivery.headers.get("x-github-event", "")
    if event in _READ_AGAIN:
        return Received(read=True)
    try:
        told = await _Telling(config, context, delivery, repo).tell(event, pushed)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Fatal(f"The delivery is not as expected: {error}.") from error
    return Received(tuple(told.records), tuple(told.skipped))


class _Telling:
    def __init__(self, config: GitHubConfig, context: Context, delivery: Delivery, repo: Repo) -> None:
        client = Client(config, context)
        self._config, self._delivery, self._repo = config, delivery, repo
        self._writer = Writer(client.host, repo)
        self._below = Below(config, client, self._writer, repo.full_name, {})
        self._told = items.Told()

    async def tell(self, event: str, pushed: Pushed) -> items.Told:
        """Return the records; none of an event that tells nothing which is read."""
        gone = pushed.action in _GONE
        match event:
            case "issues":
                await self._issue(_whole(pushed.issue, Issue), gone)
            case "issue_comment" | "pull_request_review_comment":
                await self._comment(_whole(pushed.comment, Comment), gone)
            case "pull_request":
                await self._pull(_whole(pushed.pull_request, PushedPull))
            case "pull_request_review" if self._config.reviews:
                review, pull = _whole(pushed.review, Review), _whole(pushed.pull_request, PushedPull)
                self._begin()
                review = msgspec.structs.replace(review, state=review.state.upper())
                await self._below.reviewed(pull.issue, review, self._told)
            case "star" if self._config.stars:
                self._star(pushed, gone)
        return self._told

    def _begin(self) -> None:
        self._told.records.append(self._writer.channel())

    async def _issue(self, issue: Issue, gone: bool) -> None:
        if gone:
            self._told.records.append(Tombstone(self._writer.issue_ref(issue.number, issue.pull_request is not None)))
        else:
            self._begin()
            await self._below.opened(issue, self._told)

    async def _comment(self, comment: Comment, gone: bool) -> None:
        if gone:
            self._told.records.append(Tombstone(self._writer.comment_ref(comment)))
        else:
            self._begin()
            await self._below.said(comment, self._told)

    async def _pull(self, pull: PushedPull) -> None:
        self._begin()
        await self._below.opened(pull.issue, self._told)
        if self._config.reviews and pull.merged_at and pull.merged_by:
            place = f"{self._repo.full_name}#{pull.number} merge"
            merge = Pull(pull.merged_at, pull.merged_by)
            self._told.keep(partial(self._writer.merge, pull.issue, merge), place, pull)

    def _star(self, pushed: Pushed, gone: bool) -> None:
        place = f"{self._repo.full_name} star"
        if gone:
            self._told.keep(lambda: [Ending(self._writer.star_ref(pushed.sender), self._delivery.received_at)], place)
            return
        self._begin()
        star = Star(pushed.starred_at or "", pushed.sender)
        self._told.keep(partial(self._writer.star, star), place, star)


def _whole(raw: msgspec.Raw, kind: type[T]) -> T:
    return msgspec.json.decode(raw, type=kind)
