"""What the API answers, as far as it is read."""

import re

import msgspec

_NUMBER = re.compile(r"/(\d+)$")


class Account(msgspec.Struct, frozen=True):
    """id: missing where the account is gone."""

    id: int | None = None
    login: str | None = None
    type: str | None = None
    html_url: str | None = None
    avatar_url: str | None = None


class Repo(msgspec.Struct, frozen=True):
    id: int
    full_name: str
    html_url: str | None = None
    private: bool | None = False
    visibility: str | None = None


class Reactions(msgspec.Struct, frozen=True):
    total_count: int | None = 0


class PullLink(msgspec.Struct, frozen=True):
    merged_at: str | None = None


class Issue(msgspec.Struct, frozen=True):
    """An issue, or a pull request as an issue."""

    number: int
    created_at: str
    updated_at: str
    user: Account | None = None
    title: str | None = None
    body: str | None = None
    html_url: str | None = None
    reactions: Reactions | None = None
    pull_request: PullLink | None = None


class Pull(msgspec.Struct, frozen=True):
    merged_at: str | None = None
    merged_by: Account | None = None


class Review(msgspec.Struct, frozen=True):
    id: int
    state: str
    user: Account | None = None
    body: str | None = None
    html_url: str | None = None
    submitted_at: str | None = None


class Comment(msgspec.Struct, frozen=True):
    """On an issue, or within a pull request: then with the address of that, and perhaps of a comment above."""

    id: int
    created_at: str
    updated_at: str
    html_url: str
    user: Account | None = None
    body: str | None = None
    issue_url: str | None = None
    pull_request_url: str | None = None
    in_reply_to_id: int | None = None
    reactions: Reactions | None = None

    @property
    def number(self) -> int:
        """The issue or pull request that it is on; 0 where it names none."""
        found = _NUMBER.search(self.pull_request_url or self.issue_url or "")
        return int(found[1]) if found else 0

    @property
    def in_pull(self) -> bool:
        return self.pull_request_url is not None or "/pull/" in self.html_url


class Reaction(msgspec.Struct, frozen=True):
    id: int
    content: str
    created_at: str
    user: Account | None = None


class Star(msgspec.Struct, frozen=True):
    starred_at: str
    user: Account | None = None


class PushedPull(Issue, frozen=True):
    """A pull request by itself, which holds all that the list of issues tells of it."""

    merged_at: str | None = None
    merged_by: Account | None = None

    @property
    def issue(self) -> Issue:
        """What the list of issues tells of it."""
        return Issue(
            self.number, self.created_at, self.updated_at, self.user, self.title, self.body, self.html_url,
            pull_request=PullLink(self.merged_at),
        )  # fmt: skip


class Pushed(msgspec.Struct, frozen=True):
    """What a webhook pushes; some events are of no repository, and each holds only what it is about."""

    action: str | None = None
    repository: Repo | None = None
    sender: Account | None = None
    starred_at: str | None = None
    issue: msgspec.Raw = msgspec.Raw()
    pull_request: msgspec.Raw = msgspec.Raw()
    comment: msgspec.Raw = msgspec.Raw()
    review: msgspec.Raw = msgspec.Raw()
