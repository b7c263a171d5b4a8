"""What the known community did, as those tell it who made them do it; and what kith says, to be held against it."""

import re
from collections import Counter
from typing import Any, NamedTuple, Protocol

import msgspec

from tests.labs.known.people import ALL

_MARK = re.compile(r"\bmark(\d+)\b")


class Deed(NamedTuple):
    """An act: by whom, towards whom. mark: the word in its text by which it is known; 0 where it has no text."""

    network: str
    kind: str
    who: int
    towards: frozenset[int]
    mark: int = 0


class Said(NamedTuple):
    """Something that was said: its mark, the network's own name for it, and what began the conversation."""

    mark: int
    who: int
    native: Any
    root: int


class Truth(msgspec.Struct):
    """accounts: whose each is. threads: what began the conversation of each mark.

    gone: marks that were deleted. edited: a word that is in the text of a mark now, and was not before.
    """

    accounts: dict[str, int] = {}
    deeds: list[Deed] = []
    threads: dict[int, int] = {}
    gone: set[int] = set()
    edited: dict[int, str] = {}
    marks: int = 0

    def account(self, who: int, network: str, key: str, host: str = "") -> None:
        self.accounts["\t".join((network, host, key))] = who

    def mark(self) -> int:
        self.marks += 1
        return self.marks

    def did(self, network: str, kind: str, who: int, *towards: int, mark: int = 0) -> None:
        self.deeds.append(Deed(network, kind, who, frozenset(towards) - {who}, mark))

    def take_back(self, mark: int) -> None:
        self.deeds = [deed for deed in self.deeds if deed.mark != mark]
        self.threads.pop(mark, None)
        self.gone.add(mark)

    def counted(self) -> Counter[Deed]:
        return Counter(self.deeds)

    def pairs(self) -> Counter[tuple[int, int]]:
        """Return how often each acted towards each other."""
        return Counter((deed.who, other) for deed in self.deeds for other in deed.towards)


class Place(Protocol):
    """A network where people say things. kinds: what an opening and an answer are there.

    flags: what it can ("react", "edit", "delete", "names"), and how it is: "flat" where no answer names what it
    answers, "loose" where answers make no conversation, "rooted" where all of them are towards whoever began it,
    "votes" where reactions are, "late" where what is said later to what was said before is read.
    """

    network: str
    kinds: tuple[str, str]
    flags: frozenset[str]

    async def say(self, who: int, text: str, to: Said | None, names: int | None) -> Any: ...
    async def react(self, who: int, said: Said) -> None: ...
    async def edit(self, said: Said, text: str) -> None: ...
    async def delete(self, said: Said) -> None: ...


class Script:
    """The same scene on whatever place, with another cast on each: what is done there is noted in the truth."""

    def __init__(self, place: Place, truth: Truth, first: int) -> None:
        self._place, self._truth, self._first = place, truth, first
        self._edited: Said | None = None
        self._doomed: Said | None = None
        self._opening: Said | None = None
        self._authors: dict[int, int] = {}

    async def begin(self) -> None:
        """Let them talk for the first time."""
        can = self._place.flags
        opening = self._opening = await self._say(0, "Who grows tomatoes?")
        answer = await self._say(1, "I do.", opening)
        back = await self._say(0, "Which ones?", answer)
        await self._say(2, "Ask them.", opening, names=1 if "names" in can else None)
        self._edited = await self._say(4, "Slugs are slow.")
        if "delete" in can:
            self._doomed = await self._say(5, "Oops, wrong room.")
        if "react" in can:
            for who, said in ((6, opening), (7, opening), (8, answer)):
                await self._react(who, said)
        await self._say(9, "Late to this.", back)
        for who in (10, 11, 6, 7, 3, 5, 8):
            await self._say(who, "Something else.")

    async def go_on(self) -> None:
        """Let them change what was said, and say more."""
        assert self._opening is not None
        assert self._edited is not None
        if "edit" in self._place.flags:
            text = f"Slugs are quick mark{self._edited.mark}"
            await self._place.edit(self._edited, text)
            self._truth.edited[self._edited.mark] = "quick"
        if self._doomed is not None:
            await self._place.delete(self._doomed)
            self._truth.take_back(self._doomed.mark)
        for who in (3, 8):
            await self._say(who, "Still?", self._opening if "late" in self._place.flags else None)
        await self._say(11, "News.")

    async def _say(self, number: int, words: str, to: Said | None = None, names: int | None = None) -> Said:
        place, truth, who = self._place, self._truth, self._who(number)
        named = None if names is None else self._who(names)
        mark = truth.mark()
        native = await place.say(who, f"{words} mark{mark}", to, named)
        root = to.root if to and "flat" not in place.flags else mark
        self._authors[mark] = who
        towards = [self._reached(to, "rooted")] if to else []
        truth.did(
            place.network, place.kinds[to is not None], who, *towards, *([] if named is None else [named]), mark=mark
        )
        if "loose" not in place.flags:
            truth.threads[mark] = root
        return Said(mark, who, native, root)

    async def _react(self, number: int, said: Said) -> None:
        who = self._who(number)
        await self._place.react(who, said)
        self._truth.did(self._place.network, "react", who, self._reached(said, "votes"))

    def _reached(self, said: Said, flag: str) -> int:
        """Return whom an act on this reaches: with this flag, whoever began the conversation."""
        return self._authors[said.root] if flag in self._place.flags else said.who

    def _who(self, number: int) -> int:
        return ALL[(self._first + number) % len(ALL)]


def mark_of(text: str | None) -> int:
    found = _MARK.search(text or "")
    return int(found[1]) if found else 0
