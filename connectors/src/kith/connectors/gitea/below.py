"""What lies below an issue or a comment: reviews with their comments, the merge, reactions."""

from functools import partial

from kith.connectors import InteractionRef, Missing, Refused, Skip, items
from kith.connectors.gitea.client import Client
from kith.connectors.gitea.config import GiteaConfig
from kith.connectors.gitea.records import Writer
from kith.connectors.gitea.shapes import Comment, Reaction, Review
from kith.connectors.github import below, shapes


class Below(below.Below):
    """Asks for one repository, as of GitHub; what differs is here."""

    def __init__(
        self, config: GiteaConfig, client: Client, writer: Writer, repo: str, logins: dict[str, int | None]
    ) -> None:
        super().__init__(config, client, writer, repo, logins)
        self._asks_reactions, self._gitea, self._words = config.reactions, client, writer

    async def issue(self, issue: shapes.Issue, told: items.Told) -> None:
        await super().issue(issue, told)
        ref = self._words.issue_ref(issue.number, issue.pull_request is not None)
        await self._reacted(f"issues/{issue.number}", ref, issue.user, issue.number, told)

    async def comment(self, comment: shapes.Comment, told: items.Told) -> None:
        await super().comment(comment, told)
        ref = self._words.comment_ref(comment)
        await self._reacted(f"issues/comments/{comment.id}", ref, comment.user, comment.number, told)

    async def _reviews(self, issue: shapes.Issue, told: items.Told) -> None:
        place, path = f"{self._repo}#{issue.number} review", f"/repos/{self._repo}/pulls/{issue.number}/reviews"
        try:
            async for raws in self._gitea.all(path):
                for review in told.read_all(raws, Review, place):
                    mentioned = await self._mentioned(review.body)
                    make = partial(self._words.review, issue, review, mentioned)
                    told.keep(make, f"{place} {review.id}", review)
                    if review.comments_count and review.state != "PENDING":
                        async for remarks in self._gitea.all(f"{path}/{review.id}/comments"):
                            told.add_all(remarks, Comment, f"{place} {review.id}", partial(self._words.remark, issue))
        except (Missing, Refused) as error:
            told.skipped.append(Skip(place, "not_read", str(error)))

    async def _reacted(
        self, what: str, to: InteractionRef, author: shapes.Account | None, number: int, told: items.Told
    ) -> None:
        if not self._asks_reactions:
            return
        path = f"/repos/{self._repo}/{what}/reactions"
        try:
            async for raws in self._gitea.all(path):
                told.add_all(raws, Reaction, path, lambda one: self._words.reacted(one, to, author, number))
        except (Missing, Refused) as error:
            told.skipped.append(Skip(path, "not_read", str(error)))
