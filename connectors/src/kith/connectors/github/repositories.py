"""Repositories one after the other, each with lists that are read on from where they stood: on GitHub and its like."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import msgspec

from kith.connectors import Fatal, Missing, Page, Refused, Skip, items, save_cursor

S = TypeVar("S")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Cursor(msgspec.Struct, Generic[S], frozen=True):
    """lists: by repository, as it is named in the settings, the states of its lists."""

    lists: dict[str, list[S]] = {}
    span: items.Span = items.Span()


class Since(msgspec.Struct, frozen=True, array_like=True):
    """Where a list stands: when the last item that was read was changed; page: 1, unless many were at one moment."""

    since: str = ""
    page: int = 1


class Server(Protocol[R_co]):
    """What answers."""

    async def repo(self, name: str) -> R_co: ...


class Repositories(ABC, Generic[S, R]):
    """Reads the repositories of a source. lists: what is read of each; start: the state of a list that is not begun.

    word: what the network calls them; most: of which the states fit into a cursor.
    """

    lists: tuple[str, ...]
    start: S
    word = "repositories"
    most = 250

    def __init__(self, names: Sequence[str], server: Server[R], at: Cursor[S] | None, now: datetime) -> None:
        self._names, self._server, self._at, self._now = names, server, at or Cursor[S](), now

    async def pages(self) -> AsyncIterator[Page]:
        """Yield each repository, then what has been read. Raises Fatal where there are too many."""
        if len(self._names) > self.most:
            raise Fatal(f"{len(self._names)} {self.word} are named; {self.most} are allowed for one source.")
        for number, name in enumerate(self._names, 1):
            async for page in self._found(name):
                yield msgspec.structs.replace(page, done=number, total=len(self._names), unit=self.word)
        records, span = self._at.span.read(self._now)
        self._at = msgspec.structs.replace(self._at, span=span)
        yield self.page(items.Told(records))

    async def _found(self, name: str) -> AsyncIterator[Page]:
        """Yield what a repository tells; one that is not there, or not shown, is told where others are read too."""
        try:
            repo = await self._server.repo(name)
        except (Missing, Refused) as error:
            if len(self._names) == 1:
                raise
            yield self._not_read(name, error)
            return
        async for page in self.repository(name, repo):
            yield page

    @abstractmethod
    def repository(self, name: str, repo: R) -> AsyncIterator[Page]:
        """Yield what a repository tells."""

    async def read(self, name: str, path: str, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
        """Yield the pages of a list; one that the repository lacks, or that the token must not see, is told."""
        try:
            async for page in pages:
                yield page
        except (Missing, Refused) as error:
            yield self._not_read(f"{name} {path}", error)

    def state(self, name: str, number: int) -> S:
        """Return how a list stands."""
        return self._states(name)[number]

    def move(self, name: str, number: int, state: S) -> None:
        """Note how a list stands now."""
        states = [state if at == number else one for at, one in enumerate(self._states(name))]
        self._at = msgspec.structs.replace(self._at, lists={**self._at.lists, name: states})

    def page(self, told: items.Told) -> Page:
        self._at = msgspec.structs.replace(self._at, span=self._at.span.over(told.records))
        return Page(tuple(told.records), save_cursor(self._at), tuple(told.skipped))

    def _states(self, name: str) -> list[S]:
        return self._at.lists.get(name) or [self.start] * len(self.lists)

    def _not_read(self, place: str, error: Exception) -> Page:
        return self.page(items.Told([], [Skip(place, "not_read", str(error))]))


class Changes(Repositories[Since, R]):
    """Reads lists in the order of their changes, from the item on that was changed last. Not by pages.

    What is changed meanwhile moves to the end of its list.
    """

    start = Since()

    async def changes(
        self,
        name: str,
        number: int,
        ask: Callable[[str, int], Awaitable[tuple[list[msgspec.Raw], bool]]],
        tell: Callable[[list[msgspec.Raw], items.Told], Awaitable[Iterable[str]]],
    ) -> AsyncIterator[Page]:
        """Yield a list from where it stood. ask: for what was changed since, and whether there is more of it.

        tell: of these items; returns when they were changed.
        """
        more, circle = True, items.Circle(f"{name} {self.lists[number]}")
        while more:
            state = self.state(name, number)
            raws, more = await ask(state.since, state.page)
            circle.check(state.since, *map(bytes, raws))
            told = items.Told()
            latest = items.newest(await tell(raws, told), self._now)
            stuck = more and latest <= state.since
            self.move(name, number, Since(max(latest, state.since), state.page + 1 if stuck else 1))
            yield self.page(told)
