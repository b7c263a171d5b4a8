"""From what the API answers to records: as of GitHub, in the words of Gitea."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from kith.connectors import Affiliation, Identity, Interaction, InteractionRef, Record, Ref, Target, items
from kith.connectors.gitea.shapes import ELSEWHERE, GONE, Account, Comment, Organization, Reaction, Repo, Review
from kith.connectors.github import records as github
from kith.connectors.github import shapes
from kith.connectors.markdown import plain

NETWORK = "gitea"
_STATES = {"COMMENT": "COMMENTED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}
_ROBOTS = ("-actions", "[bot]")


class Writer(github.Writer):
    """Turns what is in one repository into records."""

    network = NETWORK

    def __init__(self, host: str, repo: Repo) -> None:
        visibility = "internal" if repo.internal else None
        super().__init__(
            host, msgspec.structs.replace(repo, private=repo.private or repo.internal, visibility=visibility)
        )

    def person(self, account: shapes.Account | None) -> Ref:
        """Return the key of somebody. Raises Unreadable where the account is gone."""
        if account is None or account.id is None or account.id == GONE:
            raise items.Unreadable("It names nobody who did it: the account is gone.")
        if account.id == ELSEWHERE:
            return Ref(self.network, items.key(f"original/{account.login}"), self._host)
        return Ref(self.network, f"@{account.id}", self._host)

    def identity(self, account: shapes.Account | None, seen: datetime) -> Identity:
        ref = self.person(account)
        assert account is not None  # noqa: S101 - person() has seen to it
        login, name = items.line(account.login), items.line(getattr(account, "full_name", None))
        is_robot = (account.id or 0) < 0 or (login or "").endswith(_ROBOTS)
        email = items.line(getattr(account, "email", None))
        address = email.lower() if email and "@" in email and "noreply" not in email else None
        url, avatar = items.address(account.html_url), items.address(account.avatar_url)
        return Identity(ref, "bot" if is_robot else "unknown", name or login, login, address, url, avatar, seen_at=seen)

    def review(self, issue: shapes.Issue, review: shapes.Review, mentioned: Sequence[Ref]) -> Iterator[Record]:
        """Yield a review that says something; one that was dismissed approves no more. Raises ValueError."""
        if review.state == "REQUEST_REVIEW":
            return
        dismissed = isinstance(review, Review) and review.dismissed
        state = "DISMISSED" if dismissed else _STATES.get(review.state, review.state)
        yield from super().review(issue, msgspec.structs.replace(review, state=state), mentioned)

    def remark(self, issue: shapes.Issue, comment: Comment) -> Iterator[Record]:
        """Yield a comment within the changes of a pull request: towards the author. Raises ValueError."""
        at, changed = items.moment(comment.created_at), items.moment(comment.updated_at)
        actor = self.identity(comment.user, changed)
        yield actor
        yield Interaction(
            self.comment_ref(comment),
            actor.ref,
            at,
            self._towards(issue.user, actor.ref),
            self.place,
            self._thread(issue.number),
            self.issue_ref(issue.number, True),
            text=plain(comment.body),
            url=items.address(comment.html_url),
            visibility=self._visibility,
            edited_at=changed if changed > at else None,
        )

    def reacted(
        self, reaction: Reaction, to: InteractionRef, author: shapes.Account | None, number: int
    ) -> Iterator[Record]:
        """Yield that somebody reacted. Raises ValueError."""
        at = items.moment(reaction.created_at)
        actor = self.identity(reaction.user, at)
        yield actor
        key = items.key(f"{to.key}/{items.line(reaction.content) or ''}")
        ref = InteractionRef(self.network, key, "react", self._host, actor.ref)
        yield self._act(ref, actor.ref, at, author, number, reaction.content)

    def starred(self, account: Account, now: datetime) -> Iterator[Record]:
        """Yield that somebody stars the repository, since when is told nowhere. Raises ValueError."""
        actor = self.identity(account, now)
        yield actor
        ref = InteractionRef(self.network, str(self._repo.id), "bookmark", self._host, actor.ref)
        yield Interaction(ref, actor.ref, now, channel=self.place, native_kind="star", visibility=self._visibility)

    def member(self, account: Account, of: Organization, now: datetime) -> Iterator[Record]:
        """Yield that somebody is in the organization that owns the repository. Raises ValueError."""
        actor = self.identity(account, now)
        name = (items.line(of.full_name) or items.line(of.username) or "")[:200].strip()
        yield actor
        if name:
            yield Affiliation(actor.ref, name, evidence="dated_record", seen_at=now)

    def comment_ref(self, comment: shapes.Comment) -> InteractionRef:
        return self._ref(f"issuecomment-{comment.id}", "comment")

    def _towards(self, to: shapes.Account | None, actor: Ref) -> tuple[Target, ...]:
        return () if to is None or to.id == GONE else super()._towards(to, actor)
