"""What the API answers, as far as it is read and GitHub's does not say it the same way."""

import msgspec

from kith.connectors.github import shapes

GONE = -1
ELSEWHERE = 0


class Account(shapes.Account, frozen=True):
    """id: GONE, further below zero for the server's own robots, ELSEWHERE for who has no account here."""

    full_name: str | None = None
    email: str | None = None


class Organization(msgspec.Struct, frozen=True):
    username: str | None = None
    full_name: str | None = None


class Repo(shapes.Repo, frozen=True):
    internal: bool | None = False


class Issue(shapes.Issue, frozen=True):
    """original_author: who wrote it on the server that it was brought from."""

    user: Account | None = None
    original_author: str | None = None

    @property
    def as_written(self) -> "Issue":
        return msgspec.structs.replace(self, user=_elsewhere(self.original_author) or self.user)


class Pull(shapes.Pull, frozen=True):
    merged_by: Account | None = None


class Comment(shapes.Comment, frozen=True):
    """On an issue or a pull request, whose address is the one that is not empty."""

    user: Account | None = None
    original_author: str | None = None

    @property
    def in_pull(self) -> bool:
        return bool(self.pull_request_url)

    @property
    def as_written(self) -> "Comment":
        return msgspec.structs.replace(self, user=_elsewhere(self.original_author) or self.user)


class Review(shapes.Review, frozen=True):
    user: Account | None = None
    dismissed: bool | None = False
    comments_count: int | None = 0


class Reaction(msgspec.Struct, frozen=True):
    content: str
    created_at: str
    user: Account | None = None


class Repository(msgspec.Struct, frozen=True):
    full_name: str = ""
    id: int = 0


class Pushed(msgspec.Struct, frozen=True):
    """What a webhook delivers."""

    action: str = ""
    repository: Repository = Repository()
    comment: Comment | None = None
    issue: Issue | None = None


def _elsewhere(name: str | None) -> Account | None:
    return Account(ELSEWHERE, name) if name else None
