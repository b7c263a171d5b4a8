"""What the API answers, and what its refusals mean."""

from datetime import timedelta
from html import unescape

import msgspec

from kith.connectors import Answer, Fatal, Reauthorize, Retry
from kith.connectors.stackexchange.posts import Person

#: What is wanted of questions and all below them: the API makes a filter of it, which lasts for ever.
INCLUDE = ";".join((
    ".backoff", ".error_id", ".error_message", ".error_name", ".has_more", ".items", ".quota_remaining",
    "question.question_id", "question.owner", "question.creation_date", "question.last_activity_date",
    "question.last_edit_date", "question.title", "question.body", "question.accepted_answer_id", "question.answers",
    "question.comments", "answer.answer_id", "answer.owner", "answer.creation_date", "answer.last_edit_date",
    "answer.is_accepted", "answer.body", "answer.comments", "comment.comment_id", "comment.owner",
    "comment.creation_date", "comment.body", "comment.reply_to_user", "comment.post_id", "comment.post_type",
    "shallow_user.user_id", "shallow_user.display_name", "shallow_user.user_type",
))  # fmt: skip


class User(msgspec.Struct, frozen=True):
    user_id: int | None = None
    display_name: str | None = None

    @property
    def person(self) -> Person:
        return Person(self.user_id, unescape(self.display_name or ""))


class SaidBelow(msgspec.Struct, frozen=True):
    comment_id: int
    creation_date: int
    owner: User = User()
    body: str | None = None
    body_markdown: str | None = None
    reply_to_user: User | None = None


class Answered(msgspec.Struct, frozen=True):
    answer_id: int
    creation_date: int
    owner: User = User()
    body: str | None = None
    is_accepted: bool | None = False
    last_edit_date: int | None = None
    comments: tuple[msgspec.Raw, ...] | None = ()


class Asked(msgspec.Struct, frozen=True):
    question_id: int
    creation_date: int
    last_activity_date: int
    owner: User = User()
    title: str | None = None
    body: str | None = None
    last_edit_date: int | None = None
    answers: tuple[msgspec.Raw, ...] | None = ()
    comments: tuple[msgspec.Raw, ...] | None = ()


class Filter(msgspec.Struct, frozen=True):
    filter: str


class Wrapper(msgspec.Struct, frozen=True):
    """What every answer comes in."""

    items: list[msgspec.Raw] | None = None
    has_more: bool | None = False
    backoff: float | None = None
    quota_remaining: int | None = None
    error_id: int | None = None
    error_name: str | None = None
    error_message: str | None = None


def understood(answer: Answer) -> Wrapper:
    """Return an answer; raises what a refusal means."""
    wrapper: Wrapper = answer.json(Wrapper)
    if wrapper.error_id is None and answer.status == 200 and wrapper.items is not None:
        return wrapper
    said = f"Stack Exchange refuses: {wrapper.error_name or answer.status}, {wrapper.error_message or 'no reason'}."
    if wrapper.error_id in (401, 402, 403, 405, 406):
        raise Reauthorize(said)
    if wrapper.error_id == 502:  # the day's quota, or too many at once: the message says how many seconds
        seconds = [int(word) for word in (wrapper.error_message or "").split() if word.isdigit()]
        raise Retry(said, after=timedelta(seconds=min(seconds[0], 86_400)) if seconds else None)
    raise Retry(said) if wrapper.error_id in (500, 503) else Fatal(said)
