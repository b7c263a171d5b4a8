"""From what the API answers to records."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from kith.connectors import (
    Channel,
    Conversation,
    Identity,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
    Visibility,
    items,
)
from kith.connectors.gitlab.shapes import Award, Item, Note, Project, User
from kith.connectors.markdown import plain

NETWORK = "gitlab"
_GONE = "ghost"  # what GitLab shows in place of every account that was deleted
_ROBOT = re.compile(r"(project|group)_\d+_bot\w*")
_VISIBLE: dict[str | None, Visibility] = {"public": "public", "internal": "members"}
_APPROVED = "approved this merge request"


class Thing(msgspec.Struct, frozen=True):
    """An issue or a merge request within its project."""

    item: Item
    is_merge: bool

    @property
    def mark(self) -> str:
        return f"{'!' if self.is_merge else '#'}{self.item.iid}"


class Writer:
    """Turns what is in one project into records. Numbers of projects never change; their paths do."""

    def __init__(self, host: str, project: Project) -> None:
        self._host, self._project = host, project
        self.place = Ref(NETWORK, str(project.id), host)
        self._visibility = _VISIBLE.get(project.visibility, "private")

    def channel(self) -> Channel:
        name, url = items.line(self._project.path_with_namespace), items.address(self._project.web_url)
        return Channel(self.place, "repository", name or str(self._project.id), url, visibility=self._visibility)

    def person(self, user: User | None) -> Ref:
        """Return the key of somebody. Raises Unreadable where the account is gone."""
        if user is None or user.id is None or user.username == _GONE:
            raise items.Unreadable("It names nobody who did it: the account is gone.")
        return Ref(NETWORK, f"@{user.id}", self._host)

    def identity(self, user: User | None, seen: datetime) -> Identity:
        ref = self.person(user)
        assert user is not None  # noqa: S101 - person() has seen to it
        is_robot = bool(user.bot) or _ROBOT.fullmatch(user.username or "") is not None
        name, handle = items.line(user.name), items.line(user.username)
        url, avatar = items.address(user.web_url), items.address(user.avatar_url)
        return Identity(ref, "bot" if is_robot else "unknown", name, handle, url=url, avatar_url=avatar, seen_at=seen)

    def thing(self, thing: Thing, mentioned: Sequence[Ref]) -> Iterator[Record]:
        """Yield an issue or merge request with its author, and its merge. Raises ValueError."""
        item = thing.item
        actor = self.identity(item.author, items.moment(item.updated_at))
        title, url = items.line(item.title), items.address(item.web_url)
        yield actor
        yield Conversation(self._thread(thing), self.place, title, url)
        yield Interaction(
            self.ref(thing),
            actor.ref,
            items.moment(item.created_at),
            _mentions(mentioned, actor.ref),
            channel=self.place,
            conversation=self._thread(thing),
            native_kind="merge_request" if thing.is_merge else "issue",
            title=title,
            text=plain(item.description),
            url=url,
            visibility=self._seen_by(thing),
        )

    def merge(self, thing: Thing) -> Iterator[Record]:
        """Yield that somebody took a merge request in. Raises ValueError."""
        item, at = thing.item, items.moment(thing.item.merged_at or "")
        actor = self.identity(item.merge_user or item.merged_by, at)
        yield actor
        yield self._act(self._ref(self._thread(thing).key, "merge"), actor.ref, at, thing)

    def note(self, thing: Thing, note: Note, first: int, mentioned: Sequence[Ref]) -> Iterator[Record]:
        """Yield a comment, or an approval of which the server keeps a note. first: of the discussion.

        It is towards the author of that, else of the issue. Raises ValueError.
        """
        if note.system and (note.body or "").strip() != _APPROVED:
            return
        at = items.moment(note.created_at)
        changed = items.moment(note.updated_at) if note.updated_at else at
        actor = self.identity(note.author, max(at, changed))
        yield actor
        if note.system:
            yield self._act(self._ref(f"note_{note.id}", "approve"), actor.ref, at, thing)
            return
        hidden = note.internal or note.confidential
        yield Interaction(
            self._ref(f"note_{note.id}", "comment"),
            actor.ref,
            at,
            _mentions(mentioned, actor.ref),
            channel=self.place,
            conversation=self._thread(thing),
            reply_to=self._ref(f"note_{first}", "comment") if first != note.id else self.ref(thing),
            text=plain(note.body),
            url=items.address(f"{thing.item.web_url}#note_{note.id}") if thing.item.web_url else None,
            visibility="private" if hidden else self._seen_by(thing),
            edited_at=changed if changed > at else None,
        )

    def award(self, thing: Thing, award: Award) -> Iterator[Record]:
        """Yield that somebody reacted. Raises ValueError."""
        at = items.moment(award.created_at)
        actor = self.identity(award.user, at)
        yield actor
        yield self._act(self._ref(f"award_{award.id}", "react"), actor.ref, at, thing, award.name)

    def ref(self, thing: Thing) -> InteractionRef:
        return self._ref(self._thread(thing).key, "contribute" if thing.is_merge else "post")

    def _act(
        self, ref: InteractionRef, actor: Ref, at: datetime, thing: Thing, native: str | None = None
    ) -> Interaction:
        author = thing.item.author
        is_known = author is not None and author.id is not None and author.username != _GONE
        targets = (Target(self.person(author), "author"),) if is_known and self.person(author) != actor else ()
        return Interaction(
            ref, actor, at, targets, self.place, self._thread(thing), native_kind=items.line(native),
            visibility=self._seen_by(thing),
        )  # fmt: skip

    def _seen_by(self, thing: Thing) -> Visibility:
        return "private" if thing.item.confidential else self._visibility

    def _thread(self, thing: Thing) -> Ref:
        return Ref(NETWORK, f"{self._project.id}{thing.mark}", self._host)

    def _ref(self, key: str, kind: InteractionKind) -> InteractionRef:
        return InteractionRef(NETWORK, key, kind, self._host)


def _mentions(mentioned: Sequence[Ref], actor: Ref) -> tuple[Target, ...]:
    return tuple(Target(ref, "mention") for ref in dict.fromkeys(mentioned) if ref != actor)
