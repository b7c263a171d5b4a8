"""Reading a site by the API: the questions that were active since the last run, the longest quiet first."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from html import unescape

import msgspec

from kith.connectors import (
    Context,
    Coverage,
    Page,
    Record,
    Report,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.stackexchange.answers import INCLUDE, Answered, Asked, Filter, SaidBelow, Wrapper, understood
from kith.connectors.stackexchange.config import StackExchangeConfig
from kith.connectors.stackexchange.posts import Comment, Post, PostKind, Site

_DAY = 86_400
SIZE = 100  # questions on a page; the API gives no more


class Cursor(msgspec.Struct, frozen=True):
    """filter: of the API, for what is wanted. reached: when the last question that was read was active.

    page: 1, unless more questions than one page holds were active in that second. until: the coverage so far.
    """

    filter: str = ""
    reached: int = 0
    page: int = 1
    until: datetime | None = None


async def look(config: StackExchangeConfig, context: Context) -> Report:
    """Ask for one question."""
    wrapper = await _Reading(config, context, Cursor()).ask("questions", pagesize=1)
    warnings = () if config.key else ("Without a key the API answers 300 requests a day.",)
    return Report(f"{config.site} answers; {wrapper.quota_remaining} requests are left today.", warnings)


async def read(config: StackExchangeConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield questions with all that is below them, by when they were active last."""
    reading = _Reading(config, context, load_cursor(cursor, Cursor) or Cursor())
    async for page in reading.pages():
        yield page


class _Reading:
    def __init__(self, config: StackExchangeConfig, context: Context, at: Cursor) -> None:
        self._config, self._context, self._at = config, context, at
        self._site, self._now = Site(config.site), context.clock.now()

    async def pages(self) -> AsyncIterator[Page]:
        more, circle = True, items.Circle("The list of questions")
        first: list[Record] = [*self._site.records()]
        while more:
            wrapper = await self._questions()
            circle.check(str(self._at.reached), *map(bytes, wrapper.items or ()))
            told = items.Told(first)
            questions = []
            for number, raw in enumerate(wrapper.items or (), 1):
                question = told.add(bytes(raw), Asked, f"question {number} since {self._at.reached}", self._question)
                if question:
                    questions.append(question)
                    self._below(told, question)
            more = bool(wrapper.has_more and wrapper.items)
            latest = self._now.timestamp() + _DAY  # what lies beyond would hide all that follows
            active = (one.last_activity_date for one in questions if one.last_activity_date <= latest)
            self._move(max(active, default=self._at.reached), more)
            if not more:
                told.records += self._coverage()
            yield Page(tuple(told.records), save_cursor(self._at), tuple(told.skipped), unit="questions")
            first = []

    async def ask(self, method: str, **params: str | int | None) -> Wrapper:
        """Call a method of the API for this site; rests afterwards for as long as the API wants."""
        config = self._config
        url = f"{config.api.rstrip('/')}/{method}"
        params["key"] = config.key.reveal() if config.key else None
        params["access_token"] = config.token.reveal() if config.token else None
        if method == "questions":
            params |= {"site": config.site, "tagged": ";".join(config.tags) or None}
        wrapper = understood(await self._context.http.get(url, params=params, allow=(400,)))
        if wrapper.backoff:
            await self._context.http.rest(url, wrapper.backoff)
        return wrapper

    async def _filter(self) -> str:
        """Return the name of the filter for what is wanted; the API is asked for it once."""
        if not self._at.filter:
            wrapper = await self.ask("filters/create", include=INCLUDE, base="none", unsafe="false")
            made = [msgspec.json.decode(raw, type=Filter) for raw in wrapper.items or ()]
            self._at = msgspec.structs.replace(self._at, filter=made[0].filter)
        return self._at.filter

    async def _questions(self) -> Wrapper:
        """Ask for the next questions. From where one stood, not by pages: what becomes active moves to the end."""
        return await self.ask(
            "questions",
            order="asc",
            sort="activity",
            min=self._at.reached or None,
            page=self._at.page,
            pagesize=SIZE,
            filter=await self._filter(),
        )

    def _question(self, question: Asked) -> Iterator[Record]:
        post = Post(
            question.question_id, "question", question.question_id, question.owner.person,
            items.since_1970(question.creation_date), items.own_words(question.body), unescape(question.title or ""),
            items.since_1970(question.last_edit_date) if question.last_edit_date else None,
        )  # fmt: skip
        return self._site.post(post, self._now)

    def _below(self, told: items.Told, question: Asked) -> None:
        """Read the answers and comments of a question, each by itself."""
        id_ = question.question_id

        def answered(answer: Answered) -> Iterator[Record]:
            post = Post(
                answer.answer_id, "answer", id_, answer.owner.person, items.since_1970(answer.creation_date),
                items.own_words(answer.body),
                edited_at=items.since_1970(answer.last_edit_date) if answer.last_edit_date else None,
            )  # fmt: skip
            yield from self._site.post(post, self._now)
            if answer.is_accepted and question.owner.user_id is not None:
                yield from self._site.acceptance(question.owner.person, post)

        self._comments(told, question.comments or (), id_, "question", id_)
        for raw in question.answers or ():
            answer = told.add(bytes(raw), Answered, f"question {id_} answer", answered)
            if answer:
                self._comments(told, answer.comments or (), answer.answer_id, "answer", id_)

    def _comments(
        self, told: items.Told, raws: tuple[msgspec.Raw, ...], above: int, kind: PostKind, question: int
    ) -> None:
        def said(one: SaidBelow) -> Iterator[Record]:
            comment = Comment(
                one.comment_id, above, kind, question, one.owner.person, items.since_1970(one.creation_date),
                items.own_words(one.body or one.body_markdown), one.reply_to_user.person if one.reply_to_user else None,
            )  # fmt: skip
            return self._site.comment(comment, self._now)

        told.add_all(raws, SaidBelow, f"{kind} {above} comment", said)

    def _move(self, reached: int, more: bool) -> None:
        """Go on from the last moment that was read, or, where a page does not get beyond it, with the next page."""
        stuck = more and reached <= self._at.reached
        page = self._at.page + 1 if stuck else 1
        self._at = msgspec.structs.replace(self._at, reached=max(reached, self._at.reached), page=page)

    def _coverage(self) -> Iterator[Record]:
        """Say that all is read up to now, but for the last minute, which the API may still show late."""
        until, since = self._now - timedelta(minutes=1), self._at.until
        if since and since < until:
            yield Coverage("read", since, until)
        self._at = msgspec.structs.replace(self._at, until=max(until, since) if since else until)
