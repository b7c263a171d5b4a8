"""What the API answers, as far as it is read."""

import msgspec


class User(msgspec.Struct, frozen=True):
    id: int | None = None
    username: str | None = None
    name: str | None = None
    web_url: str | None = None
    avatar_url: str | None = None
    bot: bool | None = False


class Project(msgspec.Struct, frozen=True):
    id: int
    path_with_namespace: str
    web_url: str | None = None
    visibility: str | None = None


class Item(msgspec.Struct, frozen=True):
    """An issue, or a merge request. merge_user: who took it in; older servers call that merged_by."""

    iid: int
    created_at: str
    updated_at: str
    author: User | None = None
    title: str | None = None
    description: str | None = None
    web_url: str | None = None
    confidential: bool | None = False
    user_notes_count: int | None = None
    upvotes: int | None = 0
    downvotes: int | None = 0
    merged_at: str | None = None
    merge_user: User | None = None
    merged_by: User | None = None


class Note(msgspec.Struct, frozen=True):
    """A comment. system: the server's own note of what somebody did."""

    id: int
    created_at: str
    updated_at: str | None = None
    author: User | None = None
    body: str | None = None
    system: bool | None = False
    internal: bool | None = False
    confidential: bool | None = False


class Discussion(msgspec.Struct, frozen=True):
    """Notes in answer to one another."""

    id: str
    notes: list[msgspec.Raw] = []


class Award(msgspec.Struct, frozen=True):
    id: int
    name: str
    created_at: str
    user: User | None = None


class PushedProject(msgspec.Struct, frozen=True):
    path_with_namespace: str = ""


class Pushed(msgspec.Struct, frozen=True):
    """What a webhook pushes."""

    project: PushedProject = PushedProject()
