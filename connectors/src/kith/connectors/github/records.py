"""From what the API answers to records."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from kith.connectors import (
    Channel,
    Conversation,
    Identity,
    IdentityKind,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
    Tombstone,
    Visibility,
    items,
)
from kith.connectors.github.shapes import Account, Comment, Issue, Pull, Reaction, Repo, Review, Star
from kith.connectors.markdown import plain

NETWORK = "github"
_GONE = "ghost"  # what GitHub shows in place of every account that was deleted
_KINDS: dict[str | None, IdentityKind] = {"Bot": "bot", "Organization": "organization", "User": "unknown"}


class Writer:
    """Turns what is in one repository into records. Numbers of repositories never change; their names do."""

    network = NETWORK

    def __init__(self, host: str, repo: Repo) -> None:
        self._host, self._repo = host, repo
        self.place = Ref(self.network, str(repo.id), host)
        internal: Visibility = "members" if repo.visibility == "internal" else "private"
        self._visibility: Visibility = internal if repo.private else "public"

    def channel(self) -> Channel:
        name, url = items.line(self._repo.full_name), items.address(self._repo.html_url)
        return Channel(self.place, "repository", name or str(self._repo.id), url, visibility=self._visibility)

    def person(self, account: Account | None) -> Ref:
        """Return the key of somebody. Raises Unreadable where the account is gone."""
        if account is None or account.id is None or account.login == _GONE:
            raise items.Unreadable("It names nobody who did it: the account is gone.")
        return Ref(self.network, f"@{account.id}", self._host)

    def identity(self, account: Account | None, seen: datetime) -> Identity:
        ref = self.person(account)
        assert account is not None  # noqa: S101 - person() has seen to it
        login = items.line(account.login)
        kind = "bot" if (login or "").endswith("[bot]") else _KINDS.get(account.type, "unknown")
        url, avatar = items.address(account.html_url), items.address(account.avatar_url)
        return Identity(ref, kind, login, login, url=url, avatar_url=avatar, seen_at=seen)

    def issue(self, issue: Issue, mentioned: Sequence[Ref]) -> Iterator[Record]:
        """Yield an issue or a pull request with its author. Raises ValueError."""
        at, changed = items.moment(issue.created_at), items.moment(issue.updated_at)
        actor, thread = self.identity(issue.user, changed), self._thread(issue.number)
        title, url = items.line(issue.title), items.address(issue.html_url)
        yield actor
        yield Conversation(thread, self.place, title, url)
        yield Interaction(
            self.issue_ref(issue.number, issue.pull_request is not None),
            actor.ref,
            at,
            _mentions(mentioned, actor.ref),
            channel=self.place,
            conversation=thread,
            native_kind="pull_request" if issue.pull_request else "issue",
            title=title,
            text=plain(issue.body),
            url=url,
            visibility=self._visibility,
        )

    def comment(self, comment: Comment, mentioned: Sequence[Ref]) -> Iterator[Record]:
        """Yield a comment: towards the author of the one above it, else of the issue. Raises ValueError."""
        if not comment.number:
            raise items.Unreadable("The comment names no issue.")
        at, changed = items.moment(comment.created_at), items.moment(comment.updated_at)
        actor = self.identity(comment.user, changed)
        above = self.issue_ref(comment.number, comment.in_pull)
        if comment.in_reply_to_id:
            above = self._ref(f"discussion_r{comment.in_reply_to_id}", "comment")
        yield actor
        yield Interaction(
            self.comment_ref(comment),
            actor.ref,
            at,
            _mentions(mentioned, actor.ref),
            channel=self.place,
            conversation=self._thread(comment.number),
            reply_to=above,
            text=plain(comment.body),
            url=items.address(comment.html_url),
            visibility=self._visibility,
            edited_at=changed if changed > at else None,
        )

    def review(self, issue: Issue, review: Review, mentioned: Sequence[Ref]) -> Iterator[Record]:
        """Yield a review that says something. One that was dismissed approves no more. Raises ValueError."""
        key = f"pullrequestreview-{review.id}"
        if review.state == "PENDING" or (review.state == "COMMENTED" and not (review.body or "").strip()):
            return  # not yet given, or only the wrapping of comments, which are told by themselves
        at = items.moment(review.submitted_at or issue.updated_at)
        actor = self.identity(review.user, at)
        if review.state == "DISMISSED":
            yield Tombstone(self._ref(key, "approve"), "withdrawn")
        yield actor
        yield Interaction(
            self._ref(key, "approve" if review.state == "APPROVED" else "review"),
            actor.ref,
            at,
            (*self._towards(issue.user, actor.ref), *_mentions(mentioned, actor.ref)),
            channel=self.place,
            conversation=self._thread(issue.number),
            reply_to=self.issue_ref(issue.number, True),
            native_kind=items.line(review.state.lower()),
            text=plain(review.body),
            url=items.address(review.html_url),
            visibility=self._visibility,
        )

    def merge(self, issue: Issue, pull: Pull) -> Iterator[Record]:
        """Yield that somebody took a pull request in. Raises ValueError."""
        at = items.moment(pull.merged_at or "")
        actor = self.identity(pull.merged_by, at)
        yield actor
        ref = self._ref(f"{self._repo.id}#{issue.number}", "merge")
        yield self._act(ref, actor.ref, at, issue.user, issue.number)

    def reaction(self, reaction: Reaction, to: Account | None, number: int) -> Iterator[Record]:
        """Yield that somebody reacted. Raises ValueError."""
        at = items.moment(reaction.created_at)
        actor = self.identity(reaction.user, at)
        yield actor
        act = self._act(self._ref(f"reaction-{reaction.id}", "react"), actor.ref, at, to, number, reaction.content)
        yield act

    def star(self, star: Star) -> Iterator[Record]:
        """Yield that somebody starred the repository. Raises ValueError."""
        at = items.moment(star.starred_at)
        actor = self.identity(star.user, at)
        yield actor
        ref = self.star_ref(star.user)
        yield Interaction(ref, actor.ref, at, channel=self.place, native_kind="star", visibility=self._visibility)

    def star_ref(self, account: Account | None) -> InteractionRef:
        return InteractionRef(self.network, str(self._repo.id), "bookmark", self._host, self.person(account))

    def issue_ref(self, number: int, is_pull: bool) -> InteractionRef:
        return self._ref(f"{self._repo.id}#{number}", "contribute" if is_pull else "post")

    def comment_ref(self, comment: Comment) -> InteractionRef:
        anchor = "discussion_r" if comment.pull_request_url else "issuecomment-"
        return self._ref(f"{anchor}{comment.id}", "comment")

    def _act(
        self, ref: InteractionRef, actor: Ref, at: datetime, to: Account | None, number: int, native: str | None = None
    ) -> Interaction:
        return Interaction(
            ref, actor, at, self._towards(to, actor), self.place, self._thread(number), native_kind=items.line(native),
            visibility=self._visibility,
        )  # fmt: skip

    def _towards(self, to: Account | None, actor: Ref) -> tuple[Target, ...]:
        """Return the author as a target; nobody where the account is gone, or it is oneself."""
        if to is None or to.id is None or to.login == _GONE or self.person(to) == actor:
            return ()
        return (Target(self.person(to), "author"),)

    def _thread(self, number: int) -> Ref:
        return Ref(self.network, f"{self._repo.id}#{number}", self._host)

    def _ref(self, key: str, kind: InteractionKind) -> InteractionRef:
        return InteractionRef(self.network, items.key(key), kind, self._host)


def _mentions(mentioned: Sequence[Ref], actor: Ref) -> tuple[Target, ...]:
    return tuple(Target(ref, "mention") for ref in dict.fromkeys(mentioned) if ref != actor)
