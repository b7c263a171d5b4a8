"""From what a forum answers to records."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urljoin, urlsplit

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
from kith.connectors.discourse.config import DiscourseConfig
from kith.connectors.discourse.shapes import (
    MODERATOR,
    REGULAR,
    WHISPER,
    Accepted,
    Category,
    Person,
    Post,
    Pushed,
    Topic,
)

NETWORK = "discourse"


class Forum:
    """One forum: its keys, its categories, and who is known by name."""

    def __init__(self, site: str) -> None:
        self.site = site.rstrip("/")
        self.host = (urlsplit(site).hostname or "").lower()
        self.people: dict[str, int] = {}
        self.strangers: set[str] = set()
        self._visible: dict[int, Visibility] = {}

    def ref(self, key: int | str) -> Ref:
        return Ref(NETWORK, items.key(str(key)), self.host)

    def act(self, key: int | str, kind: InteractionKind, actor: Ref | None = None) -> InteractionRef:
        return InteractionRef(NETWORK, str(key), kind, self.host, actor)

    def category(self, category: Category) -> Iterator[Record]:
        visibility: Visibility = "private" if category.read_restricted else "public"
        self._visible[category.id] = visibility
        parent = category.parent_category_id
        yield Channel(
            self.ref(f"c{category.id}"),
            "category",
            items.line(category.name) or str(category.id),
            items.address(f"{self.site}/c/{category.slug or category.id}/{category.id}"),
            self.ref(f"c{parent}") if parent else None,
            visibility,
        )

    def visibility(self, topic: Topic) -> Visibility:
        """Return who sees a topic; of a category that is not known, that only its readers do."""
        return self._visible.get(topic.category_id or 0, "private") if topic.category_id else "public"

    def person(self, who: "Person | Post", seen: datetime | None) -> Identity:
        """Return somebody in a list, or who wrote a post; remember their name."""
        id_ = who.id if isinstance(who, Person) else who.user_id or 0
        if who.username:
            self.people[who.username.lower()] = id_
        url = items.address(f"{self.site}/u/{who.username}") if who.username else None
        kind: IdentityKind = "bot" if id_ < 0 else "unknown"
        handle = items.line(who.username)
        avatar = urljoin(f"{self.site}/", (who.avatar_template or "").replace("{size}", "144"))
        return Identity(
            self.ref(id_), kind, items.line(who.name) or handle, handle, url=url,
            avatar_url=items.address(avatar) if who.avatar_template else None, seen_at=seen,
        )  # fmt: skip


def gone(config: DiscourseConfig, pushed: Pushed) -> Tombstone | None:
    """Return the post that the forum says was deleted."""
    post = pushed.post
    return Tombstone(Forum(config.site).act(post.id, _kind(post))) if post else None


def _kind(post: Post) -> InteractionKind:
    return "post" if post.post_number == 1 else "reply"


class Writer:
    """Turns the posts of one topic into records. numbers: the ids of its posts, by their place in it."""

    def __init__(self, forum: Forum, topic: Topic) -> None:
        self._forum, self._topic = forum, topic
        self.numbers: dict[int, int] = {}
        self.place = forum.ref(f"c{topic.category_id}") if topic.category_id else None
        self.thread = forum.ref(f"t{topic.id}")
        self.visibility = forum.visibility(topic)

    def topic(self) -> Conversation:
        url = f"{self._forum.site}/t/{self._topic.slug or '-'}/{self._topic.id}"
        return Conversation(self.thread, self.place, items.line(self._topic.title), items.address(url))

    def post(self, post: Post, mentioned: Mapping[str, int]) -> Iterator[Record]:
        """Yield what a post tells; nothing of the forum's own notes. Raises Unreadable."""
        kind = _kind(post)
        if post.post_type not in (REGULAR, MODERATOR, WHISPER):
            return
        if post.is_gone:
            yield Tombstone(self._forum.act(post.id, kind))
            return
        if post.user_id is None:
            raise items.Unreadable("The post names nobody who wrote it.")
        when = items.moment(post.created_at)
        actor = self._forum.person(post, when)
        yield actor
        parent = self.numbers.get(post.reply_to_post_number or (0 if post.post_number == 1 else 1))
        named = [self._forum.ref(id_) for name in post.mentions() if (id_ := mentioned.get(name)) is not None]
        yield Interaction(
            self._forum.act(post.id, kind),
            actor.ref,
            when,
            tuple(Target(ref, "mention") for ref in dict.fromkeys(named) if ref != actor.ref),
            channel=self.place,
            conversation=self.thread,
            reply_to=self._forum.act(parent, "post") if parent and parent != post.id else None,
            native_kind="whisper" if post.post_type == WHISPER else None,
            title=items.line(self._topic.title) if post.post_number == 1 else None,
            text=None if post.hidden else items.own_words(post.cooked),
            url=items.address(f"{self._forum.site}/t/{self._topic.slug or '-'}/{self._topic.id}/{post.post_number}"),
            visibility="private" if post.post_type == WHISPER or post.hidden else self.visibility,
            edited_at=items.moment(post.updated_at) if post.updated_at and (post.version or 1) > 1 else None,
        )
        if post.accepted_answer:
            yield from self._acceptance(post, actor.ref, when)

    def like(self, post: Post, person: Person) -> Iterator[Record]:
        """Yield that somebody likes a post. The forum tells no time: it is that of the post."""
        who = self._forum.person(person, None)
        author = self._forum.ref(post.user_id or 0)
        yield who
        yield Interaction(
            self._forum.act(post.id, "react", who.ref),
            who.ref,
            items.moment(post.created_at),
            (Target(author, "author"),) if author != who.ref else (),
            channel=self.place,
            conversation=self.thread,
            native_kind="like",
            visibility=self.visibility,
        )

    def _acceptance(self, post: Post, author: Ref, when: datetime) -> Iterator[Record]:
        """Yield that the asker, or whom the forum names, took this for the answer. It has no time of its own."""
        accepted = self._topic.accepted_answer
        name = accepted.accepter_username if isinstance(accepted, Accepted) else None
        by = self._forum.people.get((name or "").lower(), self._topic.user_id)
        if by is not None and self._forum.ref(by) != author:
            yield Interaction(
                self._forum.act(post.id, "accept"),
                self._forum.ref(by),
                when,
                (Target(author, "author"),),
                channel=self.place,
                conversation=self.thread,
                visibility=self.visibility,
            )
