"""Questions, answers and comments as records, whether the API or a dump tells them."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from kith.connectors import (
    Channel,
    Conversation,
    Identity,
    Interaction,
    InteractionRef,
    Record,
    Ref,
    Target,
    items,
)

NETWORK = "stackexchange"
#: What the sites call somebody who has left.
_FORMER = re.compile(r"user(\d{1,12})")
PostKind = Literal["question", "answer"]


class Person(msgspec.Struct, frozen=True):
    """Who did something. id: None where the account was deleted; a name may be left of it."""

    id: int | None
    name: str | None = None


class Post(msgspec.Struct, frozen=True):
    """A question or an answer. question: its own id, or that of what it answers."""

    id: int
    kind: PostKind
    question: int
    by: Person
    at: datetime
    text: str | None = None
    title: str | None = None
    edited_at: datetime | None = None


class Comment(msgspec.Struct, frozen=True):
    """above: the post that it is on; to: whom it answers, where the site says so."""

    id: int
    above: int
    kind: PostKind
    question: int
    by: Person
    at: datetime
    text: str | None = None
    to: Person | None = None


class Site:
    """One site: its keys and what it tells."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.channel = Ref(NETWORK, "site", host)

    def records(self) -> Iterator[Record]:
        yield Channel(self.channel, "site", self.host, f"https://{self.host}", visibility="public")

    def person(self, person: Person) -> Ref:
        """Return the key of somebody. Raises Unreadable where the account was deleted, and its number with it."""
        if person.id is not None:
            return Ref(NETWORK, str(person.id), self.host)
        if number := _FORMER.fullmatch(person.name or ""):
            return Ref(NETWORK, number[1], self.host)
        raise items.Unreadable("Who wrote it has deleted the account, and its number is not shown.")

    def identity(self, person: Person, seen: datetime | None) -> Identity:
        """Return somebody; of a deleted account nothing but the key is told."""
        ref = self.person(person)
        if person.id is None:
            return Identity(ref)
        kind: Literal["bot", "unknown"] = "bot" if person.id < 0 else "unknown"
        return Identity(ref, kind, items.line(person.name), url=f"https://{self.host}/users/{person.id}", seen_at=seen)

    def post(self, post: Post, seen: datetime | None = None) -> Iterator[Record]:
        """Yield a question or answer with its author. Raises Unreadable."""
        yield self.identity(post.by, seen)
        thread = self._thread(post.question)
        if post.kind == "question":
            yield Conversation(thread, self.channel, items.line(post.title), f"https://{self.host}/q/{post.id}")
        edited = post.edited_at if post.edited_at and post.edited_at > post.at else None
        yield Interaction(
            self._ref(post.id, post.kind),
            self.person(post.by),
            post.at,
            channel=self.channel,
            conversation=thread,
            reply_to=self._ref(post.question, "question") if post.kind == "answer" else None,
            title=items.line(post.title),
            text=post.text,
            url=f"https://{self.host}/{'q' if post.kind == 'question' else 'a'}/{post.id}",
            visibility="public",
            edited_at=edited,
        )

    def comment(self, comment: Comment, seen: datetime | None = None) -> Iterator[Record]:
        """Yield a comment: towards whom it names first, else towards the author of the post. Raises Unreadable."""
        by = self.person(comment.by)
        yield self.identity(comment.by, seen)
        to = self.person(comment.to) if comment.to and comment.to.id is not None else None
        yield Interaction(
            self._ref(comment.id, "comment"),
            by,
            comment.at,
            (Target(to, "mention"),) if to and to != by else (),
            channel=self.channel,
            conversation=self._thread(comment.question),
            reply_to=self._ref(comment.above, comment.kind),
            text=comment.text,
            visibility="public",
        )

    def acceptance(self, asker: Person, answer: Post) -> Iterator[Record]:
        """Yield that the asker took an answer. The site tells no time: it is that of the answer."""
        author = self.person(answer.by)
        yield Interaction(
            InteractionRef(NETWORK, str(answer.id), "accept", self.host),
            self.person(asker),
            answer.at,
            (Target(author, "author"),) if author != self.person(asker) else (),
            channel=self.channel,
            conversation=self._thread(answer.question),
            visibility="public",
        )

    def _thread(self, question: int) -> Ref:
        return Ref(NETWORK, str(question), self.host)

    def _ref(self, id_: int, kind: Literal["question", "answer", "comment"]) -> InteractionRef:
        return InteractionRef(NETWORK, str(id_), kind, self.host)
